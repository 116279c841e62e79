# SPDX-License-Identifier: MIT
"""How both fuzzers read an input: CONFIG bytes, then the head or body. fuzz/walk.pyx has the same layout."""

from __future__ import annotations

CONFIG = 4  # bytes: kind and choices, limits, and the cut (little-endian)
KINDS = ("request", "response", "fields", "body")  # the lowest two bits of the first byte


def config(kind: int, choices: int = 0, limits: int = 0, cut: int = 0) -> bytes:
    return bytes((kind | choices << 2, limits)) + cut.to_bytes(2, "little")
