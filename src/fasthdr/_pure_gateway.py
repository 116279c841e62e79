# SPDX-License-Identifier: MIT
"""WSGI environ and ASGI scope of a head in plain Python: what _gateway.pyx makes in the core."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fasthdr._pure import RequestHead


def wsgi_environ(head: RequestHead, base: Mapping[str, Any] | None) -> dict[str, Any]:
    """What wsgiref.simple_server.WSGIRequestHandler.get_environ makes of a head, over a copy of `base`."""
    path, _, query = head.target.partition("?")
    env = dict(base or {})
    env["SERVER_PROTOCOL"] = head.version
    env["REQUEST_METHOD"] = head.method
    env["PATH_INFO"] = unquote(path, "iso-8859-1")
    env["QUERY_STRING"] = query
    headers = head.headers
    if "content-type" in headers:
        env["CONTENT_TYPE"] = headers.get("content-type")
    else:
        env["CONTENT_TYPE"] = headers.get_content_type()
    length = headers.get("content-length")
    if length:
        env["CONTENT_LENGTH"] = length
    more: dict[str, list[str]] = {}  # values to join at the end: joined at each field they would be copied each time
    for name, value in headers.items():
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
        else:  # of the server's base
            env[variable] += "," + value.strip()
    env.update((variable, ",".join(values)) for variable, values in more.items())
    return env


def asgi_scope(head: RequestHead, base: Mapping[str, Any] | None) -> dict[str, Any]:
    """The connection scope of an HTTP request (ASGI 3, HTTP connection scope); `base` wins."""
    sent = head.target.encode("iso-8859-1")
    if not sent.startswith(b"/") and b"://" in sent:  # absolute-form (RFC 9112 3.2.2)
        after = sent.partition(b"://")[2]
        sent = after[len(re.split(rb"[/?]", after, maxsplit=1)[0]) :]
        if not sent.startswith(b"/"):
            sent = b"/" + sent
    raw_path, _, query = sent.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version.partition("/")[2],
        "method": head.method.upper(),
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.lower().encode("iso-8859-1"), value.strip(" \t").encode("iso-8859-1"))
            for name, value in head.headers.items()
        ],
        "client": None,
        "server": None,
        **(base or {}),
    }
