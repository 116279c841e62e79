# SPDX-License-Identifier: MIT
"""Which of our methods replace those of the running stdlib's handler: tried once at import, not taken from a version.

One of our methods replaces the stdlib's if that is http.server's own, looks up only names that we know, and does the
same as ours on a few small inputs. Any other method stays as it is.
"""

import email.utils
import types
from http import HTTPStatus

from fasthdr._standins import server_response
from fasthdr._stdlib import server
from fasthdr._stdlib.functions import is_original, signature, with_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Handler:
    """A handler with what the methods look up on it, and a record of what they do to it."""

    responses = {200: ("OK", "")}  # noqa: RUF012 (as in http.server)
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "A/1", "B/2"
    monthname = server.handler.monthname
    _control_char_table = server_response._ESCAPES

    def __init__(self, request_version: str, buffer: list[bytes] | None) -> None:
        self.request_version = request_version
        self.requestline = "GET / HTTP/1.1"
        self.record: list[object] = []
        if buffer is not None:
            self._headers_buffer = [*buffer]
            self._default_response_headers = [("a", "b")]

    @property
    def wfile(self) -> "_Handler":
        return self

    def log_message(self, *args: object) -> None:
        self.record.append(args)

    def address_string(self) -> str:
        self.record.append("address")
        return "192.0.2.1"

    def log_date_time_string(self) -> str:
        self.record.append("date")
        return "14/Nov/2023 22:13:20"

    write = log_message  # for wfile and stderr


_HEADERS = (
    ("A", "b"), ("a\r\nB:\0", " c\r\nd"), ("", ""), ("A", 1), ("A", "\u20ac"), ("Connection", "close"),
    ("CONNECTION", "Keep-Alive"), ("Connection", "x"), ("Connection", 1), (1, "a"),
)  # fmt: skip
_STATUSES = ((200,), (299,), (HTTPStatus.OK,), (200, "\r\n\xe9"), (200, "\u20ac"), (99, ""), ("200", ""))
_FLUSHED: "tuple[tuple[Any, ...], ...]" = ((), ())
_LOGGED = (("a %s", "\xe9"), ("\\\x00\x7f\x9f\r\n",), ("%d", "a"), ("-",))
_SECOND = 1_700_000_000.0

# Request versions, and the header lines that are in the buffer already.
_STATES: tuple[tuple[str, list[bytes] | None], ...] = (("HTTP/1.1", None), ("HTTP/1.0", [b"a"]), ("HTTP/0.9", None))

# For each method: what may replace it, the names that the stdlib's looks up, the arguments to try.
_METHODS: "dict[str, list[tuple[Any, str, tuple[tuple[Any, ...], ...]]]]" = {
    "send_response_only": [
        (
            server_response.send_response_only,
            "request_version responses hasattr _headers_buffer append protocol_version encode",
            _STATUSES,
        )
    ],
    "send_header": [
        (
            server_response.send_header,
            "request_version hasattr _headers_buffer append encode lower close_connection",
            _HEADERS,
        ),
        (
            server_response.send_header_or_extra,
            "request_version hasattr _headers_buffer append encode _default_response_headers lower close_connection",
            _HEADERS,
        ),
    ],
    "flush_headers": [
        (server_response.flush_headers, "hasattr _headers_buffer wfile write join", _FLUSHED),
        (
            server_response.flush_headers_and_defaults,
            "hasattr _headers_buffer wfile write join _default_response_headers",
            _FLUSHED,
        ),
    ],
    "log_request": [
        (
            server_response.log_request,
            "isinstance HTTPStatus value log_message requestline str",
            ((), (200,), (HTTPStatus.OK, 5), ("200", None)),
        )
    ],
    "log_message": [
        (
            server_response.log_message,
            "sys stderr write address_string log_date_time_string translate _control_char_table",
            _LOGGED,
        )
    ],
    "version_string": [(server_response.version_string, "server_version sys_version", ((), ()))],
    "date_time_string": [
        (server_response.date_time_string, "time email utils formatdate", ((), (), (), (), (0,), (0.5,)))
    ],
    "log_date_time_string": [(server_response.log_date_time_string, "time localtime monthname", ((), (), (), ()))],
}

RESPONSE_NAMES: tuple[str, ...] = tuple(_METHODS)


def _apart(function: types.FunctionType, names: "dict[str, Any]", handler: "_Handler") -> types.FunctionType:
    """Return a copy of the function with a separate clock and stderr. names: a copy of its globals."""
    times = iter([_SECOND + 0.25, _SECOND + 0.75, _SECOND + 0.9999999, _SECOND + 1])
    clock = types.SimpleNamespace(
        time=lambda: next(times, _SECOND + 2),
        localtime=lambda now: (2023, 11, 14, 22, 13, int(now - _SECOND), 1, 318, 0),
        tzname=("UTC", "UTC"),
    )
    names |= {"time": clock, "sys": types.SimpleNamespace(stderr=handler)}
    return with_globals(function, names)  # type: ignore[no-any-return]


def _seen(function: types.FunctionType, tries: "tuple[tuple[Any, ...], ...]", states: "Any") -> list[object]:
    """Return what each call returns or raises, on one handler for each state, and the handler's state at the end."""
    names = dict(function.__globals__)
    seen: list[object] = []
    for state in states:
        handler = _Handler(*state)
        call = _apart(function, names, handler)
        for args in tries:
            try:
                seen.append(call(handler, *args))
            except Exception as error:  # noqa: BLE001 (whatever it raises is compared)
                seen += [type(error), str(error)]
            seen.append(vars(handler).pop("close_connection", None))
        seen.append(vars(handler))
    return seen


def _same(theirs: "Any", ours: "Any", names: str, tries: "tuple[tuple[Any, ...], ...]") -> bool:
    states = _STATES if "_headers_buffer" in names else _STATES[:1]  # a function that uses neither needs one try
    return (
        is_original(theirs, server.module)
        and ("formatdate" not in names or is_original(email.utils.formatdate, email.utils))
        and set(theirs.__code__.co_names) == set(names.split())
        and signature(theirs) == signature(ours)
        and _seen(theirs, tries, states) == _seen(ours, tries, states)
    )


def _chosen() -> "dict[str, tuple[Any, Any]]":
    found = {name: vars(server.handler).get(name) for name in RESPONSE_NAMES}
    return {
        name: (ours, found[name])
        for name, candidates in _METHODS.items()
        for ours, names, tries in candidates
        if _same(found[name], ours, names, tries)
    }


# Name of a method -> ours, and the stdlib's that it replaces.
RESPONSE_METHODS: "dict[str, tuple[Any, Any]]" = _chosen()
