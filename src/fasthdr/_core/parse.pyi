# SPDX-License-Identifier: MIT
from typing import Literal, SupportsIndex, overload

from typing_extensions import Buffer

from fasthdr._core.head import Head, RequestHead, ResponseHead

def parse_request(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> RequestHead | None: ...
def parse_response(
    data: Buffer,
    *,
    strict: bool = False,
    method: str | None = None,
    obsolete: bool = False,
    recover: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> ResponseHead | None: ...
def parse_headers(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
    start: SupportsIndex = 0,
) -> Head | None: ...
@overload
def accepted(data: bytes, lines: Literal[False], /) -> RequestHead | None: ...
@overload
def accepted(data: bytes, lines: Literal[True], /) -> Head | None: ...
