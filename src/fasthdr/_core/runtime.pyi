# SPDX-License-Identifier: MIT
import http.client
from collections.abc import Callable, Iterator
from email.errors import MessageDefect
from email.message import Message
from email.policy import Policy
from types import ModuleType
from typing import Any, Final, Literal, TypeVar, final, overload

from _typeshed import SupportsReadline
from typing_extensions import Self, disjoint_base

_T = TypeVar("_T")
_M = TypeVar("_M")

FOLD_FOREIGN: Final[int]
FOLD_KEEP: Final[int]
FOLD_STRIP: Final[int]
FOREIGN: Final[int]
FILLED: Final[int]
OWN: Final[int]

@final
class Runtime:
    @property
    def simd(self) -> str: ...
    fold: int
    native: bool
    multipart: bool
    blank_line: bool
    exact_type: bool
    counting: bool
    takes_max: bool
    read_headers_args: int
    counts: dict[str, int]
    client: dict[str, Any]
    message_class: type[HTTPMessage]
    stdlib_class: type[http.client.HTTPMessage]
    message_base: type[Message]
    compat32: Policy[Any]
    is_as_found: Callable[..., bool] | None
    found: dict[str, Any]
    collapses: Callable[[], bool | None]
    genuine: bool
    probing: set[int]
    kind: Callable[[type], int]
    fill_class: Callable[[Any, bool, list[tuple[str, str]], bytes, bool], tuple[Any, bool]]
    is_plain_handler: Callable[[type], bool]
    parse_headers: Callable[..., Any]
    installed: Callable[..., Any]
    fill: Callable[[Any, list[tuple[str, str]]], None] | None
    finish_multipart: Callable[[http.client.HTTPMessage], bool]
    multipart_defects: Callable[[], list[MessageDefect]]
    stores_plainly: Callable[[type], bool]
    attributes: dict[str, Any]
    socket_files: SocketFiles | None
    begin_probed: Callable[..., Any]
    begin_installed: Callable[..., Any]
    begin_imported: Callable[..., Any]
    own: dict[str, Any]
    own_parse_headers: Callable[..., Any]
    def watch(self, is_as_found: Callable[..., bool], pieces: tuple[Any, ...], found: dict[str, Any]) -> None: ...

_runtime: Runtime

@disjoint_base
class MessageTable:
    policy: Policy[Any]
    defects: list[MessageDefect]
    @overload
    def get(self, name: str, failobj: None = None) -> str | None: ...
    @overload
    def get(self, name: str, failobj: _T) -> str | _T: ...
    @overload
    def get_all(self, name: str, failobj: None = None) -> list[str] | None: ...
    @overload
    def get_all(self, name: str, failobj: _T) -> list[str] | _T: ...
    # None for a name that is not there: Any, as typeshed has it for email.message.Message
    def __getitem__(self, name: str, /) -> str | Any: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[str]: ...
    def items(self) -> list[tuple[str, str]]: ...
    def raw_items(self) -> Iterator[tuple[str, str]]: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Self: ...
    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]: ...
    def __setstate__(self, state: dict[str, Any]) -> None: ...

class HTTPMessage(MessageTable, http.client.HTTPMessage): ...

@overload
def parse_headers(fp: SupportsReadline[bytes], *, _max_headers: int | None = None) -> HTTPMessage: ...
@overload
def parse_headers(fp: SupportsReadline[bytes], _class: Callable[..., _M], *, _max_headers: int | None = None) -> _M: ...
def parse_headers_installed(fp: SupportsReadline[bytes], _class: Callable[..., Any] = ...) -> Any: ...
def parse_headers_within(
    fp: SupportsReadline[bytes], _class: Callable[..., Any] = ..., *, _max_headers: int | None = None
) -> Any: ...

@final
class SocketFiles:
    def __init__(self, socket_module: ModuleType, io_module: ModuleType, raw: dict[str, Any]) -> None: ...

def start(response: http.client.HTTPResponse, sock: Any, debuglevel: int, method: str | None, /) -> bool: ...
def begin(response: http.client.HTTPResponse, parse_headers: Callable[..., Any], /, *limit: int | None) -> bool: ...
def read_request(
    self: Any, raw: bytes, rfile: SupportsReadline[bytes], cls: Callable[..., Any], protocol_version: str, /
) -> tuple[str, str, bool, str, str, Any, bool | None] | None: ...
def read_request_at(
    self: Any, raw: bytes, data: bytes, start: int, cls: Callable[..., Any], protocol_version: str, /
) -> tuple[str, str, bool, str, str, Any, bool | None] | None: ...
def request_line(self: Any, /) -> tuple[str, str, bool, str, str] | None: ...
def read_block(fp: SupportsReadline[bytes], cls: Callable[..., Any], /) -> Any: ...
def count(reason: str) -> None: ...
def simd() -> Literal["avx512", "avx2", "sse2", "neon", "scalar"]: ...
def stats() -> dict[str, int]: ...
def collect_stats(on: bool = True) -> None: ...
