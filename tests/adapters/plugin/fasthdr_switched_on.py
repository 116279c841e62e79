# SPDX-License-Identifier: MIT
"""A plugin of pytest that tests.adapters.suites loads for a server's own suite.

It switches on the adapter that FASTHDR_ADAPTER names. Tests of the server's parser class get that of the adapter.
"""

import importlib
import os

import pytest

_NAME = os.environ["FASTHDR_ADAPTER"]
# Where a server's tests take its parser from, and what the adapter has for it.
_CLASSES = {
    "waitress": ("waitress.parser", "HTTPRequestParser", "Parser"),
    "gunicorn": ("gunicorn.http.message", "Request", "Request"),
}


def pytest_configure(config: pytest.Config) -> None:
    adapter = importlib.import_module(f"fasthdr.adapters.{_NAME}")
    adapter.enable()
    if not adapter.is_enabled():
        pytest.exit("the adapter does not know this version of the server", 3)
    if _NAME in _CLASSES:
        module, theirs, ours = _CLASSES[_NAME]
        setattr(importlib.import_module(module), theirs, getattr(adapter, ours))
