# SPDX-License-Identifier: MIT
"""RFC 9112 6 and RFC 9110 8.6: the fields that say where the body ends."""

from __future__ import annotations

from tests.strict.cases.table import DIGITS, GET, accepted, every_byte, refused

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CONNECT = b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n"
LENGTH = (400, "Bad Content-Length", "9112 6.3")
BOTH = (400, "Content-Length with Transfer-Encoding", "9112 6.3")
CODING = (400, "Bad Transfer-Encoding", "9112 6.1")
OTHER = (501, "Unsupported transfer coding", "9112 6.1")
VALUE = (400, "Bad field value", "9110 5.5")
CTL = bytes([*range(0x09), *range(0x0B, 0x0D), *range(0x0E, 0x20), 0x7F])

GOOD_LENGTHS = [
    b"0", b"5", b"007", b"\t5 ", b"9223372036854775807", b"0" * 30 + b"9223372036854775807", b"0" * 20, b"0" * 60000,
]  # fmt: skip
BAD_LENGTHS = [
    b"", b"+5", b"-5", b"-0", b"5_0", b"1_000", b"0x5", b"0b1", b"5.0", b"5.", b".5", b"1e0", b"5e", b"5L", b"five",
    b"5 0", b"5\t0", b"5,", b",5", b"5,5", b"5, 5", b"5, 6", b"5;", b"5;q=1", b'"5"', b"'5'", b"(5)", b"5(c)",
    b"\xa05", b"5\xa0", b"\x855", b"\xb2", b"\xb9\xb2", b"\xd9\xa5", b"\xef\xbc\x95", b"\xe2\x85\xa4", b"inf", b"nan",
    b"None", b"9223372036854775808", b"18446744073709551616", b"18446744073709551621", b"99999999999999999999",
    b"1" * 4299, b"1" * 4300, b"1" * 4301, b"1" * 60000, b"0" * 5000 + b"9223372036854775808", b"0" * 5000 + b"x",
    b"1" * 5000 + b"x",
]  # fmt: skip

GOOD_CODINGS = [b"chunked", b"Chunked", b"CHUNKED", b"\tchunked ", b"chunKED"]
BAD_CODINGS = [
    b"", b",", b",chunked", b"chunked,", b"chunked, ", b", chunked", b"chunked, chunked", b"chunked,chunked",
    b"chunked, gzip", b"gzip", b"identity", b"Identity", b"identity, chunked", b"chunked, identity",
    b"gzip, identity, chunked", b"xchunked", b"chunkedx", b"x chunked", b"chunked x", b"chunked;", b"chunked;a=b",
    b"chunked ;a=b", b"chunked; a=\"b\"", b'"chunked"', b"'chunked'", b"chunked\xa0", b"\xa0chunked", b"chunked\x85",
    b"\x85chunked", b"chunked\xff", b"chun\xe2\x84\xaaed", b"chunk", b"hunked", b"chunked/1", b"(c) chunked",
    b"chunked (c)", b"[chunked]", b"gzip;q=1, chunked", b"gzip,, chunked", b"gzip chunked", b"chunked=1", b"=chunked",
    b"gzip, chunked, gzip", b"gzip, chunked, chunked", b"chunked; q=0.5, chunked", b"gzip, \"chunked\"",
    b"chunkedchunked", b"0", b"trailers",
]  # fmt: skip
OTHER_CODINGS = [
    b"gzip, chunked", b"deflate,chunked", b"compress , chunked", b"x-gzip\t,\tchunked", b"GZIP, Chunked",
    b"gzip, deflate, chunked", b"br, chunked", b"x, chunked", b"xchunked, chunked", b"!, chunked",
]  # fmt: skip


def name(field: str, value: bytes) -> str:
    return f"{field} {value!r}"[:70] + f" of {len(value)}"


