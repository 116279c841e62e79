# SPDX-License-Identifier: MIT
"""Generated chunked bodies: well-formed ones with their content, and mutants of them and of the table."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.decoder.cases import CASES
from tests.strict.cases.table import TCHARS

# Bytes that some rule treats specially.
SPECIAL = b'\r\n\t ;="\\:,\x00\x0b\x7f\x80\xff09afAFgxX_+-'


class Made(NamedTuple):
    wire: bytes
    data: bytes
    trailers: list[tuple[str, str]]


_tokens = st.lists(st.sampled_from(sorted(TCHARS)), min_size=1, max_size=8).map(bytes)
_text = st.binary(max_size=8).map(lambda octets: bytes(o for o in octets if o == 9 or (o >= 0x20 and o != 0x7F)))
_quoted = _text.map(lambda text: b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"')
_blanks = st.sampled_from([b""] * 4 + [b" ", b"\t", b" \t "])
_values = st.one_of(st.just(b""), st.tuples(_blanks, st.just(b"="), _blanks, st.one_of(_tokens, _quoted)).map(b"".join))
_extension = st.tuples(_blanks, st.just(b";"), _blanks, _tokens, _values).map(b"".join)
_extensions = st.one_of(st.just(b""), st.just(b""), st.lists(_extension, max_size=3).map(b"".join))
_data = st.one_of(
    st.binary(min_size=1, max_size=20),
    st.sampled_from([b"\r\n", b"0\r\n\r\n", b"x" * 300, b"\n", b"1\r\na\r\n"]),
)
_formats = st.sampled_from([b"%x", b"%X", b"%04x", b"%016X"])
_names = st.one_of(
    st.sampled_from([b"X-Sum", b"Digest", b"ETag", b"Content-Digest", b"!#$%&'*+-.^`|~09", b"A"]),
    st.lists(st.sampled_from(sorted(TCHARS - {ord("_")})), min_size=1, max_size=5).map(
        lambda octets: b"z" + bytes(octets)
    ),
)
_fields = st.lists(st.tuples(_names, _blanks, _text.map(lambda text: text.strip(b" \t")), _blanks), max_size=4)


def _body(chunks: list[tuple[bytes, bytes, bytes]], last: tuple[bytes, bytes], fields: list[tuple[bytes, ...]]) -> Made:
    wire = b"".join(size % len(data) + extension + b"\r\n" + data + b"\r\n" for size, extension, data in chunks)
    wire += last[0] + last[1] + b"\r\n"
    wire += b"".join(name + b":" + before + value + after + b"\r\n" for name, before, value, after in fields) + b"\r\n"
    trailers = [(name.decode("latin-1"), value.decode("latin-1")) for name, _, value, _ in fields]
    return Made(wire, b"".join(data for _, _, data in chunks), trailers)


bodies = st.builds(
    _body,
    st.lists(st.tuples(_formats, _extensions, _data), max_size=5),
    st.tuples(st.sampled_from([b"0", b"00", b"0" * 16]), _extensions),
    _fields,
)


def _mutated(wire: bytes, changes: list[tuple[int, int, int]]) -> bytes:
    octets = bytearray(wire)
    for at, kind, value in changes:
        at %= len(octets) + 1
        octet = SPECIAL[value % len(SPECIAL)] if value < 192 else value
        octets[at : at + (kind % 2)] = bytes([octet]) if kind < 3 else b""
    return bytes(octets)


_change = st.tuples(st.integers(0, 1 << 16), st.integers(0, 3), st.integers(0, 255))
_table = st.sampled_from([case.wire for case in CASES if case.framing == "chunked" and len(case.wire) < 300])
mutants = st.builds(
    _mutated, st.one_of(bodies.map(lambda made: made.wire), _table), st.lists(_change, min_size=1, max_size=2)
)

# Sizes of the pieces that a body is cut into.
splits = st.lists(st.integers(0, 60), max_size=12)


def pieces(wire: bytes, sizes: list[int]) -> list[bytes]:
    """Return pieces of these sizes, one after the other, and then the rest."""
    found, at = [], 0
    for size in sizes:
        found.append(wire[at : at + size])
        at += size
    return [*found, wire[at:]]
