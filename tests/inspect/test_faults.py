# SPDX-License-Identifier: MIT
"""All faults of a head, each at the place where strict mode itself would see it."""

from __future__ import annotations

import pytest

import fasthdr
from fasthdr._cli.inspect.faults import MOST, faults_of
from tests.inspect.memory import codes
from tests.strict.cases import GROUPS

HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n"  # 25 bytes

SEVERAL = {
    "two field lines": (
        HEAD + b"X : y\r\nno colon\r\n\r\n",
        [(26, "space-before-colon"), (34, "space-before-colon")],
    ),
    "two faults of one line": (HEAD + b"X : \x01y\r\n\r\n", [(26, "space-before-colon"), (29, "field-value")]),
    "a bare CR beside a control": (HEAD + b"X: a\rb\x00\r\n\r\n", [(29, "line-ending")]),
    "every line ends in LF": (
        b"GET / HTTP/1.1\nHost: h\nX: y\n\n",
        [(14, "line-ending"), (22, "line-ending"), (27, "line-ending"), (28, "line-ending")],
    ),
    "method, target and version": (
        b"G@T /\xff HTTP/1.x\r\nHost: h\r\n\r\n",
        [(1, "method"), (5, "target"), (14, "version")],
    ),
    "a target of no form, and no Host": (b"GET a HTTP/1.1\r\nX: y\r\n\r\n", [(4, "target"), (22, "host-missing")]),
    "no Host, behind a bad line": (
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n", [(17, "space-before-colon"), (23, "host-missing")],
    ),
    "a Host that is written badly is not missing": (
        b"GET / HTTP/1.1\r\nHost : a/b\r\n\r\n",
        [(20, "space-before-colon"), (23, "host")],
    ),
    "three of Host": (HEAD + b"Host: h\r\nHost: h\r\n\r\n", [(31, "host-twice"), (40, "host-twice")]),
    "two framings and what is wrong with each": (
        HEAD + b"Content-Length: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        [(41, "two-framings"), (41, "content-length"), (63, "transfer-encoding")],
    ),
    "obs-fold": (HEAD + b"X: y\r\n z\r\n\tw\r\n\r\n", [(31, "obs-fold"), (35, "obs-fold")]),
    "a blank before the first field": (
        b"GET / HTTP/1.0\r\n X: y\r\nA : b\r\n\r\n", [(16, "leading-space"), (24, "space-before-colon")],
    ),
    "singletons": (
        HEAD + b"Content-Type: a\r\nContent-Type: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        [(56, "content-type-twice"), (92, "authorization-twice")],
    ),
    "a limit and another fault": (
        HEAD + b"X: y\r\n" * 100 + b"Y : z\r\n\r\n",
        [(619, "field-count"), (626, "space-before-colon")],
    ),
    "a fault and a limit behind it": (
        b"GET / HTTP/1.1\r\nHost : h\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        [(20, "space-before-colon"), (620, "field-count")],
    ),
    "a limit and what is wrong with the whole head": (
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n",
        [(616, "field-count"), (622, "host-missing")],
    ),
    "without an empty line": (HEAD + b"X : y\r\nhalf", [(26, "space-before-colon")]),
    "empty lines before it": (b"\r\n" * 5 + HEAD + b"\r\n", [(8, "request-line")]),
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_several(name: str) -> None:
    data, expected = SEVERAL[name]
    assert codes(data, "--request") == sorted(expected)


def test_of_a_response_and_of_fields() -> None:
    assert codes(b"HTTP/1.1 2000 OK\r\nA : b\r\nContent-Length: 1,1\r\n\r\n") == [
        (12, "status-line"), (19, "space-before-colon"), (41, "content-length"),
    ]  # fmt: skip
    assert codes(b"A : b\r\nC: d\n\r\n") == [(1, "space-before-colon"), (11, "line-ending")]


@pytest.mark.parametrize("name", GROUPS)
def test_cases(name: str) -> None:
    """What strict mode refuses by default is among the faults, at the same place; what it accepts has no faults."""
    for case in GROUPS[name]:
        found = [
            (fault.offset, fault.reason, fault.status, fault.rfc) for fault in faults_of(case.kind, case.data, True)
        ]
        parse = fasthdr.parse_response if case.kind == "response" else fasthdr.parse_request
        try:
            parse(case.data, strict=True)
        except fasthdr.ParseError as error:
            assert (error.offset, error.reason, error.status, error.rfc) in found, case
            assert len(set(found)) == len(found), case
        else:
            assert found == [], case


def test_a_head_with_one_fault_has_no_other() -> None:
    """No fault is invented: if leaving out one line would mend the head, that fault is the only one."""
    alone = {
        (b"X : y", 1): "space-before-colon", (b"X: \x00", 3): "field-value", (b"X\xe9: y", 1): "field-name",
        (b": y", 0): "field-line", (b" y", 0): "obs-fold", (b"Content-Length: -1", 16): "content-length",
        (b"Transfer-Encoding: x", 19): "transfer-encoding", (b"Host: h", 6): "host-twice",
    }  # fmt: skip
    for (line, at), code in alone.items():
        data = HEAD + b"A: b\r\n" + line + b"\r\nC: d\r\n\r\n"
        assert codes(data, "--request") == [(31 + at, code)], line


def test_no_more_than_so_many() -> None:
    assert len(codes(HEAD + b"X : y\r\n" * 5000 + b"\r\n")) == MOST
