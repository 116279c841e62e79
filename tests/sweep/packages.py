# SPDX-License-Identifier: MIT
"""The packages, their versions, and which of their own tests use http.server, wsgiref and http.client."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

STDLIB = os.path.dirname(os.__file__)
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass
class Package:
    """A package whose sdist contains its tests.

    tests: what the runner is told to run, in `folder` of the sdist. requires: what the tests need besides pytest,
    according to the project's own configuration; environ: variables that they need. runner: "pytest", or a program of
    the project that uses unittest; alone: whether it runs once for each of the tests. accepted: a test with another
    outcome with fasthdr -> why that is right.
    """

    version: str
    tests: tuple[str, ...]
    requires: tuple[str, ...] = ()
    folder: str = "."
    runner: str = "pytest"
    environ: dict[str, str] = field(default_factory=dict)
    alone: bool = False
    accepted: dict[str, str] = field(default_factory=dict)


PACKAGES = {
    "werkzeug": Package("3.1.9", ("tests",), ("cffi", "cryptography", "ephemeral-port-reserve", "watchdog")),
    "urllib3": Package(
        "2.8.0",
        ("test/test_response.py", "test/test_connection.py", "test/test_connectionpool.py", "test/test_poolmanager.py",
         "test/test_proxymanager.py", "test/test_util.py", "test/with_dummyserver"),
        ("urllib3[brotli]", "backports.zstd", "anyio[trio]", "h2", "httpx", "hypercorn", "pyopenssl", "pysocks",
         "pytest-socket", "quart", "quart-trio", "trio", "trustme"),
        accepted={
            "test.with_dummyserver.test_https.TestHTTPS_TLSv1_3.test_http2_probe_blocked_per_thread":
            "threads race in it: without fasthdr it fails two times in three",
        },
    ),
    "requests": Package(
        "2.34.2", ("tests",), ("pysocks", "pytest-httpbin==2.1.0", "httpbin~=0.10.0", "trustme", "pytest-mock")
    ),
    # monkey_test patches everything and then runs a file: gevent's copies of CPython's tests, and CPython's own.
    "gevent": Package(
        "26.9.0",
        ("unittest gevent.tests.test__pywsgi", "unittest gevent.tests.test__server_pywsgi",
         *(f"gevent.testing.monkey_test ../../greentest/{PYTHON}/{name}.py"
           for name in ("test_httplib", "test_wsgiref")),
         *(f"gevent.testing.monkey_test {STDLIB}/test/{name}.py"
           for name in ("test_httpservers", "test_urllib2_localnet", "test_xmlrpc"))),
        ("requests", "psutil"),
        folder="src/gevent/tests",
        runner="-W ignore -m",
        alone=True,
    ),
    "eventlet": Package(
        "0.41.3",
        ("tests/wsgi_test.py", "tests/green_http_test.py", "tests/websocket_test.py", "tests/websocket_new_test.py"),
    ),
    "botocore": Package(
        "1.44.8",
        ("tests/unit/test_awsrequest.py", "tests/unit/test_http_session.py", "tests/unit/test_response.py",
         "tests/unit/test_endpoint.py", "tests/unit/auth", "tests/unit/test_auth_sigv4.py",
         "tests/unit/test_handlers.py", "tests/unit/test_parsers.py", "tests/unit/test_signers.py",
         "tests/unit/test_utils.py",
         "tests/functional/test_stub.py", "tests/functional/test_s3.py"),
        ("jsonschema", "pytest-xdist"),
    ),
    "django": Package(
        "5.2.19",
        ("builtin_server", "servers", "wsgi", "handlers", "httpwrappers", "requests_tests", "test_client",
         "test_client_regress", "staticfiles_tests", "csrf_tests", "file_uploads"),
        folder="tests",
        runner="runtests.py --parallel=1 -v 0",
    ),
    "prometheus_client": Package(
        "0.26.0", ("tests",), ("asgiref", "aiohttp", "django", "twisted", "httpx"),
        accepted={
            "prometheus_client.sdist.prometheus_client-0.26.0.tests.test_exposition.TestWsgiTLS."
            "test_mtls_untrusted_client_cert_raises": "a race, with fasthdr and without: the refusal of the client's "
            "certificate comes before or after the request has been sent, and urllib wraps only the first",
        },
    ),
    "bottle": Package("0.13.4", ("test",), ("mako", "jinja2")),
    "pytest_httpserver": Package("1.2.0", ("tests",), ("requests", "trustme")),
    "vcrpy": Package(
        "9.4.2",
        ("tests/unit", "tests/integration", "-m", "not online",
         *(f"--ignore=tests/integration/test_{name}.py" for name in (
             "aiohttp", "boto3", "httpx", "httpx2", "httpx_stream_cleanup", "niquests", "tornado"))),
        ("pytest-asyncio", "pytest-httpbin", "httpbin", "requests", "urllib3", "httplib2", "httpx", "aiohttp"),
        environ={"REQUESTS_CA_BUNDLE": f"../../env/lib/python{PYTHON}/site-packages/pytest_httpbin/certs/client.pem"},
    ),
    # In moto's server mode: the clients and the server speak HTTP over a socket. Tests that need Docker are left out.
    "moto": Package(
        "5.2.5",
        ("-p", "moto_server", "tests/test_sns", "tests/test_kinesis", "tests/test_sqs", "tests/test_sts",
         "tests/test_s3", "tests/test_core/test_server.py", "tests/test_core/test_moto_api.py",
         "tests/test_moto_api/state_manager", "tests/test_utilities/test_threaded_server.py",
         "--ignore=tests/test_sqs/test_sqs_integration.py",
         "--ignore=tests/test_s3/test_s3_lambda_integration.py"),
        ("moto[all,server]", "freezegun"),
        environ={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"},
    ),
    "responses": Package("0.26.3", ("responses/tests",), ("pytest-asyncio", "pytest-httpserver", "tomli-w", "tomli")),
    "httplib2": Package(
        "0.32.1", ("tests", "--ignore=tests/_TODO_legacy", "--noconftest"), ("cryptography", "pysocks")
    ),
    "mechanize": Package(
        "0.4.10", (), ("html5lib", "twisted", "service_identity"), runner="run_tests.py"
    ),
    "feedparser": Package("6.0.14", (), runner="tests/runtests.py"),
}  # fmt: skip
