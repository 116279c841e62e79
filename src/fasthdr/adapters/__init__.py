# SPDX-License-Identifier: MIT
"""The core under servers that parse for themselves (docs/adapters.md): one module a server, which needs that server."""
