# SPDX-License-Identifier: MIT
"""Faster versions of the methods of BaseHTTPRequestHandler that write a response head and its log line.

Each does what the stdlib's does, in the same order, and calls the same methods through self: what a class or an
instance overrides is still called. `server_response_probe` chooses which of them replace the running version's.
"""

import _thread
import email.utils
import io
import os
import socket
import socketserver
import sys
import time
from http import HTTPStatus

from fasthdr._core.handler import send_now
from fasthdr._core.writer import Second, add_field_line, add_status_line, joined
from fasthdr._stdlib.functions import has_c_methods
from fasthdr._stdlib.server import handler as _stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The escapes of http.server: for characters that are not printable, and for the backslash. None if it has no table.
_ESCAPES: "Any" = vars(_stdlib).get("_control_char_table")
_ESCAPED = len(_ESCAPES or ())

# The last results. Each tuple is replaced as a whole, in one step, so threads share them without a lock.
_version: "tuple[Any, ...]" = (None, None, "")  # server_version, sys_version, text
_date_text = Second().text
_log_date: "tuple[Any, ...]" = (0.0, 0, "", "", None, None)  # from, month, its name, text; time zone and function

_CODES = {int(status): str(int(status)) for status in HTTPStatus}

# The core's string for this version: `is` is faster than a comparison.
_HTTP_1_1 = sys.intern("HTTP/1.1")


_Writer: "Any" = getattr(socketserver, "_SocketWriter", io.BufferedIOBase)
_write: "Any" = vars(_Writer).get("write")
# True if the stdlib's write() does only what ours does: send everything, and count it.
_KNOWN = set(getattr(getattr(_write, "__code__", None), "co_names", ())) == {"_sock", "sendall", "memoryview", "nbytes"}


# send_now() keeps the GIL. If many threads want it, that is faster than sendall(), which releases it and then waits to
# get it back. If few do, sendall() is faster, because the system sends while another thread runs.
_FEW = 5  # threads besides the main one, at most
_many = False  # there are more; counted when a connection is set up: in each write() it would add 1.5 % to a round
_SMALL = 16384  # bytes; send_now() releases the GIL for more
_GIL: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
_SENDS: "Any" = socket.socket if os.name == "posix" and _GIL and has_c_methods(socket.socket, "sendall") else None


def _is_plain(sock: "Any") -> bool:
    """Return whether send_now() does what the socket's sendall() does: TLS, gevent and tracers have their own."""
    return type(sock) is _SENDS and has_c_methods(_SENDS, "sendall")


class SocketWriter(_Writer):  # type: ignore[misc]
    """The wfile of socketserver.StreamRequestHandler, which sends bytes faster, above all if there are many threads."""

    def write(self, b: "Any") -> int:
        """Send all of b (a bytes-like object). Returns the number of its bytes."""
        if _many and type(b) is bytes and len(b) <= _SMALL and _is_plain(self._sock):
            rest = b[send_now(self._sock.fileno(), b) :]
            if rest:
                self._sock.sendall(rest)
        else:
            self._sock.sendall(b)
        if type(b) is bytes:
            return len(b)
        with memoryview(b) as view:
            return view.nbytes


def lean_wfile(self: "Any") -> None:
    """Replace the handler's wfile by a SocketWriter, if it is the stdlib's own."""
    global _many
    _many = _thread._count() > _FEW
    try:
        file = self.wfile
    except AttributeError:  # the setup() of a mixin has not made one
        return
    if type(file) is _Writer and _Writer.write is _write and _KNOWN:
        self.wfile = SocketWriter(file._sock)


def send_response_only(self: "Any", code: int, message: str | None = None) -> None:
    """Send the response header only (http.server.BaseHTTPRequestHandler.send_response_only)."""
    version = self.request_version
    if version is _HTTP_1_1 or version != "HTTP/0.9":
        responses: Any = self.responses if message is None else None
        try:
            buffer = self._headers_buffer
        except AttributeError:
            pass
        else:
            add_status_line(buffer, self.protocol_version, code, message, responses, self)
            return
        if message is None:
            message = responses[code][0] if code in responses else ""
        buffer = self._headers_buffer = []
        add_status_line(buffer, self.protocol_version, code, message, responses, self)


def send_header(self: "Any", keyword: str, value: str) -> None:
    """Send a MIME header to the headers buffer (http.server.BaseHTTPRequestHandler.send_header)."""
    version = self.request_version
    if version is _HTTP_1_1 or version != "HTTP/0.9":
        try:
            buffer = self._headers_buffer
        except AttributeError:
            buffer = self._headers_buffer = []
        if not add_field_line(buffer, keyword, value, self):
            return
    if keyword.lower() == "connection":
        if value.lower() == "close":
            self.close_connection = True
        elif value.lower() == "keep-alive":
            self.close_connection = False


