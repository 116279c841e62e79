# SPDX-License-Identifier: MIT
from typing import NoReturn

from typing_extensions import Buffer, disjoint_base

from fasthdr._core.head import Head, RequestHead, ResponseHead

@disjoint_base
class HeadReader:
    def __reduce__(self) -> NoReturn: ...
    def feed(self, data: Buffer, /) -> Head | None: ...
    @property
    def consumed(self) -> int: ...
    @property
    def received(self) -> int: ...

class RequestReader(HeadReader):
    def __init__(
        self,
        *,
        strict: bool = False,
        max_line: int | None = 65536,
        max_headers: int | None = 100,
        max_head: int | None = None,
        max_start_line: int | None = None,
    ) -> None: ...
    def feed(self, data: Buffer, /) -> RequestHead | None: ...

class ResponseReader(HeadReader):
    def __init__(
        self,
        *,
        strict: bool = False,
        method: str | None = None,
        obsolete: bool = False,
        recover: bool = False,
        max_line: int | None = 65536,
        max_headers: int | None = 100,
        max_head: int | None = None,
        max_start_line: int | None = None,
    ) -> None: ...
    def feed(self, data: Buffer, /) -> ResponseHead | None: ...
