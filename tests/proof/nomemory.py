# SPDX-License-Identifier: MIT
"""python -m tests.proof.nomemory [NAME...]: make each allocation of each call of the core fail once.

There are two sweeps for every call: in one, allocation n fails, and in the other the next seven fail, too, for n = 0,
1, 2, ... until the call succeeds. Each time the call must raise MemoryError or give its right answer, and must give
that answer once there is memory again. Further rounds of sweeps must leave as many blocks allocated as they found. The
program ends with status 1 and a list of what was wrong; if it crashes, the last name printed is that of the call.

Only the call itself runs without memory; all that it needs is made before. Code written in Python cannot be tested in
this way, because CPython fails there itself: 3.13 crashes if a lambda cannot be made, 3.14 aborts in
email.feedparser's generators, and the unwinding of a `with` statement repeats an allocation for as long as it fails.
So calls that the core hands to the standard library are left out.
"""

from __future__ import annotations

import _testcapi
import argparse
import copy
import gc
import http.client
import io
import sys
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter, contains, getitem
from types import SimpleNamespace
from typing import Any

import fasthdr
from fasthdr import client
from fasthdr._core import gateway as core_gateway
from fasthdr._core import handler, writer
from fasthdr._core.client import Begin
from fasthdr._core.head import Table, restored
from fasthdr._standins import client_response
from tests.proof import calls
from tests.proof.calls import (
    BASE,
    BLOCK,
    BODY,
    FEW,
    MANY,
    MULTIPART,
    REQUEST,
    RESPONSE,
    THOUSAND,
    block,
    buffered,
    decoder,
    request,
)  # fmt: skip

MOST = 20_000  # allocations of a call; a sweep with more does not end
PASSED = 10  # places in a row where a failure changes nothing: the call makes no more allocations
ROUNDS = 12  # growth in all of these is a leak

Call = Callable[[], Any]
HEADERS = client.HTTPMessage
LONG = b"GET /" + b"a" * 600 + b" HTTP/1.1\r\n\r\n"


def take(name: str, make: Callable[[], Any] = request) -> Callable[[], Call]:
    """Read an attribute of a new object."""
    return lambda: partial(attrgetter(name), make())


def ask(name: str, *arguments: Any, make: Callable[[], Any] = request) -> Callable[[], Call]:
    """Call a method of a new object."""
    return lambda: partial(getattr(make(), name), *arguments)


def reading(file: Callable[[bytes], Any], data: bytes, cls: Any = HEADERS) -> Callable[[], Call]:
    return lambda: partial(client.parse_headers, file(data), cls)


def requesting(data: bytes, cls: Any = HEADERS) -> Callable[[], Call]:
    line, _, rest = data.partition(b"\n")
    return lambda: partial(handler.read_request, calls.Handler(b""), line + b"\n", io.BytesIO(rest), cls, "HTTP/1.1")


BEGIN = Begin(client_response.RESPONSES, client._current_parse_headers, "imported", vars(client))


def beginning(data: bytes) -> Call:
    response = client.HTTPResponse(calls.Connection(data))  # type: ignore[arg-type]
    return partial(BEGIN.begin, response)


def feed_new(data: bytes, framing: int) -> bytes:
    return fasthdr.BodyDecoder(framing).feed(data)


def absolute() -> Any:
    return request(calls.ABSOLUTE, strict=True)


def gateway() -> Call:
    return partial(
        core_gateway.put_request,
        BASE,
        "server",
        "GET",
        "/a%20b?c",
        "HTTP/1.1",
        "host",
        "address",
        block(),
    )


