# SPDX-License-Identifier: MIT
"""Make the core parse header blocks for cheroot, and so for CherryPy: enable().

cheroot still handles request lines, limits, errors and bodies. Its own reader still reads, line by line, a block that
has not arrived as a whole or is not clearly well-formed.
"""

from typing import Any

import cheroot.makefile
import cheroot.server

from fasthdr.adapters._heads import block_of
from fasthdr.adapters._switch import Switch, agree, is_original

__all__ = ["HeaderReader", "disable", "enable", "is_enabled"]

_theirs: Any = cheroot.server  # its types are incomplete
_StreamReader: Any = cheroot.makefile.StreamReader


class HeaderReader(_theirs.HeaderReader):
    """Read field lines as cheroot.server.HeaderReader does, with the core if the connection's buffer has the block."""

    def __call__(self, rfile: Any, hdict: "dict[bytes, bytes] | None" = None) -> Any:
        """Read a header block into hdict, and raise what cheroot.server.HeaderReader raises."""
        fields = self._taken(rfile)
        if fields is None:
            return super().__call__(rfile, hdict)
        found = {} if hdict is None else hdict
        for name, value in fields:
            key = name.title()
            if key in _theirs.comma_separated_headers and (existing := found.get(key)):
                found[key] = existing + b", " + value
            else:
                found[key] = value
        return found

    @staticmethod
    def _taken(rfile: Any) -> "list[tuple[bytes, bytes]] | None":
        """Take a whole block out of the buffer and return its fields; None, with nothing taken, if cheroot has to."""
        if type(rfile) is not _theirs.SizeCheckWrapper:
            return None
        reader = rfile.rfile
        if type(reader) is not _StreamReader or not reader.has_data():
            return None
        data = reader.peek(0)
        end = 2 if data[:2] == b"\r\n" else data.find(b"\r\n\r\n") + 4
        if end == 3 or (rfile.maxlen and rfile.bytes_read + end > rfile.maxlen):
            return None
        head = block_of(data[:end])
        if head is None:
            return None
        rfile.read(end)
        return head.raw_headers


# Blocks that check what the adapter expects of cheroot: one for each rule that the adapter implements itself.
_BLOCKS = (
    b"Host: h\r\naccept: a\r\nX-B: \t\xe9 b \r\nACCEPT:c\r\nx_b: d\r\nx-b: e\r\nCookie: f\r\ncookie: g\r\nE:\r\n\r\n.",
    b"Accept:\r\nAccept: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"\r\nmore",
)


class _Socket:
    """A socket for a StreamReader to read from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv_into(self, buffer: Any) -> int:
        data, self._data = self._data, b""
        buffer[: len(data)] = data
        return len(data)

    def _decref_socketios(self) -> None:
        """Do nothing: there is nothing to close."""


def _observe(header_reader: Any, block: bytes) -> object:
    reader = _StreamReader(_Socket(b"line\r\n" + block))
    rfile = _theirs.SizeCheckWrapper(reader, 1 << 19)
    rfile.readline()
    found = list(header_reader(rfile).items())
    return found, rfile.bytes_read, reader.bytes_read, reader.peek(0)


_found, _ours = _theirs.HTTPRequest.header_reader, HeaderReader()
_is_original = is_original(type(_found), cheroot.server)
if not _is_original or type(_found) is not _theirs.HeaderReader or not agree(_observe, _found, _ours, _BLOCKS):
    _ours = _found

_switch = Switch("cheroot", _theirs.HTTPRequest, "header_reader", _found, _ours, _is_original)
enable, disable, is_enabled = _switch.enable, _switch.disable, _switch.is_enabled
