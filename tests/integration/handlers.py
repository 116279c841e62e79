# SPDX-License-Identifier: MIT
"""What programs override in a handler: each function makes, from a handler class, a subclass with one such change."""

from __future__ import annotations

import email.message
import http.client
import io
from collections.abc import Callable
from typing import Any

OVERRIDES: dict[str, Callable[[Any], Any]] = {"nothing": lambda base: base}

# Class attributes, one at a time.
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "protocol_version 1.0": {"protocol_version": "HTTP/1.0"},
    "protocol_version 1.2": {"protocol_version": "HTTP/1.2"},
    "server_version": {"server_version": "Own/2.1"},
    "sys_version": {"sys_version": "secret"},
    "error_message_format": {"error_message_format": "<%(code)d|%(message)s|%(explain)s>"},
    "error_content_type": {"error_content_type": "text/plain"},
    "default_request_version": {"default_request_version": "HTTP/1.1"},
    "responses": {"responses": {200: ("Fine", ""), 501: ("Not Me", "Ask another"), 400: ("Bad", "Really bad")}},
    "close_connection": {"close_connection": False},
    "rbufsize": {"rbufsize": 0},
    "small rbufsize": {"rbufsize": 16},
    "wbufsize": {"wbufsize": -1},
    "timeout": {"timeout": 20},
    "disable_nagle_algorithm": {"disable_nagle_algorithm": False},
    "names of months": {"monthname": [None, *["Month"] * 12], "weekdayname": ["Day"] * 7},
}


