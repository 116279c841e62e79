# SPDX-License-Identifier: MIT
from collections.abc import Callable
from typing import Any, TypeVar, final, overload

from _typeshed import SupportsReadline

from fasthdr._core.message import HTTPMessage

_M = TypeVar("_M")

@final
class Reader:
    @property
    def parse_headers(self) -> Callable[..., Any]: ...
    @property
    def installed(self) -> Callable[..., Any]: ...

_reader: Reader

@overload
def parse_headers(fp: SupportsReadline[bytes], *, _max_headers: int | None = None) -> HTTPMessage: ...
@overload
def parse_headers(fp: SupportsReadline[bytes], _class: Callable[..., _M], *, _max_headers: int | None = None) -> _M: ...
def parse_recovering(fp: SupportsReadline[bytes], **keywords: Any) -> Any: ...
def set_exact_type(on: bool) -> None: ...
def parse_headers_is_installed() -> bool: ...
def makes_our_messages() -> bool: ...
