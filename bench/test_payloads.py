# SPDX-License-Identifier: MIT
from __future__ import annotations

import http.client
import io

import pytest

from bench import payloads


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        (payloads.CURL, 3), (payloads.PICOHTTPPARSER, 9), (payloads.BROWSER, 16), (payloads.HUNDRED, 99),
        (payloads.COOKIE, 5), (payloads.UPLOAD, 5), (payloads.SMALL, 3), (payloads.THIRTEEN, 13),
        (payloads.SET_COOKIES, 12), (payloads.HUNDRED_RESPONSE, 99),
    ],
    ids=str,
)  # fmt: skip
def test_is_what_its_name_says(payload, fields):
    assert len(payload.fields) == fields
    assert http.client.parse_headers(io.BytesIO(payload.block)).items() == list(payload.fields)


def test_picohttpparser_is_the_703_bytes_of_its_bench():
    assert len(payloads.PICOHTTPPARSER.data) == 703


def test_cookie_is_4_kilobytes():
    assert 3500 < len(payloads.COOKIE.first("Cookie")) < 4600


def test_hundred_is_as_many_as_the_stdlib_takes():
    block = payloads.HUNDRED.block[:-2] + b"A: b\r\nC: d\r\n\r\n"
    with pytest.raises(http.client.HTTPException):
        http.client.parse_headers(io.BytesIO(block))
