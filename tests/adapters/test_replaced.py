# SPDX-License-Identifier: MIT
"""enable() refuses to replace what a program has put into a server before it imports the adapter."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

# What a program may do: wrap or replace the parser, or one of its methods. Each is transparent.
PROGRAMS = {
    "tornado": [
        "from tornado.http1connection import HTTP1Connection as C\n"
        "import functools\n"
        "own = C._parse_headers\n"
        "C._parse_headers = functools.wraps(own)(lambda self, data: own(self, data))",
    ],
    "cheroot": [
        "import cheroot.server as s\ns.HTTPRequest.header_reader = type('Mine', (s.HeaderReader,), {})()",
        "import cheroot.server as s\nown = s.HeaderReader._transform_key\n"
        "s.HeaderReader._transform_key = lambda self, name: own(self, name)",
    ],
    "waitress": [
        "import waitress.parser as p\nown = p.HTTPRequestParser.parse_header\n"
        "p.HTTPRequestParser.parse_header = lambda self, data: own(self, data)",
        "import waitress.channel as c\nc.HTTPChannel.parser_class = type('Mine', (c.HTTPRequestParser,), {})",
    ],
    "gunicorn": [
        "import gunicorn.http.message as m\nown = m.Request.parse_headers\n"
        "m.Request.parse_headers = lambda self, *a, **k: own(self, *a, **k)",
        "from gunicorn.http.parser import RequestParser as P\nP.mesg_class = type('Mine', (P.mesg_class,), {})",
    ],
}


@pytest.mark.parametrize(
    ("server", "program"), [(server, each) for server, programs in PROGRAMS.items() for each in programs]
)
def test_before_the_import(server: str, program: str) -> None:
    pytest.importorskip(server, reason=f"{server} is not installed")
    importlib.import_module(f"fasthdr.adapters.{server}")
    code = f"{program}\nimport fasthdr.adapters.{server} as adapter\ntry:\n    adapter.enable()\n"
    code += "except RuntimeError as error:\n    print(adapter.is_enabled(), error)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("False ")
    assert done.stdout.endswith(f" is not {server}'s own\n")
