# SPDX-License-Identifier: MIT
"""Make the core parse heads for gunicorn: `-k fasthdr.adapters.gunicorn.SyncWorker`, or another worker from here.

gunicorn still handles settings, limits, errors and bodies. Its own parser, in Python or in C, still reads a head that
did not arrive in one piece or is not clearly well-formed.
"""

from typing import Any

from gunicorn.config import Config
from gunicorn.http import message as _theirs
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import ThreadWorker as _ThreadWorker
from gunicorn.workers.sync import SyncWorker as _SyncWorker

from fasthdr.adapters._heads import head_of, request_line_of
from fasthdr.adapters._switch import Switch, agree, is_original

__all__ = ["Request", "SyncWorker", "ThreadWorker", "disable", "enable", "is_enabled"]  # GeventWorker needs gevent


class Request(_theirs.Request):
    """Read a request as gunicorn.http.message.Request does, with its head parsed by the core."""

    def parse(self, unreader: Any) -> Any:
        """Set, return and raise the same as gunicorn.http.message.Request.parse()."""
        data = unreader.read()
        if not data:
            raise StopIteration
        rest = self._parse_core(data)
        if rest is None:
            unreader.unread(data)
            return super().parse(unreader)
        return rest

    def _parse_core(self, data: bytes) -> "bytes | None":
        """Do parse()'s work. Sets nothing and returns None if gunicorn's own parser has to read the head."""
        end = data.find(b"\r\n\r\n") + 4
        # If the whole head is within the limit for one line, no line is too long.
        if end < 4 or end > self.limit_request_field_size or self.cfg.proxy_protocol not in ("off", False):
            return None
        block = data[:end]
        head = head_of(block)
        line = None if head is None else request_line_of(block, head)
        if head is None or line is None or len(line) > self.limit_request_line > 0:
            return None
        method, target = head.method, head.target
        # In any other target, and in one that begins with two slashes, urlsplit() looks for more than path and query.
        if (
            target[0] != "/"
            or target[:2] == "//"
            or not (3 <= len(method) <= 20 and method.isalpha() and method.isupper())
        ):
            return None
        fields = head.items()
        if len(fields) > self.limit_request_fields:
            return None
        self.method, self.uri = method, target
        self.path, _, self.query = target.partition("?")
        self.fragment = ""
        self.version: Any = (1, 1) if head.version == "HTTP/1.1" else (1, 0)
        self.headers = self._kept(fields)
        return data[end:]

    def _kept(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the fields with names in upper case, without those that gunicorn's settings leave out."""
        special = self.cfg.secure_scheme_headers
        kept = []
        policy: Any = None
        for name, value in fields:
            upper = name.upper()
            if "_" in upper or upper in special or upper == "EXPECT":
                # For all other fields, gunicorn's policy is only one Host and one Content-Type, as in strict mode.
                policy = policy or ([False], set(), *self._peer_trusted_for_forwarded())
                if self._apply_header_policy(upper, value, *policy) is None:
                    continue
            kept.append((upper, value))
        return kept


# Heads that check what the adapter expects of gunicorn: one for each rule that the adapter implements itself.
_HEADS = (
    b"GET /a%20b/%C3%A9?c=%20&d=? HTTP/1.1\r\nHost: h\r\nAccept: a\r\nX-B: \t\xe9 b \r\naccept:c\r\nX_B: d\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\nExpect: 100-Continue\r\nX-Forwarded-Proto: https\r\n\r\nabc",
    b"POST / HTTP/1.0\r\nConnection: Keep-Alive\r\nExpect: 100-continue\r\nEmpty:\r\nScript_Name: /a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nContent-Type: a/b\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
)


def _observe(request_class: Any, data: bytes) -> object:
    unreader = IterUnreader([data])
    request = request_class(_observed, unreader, ("127.0.0.1", 1))
    found = {name: value for name, value in vars(request).items() if name not in ("unreader", "body")}
    return found, type(request.body.reader), vars(request.body.reader).keys(), unreader.buf.getvalue()


_observed = Config()
_is_original = is_original(_theirs.Request, _theirs)
if not _is_original or not agree(_observe, _theirs.Request, Request, _HEADS):
    Request = _theirs.Request  # type: ignore[misc]

_switch = Switch("gunicorn", RequestParser, "mesg_class", _theirs.Request, Request, _is_original)
enable, disable, is_enabled = _switch.enable, _switch.disable, _switch.is_enabled


class _Enabled:
    def init_process(self) -> None:
        """Start as gunicorn's worker does, after enable() in the worker's process."""
        enable()
        super().init_process()  # type: ignore[misc]


class SyncWorker(_Enabled, _SyncWorker):
    """Run gunicorn's `sync` worker with the core as its parser."""


class ThreadWorker(_Enabled, _ThreadWorker):
    """Run gunicorn's `gthread` worker with the core as its parser."""


def __getattr__(name: str) -> Any:
    if name != "GeventWorker":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from gunicorn.workers.ggevent import GeventWorker

    doc = "Run gunicorn's `gevent` worker with the core as its parser."
    globals()[name] = found = type(name, (_Enabled, GeventWorker), {"__doc__": doc})
    return found
