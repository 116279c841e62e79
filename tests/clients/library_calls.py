# SPDX-License-Identifier: MIT
"""The requests that libraries can send to a URL, or through a proxy at that URL.

Each generator yields calls. Make each call before you ask for the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import http.cookiejar
import io
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.command_lines import ODD
from tests.clients.uploads import TIMEOUT


def with_http_client(url: str) -> Iterator[Callable[[], object]]:
    host = url.removeprefix("http://")

    def ask(*args: Any, **options: Any) -> None:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        connection.request(*args, **options)
        connection.getresponse().read()
        connection.close()

    def by_hand() -> None:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", "a.test")
        connection.putheader("X-Number", 3)
        connection.putheader("Content-Length", "3")
        connection.endheaders(b"abc")
        connection.getresponse().read()
        connection.close()

    def tunnel(*args: Any) -> None:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        connection.set_tunnel(*args)
        with contextlib.suppress(OSError):
            connection.request("GET", "/")
        connection.close()

    yield lambda: ask("GET", "/")
    yield lambda: ask("GET", "")
    yield lambda: ask("POST", "/", "text")
    yield lambda: ask("POST", "/", b"")
    yield lambda: ask("PUT", "/", io.BytesIO(b"a file"))
    yield lambda: ask("POST", "/", iter([b"a", b"", b"b"]), encode_chunked=True)
    yield lambda: ask("DELETE", "/")
    yield lambda: ask("OPTIONS", "*")
    yield lambda: ask("GET", "http://a.test/", headers={"Host": "a.test"})
    yield lambda: ask("GET", "/", headers={"X-Latin": "caf\xe9", "X-Empty": "", "X-Number": 5})
    yield by_hand
    yield lambda: tunnel("a.test", 443)
    yield lambda: tunnel("a.test", 443, {"Proxy-Authorization": "Basic dTpw"})


def with_urllib(url: str) -> Iterator[Callable[[], object]]:
    def ask(path: str = "/", *handlers: Any, **options: Any) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
        address = path if "://" in path else url + path
        with (
            contextlib.suppress(OSError),
            opener.open(urllib.request.Request(address, **options), timeout=TIMEOUT) as found,
        ):
            found.read()

    def xmlrpc_call() -> None:
        with xmlrpc.client.ServerProxy(f"{url}/RPC2") as proxy:
            proxy.system.listMethods()

    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, "u", "p")
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    proxy = urllib.request.ProxyHandler({"http": url, "https": url})
    proxy_with_password = urllib.request.ProxyHandler({"http": url.replace("//", "//u:p@")})
    yield ask
    yield lambda: ask(data=b"a=b")
    yield lambda: ask(data=iter([b"a", b"b"]), method="PUT")
    yield lambda: ask(method="HEAD")
    yield lambda: ask(headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"})
    yield lambda: ask("/redirect")
    yield lambda: ask("/basic", urllib.request.HTTPBasicAuthHandler(passwords))
    yield lambda: ask("/digest", urllib.request.HTTPDigestAuthHandler(passwords))
    yield lambda: ask("/cookies", jar)
    yield lambda: ask("/", jar)
    yield lambda: ask("http://a.test/b?c", proxy)
    yield lambda: ask("http://a.test", proxy)
    yield lambda: ask("http://a.test/", proxy_with_password)
    yield lambda: ask("https://a.test/", proxy)
    yield xmlrpc_call


def with_urllib3(url: str) -> Iterator[Callable[[], object]]:
    urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
    headers = urllib3.make_headers(proxy_basic_auth="u:p")
    options: dict[str, Any] = {"timeout": TIMEOUT, "retries": False}
    with urllib3.PoolManager(**options) as pool, urllib3.ProxyManager(url, proxy_headers=headers, **options) as proxy:
        ask = pool.request
        yield lambda: ask("GET", f"{url}/")
        yield lambda: ask("GET", url + ODD)
        yield lambda: ask("POST", f"{url}/", fields={"a": "b", "upload": ("a.bin", b"content")})
        yield lambda: ask("POST", f"{url}/", fields={"a": "b"}, encode_multipart=False)
        yield lambda: ask("POST", f"{url}/", json={"a": 1})
        yield lambda: ask("PUT", f"{url}/", body=iter([b"a", b"b"]), chunked=True)
        yield lambda: ask("DELETE", f"{url}/")
        yield lambda: ask("HEAD", f"{url}/", headers=urllib3.make_headers(True, True, "agent", "u:p", None, True))
        yield lambda: proxy.request("GET", "http://a.test/b?c")
        yield lambda: proxy.request("GET", "http://a.test")
        yield lambda: proxy.request("GET", "https://a.test/")


def with_requests(url: str) -> Iterator[Callable[[], object]]:
    requests = pytest.importorskip("requests", reason="requests is not installed here")
    with requests.Session() as session:
        session.trust_env = False
        proxies = {"http": url, "https": url}

        def ask(method: str = "GET", path: str = "/", **options: Any) -> None:
            session.request(method, path if "://" in path else url + path, timeout=TIMEOUT, **options)

        yield ask
        yield lambda: ask(path=ODD)
        yield lambda: ask(params={"a": ["1", "2"], "b": "\xe4 "})
        yield lambda: ask("POST", data={"a": "b"})
        yield lambda: ask("POST", data=iter([b"a", b"b"]))
        yield lambda: ask("POST", json=[1, 2])
        yield lambda: ask("POST", files={"upload": ("\xe4.bin", b"content")})
        yield lambda: ask("PUT", data=io.BytesIO(b"a file"))
        yield lambda: ask("PATCH", data="text")
        yield lambda: ask("DELETE")
        yield lambda: ask("HEAD", headers={"Range": "bytes=0-9"})
        yield lambda: ask(path="/basic", auth=("u", "p"))
        yield lambda: ask(path="/digest", auth=requests.auth.HTTPDigestAuth("u", "p"))
        yield lambda: ask(path="/cookies")
        yield lambda: ask(path="/next")
        yield lambda: ask(path="/redirect")
        yield lambda: ask(path="http://a.test/b?c", proxies=proxies)
        yield lambda: ask(path="http://a.test", proxies={"http": url.replace("//", "//u:p@")})
        yield lambda: ask(path="https://a.test/", proxies=proxies)


def with_httpx(url: str) -> Iterator[Callable[[], object]]:
    httpx = pytest.importorskip("httpx", reason="httpx is not installed here")
    with httpx.Client(trust_env=False, timeout=TIMEOUT, follow_redirects=True) as client:

        def ask(method: str = "GET", path: str = "/", **options: Any) -> None:
            client.request(method, url + path, **options)

        def proxied(address: str, proxy: str) -> None:
            with httpx.Client(trust_env=False, timeout=TIMEOUT, proxy=proxy) as other:
                other.get(address)

        yield ask
        yield lambda: ask(path=ODD)
        yield lambda: ask("POST", data={"a": "b"})
        yield lambda: ask("POST", json={"a": 1})
        yield lambda: ask("POST", content=iter([b"a", b"b"]))
        yield lambda: ask("POST", files={"upload": ("a.bin", b"content")})
        yield lambda: ask("PUT", content=b"content")
        yield lambda: ask("HEAD")
        yield lambda: ask("OPTIONS")
        yield lambda: ask(path="/basic", auth=("u", "p"))
        yield lambda: ask(path="/digest", auth=httpx.DigestAuth("u", "p"))
        yield lambda: ask(path="/cookies")
        yield lambda: ask(path="/redirect")
        yield lambda: proxied("http://a.test/b?c", url)
        yield lambda: proxied("http://a.test", url.replace("//", "//u:p@"))
        yield lambda: proxied("https://a.test/", url)


def with_aiohttp(url: str) -> Iterator[Callable[[], object]]:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed here")

    async def parts() -> Any:
        yield b"a"
        yield b"b"

    async def ask(method: str = "GET", path: str = "/", **options: Any) -> None:
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        address = path if "://" in path else url + path
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, address, **options) as answer,
        ):
            await answer.read()

    def run(*args: Any, **options: Any) -> Callable[[], object]:
        return lambda: asyncio.run(ask(*args, **options))

    upload = aiohttp.FormData()
    upload.add_field("upload", b"content", filename="a.bin")
    yield run()
    yield run(path=ODD)
    yield run("POST", data=b"content", expect100=True)
    yield run("POST", data=parts())
    yield run("POST", data=upload)
    yield run("POST", json={"a": 1})
    yield run("POST", data=b"content", compress="gzip")
    yield run("HEAD")
    yield run("DELETE", headers={"Range": "bytes=0-9"})
    yield run(headers={"Authorization": "Basic dTpw"})
    yield run(path="/redirect", cookies={"a": "b"})
    yield run(path="http://a.test/b?c", proxy=url, proxy_headers={"Proxy-Authorization": "Basic dTpw"})
    yield run(path="http://a.test", proxy=url)
    yield run(path="https://a.test/", proxy=url)


LIBRARIES = {
    "http.client": with_http_client,
    "urllib.request": with_urllib,
    "urllib3": with_urllib3,
    "requests": with_requests,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
}