def _with(attributes: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda base: type("Handler", (base,), attributes)


OVERRIDES.update({name: _with(attributes) for name, attributes in ATTRIBUTES.items()})


def override(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    OVERRIDES[make.__name__] = make
    return make


@override
def parse_request(base: Any) -> Any:
    class Handler(base):
        def parse_request(self) -> bool:
            self.raw_requestline = self.raw_requestline.replace(b"BREW", b"GET")
            ok = super().parse_request()
            if ok and self.headers:
                self.path += "?parsed"
                self.headers["X-Added"] = "1"
                del self.headers["User-Agent"]
            return ok

    return Handler


@override
def parse_request_of_its_own(base: Any) -> Any:
    class Handler(base):
        def parse_request(self) -> bool:
            self.command, self.path, self.request_version = "GET", "/own", "HTTP/1.1"
            self.requestline = "own"
            self.close_connection = True
            self.headers = http.client.parse_headers(self.rfile)
            return True

    return Handler


@override
def handle_one_request(base: Any) -> Any:
    class Handler(base):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(100)
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                self.send_error(418, explain=self.path)

    return Handler


@override
def handle(base: Any) -> Any:
    class Handler(base):
        def handle(self) -> None:
            self.handle_one_request()
            self.wfile.write(b"<one request>")

    return Handler


@override
def handle_expect_100(base: Any) -> Any:
    class Handler(base):
        def handle_expect_100(self) -> bool:
            self.send_error(417)
            return False

    return Handler


@override
def handle_expect_100_with_fields(base: Any) -> Any:
    class Handler(base):
        def handle_expect_100(self) -> bool:
            self.send_response_only(100)
            self.send_header("X-Path", self.path)
            self.end_headers()
            return True

    return Handler


@override
def send_error(base: Any) -> Any:
    class Handler(base):
        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            self.wfile.write(repr((code, message, explain, self.close_connection)).encode())

    return Handler


@override
def send_response(base: Any) -> Any:
    class Handler(base):
        def send_response(self, code: int, message: str | None = None) -> None:
            self.send_response_only(code, message and message.upper())
            self.send_header("X-Own", self.requestline)

    return Handler


@override
def send_response_only(base: Any) -> Any:
    class Handler(base):
        def send_response_only(self, code: int, message: str | None = None) -> None:
            super().send_response_only(code + 1, "Otherwise")

    return Handler


@override
def send_header(base: Any) -> Any:
    class Handler(base):
        def send_header(self, keyword: str, value: str, **more: Any) -> None:
            super().send_header(keyword.lower(), value, **more)

    return Handler


@override
def end_headers(base: Any) -> Any:
    class Handler(base):
        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

    return Handler


@override
def flush_headers(base: Any) -> Any:
    class Handler(base):
        def flush_headers(self) -> None:
            self._headers_buffer = [b"X-Flushed: 1\r\n" if line == b"\r\n" else line for line in self._headers_buffer]
            self._headers_buffer.append(b"\r\n")
            super().flush_headers()

    return Handler


@override
def log_methods(base: Any) -> Any:
    class Handler(base):
        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            super().log_request(code, "size")

        def log_error(self, format: str, *args: Any) -> None:
            super().log_error("error: " + format, *args)

        def log_message(self, format: str, *args: Any) -> None:
            super().log_message(format.upper().replace("%S", "%s").replace("%D", "%d"), *args)

        def log_date_time_string(self) -> str:
            return "now"

        def address_string(self) -> str:
            return "somewhere"

    return Handler


@override
def version_string_and_date(base: Any) -> Any:
    class Handler(base):
        def version_string(self) -> str:
            return "Nothing/0"

        def date_time_string(self, timestamp: float | None = None) -> str:
            return "Whenever"

    return Handler


@override
def setup_and_finish(base: Any) -> Any:
    class Handler(base):
        def setup(self) -> None:
            super().setup()
            self.protocol_version = "HTTP/1.0"
            self.MessageClass = OwnMessage

        def finish(self) -> None:
            self.wfile.write(b"<finished>")
            super().finish()

    return Handler


@override
def rfile_of_its_own(base: Any) -> Any:
    class Lines:
        """A file with only the methods that the standard library calls."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def readline(self, limit: int = -1) -> bytes:
            return self.file.readline(limit)

        def read(self, size: int = -1) -> bytes:
            return self.file.read(size)

        def close(self) -> None:
            self.file.close()

    class Handler(base):
        def setup(self) -> None:
            super().setup()
            self.rfile = Lines(self.rfile)

    return Handler


@override
def rfile_and_wfile_replaced(base: Any) -> Any:
    class Handler(base):
        """Treats the first request as a CONNECT, as a proxy that unwraps TLS does, and goes on with other files."""

        def handle(self) -> None:
            self.handle_one_request()
            rest = self.rfile.read()
            out = self.wfile
            self.rfile, self.wfile = io.BytesIO(rest), io.BytesIO()
            while not self.close_connection:
                self.handle_one_request()
            out.write(b"<inner>" + self.wfile.getvalue() + self.rfile.read())
            self.wfile = out

    return Handler


@override
def any_attribute(base: Any) -> Any:
    class Handler(base):
        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.do_GET
            raise AttributeError(name)

    return Handler


class OwnMessage(http.client.HTTPMessage):
    """A subclass that does not change the parsing."""

    def get_host(self) -> str | None:
        return self["host"]


class LowerMessage(http.client.HTTPMessage):
    """A subclass that stores names in lower case."""

    def set_raw(self, name: str, value: str) -> None:
        super().set_raw(name.lower(), value)


class FormMessage(http.client.HTTPMessage):
    """A subclass with its own default type."""

    def get_default_type(self) -> str:
        return "multipart/form-data"


class OldMessage(http.client.HTTPMessage):
    """A subclass that predates policies."""

    def __init__(self) -> None:
        super().__init__()
        self.old = True


MESSAGE_CLASSES: dict[str, Any] = {
    "http.client's own": http.client.HTTPMessage,
    "a subclass": OwnMessage,
    "a subclass with set_raw": LowerMessage,
    "a subclass with a default type": FormMessage,
    "a subclass without policy": OldMessage,
    "email's Message": email.message.Message,
    "email's EmailMessage": email.message.EmailMessage,
    "a function": staticmethod(lambda policy=None: OwnMessage(policy=policy)),
}

for _name, _class in MESSAGE_CLASSES.items():
    OVERRIDES[f"MessageClass: {_name}"] = _with({"MessageClass": _class})
