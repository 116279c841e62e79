# SPDX-License-Identifier: MIT
from typing import Any

def put_request(
    base: Any,
    handler_version: str,
    command: str,
    path: str,
    version: str,
    remote_host: str | None,
    remote_address: str,
    message: Any,
    /,
) -> dict[str, Any] | None: ...
