# SPDX-License-Identifier: MIT
"""The protocol of input that is not HTTP/1 is named."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from fasthdr._cli.inspect.messages import Foreign, messages
from fasthdr._cli.inspect.source import Source
from tests.inspect.memory import document, inspect

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n"


def hello(name: str | None, *protocols: str) -> bytes:
    """Return what OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if protocols:
        context.set_alpn_protocols(list(protocols))
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def named(data: bytes, *options: str) -> tuple[str, str]:
    found = document(data, *options)
    (foreign,) = found["foreign"]
    assert foreign["offset"] == 0
    assert found["left"] == {"offset": 0, "bytes": len(data), "reason": "not HTTP/1"}
    code, text = inspect(data, *options)
    assert code == 1
    assert text.startswith("byte 0: not HTTP/1: ")
    return foreign["code"], foreign["text"]


def test_tls() -> None:
    code, text = named(hello("example.com", "h2", "http/1.1"))
    assert code == "tls"
    assert text.startswith("TLS: a ClientHello")
    assert "server name example.com" in text
    assert "offers h2 and http/1.1" in text
    assert "1.3" in text
    assert named(hello(None))[1].startswith("TLS: a ClientHello, version")
    for size in (1, 2, 5, 6, 9, 60, 100):
        code, text = named(hello("example.com")[:size])
        assert code == "tls", size
        assert text.startswith("TLS"), size
    assert named(b"\x15\x03\x01\x00\x02\x02\x46") == ("tls", "TLS: an alert, description 70")
    assert named(b"\x15\x03\x01\x00\x02\x02\x46", "--response")[0] == "tls"
    assert named(b"\x16\x03\x03\x00\x04\x02\0\0\0")[1] == "TLS: a ServerHello"
    assert named(b"\x17\x03\x03\x00\x04abcd")[1] == "TLS: a record without a handshake before it"
    assert named(b"\x80\x2e\x01\x03\x01" + bytes(41))[1] == "SSL 2: a ClientHello"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), "http2"), (b"\0\0\x12\4\0\0\0\0\0" + bytes(18), "http2"),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "rtsp"), (b"RTSP/1.0 200 OK\r\n\r\n", "rtsp"),
        (b"INVITE sip:a@b SIP/2.0\r\n\r\n", "sip"), (b"SSH-2.0-OpenSSH_9.6\r\n", "ssh"),
        (b"220 mail ESMTP\r\n", "mail"),
        (b"EHLO me\r\n", "mail"), (b"* OK IMAP4rev1\r\n", "mail"), (b"+OK POP3\r\n", "mail"),
        (b"\xd4\xc3\xb2\xa1\2\0\4\0", "pcap"), (b"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a", "pcap"),
        (b"\x1f\x8b\x08\0", "gzip"), (b"PK\x03\x04", "zip"),
        (b"\xef\xbb\xbf" + GET, "text"), ("\ufeffGET / HTTP/1.1".encode("utf-16-le"), "text"),
        (b"\0" * 40, "junk"), (b"(hello)\n", "junk"), (b"\xff\xfb\x1f", "junk"),
    ],
)  # fmt: skip
def test_others(data: bytes, code: str) -> None:
    assert named(data)[0] == code


def test_junk_says_what_it_is() -> None:
    assert named(b"\0" * 40)[1] == "binary data that begins with the byte 0x00"
    assert named(b"(hello)\n")[1] == "text that begins with the byte 0x28"


def proxy_2(family: int, addresses: bytes, command: int = 0x21) -> bytes:
    return PROXY_2 + struct.pack(">BBH", command, family, len(addresses)) + addresses


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n", "PROXY protocol 1, TCP4: from 192.0.2.1 to 192.0.2.2"),
        (b"PROXY UNKNOWN\r\n", "PROXY protocol 1, UNKNOWN"),
        (
            proxy_2(0x11, socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + b"\0\5\0\x50" + b"more"),
            "PROXY protocol 2: from 192.0.2.1 port 5 to 192.0.2.2 port 80",
        ),
        (
            proxy_2(0x21, bytes(15) + b"\1" + bytes(15) + b"\2" + b"\0\1\0\2"),
            "PROXY protocol 2: from ::1 port 1 to ::2 port 2",
        ),
        (proxy_2(0, b"", 0x20), "PROXY protocol 2, LOCAL"),
    ],
)  # fmt: skip
def test_proxy_protocol(data: bytes, text: str) -> None:
    """The head after it is shown, too."""
    found = document(data + GET)
    assert [(each["code"], each["text"]) for each in found["foreign"]] == [("proxy", text)]
    assert [message["start"] for message in found["messages"]] == [len(data)]
    assert found["left"] is None
    assert inspect(data + GET)[0] == 1


def test_proxy_protocol_that_is_cut_off() -> None:
    for size in (12, 14, 16, 20):
        assert named((PROXY_2 + b"\x21\x11\0\x0c" + bytes(12))[:size])[1].startswith("PROXY protocol 2, cut off")


@pytest.mark.parametrize("step", [1, 2, 5])
def test_what_a_connection_brings_may_come_in_parts(step: int) -> None:
    for data in (
        hello("example.com", "h2"), b"\x15\x03\x01\0\2\2\x46", b"\x80\x2e\x01\x03\x01" + bytes(41),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n",
        proxy_2(0x11, bytes(12)), proxy_2(0, b"", 0x20), b"RTSP/1.0 200 OK\r\n\r\n",
    ):  # fmt: skip

        def foreign(size: int, data: bytes = data) -> list[tuple[str, str]]:
            pieces = [data[at : at + size] for at in range(0, len(data), size)][::-1]
            source = Source(lambda _: pieces.pop() if pieces else b"")
            found = messages(source, "request", None)
            return [(each.protocol.code, each.protocol.text) for each in found if isinstance(each, Foreign)]

        assert foreign(step) == foreign(len(data)) != []


def test_methods_that_look_like_it_are_none() -> None:
    for line in (b"PROXY / HTTP/1.1\r\n", b"PRI / HTTP/1.1\r\n", b"SSH / HTTP/1.1\r\n", b"220x / HTTP/1.1\r\n"):
        assert inspect(line + b"Host: h\r\n\r\n")[0] == 0, line
