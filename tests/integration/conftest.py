# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import fasthdr
from tests.integration.framed import Framed, Handler, server_of
from tests.integration.wire import serving


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "suites: CPython's own test suites with install() in force")


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies and colours out of the environment, so that clients speak to the test's own server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "FORCE_COLOR", "PYTHON_COLORS"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def installed() -> Iterator[None]:
    """Call fasthdr.install() for the test, and count from zero."""
    fasthdr.collect_stats()
    with fasthdr.install():
        yield
    fasthdr.collect_stats(False)


@pytest.fixture(params=[Handler, Framed], ids=["strict", "framed"])
def framed(request: pytest.FixtureRequest) -> Iterator[Any]:
    with server_of(request.param) as server, serving(server):
        yield server


@pytest.fixture
def strict() -> Iterator[Any]:
    with server_of(Handler) as server, serving(server):
        yield server
