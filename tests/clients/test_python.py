# SPDX-License-Identifier: MIT
"""Python clients upload to every server that takes uploads, in every way to switch on strict or framed_body."""

from __future__ import annotations

import asyncio
import http.client
import io
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.uploads import TIMEOUT, UPLOADS, form, pieces, seen
from tests.integration.processes import needs_signals
from tests.matrix.farm import Running
from tests.matrix.servers import Cell

pytestmark = needs_signals

SMALL, BINARY, LINES = UPLOADS["small"], UPLOADS["binary"], UPLOADS["lines"]
Found = Iterator[tuple[str, bool]]  # what was tried, and whether it succeeded


def with_http_client(cell: Cell, url: str) -> Found:
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)

    def ask(method: str, body: Any = None, **options: Any) -> bytes:
        connection.request(method, f"/{path}", body, **options)
        response = connection.getresponse()
        content = response.read()
        assert response.status == 200, (response.status, content)
        return content

    yield "sized", ask("POST", BINARY) == BINARY
    yield "GET on the same connection", ask("GET") == b""
    yield (
        "chunked",
        ask("PUT" if cell.name != "CGI" else "POST", pieces(LINES), encode_chunked=True) == seen(cell, LINES, True),
    )
    yield "a file", ask("POST", io.BytesIO(BINARY)) == seen(cell, BINARY, True)
    yield "HEAD", ask("HEAD") == b""
    connection.close()


def with_urllib(cell: Cell, url: str) -> Found:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(**options: Any) -> bytes:
        with opener.open(urllib.request.Request(url, **options), timeout=TIMEOUT) as response:
            assert response.status == 200
            return response.read()  # type: ignore[no-any-return]

    yield "GET", ask() == b""
    yield "sized", ask(data=BINARY) == BINARY
    yield "chunked", ask(data=iter(pieces(LINES))) == seen(cell, LINES, True)


def with_urllib3(cell: Cell, url: str) -> Found:
    urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
    with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:

        def ask(*args: Any, **options: Any) -> bytes:
            response = pool.request(*args, **options)
            assert response.status == 200, (response.status, response.data)
            return response.data  # type: ignore[no-any-return]

        yield "sized", ask("POST", url, body=BINARY) == BINARY
        yield "chunked", ask("POST", url, body=iter(pieces(LINES)), chunked=True) == seen(cell, LINES, True)
        fields = {"upload": ("a.bin", BINARY, "application/octet-stream")}
        yield "form", form(cell, "upload", BINARY, ask("POST", f"{url}?files", fields=fields))
        yield (
            "form, chunked",
            form(cell, "upload", BINARY, ask("POST", f"{url}?files", fields=fields, chunked=True), chunked=True),
        )


def with_requests(cell: Cell, url: str) -> Found:
    requests = pytest.importorskip("requests", reason="requests is not installed here")
    with requests.Session() as session:
        session.trust_env = False

        def ask(address: str = url, **options: Any) -> bytes:
            response = session.post(address, timeout=TIMEOUT, **options)
            assert response.status_code == 200, (response.status_code, response.content)
            return response.content  # type: ignore[no-any-return]

        yield "sized", ask(data=BINARY) == BINARY
        yield "chunked", ask(data=iter(pieces(LINES))) == seen(cell, LINES, True)
        yield "form", form(cell, "upload", BINARY, ask(f"{url}?files", files={"upload": ("a.bin", BINARY)}))
        yield "json", ask(json={"a": 1}) == b'{"a": 1}'


def with_httpx(cell: Cell, url: str) -> Found:
    httpx = pytest.importorskip("httpx", reason="httpx is not installed here")
    with httpx.Client(trust_env=False, timeout=TIMEOUT) as client:

        def ask(address: str = url, **options: Any) -> bytes:
            response = client.post(address, **options)
            assert response.status_code == 200, (response.status_code, response.content)
            return response.content  # type: ignore[no-any-return]

        yield "sized", ask(content=BINARY) == BINARY
        yield "chunked", ask(content=iter(pieces(LINES))) == seen(cell, LINES, True)
        yield "form", form(cell, "upload", BINARY, ask(f"{url}?files", files={"upload": ("a.bin", BINARY)}))
        yield "fields", ask(data={"a": "1", "b": "2"}) == SMALL


def with_aiohttp(cell: Cell, url: str) -> Found:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed here")

    async def parts() -> Any:
        for piece in pieces(LINES):
            yield piece

    async def run() -> list[tuple[str, bool]]:
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            async def ask(address: str = url, **options: Any) -> bytes:
                async with session.post(address, **options) as response:
                    content = await response.read()
                    assert response.status == 200, (response.status, content)
                    return content  # type: ignore[no-any-return]

            upload = aiohttp.FormData()
            upload.add_field("upload", BINARY, filename="a.bin", content_type="application/octet-stream")
            return [
                ("sized", await ask(data=BINARY) == BINARY),
                ("chunked", await ask(data=parts()) == seen(cell, LINES, True)),
                ("Expect", await ask(data=BINARY, expect100=cell.server.minor > 0) == BINARY),
                ("form", form(cell, "upload", BINARY, await ask(f"{url}?files", data=upload))),
            ]

    yield from asyncio.run(run())


CLIENTS: dict[str, Callable[[Cell, str], Found]] = {
    "http.client": with_http_client,
    "urllib.request": with_urllib,
    "urllib3": with_urllib3,
    "requests": with_requests,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_uploads(cell: Cell, running: Running, client: str) -> None:
    found = dict(CLIENTS[client](cell, f"{running.url}{cell.server.prefix}/first"))
    assert len(found) > 2
    assert [what for what, right in found.items() if not right] == []