# Name -> a function that makes the call anew.
CORE: dict[str, Callable[[], Call]] = {
    "parse_request": lambda: partial(fasthdr.parse_request, REQUEST),
    "parse_request: many fields": lambda: partial(fasthdr.parse_request, MANY),
    "parse_request: bytearray": lambda: partial(fasthdr.parse_request, bytearray(REQUEST)),
    "parse_request: a long tail": lambda: partial(fasthdr.parse_request, FEW + b"x" * 1000),
    "parse_request: a long target": lambda: partial(fasthdr.parse_request, LONG),
    "parse_request: incomplete": lambda: partial(fasthdr.parse_request, REQUEST[:-1]),
    "parse_request: multipart": lambda: partial(fasthdr.parse_request, b"GET / HTTP/1.1\r\n" + MULTIPART),
    "parse_request: strict": lambda: partial(fasthdr.parse_request, FEW, strict=True),
    "parse_request: strict, many fields": lambda: partial(fasthdr.parse_request, MANY, strict=True),
    "parse_request: strict, refused": lambda: partial(fasthdr.parse_request, b"GET / HTTP/1.1\n\n", strict=True),
    "parse_request: bytearray, refused": lambda: partial(
        fasthdr.parse_request, bytearray(b"GET / HTTP/1.1\n\n"), strict=True
    ),
    "parse_request: bytearray, refused, and much behind it": lambda: partial(
        fasthdr.parse_request, bytearray(b"GET / HTTP/1.1\n\n" + b"x\n" * 2000), strict=True
    ),
    "parse_request: no bytes": lambda: partial(fasthdr.parse_request, 1),
    "parse_request: bad limit": lambda: partial(fasthdr.parse_request, REQUEST, max_line=0),
    "parse_request: start": lambda: partial(fasthdr.parse_request, FEW + REQUEST, start=len(FEW)),
    "parse_request: start beyond": lambda: partial(fasthdr.parse_request, FEW, start=99),
    "parse_many": lambda: partial(fasthdr.parse_many, FEW * 200),
    "parse_many: strict": lambda: partial(fasthdr.parse_many, MANY * 3 + FEW, strict=True),
    "parse_many: many fields": lambda: partial(
        fasthdr.parse_many, FEW + b"GET / HTTP/1.1\r\n" + THOUSAND + FEW, max_headers=1000
    ),
    "parse_many: bytearray": lambda: partial(fasthdr.parse_many, bytearray(FEW + REQUEST), start=len(FEW)),
    "parse_many: multipart": lambda: partial(fasthdr.parse_many, FEW + b"GET //a HTTP/1.1\r\n" + MULTIPART + FEW),
    "parse_many: refused": lambda: partial(fasthdr.parse_many, FEW + b"GET / HTTP/1.1\n\n", strict=True),
    "parse_many: chunked": lambda: partial(
        fasthdr.parse_many, FEW + calls.CHUNKED + BODY + FEW, strict=True, bodies=True
    ),
    "parse_many: a bad body": lambda: partial(
        fasthdr.parse_many, FEW + calls.CHUNKED + b"3;x\n", strict=True, bodies=True
    ),
    "parse_many: no bytes": lambda: partial(fasthdr.parse_many, 1),
    "Heads.__getitem__": ask("__getitem__", 1, make=lambda: fasthdr.parse_many(FEW + MANY, strict=True)),
    "Heads.__iter__": lambda: partial(iter, fasthdr.parse_many(FEW + MANY)),
    "Heads.__iter__: the next": lambda: partial(next, iter(fasthdr.parse_many(MANY))),
    "Heads.__repr__": lambda: partial(repr, fasthdr.parse_many(FEW)),
    "Heads.table": take("table", lambda: fasthdr.parse_many(FEW)),
    "Heads.head_table": take("head_table", lambda: fasthdr.parse_many(FEW)),
    "parse_response": lambda: partial(fasthdr.parse_response, RESPONSE),
    "parse_response: strict": lambda: partial(fasthdr.parse_response, b"HTTP/1.1 200 OK\r\n" + BLOCK, strict=True),
    "parse_response: strict, obsolete": lambda: partial(
        fasthdr.parse_response, calls.FOLDED, strict=True, obsolete=True, method="GET"
    ),
    "parse_headers": lambda: partial(fasthdr.parse_headers, BLOCK),
    "parse_headers: hundreds": lambda: partial(fasthdr.parse_headers, THOUSAND, max_headers=1000),
    "parse_headers: strict, hundreds": lambda: partial(fasthdr.parse_headers, THOUSAND, strict=True, max_headers=1000),
    "RequestReader": lambda: partial(fasthdr.RequestReader().feed, REQUEST),
    "RequestReader: bad limit": lambda: partial(fasthdr.RequestReader, max_line=0),
    "RequestReader.feed": ask("feed", REQUEST[20:], make=lambda: calls.reader(REQUEST[:20])),
    "RequestReader.feed: a first part": ask("feed", MANY[:200], make=calls.reader),
    "RequestReader.feed: strict": ask("feed", MANY[20:], make=lambda: calls.reader(MANY[:20], strict=True)),
    "RequestReader.feed: strict, hundreds": ask(
        "feed",
        b"\r\n" + THOUSAND[:-2],
        make=lambda: calls.reader(b"GET / HTTP/1.1", strict=True, max_headers=1000),
    ),
    "RequestReader.feed: refused": ask("feed", b"TP/1.1\n\n", make=lambda: calls.reader(b"GET / HT", strict=True)),
    "RequestReader.feed: bytearray": ask("feed", bytearray(REQUEST[20:]), make=lambda: calls.reader(REQUEST[:20])),
    "ResponseReader": lambda: partial(
        fasthdr.ResponseReader(strict=True, obsolete=True, method="GET").feed, calls.FOLDED
    ),
    "Head.headers": take("headers"),
    "Head.headers: many fields": take("headers", lambda: request(MANY)),
    "Head.get": ask("get", "x-own"),
    "Head.get: KELVIN SIGN": ask("get", "\u212a"),
    "Head.get: bytes": ask("get", b"x-own"),
    "Head.get_all": ask("get_all", b"x-own"),
    "Head.items": ask("items"),
    "Head.keys": ask("keys"),
    "Head.values": ask("values"),
    "Head.__getitem__": lambda: partial(getitem, request(), b"x-own"),
    "Head.__contains__": lambda: partial(contains, request(), "host"),
    "Head.__iter__": lambda: partial(list, request()),
    "Head.__repr__": lambda: partial(repr, fasthdr.parse_headers(BLOCK)),
    "Table.__repr__": lambda: partial(repr, request().table),
    "Head.__reduce__": ask("__reduce__"),
    "restored": lambda: partial(restored, *request(MANY, strict=True).__reduce__()[1]),
    "Head.raw_headers": take("raw_headers"),
    "Head.table": take("table"),
    "Head.content_length": take("content_length"),
    "Head.chunked": take("chunked"),
    "Head.upgrade": take("upgrade"),
    "RequestHead.wsgi_environ": ask("wsgi_environ", BASE),
    "RequestHead.wsgi_environ: no base": ask("wsgi_environ"),
    "RequestHead.wsgi_environ: strict": ask("wsgi_environ", make=absolute),
    "RequestHead.asgi_scope": ask("asgi_scope", BASE),
    "RequestHead.asgi_scope: strict": ask("asgi_scope", make=absolute),
    "RequestHead.authority": take("authority", absolute),
    "RequestHead.origin_target": take("origin_target", absolute),
    "RequestHead.__repr__": lambda: partial(repr, request()),
    "ResponseHead.__repr__": lambda: partial(repr, calls.response()),
    "Table.__getitem__": lambda: partial(getitem, request().table, 1),
    "Table.__getitem__: beyond": lambda: partial(getitem, request().table, 99),
    "Table.__buffer__": lambda: partial(memoryview, request().table),
    "MessageTable.get": ask("get", "x-own", make=block),
    "MessageTable.__contains__": lambda: partial(contains, block(), "host"),
    "MessageTable.get_all": ask("get_all", "x-own", make=block),
    "MessageTable.keys": ask("keys", make=block),
    "MessageTable.values": ask("values", make=block),
    "MessageTable.items": ask("items", make=block),
    "MessageTable.raw_items": ask("raw_items", make=block),
    "MessageTable._headers": take("_headers", block),
    "MessageTable.policy: set": lambda: partial(setattr, block(), "policy", None),
    "MessageTable.defects": take("defects", block),
    "MessageTable._state": ask("_state", make=block),
    "MessageTable.__copy__": lambda: partial(copy.copy, block()),
    "MessageTable.__reduce_ex__": ask("__reduce_ex__", 2, make=block),
    "BodyDecoder": lambda: partial(feed_new, b"abc", 3),
    "BodyDecoder: bad framing": lambda: partial(fasthdr.BodyDecoder, -1),
    "BodyDecoder: bad limit": lambda: partial(fasthdr.BodyDecoder, "chunked", max_body=-1),
    "BodyDecoder: too large": lambda: partial(fasthdr.BodyDecoder, 9, max_body=8),
    "BodyDecoder.feed": ask("feed", BODY, make=decoder),
    "BodyDecoder.feed: many chunks": ask("feed", b"1\r\nx\r\n" * 200, make=decoder),
    "BodyDecoder.feed: bytearray": ask("feed", bytearray(BODY), make=decoder),
    "BodyDecoder.feed: long trailers": ask("feed", b"0\r\n" + b"A: b\r\n" * 90 + b"\r\n", make=decoder),
    "BodyDecoder.feed: refused": ask("feed", b"3;x\n", make=decoder),
    "BodyDecoder.feed: bad trailer": ask("feed", b"0\r\nA : b\r\n\r\n", make=decoder),
    "BodyDecoder.feed: forbidden trailer": ask("feed", b"0\r\nHost: b\r\n\r\n", make=decoder),
    "BodyDecoder.check": ask("check", BODY, make=decoder),
    "BodyDecoder.skip": ask("skip", 3, make=lambda: decoder(b"3\r\n")),
    "BodyDecoder.skip: too much": ask("skip", 4, make=lambda: decoder(b"3\r\n")),
    "BodyDecoder.skip: too large": ask("skip", 9, make=lambda: decoder(framing=None, max_body=8)),
    "BodyDecoder.feed_eof": ask("feed_eof", make=decoder),
    "BodyDecoder.data_left": take("data_left", lambda: decoder(b"ffff\r\n")),
    "BodyDecoder.wire": take("wire", lambda: decoder(b"ffff\r\n" + b"x" * 5000)),
    "BodyDecoder.trailers": take("trailers", lambda: decoder(BODY)),
    "BodyDecoder.__reduce__": ask("__reduce__", make=decoder),
    "client.parse_headers": reading(io.BytesIO, BLOCK),
    "client.parse_headers: buffered": reading(buffered, BLOCK),
    "client.parse_headers: many fields": reading(buffered, MANY.partition(b"\n")[2]),
    "client.parse_headers: line by line": reading(calls.Lines, BLOCK),
    "client.parse_headers: multipart": reading(io.BytesIO, MULTIPART),
    "client.parse_headers: the stdlib's class": reading(io.BytesIO, BLOCK, http.client.HTTPMessage),
    "read_request": requesting(REQUEST),
    "read_request: many fields": requesting(MANY),
    "begin": lambda: beginning(RESPONSE),
    "begin: framed": lambda: beginning(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 9\r\n\r\n"),
    "add_status_line": lambda: partial(
        writer.add_status_line, [], "HTTP/1.1", 200, None, {200: ("OK", "")}, SimpleNamespace(strict=True)
    ),
    "add_field_line": lambda: partial(writer.add_field_line, [], "X-Own", "1", SimpleNamespace(strict=True)),
    "joined": lambda: partial(writer.joined, [b"X-Own: 1\r\n", b"\r\n"]),
    "Second.text": lambda: partial(writer.Second().text, 1.5, "{usegmt}".format),
    "field_line": lambda: partial(writer.field_line, "X-Own", ("\xe9 1",)),
    "field_line: a number": lambda: partial(writer.field_line, b"X-Own", (10**20,)),
    "put_request": gateway,
    "stats": lambda: fasthdr.stats,
    "simd": lambda: fasthdr.simd,
}


# Calls that fail if dict.setdefault() itself does: CPython 3.13.0's returns a result with an exception set.
SETDEFAULT = {"RequestHead.wsgi_environ", "RequestHead.wsgi_environ: no base", "put_request"}
SETDEFAULT |= {"RequestHead.wsgi_environ: strict"}


def setdefault_holds() -> bool:
    for n in range(5):
        add = {i: i for i in range(5)}.setdefault  # the next key needs a larger table
        _testcapi.set_nomemory(n, n + 1)
        try:
            add(5, 5)
        except MemoryError:
            pass
        except SystemError:
            return False
        finally:
            _testcapi.remove_mem_hooks()
    return True


class Wrong(Exception):
    """Raised if a call handles a failed allocation wrongly."""


def plain(answer: Any) -> Any:
    """Return an answer in a form that can be compared."""
    if isinstance(answer, fasthdr.Head):
        return calls.head(answer)
    if isinstance(answer, http.client.HTTPMessage):
        return calls.message(answer)
    if isinstance(answer, fasthdr.Heads):
        return [*map(calls.head, answer), answer.table.tolist(), answer.consumed, repr(answer.error)]
    if isinstance(answer, tuple):
        return [plain(part) for part in answer]
    if isinstance(answer, dict):
        return sorted((key, repr(value)) for key, value in answer.items() if key != "policy")
    if isinstance(answer, (Table, memoryview)):
        return memoryview(answer).tolist()
    return [repr(each) for each in answer] if hasattr(answer, "__next__") else answer


def failing(call: Call, start: int, count: int) -> Any:
    """Return the answer while `count` allocations fail from number `start` on, or MemoryError if that was raised."""
    _testcapi.set_nomemory(start, start + count)
    try:
        answer = call()
    except Exception as error:
        _testcapi.remove_mem_hooks()
        return MemoryError if type(error) is MemoryError else (type(error).__name__, str(error))
    _testcapi.remove_mem_hooks()
    return plain(answer)


def answering(call: Call) -> Any:
    try:
        return plain(call())
    except Exception as error:
        return type(error).__name__, str(error)


def sweep(make: Callable[[], Call], expected: Any, count: int) -> int:
    """Make `count` allocations fail at every place; return the number of places."""
    passed = 0
    for n in range(MOST):
        call = make()
        answer = failing(call, n, count)
        if answer is MemoryError:
            passed = 0
        elif answer != expected:
            raise Wrong(f"allocation {n}, {count} failing: {answer!r}")
        else:
            passed += 1
            if passed > PASSED:
                return n - PASSED
        del call
        after = answering(make())
        if after != expected:
            raise Wrong(f"after allocation {n}, {count} failing: {after!r}")
    raise Wrong(f"no end after {MOST} allocations")


def blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


# Without memory for the text, CPython 3.10's PyErr_Format() sets the requested exception without a text.
FORMATTED = {"parse_request: no bytes", "parse_many: no bytes"} if sys.version_info < (3, 11) else set()


def faults(names: list[str]) -> Iterator[str]:
    left_out = FORMATTED if setdefault_holds() else FORMATTED | SETDEFAULT
    for name in names:
        if name in left_out:
            print(f"{name}: left out, as this interpreter's own functions do not withstand it")
            continue
        print(f"{name}: ", end="", flush=True)
        make = CORE[name]
        expected = answering(make())
        try:
            if type(expected) is tuple and expected[0] == "TypeError" and "argument" in expected[1]:
                raise Wrong(f"it is called with other arguments than it takes: {expected[1]}")
            count = sweep(make, expected, 1)
            growth = []  # the least count decides: the interpreter's own caches stop growing
            before = blocks()
            while len(growth) < ROUNDS and (len(growth) < 3 or min(growth) > 0):
                sweep(make, expected, 8)
                sweep(make, expected, 1)
                # Count once a round: what is allocated between two rounds must not count as lost in one.
                after = blocks()
                growth.append(after - before)
                before = after
        except Wrong as wrong:
            print("WRONG", flush=True)
            yield f"{name}: {wrong}"
            continue
        print(f"{count} allocations", flush=True)
        if min(growth) > 0:
            yield f"{name}: {growth} blocks more after each round of {count} failures"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.nomemory")
    parser.add_argument("names", metavar="NAME", nargs="*", help="calls (default: all)")
    found = list(faults(parser.parse_args().names or list(CORE)))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
