# SPDX-License-Identifier: MIT
"""python -m tests.proof.subinterpreters [--threads N] [--rounds N] [--shared]: fasthdr in sub-interpreters.

Each thread makes interpreters, one after the other: imports, parses, ends. Prints how many had the core and how many
plain Python, and ends with status 1 if anything went wrong, which it prints.

--time prints how much longer calls take in a process where a second interpreter has imported fasthdr, too. Processes
with and without it alternate; the shortest time of each call counts.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

try:
    import _interpreters as interpreters  # 3.13 and later
except ImportError:
    import _xxsubinterpreters as interpreters  # type: ignore[no-redef]

PLAIN = "in plain Python, as it has warned"
INSIDE = """
import email.message, io, http.client, pickle, warnings
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    import fasthdr
    plain = fasthdr.IMPLEMENTATION == "python"
told = [w.category for w in warned if "plain Python in this sub-interpreter" in str(w.message)]
assert told == [RuntimeWarning] * plain
import fasthdr.server, fasthdr.simple_server
from fasthdr import client
data = b"GET /{n} HTTP/1.1\\r\\nHost: h\\r\\nX-Own: {n}\\r\\n" + b"A: b\\r\\n" * 40 + b"\\r\\n"
for strict in (False, True):
    for _ in range(50):
        head = fasthdr.parse_request(data, strict=strict)
        assert (head.method, head.target, head.version) == ("GET", "/{n}", "HTTP/1.1")
        assert head.get("X-OWN") == head.get(name=b"x-own", failobj=1) == "{n}" and head.get("none") is None
        assert len(head.items()) == 42
        assert head.headers["x-own"] == "{n}" and len(head.headers) == 42
        assert head.wsgi_environ()["HTTP_X_OWN"] == "{n}"
        assert plain or memoryview(head.table).shape == (42, 4)
        message = client.parse_headers(io.BytesIO(data.partition(b"\\n")[2]))
        body = fasthdr.BodyDecoder("chunked")
        assert body.feed(b"3;a=b\\r\\nabc\\r\\n0\\r\\nX-Own: {n}\\r\\nCookie: c\\r\\n\\r\\n") == b"abc"
        assert body.trailers.items() == [("X-Own", "{n}")]
        message["B"] = "c"
        assert len(pickle.loads(pickle.dumps(message))) == 43
        try:
            fasthdr.parse_request(b"x\\r\\n\\r\\n", strict=strict)
        except fasthdr.ParseError as error:
            assert error.status == 400
        else:
            raise AssertionError
# A program replaces a method of messages in this interpreter alone. Heads ask the interpreter that made them.
head, old = fasthdr.parse_request(data), email.message.Message.get
email.message.Message.get = lambda self, name, failobj=None: "replaced"
try:
    assert plain or head.get("x-own") == "replaced"
finally:
    email.message.Message.get = old
assert head.get("x-own") == "{n}"

old = http.client._MAXHEADERS
for limit in (1, old):
    http.client._MAXHEADERS = limit
    try:
        client.parse_headers(io.BytesIO(b"A: 1\\r\\nB: 2\\r\\n\\r\\n"))
    except http.client.HTTPException:
        assert limit == 1
    else:
        assert limit == old
with fasthdr.install():
    assert type(http.client.parse_headers(io.BytesIO(b"A: 1\\r\\n\\r\\n"))) is client.HTTPMessage

# What releases the GIL meanwhile: no interpreter is known then.
import socket
from fasthdr._api import receive_within, send_now
assert [head.target for head in fasthdr.parse_many(data * 100)] == ["/{n}"] * 100
ours, theirs = socket.socketpair()
with ours, theirs:
    sent = send_now(ours.fileno(), data * 100)
    assert sent > 16384 and receive_within(theirs.fileno(), sent, 5.0)[:len(data)] == data
    try:
        receive_within(ours.fileno(), 1, 0.01)
    except TimeoutError:
        pass
    else:
        raise AssertionError

# Programs delete modules from sys.modules and import them again.
import sys
before = fasthdr.RequestHead, fasthdr.parse_request(data)
for name in [name for name in sys.modules if name.partition(".")[0] == "fasthdr"]:
    del sys.modules[name]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import fasthdr, fasthdr.server
    assert (fasthdr.IMPLEMENTATION == "python") == plain
assert plain or type(fasthdr.parse_request(data)) is before[0]
assert before[1].target == "/{n}" and before[1].get("x-own") == "{n}"

# What the interpreter frees at its end, perhaps after the modules of fasthdr: objects in cycles, and in another module.
import types
class Last:
    def __del__(self, parse=fasthdr.parse_request, data=data):
        try:
            assert parse(data).target == "/{n}"
        except SystemError as error:
            assert "has already ended" in str(error)
        except ImportError as error:  # plain Python imports when it is used
            assert "shutting down" in str(error)
