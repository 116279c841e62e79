# SPDX-License-Identifier: MIT
"""RFC 9112 5.1 and 5.2: what old servers send, accepted if the caller of parse_response() asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.strict.cases.table import Case, Verdict

OK = b"HTTP/1.1 200 OK\r\n"

# A head, and the fields read from it.
TAKEN: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {
    "a fold": (b"A: b\r\n c\r\n\r\n", [(b"A", b"b   c")]),
    "a fold with TAB": (b"A: b\r\n\tc\r\n\r\n", [(b"A", b"b   c")]),
    "blanks on both sides of a fold": (b"A: b \t\r\n\t c\r\n\r\n", [(b"A", b"b      c")]),
    "blanks within the value stay": (b"A: b\tc\r\n d\te\r\n\r\n", [(b"A", b"b\tc   d\te")]),
    "blanks at the ends go": (b"A: \tb\r\n c\t \r\n\r\n", [(b"A", b"b   c")]),
    "two folds": (b"A: b\r\n c\r\n  d\r\nB: 1\r\n\r\n", [(b"A", b"b   c    d"), (b"B", b"1")]),
    "a fold of blanks": (b"A: b\r\n \r\nB: 1\r\n\r\n", [(b"A", b"b"), (b"B", b"1")]),
    "a fold of blanks between": (b"A: b\r\n \t\r\n c\r\n\r\n", [(b"A", b"b       c")]),
    "a fold of blanks last": (b"A: b\r\n \r\n\r\n", [(b"A", b"b")]),
    "a fold of an empty value": (b"A:\r\n b\r\n\r\n", [(b"A", b"b")]),
    "folds of an empty value": (b"A: \r\n \r\n\tb\r\n c\r\n\r\n", [(b"A", b"b   c")]),
    "folds, and nothing": (b"A:\r\n \r\n\t\r\nB: 1\r\n\r\n", [(b"A", b""), (b"B", b"1")]),
    "a fold like a field": (b"A: b\r\n Content-Length: 5\r\n\r\n", [(b"A", b"b   Content-Length: 5")]),
    "obs-text in a fold": (b"A: \xe9\r\n \xff\r\n\r\n", [(b"A", b"\xe9   \xff")]),
    "a fold of each": (b"A: b\r\n c\r\nB: d\r\n e\r\n\r\n", [(b"A", b"b   c"), (b"B", b"d   e")]),
    "a fold of a chunked coding": (
        b"Transfer-Encoding:\r\n chunked\r\n\r\n",
        [(b"Transfer-Encoding", b"chunked")],
    ),
    "SP before the colon": (b"A : b\r\n\r\n", [(b"A", b"b")]),
    "blanks before the colon": (b"A\t \t: b\r\nB: c\r\n\r\n", [(b"A", b"b"), (b"B", b"c")]),
    "SP before the colon, and a fold": (b"A : b\r\n c\r\n\r\n", [(b"A", b"b   c")]),
    "SP before the colon of a length": (b"Content-Length : 5\r\n\r\nhello", [(b"Content-Length", b"5")]),
    "a long value": (
        b"A: " + b"x" * 1500 + b"\r\n " + b"y" * 1500 + b"\r\nB: 1\r\n\r\n",
        [(b"A", b"x" * 1500 + b"   " + b"y" * 1500), (b"B", b"1")],
    ),
    "many fields": (b"A: b\r\n c\r\n" * 99 + b"\r\n", [(b"A", b"b   c")] * 99),
    "more lines than fields may be": (b"A: b\r\n" + b" c\r\n" * 300 + b"\r\n", [(b"A", b"b" + b"   c" * 300)]),
    "as many fields as may be, the last folded": (
        b"A: b\r\n" * 100 + b" c\r\n\r\n",
        [(b"A", b"b")] * 99 + [(b"A", b"b   c")],
    ),
    **{
        f"a fold, {n} from the start": (
            b"A: " + b"x" * n + b"\r\n y\r\nLong-Name: z\r\n\r\n",
            [(b"A", b"x" * n + b"   y"), (b"Long-Name", b"z")],
        )
        for n in range(1, 130, 7)
    },
}  # fmt: skip


def bad(reason: str, rfc: str, heads: Mapping[str, tuple[bytes, bytes]]) -> list[Case]:
    return [
        Case(name, OK + before + rest, Verdict(502, reason, len(OK + before), rfc), "response", {"obsolete": True})
        for name, (before, rest) in heads.items()
    ]


CASES = [
    *(Case(name, OK + block, None, "response", {"obsolete": True}) for name, (block, _) in TAKEN.items()),
    *bad("White space before the first field", "9112 2.2", {"a fold of nothing": (b"", b" A: b\r\n\r\n")}),
    *bad(
        "White space in a field name",
        "9112 5.1",
        {
            "SP within a name": (b"A", b" b: c\r\n\r\n"),
            "a name and blanks": (b"B: 1\r\nA", b" \r\n\r\n"),
            "a name, blanks, and no colon": (b"A", b" \tb\r\n\r\n"),
        },
    ),
    *bad("Bad field line", "9112 5", {"an empty name": (b"B: 1\r\n", b": a\r\n\r\n")}),
    *bad("Bad field name", "9110 5.1", {"NUL before the colon": (b"A", b"\x00 : b\r\n\r\n")}),
    *bad(
        "Bad field value",
        "9110 5.5",
        {
            "NUL in a fold": (b"A: b\r\n c", b"\x00\r\n\r\n"),
            "NUL first in a fold": (b"A: b\r\n ", b"\x00\r\n\r\n"),
            "DEL after SP before the colon": (b"A : b", b"\x7f\r\n\r\n"),
        },
    ),
    *bad(
        "Bad line ending",
        "9112 2.2",
        {
            "bare LF before a fold": (b"A: b", b"\n c\r\n\r\n"),
            "bare LF after a fold": (b"A: b\r\n c", b"\n\r\n"),
            "bare CR in a fold": (b"A: b\r\n c", b"\rd\r\n\r\n"),
            "bare CR first in a fold": (b"A: b\r\n ", b"\rd\r\n\r\n"),
        },
    ),
    *bad(
        "Bad Content-Length",
        "9112 6.3",
        {
            "a folded length": (b"Content-Length: ", b"5\r\n 6\r\n\r\n"),
            "two lengths": (b"Content-Length : 5\r\nContent-Length: ", b"5\r\n\r\n"),
        },
    ),
    *bad("Bad Transfer-Encoding", "9112 6.1", {"a coding in two": (b"Transfer-Encoding: ", b"chun\r\n ked\r\n\r\n")}),
    *bad(
        "Content-Length with Transfer-Encoding",
        "9112 6.3",
        {"a length by SP": (b"Transfer-Encoding: chunked\r\nContent-Length : ", b"5\r\n\r\n")},
    ),
    *bad("More than one Content-Type", "9110 8.3", {"by SP": (b"Content-Type: a\r\nContent-Type : ", b"b\r\n\r\n")}),
    Case(
        "a fold that never ends",
        OK + b"A: b\r\n " + b"x" * 70000,
        Verdict(502, "Field line too long", len(OK) + 6 + 65536, "9110 5.4"),
        "response",
        {"obsolete": True},
    ),
    Case(
        "folds without end",
        OK + b"A: b\r\n" + b" x\r\n" * 2000,
        Verdict(502, "Head too long", 4096, "9110 5.4"),
        "response",
        {"obsolete": True, "max_head": 4096},
    ),
    Case(
        "folds without end, and no limit asked for",
        OK + b"A: b\r\n" + b" 23456789012345678\r\n" * 14000,
        Verdict(502, "Head too long", 262144, "9110 5.4"),
        "response",
        {"obsolete": True, "max_line": 1024, "max_headers": 20},
    ),
    Case(
        "many folds, and few fields of short lines",
        OK + b"A: b\r\n" + b" 23456789012345678\r\n" * 4000 + b"\r\n",
        None,
        "response",
        {"obsolete": True, "max_line": 1024, "max_headers": 20},
    ),
    Case(
        "one field too many after a fold",
        OK + b"A: b\r\n c\r\nB: 1\r\n\r\n",
        Verdict(502, "Too many field lines", len(OK) + 10, "9110 5.4"),
        "response",
        {"obsolete": True, "max_headers": 1},
    ),
]
