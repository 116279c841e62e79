# SPDX-License-Identifier: MIT
from __future__ import annotations

import ssl
from typing import Any

import pytest


@pytest.fixture
def certificates() -> Any:
    trustme = pytest.importorskip("trustme", reason="trustme makes the certificates")
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return authority, context
