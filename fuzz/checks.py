# SPDX-License-Identifier: MIT
"""What the Python surface must do for any input; if not: AssertionError, or an exception that is not documented.

check() reads an input (fuzz/layout.py) and makes the comparisons that its first byte chooses; expensive ones are rare.
"""

from __future__ import annotations

import http.client
import io
import random
from collections.abc import Callable
from typing import Any

import fasthdr
from fasthdr._pure import parse as _pure
from fuzz import decoders
from fuzz.layout import CONFIG, KINDS
from tests.differential import observe, sans_io

# As in fuzz/walk.pyx.
LIMITS: tuple[dict[str, int], ...] = (
    {},
    {"max_head": 262144},
    {"max_headers": 3},
    {"max_line": 32},
    {"max_line": 48, "max_headers": 8, "max_head": 256},
    {"max_line": 64, "max_headers": 2},
    {"max_line": 16, "max_head": 65},
    {"max_line": 1, "max_headers": 1, "max_head": 40},
)
READERS = [observe.READERS[name] for name in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes")]
FUNCTIONS = ("parse_request", "parse_response", "parse_headers")  # for kinds 0, 1, 2
ATTRIBUTES = (
    (
        "method", "target", "version", "keep_alive", "expect_continue", "content_length", "chunked", "upgrade",
        "framing", "authority", "origin_target",
    ),
    ("version", "status", "reason", "content_length", "chunked", "upgrade", "framing", "keep_alive"),
    (),
)  # fmt: skip
METHODS = (None, "GET", "HEAD", "CONNECT")  # of the request that a response answers
BASE = {"SERVER_NAME": "here", "wsgi.url_scheme": "http"}
PLAIN = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 1 << 20  # bytes and lines: more than an input of a fuzzer has

STDLIB_PARSE = http.client.parse_headers
parse_headers = fasthdr.client.parse_headers


class Case:
    """An input, with the options that its first bytes choose."""

    def __init__(self, data: bytes) -> None:
        self.kind = data[0] & 3
        self.choice = data[0] >> 2
        self.limits = LIMITS[data[1] % len(LIMITS)]
        self.number = int.from_bytes(data[2:CONFIG], "little")
        self.head = data[CONFIG:]
        self.cut = self.number % (len(self.head) + 1)
        self.options: dict[str, Any] = {**self.limits}  # for the functions in strict mode
        if self.kind == 1:
            self.options |= {"method": METHODS[self.number % len(METHODS)], "obsolete": bool(self.choice & 1)}


# ------------------------------------------------------------------------------------------------------------ strict


def verdict(parse: Callable[..., Any], kind: int, data: bytes, options: dict[str, Any]) -> Any:
    """Return None, ("error", ...) or what a strict head says; the bytes shown around a fault come last."""
    try:
        head = parse(data, strict=True, **options)
    except fasthdr.ParseError as error:
        assert 0 <= error.offset <= len(data)
        assert str(error).isprintable()
        assert len(str(error)) < 500
        return "error", int(error.status), error.reason, error.offset, error.rfc, error.field, error.near
    if head is None:
        return None
    rows = memoryview(head.table).tolist()
    seen = [getattr(head, name) for name in ATTRIBUTES[kind]]
    if kind == 0:
        env = head.wsgi_environ(BASE)
        assert no_conflation(env, head), env
        seen += [env, head.asgi_scope()]
    return "head", head.consumed, rows, head.raw_headers, head.items(), *seen


def no_conflation(env: dict[str, Any], head: Any) -> bool:
    """Return True if no variable of a strict environ comes from two names, or from Proxy."""
    made = {f"HTTP_{name.replace('-', '_').upper()}" for name, _ in head.items() if "_" not in name}
    return "HTTP_PROXY" not in env and {name for name in env if name.startswith("HTTP_")} <= made | {"HTTP_HOST"}


def part_agrees(part: Any, cut: int, whole: Any) -> None:
    """Check that a part of a head is incomplete, or is judged as the whole head is."""
    if whole is None or whole[0] == "error":
        assert part is None or part[:5] == whole[:5], (part, whole)
    else:
        assert part == (whole if cut >= whole[1] else None), (part, whole)


def default_takes(kind: int, data: bytes) -> None:
    """Check that what strict mode accepts has the same fields, no defects and an empty payload in the default mode."""
    parse = getattr(fasthdr, FUNCTIONS[kind])
    head = parse(data, strict=True, max_line=MANY, max_headers=MANY, max_head=MANY)
    start = 0
    while kind == 0 and data.startswith(b"\r\n", start):
        start += 2
    if head.get("content-type", "").strip().lower().startswith(("multipart", "message")):
        return  # the stdlib parses what follows, too
    default = parse(data[start : head.consumed], max_line=MANY, max_headers=MANY)
    assert default.consumed == head.consumed - start
    assert [(name, value.rstrip(" \t")) for name, value in default.items()] == head.items()
    assert default.headers.defects == []
    assert default.headers.get_payload() == ""
    if kind == 0:
        # The stdlib collapses a leading run of slashes.
        target = "/" + head.target.lstrip("/") if head.target.startswith("/") else head.target
        assert (default.method, default.target) == (head.method, target)
    elif kind == 1:
        assert (default.status, default.reason) == (head.status, head.reason.strip())


def strict(case: Case) -> None:
    kind, data, options = case.kind, case.head, case.options
    parse = getattr(fasthdr, FUNCTIONS[kind])
    whole = verdict(parse, kind, data, options)
    plain = verdict(getattr(_pure, FUNCTIONS[kind]), kind, data, options)
    assert whole == plain, (whole, plain)
    part_agrees(verdict(parse, kind, data[: case.cut], options), case.cut, whole)
    if whole is None or whole[0] == "error":
        return
    if options.get("obsolete"):
        without = verdict(parse, kind, data, {**options, "obsolete": False})
        if without != whole:
            reasons = ("Obsolete line folding", "White space in a field name", "Too many field lines")
            assert without[2] in reasons, without
            assert data[without[3]] in b" \t", without  # the line that exceeds the limit may be an obs-fold
            return
    default_takes(kind, data)


# -------------------------------------------------------------------------------------------------- the default mode


def drawn(see: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `see` gives if str() of a message draws the same boundary each time (email.generator)."""
    random.seed(0)
    return see(*arguments)


def seen_response(data: bytes, parse: Callable[..., Any] = fasthdr.parse_response) -> Any:
    """Return what is found; last, whether the connection is kept, but for a 100, after which http.client reads on."""
    try:
        head = parse(data)
    except fasthdr.ParseError as error:
        return "error", int(error.status)
    if head is None:
        return None
    keep_alive = None if head.status == 100 else head.keep_alive
    return head.consumed, head.version, head.status, head.reason, observe.message(head.headers), keep_alive


def seen_fields(data: bytes, parse: Callable[..., Any] = fasthdr.parse_headers) -> Any:
    try:
        head = parse(data)
    except fasthdr.ParseError as error:
        return "error", int(error.status)
    return None if head is None else (head.consumed, observe.message(head.headers))


def stdlib_response(data: bytes) -> Any:
    """Return what http.client makes of a whole response head."""
    file = io.BytesIO(data)
    response = http.client.HTTPResponse(sans_io.Connection(data))  # type: ignore[arg-type]
    response.fp = file
    try:
        version, status, reason = response._read_status()
        if not version.startswith("HTTP/1.") and version != "HTTP/0.9":
            raise http.client.UnknownProtocol(version)
        message = STDLIB_PARSE(file)
    except (http.client.HTTPException, ValueError, RecursionError):
        return "error", 502
    keep_alive = None
    if status != 100:
        begun = http.client.HTTPResponse(sans_io.Connection(data))  # type: ignore[arg-type]
        begun.begin()
        keep_alive = not begun.will_close
    return file.tell(), version, status, reason.strip(), observe.message(message), keep_alive


def stdlib_fields(data: bytes) -> Any:
    file = io.BytesIO(data)
    try:
        message = STDLIB_PARSE(file)
    except http.client.HTTPException:
        return "error", 431
    except (ValueError, RecursionError):
        return "error", 400
    return file.tell(), observe.message(message)


def default(case: Case) -> None:
    """Compare the sans-I/O functions with the stdlib; on an incomplete head ours may wait where the stdlib objects."""
    data = case.head
    line = data.find(b"\n") + 1 if case.kind < 2 else 0
    expected: Any
    if case.kind == 0:
        found, expected = drawn(sans_io.found_request, data), drawn(sans_io.expected_request, data)
    elif case.kind == 1:
        found, expected = drawn(seen_response, data), drawn(stdlib_response, data) if line else None
    else:
        found, expected = drawn(seen_fields, data), drawn(stdlib_fields, data)
    if found is None:
        assert not sans_io.is_whole(data, line) or expected is None, expected
    elif found[0] != "error" or sans_io.is_whole(data, line) or case.kind == 0:
        assert found == expected, (found, expected)


def default_split(case: Case) -> None:
    see = (sans_io.found_request, seen_response, seen_fields)[case.kind]
    whole, part = drawn(see, case.head), drawn(see, case.head[: case.cut])
    if whole is None:
        assert part is None
    elif whole[0] == "error":
        assert part is None or part == whole, (part, whole)
    else:
        end = whole[6] if case.kind == 0 else whole[0]
        assert part == (whole if case.cut >= end else None), (part, whole)


def from_file(case: Case) -> None:
    """Compare fasthdr.client.parse_headers() with the stdlib's, from a file: the message or error, and what is left."""
    make = READERS[case.number % len(READERS)]
    found, expected = (drawn(observe.parsed, parse, case.head, make) for parse in (parse_headers, STDLIB_PARSE))
    assert found == expected, (found, expected)


# ------------------------------------------------------------------------------------------------------------- in a row


def seen_head(head: Any) -> Any:
    return head.method, head.target, head.version, head.consumed, head.keep_alive, head.expect_continue, head.items()


def in_a_row(case: Case) -> None:
    """Compare parse_many() of heads in a row with the loop over parse_request() that it stands for."""
    data = PLAIN * (case.number % 3) + case.head + PLAIN + case.head
    options: dict[str, Any] = {**case.limits, "strict": bool(case.number & 4)}
    heads = fasthdr.parse_many(data, **options)
    found, expected, at = [seen_head(head) for head in heads], [], 0
    error = None
    while error is None:
        try:
            head = fasthdr.parse_request(data, start=at, **options)
        except fasthdr.ParseError as raised:
            error = raised
            break
        if head is None:
            break
        expected.append(seen_head(head))
        at += head.consumed
    assert (found, heads.consumed) == (expected, at)
    if error is None:
        assert heads.error is None
    else:
        kept = heads.error.status, heads.error.reason, heads.error.offset - at, heads.error.rfc, heads.error.near
        assert kept == (error.status, error.reason, error.offset, error.rfc, error.near)


# ------------------------------------------------------------------------------------------------------------ the entry

# For each kind, by case.choice: at least half are strict comparisons, and the others share the rest.
CHECKS: tuple[tuple[Callable[[Case], None], ...], ...] = (
    (strict, in_a_row, strict, default, strict, strict, strict, default_split),
    (strict, strict, strict, default, strict, strict, strict, default_split),
    (strict, from_file, strict, default, strict, from_file, strict, default_split),
    (lambda case: decoders.check(case.head, case.limits, case.number),),
)
assert len(CHECKS) == len(KINDS)


def check(data: bytes) -> None:
    if len(data) >= CONFIG:
        case = Case(data)
        checks = CHECKS[case.kind]
        checks[case.choice % len(checks)](case)