def send_header_or_extra(self: "Any", keyword: str, value: str, *, _is_extra: bool = False) -> None:
    """Do send_header() for the versions that keep a list of headers beside those from the command line."""
    may_be_connection = True
    version = self.request_version
    if version is _HTTP_1_1 or version != "HTTP/0.9":
        try:
            buffer = self._headers_buffer
        except AttributeError:
            buffer = self._headers_buffer = []
        may_be_connection = add_field_line(buffer, keyword, value, self)
        try:
            defaults = self._default_response_headers
        except AttributeError:
            defaults = self._default_response_headers = []
        if not _is_extra:
            defaults.append((keyword, value))
    if may_be_connection and keyword.lower() == "connection":
        if value.lower() == "close":
            self.close_connection = True
        elif value.lower() == "keep-alive":
            self.close_connection = False


def flush_headers(self: "Any") -> None:
    """Write the headers buffer (http.server.BaseHTTPRequestHandler.flush_headers)."""
    try:
        buffer = self._headers_buffer
    except AttributeError:
        return
    self.wfile.write(joined(buffer))
    self._headers_buffer = []


def flush_headers_and_defaults(self: "Any") -> None:
    """Do flush_headers() for the versions that keep a list of headers beside those from the command line."""
    flush_headers(self)
    if hasattr(self, "_default_response_headers"):
        self._default_response_headers = []


def log_request(self: "Any", code: int | str = "-", size: int | str = "-") -> None:
    """Log an accepted request (http.server.BaseHTTPRequestHandler.log_request)."""
    if type(code) is int:
        try:
            text = _CODES[code]
        except KeyError:
            text = str(code)
    else:
        text = str(code._value_ if isinstance(code, HTTPStatus) else code)
    self.log_message('"%s" %s %s', self.requestline, text, size if type(size) is str else str(size))


def log_message(self: "Any", format: str, *args: "Any") -> None:  # noqa: A002 (a keyword of the stdlib's)
    """Log an arbitrary message to stderr (http.server.BaseHTTPRequestHandler.log_message)."""
    message = format % args
    sys.stderr.write(
        "%s - - [%s] %s\n"  # noqa: UP031 (as the stdlib formats what an override returns)
        % (
            self.address_string(),
            self.log_date_time_string(),
            message
            if type(message) is str
            and message.isprintable()
            and "\\" not in message
            and self._control_char_table is _ESCAPES
            and len(_ESCAPES) == _ESCAPED
            else message.translate(self._control_char_table),
        )
    )


def date_time_string(self: "Any", timestamp: float | None = None) -> str:  # noqa: ARG001
    """Format a time for a message header (http.server.BaseHTTPRequestHandler.date_time_string).

    timestamp: in seconds since the epoch; None for the current time, whose text is made once per second.
    """
    if timestamp is None:
        return _date_text(time.time(), email.utils.formatdate)
    return email.utils.formatdate(timestamp, usegmt=True)


def version_string(self: "Any") -> str:
    """Return the server software version, joined only once (http.server.BaseHTTPRequestHandler.version_string)."""
    global _version
    server, system = self.server_version, self.sys_version
    last_server, last_system, text = _version
    if server is last_server and system is last_system:
        return text  # type: ignore[no-any-return]
    text = server + " " + system
    if type(server) is type(system) is str:
        _version = (server, system, text)
    return text  # type: ignore[no-any-return]


def log_date_time_string(self: "Any") -> str:
    """Format the current local time for logging (http.server.BaseHTTPRequestHandler.log_date_time_string).

    The text is made once per second; time.tzset() and another `monthname` take effect immediately.
    """
    global _log_date
    now = time.time()
    begin, month, name, text, zone, maker = _log_date
    if (
        type(now) is float
        and begin <= now < begin + 1.0
        and zone is time.tzname
        and maker is time.localtime
        and self.monthname[month] is name
    ):
        return text  # type: ignore[no-any-return]
    zone = time.tzname
    maker = time.localtime
    year, month, day, hh, mm, ss, _, _, _ = maker(now)
    name = self.monthname[month]
    text = "%02d/%3s/%04d %02d:%02d:%02d" % (day, name, year, hh, mm, ss)  # noqa: UP031 (a name may be of any type)
    if type(now) is float:
        _log_date = (now // 1, month, name, text, zone, maker)
    return text
