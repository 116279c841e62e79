# SPDX-License-Identifier: MIT
"""h11 on the same bodies: a second opinion, and the reason for each difference from BodyDecoder."""

from __future__ import annotations

import re
from typing import Any

import h11
import pytest
from hypothesis import given

import fasthdr
from tests.decoder import made
from tests.decoder.cases import CASES, END
from tests.decoder.ways import fed
from tests.strict.cases.table import Verdict

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def of_h11(wire: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]] | str:
    """Return data and trailers, or "refused", or "incomplete"."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(HEAD + wire)
    data = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Data):
                data += event.data
            elif isinstance(event, h11.EndOfMessage):
                return data, [(name, value) for name, value in event.headers]
            elif event is h11.NEED_DATA:
                return "incomplete"
    except h11.RemoteProtocolError:
        return "refused"


def of_ours(wire: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]] | str:
    decoder: Any = fasthdr.BodyDecoder("chunked")
    data, fault = fed(decoder, [wire])
    if fault is not None:
        return "refused"
    if not decoder.ended:
        return "incomplete"
    return data, [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in decoder.trailers.items()]


# Bodies that h11 accepts and BodyDecoder refuses.
LAXER = {
    # h11 accepts nearly any text as chunk-ext, and BWS at the end of a chunk line.
    "a blank after the size": b"3 \r\nabc\r\n" + END,
    "a semicolon alone": b"3;\r\nabc\r\n" + END,
    "an extension that is no token": b"3;?\r\nabc\r\n" + END,
    "an open quote": b'3;a="\r\nabc\r\n' + END,
    "a byte beyond ASCII": b"3;\xf7\r\nabc\r\n" + END,
    "a control in an extension": b"3;\x00\r\nabc\r\n" + END,
    "a bare CR in an extension": b"3;a\rb\r\nabc\r\n" + END,
    # h11 accepts 20 digits, as Python's int has no limit.
    "17 digits": b"00000000000000003\r\nabc\r\n" + END,
    # h11 accepts LF as the end of a trailer line, as in its heads, and an obs-fold; a value may have control characters
    # except NUL and white space.
    "bare LF after a trailer": b"3\r\nabc\r\n0\r\nA: b\n\r\n",
    "a fold": b"3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n",
    "a control in a value": b"3\r\nabc\r\n0\r\nA: b\x01\r\n\r\n",
    # h11 accepts any trailer field, and leaves it to the program (RFC 9110 6.5.1).
    "Host": b"3\r\nabc\r\n0\r\nHost: a\r\n\r\n",
    "Content-Length": b"3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n",
    "Transfer-Encoding": b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
}


# BodyDecoder accepts and h11 refuses BWS before the ";" of the first extension, which RFC 9112 7.1.1 allows.
STRICTER = re.compile(rb"(?:^|\r\n)[0-9A-Fa-f]+[ \t]+;")


@pytest.mark.parametrize("name", LAXER)
def test_what_h11_takes(name: str) -> None:
    found = of_h11(LAXER[name])
    assert found[0] == b"abc"
    assert of_ours(LAXER[name]) == "refused"


def test_what_h11_refuses() -> None:
    wire = b"3 ;a\r\nabc\r\n" + END
    assert (of_h11(wire), of_ours(wire)) == ("refused", (b"abc", []))
    assert of_h11(wire.replace(b" ", b"")) == (b"abc", [])


@given(made.bodies)
def test_well_formed_bodies(body: made.Made) -> None:
    """Both accept them, with the same data and trailers."""
    theirs = of_h11(body.wire)
    assert of_ours(body.wire) == theirs or (theirs == "refused" and STRICTER.search(body.wire))


@given(made.mutants)
def test_what_is_accepted_h11_accepts(wire: bytes) -> None:
    """Whatever BodyDecoder accepts means the same to h11."""
    ours, theirs = of_ours(wire), of_h11(wire)
    if isinstance(ours, str) or (theirs == "refused" and STRICTER.search(wire)):
        return
    assert theirs[0] == ours[0]
    assert [field for field in theirs[1] if field in ours[1]] == ours[1]


def test_the_table() -> None:
    accepted = [case for case in CASES if case.framing == "chunked" and not isinstance(case.expected, Verdict)]
    assert len(accepted) > 300
    for case in accepted:
        if not case.options:
            assert of_h11(case.wire) != "refused" or STRICTER.search(case.wire), case
