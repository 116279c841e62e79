# SPDX-License-Identifier: MIT
"""The get_environ() that install(strict=True) gives the handler of wsgiref.simple_server."""

from __future__ import annotations

import functools
import wsgiref.simple_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

stdlib_get_environ = wsgiref.simple_server.WSGIRequestHandler.get_environ


@functools.wraps(stdlib_get_environ)
def get_environ(self: Any) -> dict[str, Any]:
    if self.strict is not True:
        return stdlib_get_environ(self)
    from fasthdr._strict import methods

    return methods.environ(self, stdlib_get_environ)
