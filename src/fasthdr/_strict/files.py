# SPDX-License-Identifier: MIT
"""Where the files that a program gives its handler lead to: to our rfile and wfile, or past them to a socket."""

from __future__ import annotations

import gc
import io
import socket
import socketserver
import types

from fasthdr._strict.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST = 100  # objects that are looked at
_SocketWriter: Any = getattr(socketserver, "_SocketWriter", None)
_ENDS: Any = (type, types.ModuleType, socketserver.BaseRequestHandler, socketserver.BaseServer)


def _parts(found: Any) -> Any:
    """Return the objects that an object may read from or write to."""
    if isinstance(found, types.FunctionType):
        return [cell.cell_contents for cell in found.__closure__ or () if cell != types.CellType()]
    return () if isinstance(found, _ENDS) else gc.get_referents(found)


def end_of(file: Any) -> Any:
    """Return the first of our views or sockets that a file leads to, as far as that can be seen; else None."""
    seen: dict[int, Any] = {}
    coming = [file]
    while coming and len(seen) < _MOST:
        found = coming.pop(0)
        if isinstance(found, (View, socket.socket)):
            return found
        if id(found) not in seen:
            seen[id(found)] = found
            coming += _parts(found)
    return None


def socket_of(file: Any) -> Any:
    """Return the socket that a file of the program's uses past our rfile and wfile, as far as that can be seen."""
    end = end_of(file)
    return end if isinstance(end, socket.socket) else None


def reads_through(file: Any, exchange: Any) -> bool:
    """Return whether a file that the program has put in the place of rfile reads from the rfile of this exchange."""
    return getattr(end_of(file), "exchange", None) is exchange


def may_hide(file: Any) -> bool:
    """Return whether a file that the program has put in the place of wfile may hold a part of a response."""
    if file is None or type(file) in (socket.SocketIO, _SocketWriter) or isinstance(file, (io.BytesIO, io.StringIO)):
        return False
    end = end_of(file)
    return end is None or isinstance(end, socket.socket)