for held in (types.ModuleType("held"), Last()):  # the first stays in sys.modules, the second is a cycle
    held.itself = held
    held.kept = (head, message, body, plain or head.table, fasthdr.parse_many(data * 3), fasthdr.RequestReader())
    held.last, held.more = Last(), [fasthdr.parse_request(data, strict=True) for _ in range(20)]
    sys.modules.setdefault("held", held)
del held, head, message, body
if plain:
    raise ImportError("{plain}")
""".replace("{plain}", PLAIN)


def method_of(data: bytes) -> tuple[str, str]:
    """Parse a request in this interpreter: its method, and by which implementation."""
    import fasthdr

    head = fasthdr.parse_request(data)
    assert head is not None
    return head.method, fasthdr.IMPLEMENTATION


def create(shared: bool) -> Any:
    """Make an interpreter with its own GIL, or one that shares the main interpreter's, as those of mod_wsgi do."""
    if sys.version_info < (3, 13):
        return interpreters.create(isolated=not shared)
    return interpreters.create("legacy" if shared else "isolated")


def run(interpreter: Any, code: str) -> str | None:
    """What the code raised in the interpreter, as text."""
    if sys.version_info < (3, 13):
        try:
            interpreters.run_string(interpreter, code)
        except interpreters.RunFailedError as error:
            return str(error)
        return None
    failed = interpreters.exec(interpreter, code)
    return None if failed is None else failed.formatted


def rounds(thread: int, count: int, shared: bool) -> tuple[int, list[str]]:
    imported, errors = 0, []
    for turn in range(count):
        interpreter = create(shared)
        error = run(interpreter, INSIDE.replace("{n}", str(thread * count + turn)))
        interpreters.destroy(interpreter)
        if error is None:
            imported += 1
        else:
            errors.append(error)
    return imported, errors


HEAD = (
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X-Field-%d: value\r\n" % i for i in range(7)) + b"Accept: */*\r\n\r\n"
)
TIMED = 20  # processes of each kind


def calls() -> dict[str, Callable[[], object]]:
    import fasthdr
    from fasthdr import client, server

    line, _, fields = HEAD.partition(b"\n")

    class Handler(server.BaseHTTPRequestHandler):
        def __init__(self) -> None:
            self.raw_requestline = line + b"\n"

    handler = Handler()

    def of_handler() -> None:
        handler.rfile = io.BufferedReader(io.BytesIO(fields))  # type: ignore[arg-type]
        assert handler.parse_request()

    def of_bytes() -> object:
        head = fasthdr.parse_request(HEAD)
        assert head is not None
        return head.get("host"), head.get("accept"), head.get("cookie")

    return {
        "the handler's parse_request()": of_handler,
        "parse_headers()": lambda: client.parse_headers(io.BytesIO(fields)),
        "parse_request(bytes)": lambda: fasthdr.parse_request(HEAD),
        "parse_request(bytes) and 3 reads": of_bytes,
    }


def time_calls(several: bool) -> None:
    """Print the seconds of each call in this process."""
    timed = calls()
    if several:
        interpreter = create(shared=False)
        assert run(interpreter, "import fasthdr.server, fasthdr.client; fasthdr.parse_request(b'')") is None
    rounds = [[timeit.timeit(call, number=500) for call in timed.values()] for _ in range(60)]
    for seconds in map(min, zip(*rounds, strict=True)):
        print(seconds)


def compare_times() -> None:
    command = [sys.executable, "-m", "tests.proof.subinterpreters", "--time"]
    found: dict[str, list[list[float]]] = {"one": [], "several": []}
    for _ in range(TIMED):
        for kind, seconds in found.items():
            done = subprocess.run([*command, kind], check=True, capture_output=True, text=True)
            seconds.append([float(line) for line in done.stdout.split()])
    alone, together = (list(map(min, zip(*found[kind], strict=True))) for kind in ("one", "several"))
    for name, one, more in zip(calls(), alone, together, strict=True):
        print(f"{name:35}{more / one:6.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.subinterpreters")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--main", action="store_true", help="import fasthdr in the main interpreter, too")
    parser.add_argument("--shared", action="store_true", help="interpreters that share the GIL")
    parser.add_argument("--time", nargs="?", const="both", choices=("both", "one", "several"), help="compare times")
    args = parser.parse_args()
    if args.time:
        return compare_times() if args.time == "both" else time_calls(args.time == "several")
    if args.main:
        exec(INSIDE.replace("{n}", "0"), {})
    with ThreadPoolExecutor(args.threads) as pool:
        done = list(pool.map(rounds, range(args.threads), [args.rounds] * args.threads, [args.shared] * args.threads))
    if args.main:
        exec(INSIDE.replace("{n}", "1"), {})
    errors = [error for _, found in done for error in found]
    wrong = [error for error in errors if PLAIN not in error]
    print(f"{sum(imported for imported, _ in done)} with the core, {len(errors) - len(wrong)} in plain Python")
    print("\n".join(sorted(set(wrong))))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
