# SPDX-License-Identifier: MIT
"""get_environ() of wsgiref.simple_server's handler, as install(strict=True) puts it in place."""

from __future__ import annotations

import functools
import wsgiref.simple_server
from typing import Any

from fasthdr import _server_methods

stdlib_get_environ = wsgiref.simple_server.WSGIRequestHandler.get_environ


@functools.wraps(stdlib_get_environ)
def get_environ(self: Any) -> dict[str, Any]:
    return _server_methods.environ(self, stdlib_get_environ) if self.strict is True else stdlib_get_environ(self)
