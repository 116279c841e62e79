# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect -` in this process."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from typing import Any
from unittest import mock

import fasthdr
from fasthdr._cli.inspect.command import main
from fasthdr._pure import decoder
from fasthdr._pure import parse as pure

PARSERS = ("parse_request", "parse_response", "parse_headers")


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def inspect(data: bytes, *options: str) -> tuple[int, str]:
    """Return the exit code and the output."""
    out = io.StringIO()
    with mock.patch.object(sys, "stdin", Stdin(data)), redirect_stdout(out):
        code = main(["-", *options])
    return code, out.getvalue()


def document(data: bytes, *options: str) -> dict[str, Any]:
    _, text = inspect(data, "--json", *options)
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    return json.loads(text)


def codes(data: bytes, *options: str) -> list[tuple[int, str]]:
    """Return offset and code for each fault of the first head."""
    return [(fault["offset"], fault["code"]) for fault in document(data, *options)["messages"][0]["faults"]]


def plain_python() -> mock._patch_multiple:
    """Replace the core's parsers by those in plain Python, within a `with` block."""
    found = {name: getattr(pure, name) for name in PARSERS}
    for name in (*found, "BodyDecoder"):
        getattr(fasthdr, name)  # loads the name: only an existing attribute can be replaced
    return mock.patch.multiple(fasthdr, BodyDecoder=decoder.BodyDecoder, **found)
