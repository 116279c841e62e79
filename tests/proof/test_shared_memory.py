# SPDX-License-Identifier: MIT
"""Input that another process changes during a parse: any verdict may come of it, but nothing else.

The parser runs in its own process, because a read beyond its memory may end it. FASTHDR_SECONDS: for how long, for
each combination of function and mode.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

SECONDS = os.environ.get("FASTHDR_SECONDS", "0.5")

# Heads of equal length that differ in what each step of a parse finds: line ends, colons, folds, framing.
HEADS = """
LINE = {"parse_request": b"GET /abc HTTP/1.1\\r\\n", "parse_response": b"HTTP/1.1 200 OKAY\\r\\n", "parse_headers": b""}
FIELDS = [
    b"Host: a\\r\\n" + b"Name: value\\r\\n" * 30 + b"Content-Length: 5\\r\\n\\r\\n",
    b"Host: a\\r\\n" + b"N:v\\r\\nOther:v\\r\\n" * 15 + b"\\r\\n" * 15 + b"Transfer-Encoding: chunked\\r\\n\\r\\n",
    b"Content-Type: multipart/form-data; boundary=" + b"x" * 300 + b"\\r\\nHost: a\\r\\n\\r\\n",
    b"Host: a\\r\\nA:\\r\\n" + b" fold\\r\\n" * 40 + b"Content-Length: 7\\r\\n\\r\\n",
    b"Name" * 90 + b": value\\r\\nHost: b\\r\\n\\r\\n",
]
LENGTH = max(map(len, FIELDS))
FIELDS = [fields.ljust(LENGTH, b"\\n") for fields in FIELDS]
"""

WRITER = f"""
import mmap, sys
{HEADS}
name, path = sys.argv[1:]
with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
    start = len(LINE[name])
    while True:
        for fields in FIELDS:
            shared[start:start + LENGTH] = fields
        for at in range(0, LENGTH, 7):
            shared[start + at] = 13
            shared[start + at // 2] = 58
"""

PARSER = f"""
import mmap, subprocess, sys, time
import fasthdr
from fasthdr._pure import parse as _pure
{HEADS}
name, module, strict, seconds, path, writer = sys.argv[1:]
parse = getattr(_pure if module == "python" else fasthdr, name)
with open(path, "r+b") as file:
    file.write(LINE[name] + FIELDS[0])
    file.flush()
    child = subprocess.Popen([sys.executable, "-c", writer, name, path])
    end = time.monotonic() + float(seconds)
    verdicts = set()
    try:
        with mmap.mmap(file.fileno(), 0) as shared, memoryview(shared) as view:
            while time.monotonic() < end or (len(verdicts) < 3 and time.monotonic() < end + 60):
                for source in (shared, view) * 50:
                    try:
                        head = parse(source, strict=strict == "strict")
                    except fasthdr.ParseError as error:
                        verdicts.add(error.reason)
                        continue
                    verdicts.add(None if head is None else len(head.items()))
                    if head is None:
                        continue
                    for field, value in head.raw_headers:
                        assert field and not set(field) & set(b"\\r\\n:\\0"), field
                    assert [(a.encode("latin-1"), b.encode("latin-1")) for a, b in head.items()] == head.raw_headers
                    head.headers.keys(), head.get("host"), head.headers.get_all("name"), head.chunked
                    if head.table is not None:
                        assert all(n + k <= head.consumed for n, k, v, m in memoryview(head.table).tolist())
                    if name == "parse_request":
                        head.wsgi_environ(), head.asgi_scope()
    finally:
        child.kill()
        child.wait()
    assert len(verdicts) > 2, verdicts
"""


@pytest.mark.parametrize("mode", ["default", "strict"])
@pytest.mark.parametrize("module", ["cython", "python"])
@pytest.mark.parametrize("name", ["parse_request", "parse_response", "parse_headers"])
def test_input_that_another_process_changes(tmp_path: pathlib.Path, name: str, module: str, mode: str) -> None:
    path = tmp_path / "shared"
    command = [sys.executable, "-c", PARSER, name, module, mode, SECONDS, str(path), WRITER]
    path.touch()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
