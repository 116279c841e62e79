# SPDX-License-Identifier: MIT
"""The application that `flask --app tests.matrix.flask_app run` serves."""

from __future__ import annotations

from tests.matrix.apps import flask_app

app = flask_app()
