# SPDX-License-Identifier: MIT
"""A pytest plugin that tests.adapters.suites loads for a server's own test suite.

It switches on the adapter that FASTHDR_ADAPTER names, unless FASTHDR_ADAPTER_IS_OFF=1.
Tests of the server's parser class get the adapter's class.
"""

import importlib
import logging
import os

import pytest

_NAME = os.environ["FASTHDR_ADAPTER"]
# Where a server's tests import its parser class from, and the adapter's class that replaces it.
_CLASSES = {
    "waitress": ("waitress.parser", "HTTPRequestParser", "Parser"),
    "gunicorn": ("gunicorn.http.message", "Request", "Request"),
}


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)  # tornado's own test runner does the same
    if os.environ.get("FASTHDR_ADAPTER_IS_OFF"):
        return
    adapter = importlib.import_module(f"fasthdr.adapters.{_NAME}")
    adapter.enable()
    if not adapter.is_enabled():
        pytest.exit("the adapter does not know this version of the server", 3)
    if _NAME in _CLASSES:
        module, theirs, ours = _CLASSES[_NAME]
        setattr(importlib.import_module(module), theirs, getattr(adapter, ours))
