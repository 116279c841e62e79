# SPDX-License-Identifier: MIT
from collections.abc import Callable
from typing import Any

from _typeshed import SupportsReadline

def read_request(
    self: Any, raw: bytes, rfile: SupportsReadline[bytes], cls: Callable[..., Any], protocol_version: str, /
) -> tuple[str, str, bool, str, str, Any, bool | None] | None: ...
def read_request_at(
    self: Any, raw: bytes, data: bytes, start: int, cls: Callable[..., Any], protocol_version: str, /
) -> tuple[str, str, bool, str, str, Any, bool | None] | None: ...
def request_line(self: Any, /) -> tuple[str, str, bool, str, str] | None: ...
def read_block(fp: SupportsReadline[bytes], cls: Callable[..., Any], /) -> Any: ...
