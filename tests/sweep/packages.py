# SPDX-License-Identifier: MIT
"""Which packages, their versions, and which of their own tests touch http.server, wsgiref and http.client."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Package:
    """A package whose sdist has its tests.

    tests: what the runner is told to run, in `folder` of the sdist. requires: what the tests want beside pytest, as
    the project's own configuration says. runner: "pytest", or a program of the project's that uses unittest.
    accepted: a test that ends otherwise with fasthdr -> why that is right.
    """

    version: str
    tests: tuple[str, ...]
    requires: tuple[str, ...] = ()
    folder: str = "."
    runner: str = "pytest"
    accepted: dict[str, str] = field(default_factory=dict)


PACKAGES = {
    "werkzeug": Package("3.1.9", ("tests",), ("cffi", "cryptography", "ephemeral-port-reserve", "watchdog")),
    "urllib3": Package(
        "2.8.0",
        ("test/test_response.py", "test/test_connection.py", "test/test_connectionpool.py", "test/test_poolmanager.py",
         "test/test_proxymanager.py", "test/test_util.py", "test/with_dummyserver"),
        ("anyio[trio]", "h2", "httpx", "hypercorn", "pyopenssl", "pysocks", "pytest-socket", "quart", "quart-trio",
         "trio", "trustme"),
    ),
    "requests": Package(
        "2.34.2", ("tests",), ("pysocks", "pytest-httpbin==2.1.0", "httpbin~=0.10.0", "trustme", "pytest-mock")
    ),
    "gevent": Package(
        "26.9.0", ("test__pywsgi.py", "test__example_wsgiserver.py"), ("requests", "psutil"), folder="src/gevent/tests"
    ),
    "eventlet": Package(
        "0.41.3",
        ("tests/wsgi_test.py", "tests/green_http_test.py", "tests/websocket_test.py", "tests/websocket_new_test.py"),
    ),
    "botocore": Package(
        "1.44.8",
        ("tests/unit/test_awsrequest.py", "tests/unit/test_http_session.py", "tests/unit/test_response.py",
         "tests/unit/test_endpoint.py", "tests/functional/test_stub.py", "tests/functional/test_s3.py"),
        ("jsonschema", "pytest-xdist"),
    ),
    "django": Package(
        "5.2.19",
        ("builtin_server", "servers", "wsgi", "handlers", "httpwrappers", "test_client", "test_client_regress",
         "csrf_tests", "file_uploads"),
        folder="tests",
        runner="runtests.py --parallel=1 -v 0",
    ),
    "prometheus_client": Package("0.26.0", ("tests",), ("asgiref", "aiohttp", "django", "twisted", "httpx")),
    "bottle": Package("0.13.4", ("test",), ("mako", "jinja2")),
    "pytest_httpserver": Package("1.2.0", ("tests",), ("requests", "trustme")),
    "vcrpy": Package(
        "9.4.2",
        ("tests/unit", "tests/integration/test_urllib3.py",
         "tests/integration/test_requests.py", "tests/integration/test_httplib2.py", "tests/integration/test_basic.py"),
        ("pytest-asyncio", "pytest-httpbin", "httpbin", "requests", "urllib3", "httplib2", "httpx", "aiohttp"),
    ),
    "moto": Package(
        "5.2.5",
        ("tests/test_core/test_server.py", "tests/test_core/test_moto_api.py", "tests/test_core/test_responses.py",
         "tests/test_core/test_request_passthrough.py", "tests/test_core/test_proxy.py",
         "tests/test_s3/test_server.py"),
        ("moto[all,server]", "freezegun"),
    ),
    "responses": Package("0.26.3", ("responses/tests",), ("pytest-asyncio", "pytest-httpserver", "tomli-w", "tomli")),
    "httplib2": Package(
        "0.32.1", ("tests", "--ignore=tests/_TODO_legacy", "--noconftest"), ("cryptography", "pysocks")
    ),
    "mechanize": Package("0.4.10", ("test",), ("html5lib", "twisted", "service_identity")),
    "feedparser": Package("6.0.14", (), runner="tests/runtests.py"),
}  # fmt: skip