CASES = [
    *accepted(
        {name("Content-Length", value): POST + b"Content-Length: " + value + b"\r\n\r\n" for value in GOOD_LENGTHS}
    ),
    *accepted({"Content-Length in 1.0": b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"}),
    *accepted(
        {
            "names that are nearly Content-Length": POST
            + b"Content-Lengt: x\r\nContent_Length: x\r\nXContent-Length: x\r\nContent-Lengths: x\r\n\r\n"
        }
    ),
    *refused(
        *LENGTH,
        {
            name("Content-Length", value): (POST + b"Content-Length: "[: None if value else -1], value + b"\r\n\r\n")
            for value in BAD_LENGTHS
        },
    ),
    *refused(
        *LENGTH,
        {
            "two of Content-Length": (POST + b"Content-Length: 5\r\nContent-Length: ", b"6\r\n\r\n"),
            "two equal ones of Content-Length": (POST + b"Content-Length: 5\r\nContent-Length: ", b"5\r\n\r\n"),
            "three of Content-Length": (
                POST + b"Content-Length: 5\r\nA: 1\r\ncontent-length: ",
                b"5\r\nCONTENT-LENGTH: 5\r\n\r\n",
            ),
            "counted before the first is looked at": (POST + b"Content-Length: x\r\nContent-Length: ", b"5\r\n\r\n"),
            "an empty one before another": (POST + b"Content-Length:\r\nContent-Length: ", b"5\r\n\r\n"),
            "an empty one after another": (POST + b"Content-Length: 5\r\nContent-Length:", b"\r\n\r\n"),
            "bad in a GET": (GET + b"Host: a\r\nContent-Length: ", b"x\r\n\r\n"),
            "bad in 1.0": (b"POST / HTTP/1.0\r\nContent-Length: ", b"+5\r\n\r\n"),
            "bad with Expect": (POST + b"Expect: 100-continue\r\nContent-Length: ", b"-1\r\n\r\n"),
        },
    ),
    *accepted(
        {
            name("Transfer-Encoding", value): POST + b"Transfer-Encoding: " + value + b"\r\n\r\n"
            for value in GOOD_CODINGS
        }
    ),
    *accepted(
        {
            "names that are nearly Transfer-Encoding": POST
            + b"Transfer-Encodin: x\r\nTransfer_Encoding: x\r\nXTransfer-Encoding: x\r\nTransfer-Encodings: x\r\n\r\n"
        }
    ),
    *refused(
        *CODING,
        {
            name("Transfer-Encoding", value): (
                POST + b"Transfer-Encoding: "[: None if value else -1],
                value + b"\r\n\r\n",
            )
            for value in BAD_CODINGS
        },
    ),
    *refused(
        *CODING,
        {
            "chunked in two fields": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: ", b"chunked\r\n\r\n"),
            "something after chunked in another field": (
                POST + b"Transfer-Encoding: chunked\r\nA: 1\r\ntransfer-encoding: ",
                b"gzip\r\n\r\n",
            ),
            "two fields, none of them chunked": (
                POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: ",
                b"deflate\r\n\r\n",
            ),
            "chunked, then an empty field": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding:", b"\r\n\r\n"),
            "an empty field, then chunked": (
                POST + b"Transfer-Encoding:",
                b"\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            "two empty fields": (POST + b"Transfer-Encoding:", b"\r\nTransfer-Encoding:\r\n\r\n"),
            "identity, then chunked": (
                POST + b"Transfer-Encoding: ",
                b"identity\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            "chunked in 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: ", b"chunked\r\n\r\n"),
            "gzip, chunked in 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: ", b"gzip, chunked\r\n\r\n"),
            "in 1.0 it is the first that counts": (
                b"POST / HTTP/1.0\r\nTransfer-Encoding: ",
                b"chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
        },
    ),
    *refused(
        *VALUE,
        {
            "VT after chunked": (POST + b"Transfer-Encoding: chunked", b"\x0b\r\n\r\n"),
            "VT before chunked": (POST + b"Transfer-Encoding: ", b"\x0bchunked\r\n\r\n"),
            "NUL within Content-Length": (POST + b"Content-Length: 5", b"\x000\r\n\r\n"),
        },
    ),
    *refused(
        *OTHER,
        {
            name("Transfer-Encoding", value): (POST + b"Transfer-Encoding: ", value + b"\r\n\r\n")
            for value in OTHER_CODINGS
        },
    ),
    *refused(
        *OTHER,
        {
            "gzip and chunked in two fields": (
                POST + b"Transfer-Encoding: ",
                b"gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            "the first of two codings": (
                POST + b"Transfer-Encoding: ",
                b"gzip\r\nTransfer-Encoding: deflate, chunked\r\n\r\n",
            ),
        },
    ),
    *refused(
        *BOTH,
        {
            "Content-Length, then Transfer-Encoding": (
                POST + b"Content-Length: ",
                b"5\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            "Transfer-Encoding, then Content-Length": (
                POST + b"Transfer-Encoding: chunked\r\nContent-Length: ",
                b"5\r\n\r\n",
            ),
            "Content-Length, then an empty Transfer-Encoding": (
                POST + b"Content-Length: ",
                b"5\r\nTransfer-Encoding:\r\n\r\n",
            ),
            "an empty Transfer-Encoding, then Content-Length": (
                POST + b"Transfer-Encoding:\r\nContent-Length: ",
                b"5\r\n\r\n",
            ),
            "an empty Content-Length, then Transfer-Encoding": (
                POST + b"Content-Length:",
                b"\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            "an empty element before chunked, and Content-Length": (
                POST + b"Transfer-Encoding: ,chunked\r\nContent-Length: ",
                b"5\r\n\r\n",
            ),
            "both, whatever they say": (POST + b"Transfer-Encoding: gzip\r\nContent-Length: ", b"x\r\n\r\n"),
            "both, Content-Length twice": (
                POST + b"Content-Length: ",
                b"5\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            ),
            "both in 1.0": (b"POST / HTTP/1.0\r\nContent-Length: ", b"5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "both with other fields between": (
                POST + b"content-length: ",
                b"0\r\n" + b"A: 1\r\n" * 20 + b"TRANSFER-ENCODING: chunked\r\n\r\n",
            ),
        },
    ),
    *accepted(
        {
            f"CONNECT with Content-Length {value!r}": CONNECT + b"Content-Length: " + value + b"\r\n\r\n"
            for value in (b"0", b"000", b"0" * 60)
        }
    ),
    *refused(
        400,
        "Content in a CONNECT",
        "9110 9.3.6",
        {
            "a length": (CONNECT + b"Content-Length: ", b"5\r\n\r\n"),
            "a length with a zero": (CONNECT + b"Content-Length: ", b"10\r\n\r\n"),
            "a length after zeros": (CONNECT + b"Content-Length: ", b"0001\r\n\r\n"),
            "a length in 1.0": (b"CONNECT a:80 HTTP/1.0\r\nContent-Length: ", b"5\r\n\r\n"),
            "chunked": (CONNECT + b"Transfer-Encoding: ", b"chunked\r\n\r\n"),
        },
    ),
    *refused(*LENGTH, {"a bad length of a CONNECT": (CONNECT + b"Content-Length: ", b"+0\r\n\r\n")}),
    *refused(*OTHER, {"a coding of a CONNECT": (CONNECT + b"Transfer-Encoding: ", b"gzip, chunked\r\n\r\n")}),
    *every_byte(
        "within Content-Length",
        POST + b"Content-Length: 1",
        b"2\r\n\r\n",
        DIGITS,
        LENGTH,
        {CTL: VALUE},
        at=len(POST) + 16,
    ),
    *every_byte(
        "after Content-Length",
        POST + b"Content-Length: 1",
        b"\r\n\r\n",
        DIGITS | frozenset(b" \t"),
        LENGTH,
        {CTL: VALUE},
        at=len(POST) + 16,
    ),
    *every_byte(
        "before Content-Length",
        POST + b"Content-Length:",
        b"1\r\n\r\n",
        DIGITS | frozenset(b" \t"),
        LENGTH,
        {CTL: VALUE},
        at=len(POST) + 15,
    ),
    *every_byte(
        "after chunked",
        POST + b"Transfer-Encoding: chunked",
        b"\r\n\r\n",
        frozenset(b" \t"),
        CODING,
        {CTL: VALUE},
        at=len(POST) + 19,
    ),
    *every_byte(
        "before chunked",
        POST + b"Transfer-Encoding:",
        b"chunked\r\n\r\n",
        frozenset(b" \t"),
        CODING,
        {CTL: VALUE},
        at=len(POST) + 18,
    ),
    *every_byte(
        "for the k of chunked",
        POST + b"Transfer-Encoding: chun",
        b"ed\r\n\r\n",
        frozenset(b"kK"),
        CODING,
        {CTL: VALUE},
        at=len(POST) + 19,
    ),
]
