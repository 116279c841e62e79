# SPDX-License-Identifier: MIT
from collections.abc import Iterator
from typing import NoReturn, SupportsIndex, final

from typing_extensions import Buffer

from fasthdr._core.head import RequestHead
from fasthdr._errors import ParseError

@final
class Numbers:
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Heads:
    @property
    def consumed(self) -> int: ...
    @property
    def error(self) -> ParseError | None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, i: SupportsIndex, /) -> RequestHead: ...
    def __iter__(self) -> HeadsIterator: ...
    def __reduce__(self) -> NoReturn: ...
    @property
    def table(self) -> memoryview: ...
    @property
    def head_table(self) -> memoryview: ...

@final
class HeadsIterator(Iterator[RequestHead]):
    def __next__(self) -> RequestHead: ...
    def __length_hint__(self) -> int: ...
    def __reduce__(self) -> NoReturn: ...

def parse_many(
    data: Buffer,
    *,
    strict: bool = False,
    bodies: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> Heads: ...
