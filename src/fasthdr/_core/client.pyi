# SPDX-License-Identifier: MIT
import http.client
from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal, final

@final
class SocketFiles:
    def __init__(self, socket_module: ModuleType, io_module: ModuleType, raw: dict[str, Any]) -> None: ...

@final
class Responses:
    @property
    def socket_files(self) -> SocketFiles | None: ...
    def __init__(
        self,
        attributes: dict[str, Any],
        stores_plainly: Callable[[type], bool],
        socket_files: SocketFiles | None = None,
    ) -> None: ...
    def start(self, response: http.client.HTTPResponse, sock: Any, debuglevel: int, method: str | None, /) -> bool: ...

@final
class Begin:
    def __init__(
        self,
        responses: Responses,
        parse_headers: Callable[..., Any],
        source: Literal["ask", "installed", "imported", "probed"],
        names: dict[str, Any] | None = None,
    ) -> None: ...
    def begin(self, response: http.client.HTTPResponse, /, *limit: int | None) -> bool: ...
