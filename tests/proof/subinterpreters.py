# SPDX-License-Identifier: MIT
"""python -m tests.proof.subinterpreters [--threads N] [--rounds N]: fasthdr in interpreters with their own GIL.

Each thread makes interpreters, one after the other, which import fasthdr, parse, and end. The program prints how many
could load fasthdr, and the errors of those that could not; it ends with status 1 if one did anything else.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

try:
    import _interpreters as interpreters  # 3.13 and later
except ImportError:
    import _xxsubinterpreters as interpreters  # type: ignore[no-redef]

INSIDE = """
import io, http.client, pickle
try:
    import fasthdr
    fasthdr.simd()  # loads the extension
except ImportError as error:
    raise ImportError("not here: " + str(error)) from None
import fasthdr.server, fasthdr.simple_server
from fasthdr import client
data = b"GET /{n} HTTP/1.1\\r\\nHost: h\\r\\nX-Own: {n}\\r\\n" + b"A: b\\r\\n" * 40 + b"\\r\\n"
for strict in (False, True):
    for _ in range(50):
        head = fasthdr.parse_request(data, strict=strict)
        assert (head.method, head.target, head.version) == ("GET", "/{n}", "HTTP/1.1")
        assert head.headers["x-own"] == "{n}" and len(head.headers) == 42
        assert head.wsgi_environ()["HTTP_X_OWN"] == "{n}"
        assert memoryview(head.table).shape == (42, 4)
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
"""


def create() -> Any:
    """Return a new interpreter with its own GIL."""
    if sys.version_info < (3, 13):
        return interpreters.create(isolated=True)
    return interpreters.create("isolated")


def run(interpreter: Any, code: str) -> str | None:
    """Return, as text, what the code raised in the interpreter."""
    if sys.version_info < (3, 13):
        try:
            interpreters.run_string(interpreter, code)
        except interpreters.RunFailedError as error:
            return str(error)
        return None
    failed = interpreters.exec(interpreter, code)
    return None if failed is None else failed.formatted


def rounds(thread: int, count: int) -> tuple[int, list[str]]:
    imported, errors = 0, []
    for turn in range(count):
        interpreter = create()
        error = run(interpreter, INSIDE.replace("{n}", str(thread * count + turn)))
        interpreters.destroy(interpreter)
        if error is None:
            imported += 1
        else:
            errors.append(error)
    return imported, errors


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.subinterpreters")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--main", action="store_true", help="import fasthdr in the main interpreter, too")
    args = parser.parse_args()
    if args.main:
        exec(INSIDE.replace("{n}", "0"), {})
    with ThreadPoolExecutor(args.threads) as pool:
        done = list(pool.map(rounds, range(args.threads), [args.rounds] * args.threads))
    if args.main:
        exec(INSIDE.replace("{n}", "1"), {})
    errors = [error for _, found in done for error in found]
    wrong = [error for error in errors if "not here:" not in error]
    print(f"{sum(imported for imported, _ in done)} imported, {len(errors) - len(wrong)} refused")
    print("\n".join(sorted(set(errors))))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
