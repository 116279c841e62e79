# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import fasthdr

# How many heads hypothesis makes for each differential test; the full run (`make full-differential`) sets 40000.
settings.register_profile(
    "fasthdr",
    max_examples=int(os.environ.get("FASTHDR_EXAMPLES", "50")),
    deadline=None,
    database=None,
    print_blob=True,
    derandomize="FASTHDR_SEED" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("fasthdr")


# A shell's background job ignores SIGINT, and so would the servers that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Test modules of the core alone: with FASTHDR_PURE_PYTHON=1 they have nothing to test.
_OF_THE_CORE = (
    "test_capi.py",
    "test_client.py",
    "test_client_response.py",
    "test_fallback_reasons.py",
    "test_handle_one_request.py",
    "test_hook.py",
    "test_install.py",
    "test_lifetime.py",
    "test_message.py",
    "test_putheader.py",
    "test_replaced_client.py",
    "test_response_probe.py",
    "test_stdlib_probe.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    both = fasthdr.IMPLEMENTATION == "cython"
    for item in items:
        slow = both and item.get_closest_marker("slow_in_python") and "python" in re.split(r"[\[\]-]", item.name)
        if slow or "running" in getattr(item, "fixturenames", ()):
            item.add_marker("long")
            item.add_marker("interpreter")
        if not both and item.path.name in _OF_THE_CORE:
            item.add_marker(pytest.mark.skip(reason="the core does not run: FASTHDR_PURE_PYTHON=1"))


def pytest_collection_finish() -> None:
    """Freeze the thousands of test objects, so that later garbage collections do not spend time on them."""
    if sys.version_info < (3, 14):  # on 3.14, hypothesis calls gc.get_referrers(), which does not see frozen objects
        gc.collect()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return what `-n auto` means: two more than the number of cores, because tests of servers mostly wait."""
    return (os.cpu_count() or 1) + 2


@pytest.fixture(autouse=True)
def _as_found():
    """No test leaves the stdlib patched or the counters running."""
    yield
    fasthdr.collect_stats(False)
    assert not fasthdr.is_installed(), "a test left fasthdr installed"


@pytest.fixture(scope="session")
def farm(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The servers of tests.matrix.servers that the session's tests need, all started at the same time."""
    from tests.matrix.farm import Farm

    farm = Farm()
    try:
        items = [item for item in request.session.items if "running" in getattr(item, "fixturenames", ())]
        farm.start(dict.fromkeys(item.callspec.params["cell"] for item in items))
        yield farm
    finally:
        farm.close()


@pytest.fixture
def running(farm: Any, cell: Any) -> Any:
    """The process of the test's `cell`."""
    from tests.matrix.servers import missing

    reason = missing(cell.name)
    if reason:
        pytest.skip(reason)
    return farm[cell]


@pytest.fixture
def counted():
    """Reset the counters, and return a function that gives the heads read by the core and those left to the stdlib."""
    fasthdr.collect_stats()

    def counts() -> tuple[int, int]:
        counts = fasthdr.stats()
        core = counts.pop("core", 0)
        return core, sum(counts.values())

    return counts
