# SPDX-License-Identifier: MIT
"""RFC 9110 5.3: fields that are not lists, sent twice."""

from __future__ import annotations

from tests.strict.cases.table import GET, Case, Verdict, accepted, refused

A = GET + b"Host: a\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
TYPE = (400, "More than one Content-Type", "9110 8.3")
RANGE = (400, "More than one Content-Range", "9110 14.4")
CREDENTIALS = (400, "More than one Authorization", "9110 11.6.2")


def twice(name: bytes) -> dict[str, tuple[bytes, bytes]]:
    other = name.swapcase()
    return {
        f"two of {name!r}": (A + name + b": a\r\n" + name + b": ", b"b\r\n\r\n"),
        f"two equal ones of {name!r}": (A + name + b": a\r\n" + name + b": ", b"a\r\n\r\n"),
        f"two empty ones of {name!r}": (A + name + b":\r\n" + name + b":", b"\r\n\r\n"),
        f"two of {name!r} in different case": (A + name + b": a\r\nB: 1\r\n" + other + b": ", b"a\r\n\r\n"),
        f"three of {name!r}": (A + name + b": a\r\n" + name + b": ", b"a\r\n" + name + b": a\r\n\r\n"),
        f"two of {name!r} in 1.0": (b"GET / HTTP/1.0\r\n" + name + b": a\r\n" + name + b": ", b"a\r\n\r\n"),
        f"two of {name!r}, far apart": (A + name + b": a\r\n" + b"B: 1\r\n" * 40 + name + b": ", b"a\r\n\r\n"),
    }


CASES = [
    *refused(*TYPE, twice(b"Content-Type")),
    *refused(*RANGE, twice(b"Content-Range")),
    *refused(*CREDENTIALS, twice(b"Authorization")),
    *refused(
        *TYPE,
        {
            "Content-Type before Content-Range": (
                A + b"Content-Range: a\r\nContent-Range: b\r\nContent-Type: a\r\nContent-Type: ",
                b"b\r\n\r\n",
            )
        },
    ),
    *refused(
        *RANGE,
        {
            "Content-Range before Authorization": (
                A + b"Authorization: a\r\nAuthorization: b\r\nContent-Range: a\r\nContent-Range: ",
                b"b\r\n\r\n",
            )
        },
    ),
    *refused(
        400,
        "Bad Content-Length",
        "9112 6.3",
        {"framing is looked at before": (A + b"Content-Type: a\r\nContent-Type: b\r\nContent-Length: ", b"x\r\n\r\n")},
    ),
    *accepted(
        {
            "one of each": A + b"Content-Type: a/b\r\nContent-Range: bytes 0-1/2\r\nAuthorization: a b\r\n\r\n",
            "names that are nearly these": A
            + b"Content-Typo: a\r\nContent-Typo: b\r\nContent_Type: a\r\nContent_Type: b\r\nContent-Types: a\r\n"
            + b"Content-Types: b\r\nAuthorisation: a\r\nAuthorisation: b\r\n"
            + b"Content-Ranges: a\r\nContent-Ranges: b\r\n\r\n",
            # Fields that clients do send twice, or that are lists.
            "fields that may be there twice": A
            + b"".join(
                name + b": a\r\n" + name + b": b\r\n"
                for name in (
                    b"Accept", b"Cookie", b"X-Forwarded-For", b"Forwarded", b"Via", b"Cache-Control", b"TE", b"Range",
                    b"Connection", b"Expect", b"Upgrade", b"User-Agent", b"Origin", b"Content-Encoding", b"If-Match",
                )
            )
            + b"\r\n",
        }
    ),
    *(
        Case(f"{name!r} twice in a response", before + b"b\r\n\r\n", Verdict(502, reason, len(before), rfc), "response")
        for name, (_, reason, rfc) in ((b"Content-Type", TYPE), (b"Content-Range", RANGE))
        for before in [OK + name + b": a\r\n" + name + b": "]
    ),
    *accepted(
        {
            "Authorization says nothing in a response": OK + b"Authorization: a\r\nAuthorization: b\r\n\r\n",
            "fields of a response that are no part of what it is": OK
            + b"Location: /a\r\nLocation: /a\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: a\r\nDate: b\r\n\r\n",
        },
        "response",
    ),
]  # fmt: skip
