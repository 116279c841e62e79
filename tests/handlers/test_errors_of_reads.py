# SPDX-License-Identifier: MIT
"""A program's own error, as of a signal handler, that is raised while a handler waits for a request."""

from __future__ import annotations

import contextlib
import http.server
from collections.abc import Iterator
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from tests.handlers.kinds import ALL
from tests.handlers.memory import talk
from tests.together import together

REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n"


class Signal(ValueError):
    """What a signal handler raises."""


def _way(module: Any, **options: Any) -> Any:
    @contextlib.contextmanager
    def way(attributes: dict[str, Any]) -> Iterator[Any]:
        with fasthdr.install(**options) if options else contextlib.nullcontext():
            yield type("Handler", (module.BaseHTTPRequestHandler,), attributes)

    return way


PLAIN = {
    "fasthdr.server": _way(fasthdr.server),
    "install()": _way(http.server, nodelay=True),
    "install(exact_type=True)": _way(http.server, exact_type=True),
}
STDLIB = _way(http.server)
ERRORS = [ValueError("a bad frame"), Signal("now"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "now"), AttributeError()]


def raising(cut: int, error: Exception) -> Iterator[bytes]:
    """Yield the start of a request, then raise an error in the read that waits for the rest."""
    if cut:
        yield REQUEST[:cut]
    raise error


@pytest.mark.parametrize("way", [*PLAIN.values(), *ALL.values()], ids=[*PLAIN, *ALL])
@together(("cut", "error"), [(cut, error) for cut in (0, 5, 16, 20) for error in ERRORS])
def test_it_leaves_the_handler(way: Any, cut: int, error: Exception) -> None:
    def do_GET(self: Any) -> None:
        served.append(self.path)

    served: list[str] = []
    theirs = talk(STDLIB, raising(cut, error), do_GET=do_GET)
    assert theirs == (b"", error)
    assert talk(way, raising(cut, error), do_GET=do_GET) == theirs
    assert served == []
