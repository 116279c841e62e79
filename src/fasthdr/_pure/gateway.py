# SPDX-License-Identifier: MIT
"""WSGI environ and ASGI scope of a head in plain Python, the same as from _core/gateway.pyx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from fasthdr._pure.head import RequestHead


# absolute-form with an authority (RFC 9112 3.2.2, RFC 3986 3): userinfo, the part before "@", does not name the host.
_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?]*@)?(?P<authority>[^/?@]*)(?P<origin>(?:[/?].*)?)", re.DOTALL
)


def authority(method: str, target: str) -> str | None:
    """Return the authority that a request-target names; None for an origin-form or an asterisk-form."""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute:
        return absolute["authority"]
    return target if method == "CONNECT" and target != "*" and target[:1] != "/" else None


def origin_target(method: str, target: str) -> str:
    """Return the origin-form of an absolute-form, or "*" (RFC 9112 3.2.4); any other target unchanged."""
    absolute = _ABSOLUTE.fullmatch(target)
    if not absolute:
        return target
    origin = absolute["origin"]
    if not origin and method == "OPTIONS":
        return "*"
    return origin if origin[:1] == "/" else "/" + origin


def _put_target(env: dict[str, Any], target: str) -> None:
    path, _, query = target.partition("?")
    env["PATH_INFO"] = unquote(path, "iso-8859-1")
    env["QUERY_STRING"] = query


def _put_fields(env: dict[str, Any], headers: Message, target: str, strict: bool) -> None:
    if "content-type" in headers:
        env["CONTENT_TYPE"] = headers.get("content-type")
    else:
        env["CONTENT_TYPE"] = headers.get_content_type()
    length = headers.get("content-length")
    if length:
        env["CONTENT_LENGTH"] = length
    more: dict[str, list[str]] = {}  # values to join at the end: joining at each field would copy them each time
    for name, value in headers.items():
        if strict and ("_" in name or name.lower() == "proxy"):
            continue  # it would set the variable of another field, or one that no field may set
        variable = name.replace("-", "_").upper()
        if variable in env:
            continue
        variable = f"HTTP_{variable}"
        if variable not in env:
            env[variable] = value.strip()
        elif variable in more:
            more[variable].append(value.strip())
        elif type(env[variable]) is str:
            more[variable] = [env[variable], value.strip()]
        else:  # from the server's base
            env[variable] += "," + value.strip()
    env.update((variable, ",".join(values)) for variable, values in more.items())
    absolute = _ABSOLUTE.fullmatch(target)
    if strict and absolute:
        env["HTTP_HOST"] = absolute["authority"]


def wsgi_environ(head: RequestHead, base: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what wsgiref.simple_server.WSGIRequestHandler.get_environ makes of a head, over a copy of `base`."""
    env = {} if base is None else dict(base)
    env["SERVER_PROTOCOL"] = head.version
    env["REQUEST_METHOD"] = head.method
    _put_target(env, head.origin_target if head._strict else head.target)
    _put_fields(env, head._received(), head.target, head._strict)
    return env


def put_request(
    base: Mapping[str, Any],
    handler_version: str,
    command: str,
    path: str,
    version: str,
    remote_host: str | None,
    remote_address: str,
    message: Message,
) -> dict[str, Any]:
    """Return a copy of `base` with what WSGIRequestHandler.get_environ() adds.

    remote_host: str, or None if there is none.
    """
    env = dict(base)
    env["SERVER_PROTOCOL"] = version
    env["SERVER_SOFTWARE"] = handler_version
    env["REQUEST_METHOD"] = command
    _put_target(env, path)
    if remote_host is not None:
        env["REMOTE_HOST"] = remote_host
    env["REMOTE_ADDR"] = remote_address
    _put_fields(env, message, path, False)
    return env


def asgi_scope(head: RequestHead, base: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the connection scope of an HTTP request (ASGI 3, HTTP connection scope); `base` overrides."""
    raw_path, _, query = head.origin_target.encode("iso-8859-1").partition(b"?")
    headers = [
        (name.lower().encode("iso-8859-1"), value.strip(" \t").encode("iso-8859-1"))
        for name, value in head._received().items()
    ]
    absolute = _ABSOLUTE.fullmatch(head.target)
    if head._strict and absolute:
        host = (b"host", absolute["authority"].encode("iso-8859-1"))
        if any(name == b"host" for name, _ in headers):
            headers = [host if pair[0] == b"host" else pair for pair in headers]
        else:
            headers.insert(0, host)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version.partition("/")[2],
        "method": head.method.upper(),
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
    }
    if base is not None:
        scope.update(base)
    return scope
