# SPDX-License-Identifier: MIT
"""Programs that wrap the standard library see every call that they see without fasthdr, and no others."""

from __future__ import annotations

import http.server
import importlib.util
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import needs_signals, run

pytestmark = [needs_signals, pytest.mark.long, pytest.mark.interpreter]

# Wraps all functions and methods of the modules that we check, or only those whose names contain a given text.
WRAP_ALL = """
import collections, functools, sys, types, warnings
import email.feedparser, email.message, email.parser, email.utils
import http.client, http.server, socket, wsgiref.simple_server

calls = []
how, text = sys.argv[1:]

def wrap(owner, name, label):
    original = vars(owner)[name]
    if how == "wrapt":
        import wrapt

        def traced(wrapped, instance, args, keywords):
            calls.append(label)
            return wrapped(*args, **keywords)
        wrapt.wrap_function_wrapper(owner, name, traced)
    else:
        @functools.wraps(original)
        def traced(*args, **keywords):
            calls.append(label)
            return original(*args, **keywords)
        setattr(owner, name, traced)

def functions(module):
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if name == "__getattr__":  # of later versions: any import from the module asks it for a __path__
            continue
        if isinstance(value, types.FunctionType):
            yield module, name, f"{module.__name__}.{name}"
        elif isinstance(value, type):
            for method, function in vars(value).items():
                if isinstance(function, types.FunctionType) and method not in ("__new__", "__init_subclass__"):
                    yield value, method, f"{module.__name__}.{name}.{method}"

found = [f for module in (
    email.feedparser, email.message, email.parser, email.utils, http.client, http.server, socket, wsgiref.simple_server
) for f in functions(module) if text in f[2]]
assert found
for function in found:
    wrap(*function)
warnings.simplefilter("ignore")
import fasthdr
with fasthdr.install():
    import fasthdr.client, fasthdr.server, fasthdr.simple_server
    fasthdr.parse_request, fasthdr.parse_response, fasthdr.parse_headers, fasthdr.BodyDecoder
    with fasthdr.install(strict=True):
        pass
print(dict(collections.Counter(calls)))
calls.clear()
import io
block = b"Host: a\\r\\nContent-Type: multipart/form-data; boundary=a\\r\\n\\r\\n"
message = http.client.parse_headers(io.BytesIO(block))
print(message.items())
"""
WRAPPED = """
HTTPConnection.putheader HTTPConnection.request HTTPConnection.__init__ HTTPResponse.begin HTTPResponse.__init__
HTTPResponse._read_status parse_headers _read_headers feedparser message.Message parser.Parser formatdate socket.socket
socket.SocketIO BaseHTTPRequestHandler parse_request send_header WSGIRequestHandler
""".split()


@pytest.mark.parametrize("text", ["", *WRAPPED])
@pytest.mark.parametrize("how", ["wrapt", "functools"])
def test_nothing_is_tried_through_what_is_wrapped(tmp_path: Path, how: str, text: str) -> None:
    """Our probes call only the standard library's own functions."""
    if how == "wrapt":
        pytest.importorskip("wrapt", reason="wrapt is not installed")
    done = run("-c", WRAP_ALL, how, text, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "{}",
        "[('Host', 'a'), ('Content-Type', 'multipart/form-data; boundary=a')]",
    ]


WHOSE = """
import functools, sys, warnings
import http.client, http.server
import fasthdr

Connection, Handler = http.client.HTTPConnection, http.server.BaseHTTPRequestHandler

@functools.wraps(Handler.parse_request)
def parse_request(self):
    return parse_request.__wrapped__(self)

Handler.parse_request = parse_request
try:
    import wrapt
except ImportError:
    print("no wrapt")
else:
    def traced(wrapped, instance, args, keywords):
        return wrapped(*args, **keywords)
    wrapt.wrap_function_wrapper(Connection, "putheader", traced)
from unittest import mock
http.client.parse_headers = mock.MagicMock(spec=http.client.parse_headers)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fasthdr.install()
for warning in caught:
    print(warning.filename, str(warning.message))
"""


def test_who_has_patched_it(tmp_path: Path) -> None:
    """functools.wraps() and proxies take over the module, name and signature of what they wrap."""
    (tmp_path / "whose.py").write_text(WHOSE)
    done = run("whose.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    path = str(tmp_path / "whose.py")
    end = "; fasthdr leaves it as it is"
    assert f"{path} http.client.parse_headers has been patched by 'unittest.mock.MagicMock'{end}" in done.stdout
    assert (
        f"{path} BaseHTTPRequestHandler.parse_request has been patched by '__main__' ({path}, line 8){end}"
    ) in done.stdout
    if "no wrapt" not in done.stdout:
        assert "HTTPConnection.putheader has been patched by '" in done.stdout
        assert f"FunctionWrapper' ({path}, line 18){end}" in done.stdout


BESIDE = """
import sys, warnings
warnings.simplefilter("ignore")
when, port = sys.argv[1], int(sys.argv[2])
URL = f"http://127.0.0.1:{{port}}/"

def install(now):
    if when == now:
        import fasthdr
        fasthdr.install()

def fetch():
    {fetch}

install("first")
{start}
install("last")
for _ in range(2):
    print(fetch())
{seen}
{stop}
print(fetch())
{seen}
"""
URLLIB = """
    import urllib.request
    with urllib.request.urlopen(URL) as response:
        return response.status, sorted(response.headers.items()), response.read()
"""
REQUESTS = """
    import requests
    with requests.Session() as session:
        response = session.get(URL)
        return response.status_code, sorted(response.headers.items()), response.content
"""
URLLIB3 = """
    import urllib3
    with urllib3.PoolManager() as pool:
        response = pool.request("GET", URL)
        return response.status, sorted(response.headers.items()), response.data
"""
OTEL = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.instrumentation.{0} import {1}
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
{1}().instrument(tracer_provider=provider)
"""
SPANS = """
print([(span.name, sorted((k, v) for k, v in span.attributes.items() if "port" not in k and "url" not in k))
       for span in exporter.get_finished_spans()])
"""
# Name -> the module it needs, how to start it, what it has seen, how to stop it, and what sends the requests.
TRACERS = {
    "wrapt": (
        "wrapt",
        "import http.client, wrapt\nseen = []\nnames = ['HTTPConnection.request', 'HTTPConnection.putheader', "
        "'HTTPConnection.endheaders', 'HTTPConnection.getresponse', 'HTTPResponse.begin', 'HTTPResponse.__init__', "
        "'HTTPResponse.read', 'HTTPConnection._output']\n"
        "def traced(wrapped, instance, args, keywords):\n"
        "    seen.append((wrapped.__name__, len(args), sorted(keywords)))\n"
        "    return wrapped(*args, **keywords)\n"
        "for name in names: wrapt.wrap_function_wrapper('http.client', name, traced)",
        "print(seen)",
        "for name in names:\n"
        "    owner, method = name.split('.')\n"
        "    owner = getattr(http.client, owner)\n"
        "    setattr(owner, method, vars(owner)[method].__wrapped__)",
        URLLIB,
    ),
    "opentelemetry urllib3": (
        "opentelemetry.instrumentation.urllib3",
        OTEL.format("urllib3", "URLLib3Instrumentor"),
        SPANS,
        "URLLib3Instrumentor().uninstrument()",
        URLLIB3,
    ),
    "opentelemetry requests": (
        "opentelemetry.instrumentation.requests",
        OTEL.format("requests", "RequestsInstrumentor"),
        SPANS,
        "RequestsInstrumentor().uninstrument()",
        REQUESTS,
    ),
    "sentry": (
        "sentry_sdk",
        "import sentry_sdk\nevents = []\n"
        "sentry_sdk.init(dsn='http://a@127.0.0.1:1/1', traces_sample_rate=1.0, transport=lambda event: None, "
        "before_send_transaction=lambda event, hint: events.append(event))\n"
        "transaction = sentry_sdk.start_transaction(name='test')\ntransaction.__enter__()",
        "print([(span['op'], span['data']) for event in events for span in event['spans']])",
        "transaction.__exit__(None, None, None)",
        URLLIB,
    ),
    "vcrpy": (
        "vcr",
        "import vcr\ncassette = vcr.use_cassette('cassette.yaml', record_mode='once')\nrecorded = cassette.__enter__()",
        "print(len(recorded), recorded.play_count, [r.method + r.path for r in recorded.requests])",
        "cassette.__exit__(None, None, None)",
        URLLIB3,
    ),
    "httpretty": (
        "httpretty",
        "import httpretty\nhttpretty.enable(allow_net_connect=True)\n"
        "httpretty.register_uri(httpretty.GET, 'http://made.up/', body='made up', adding_headers={'X-A': 'b'})\n"
        "REAL, URL = URL, 'http://made.up/'",
        "print([(r.method, r.path, sorted(r.headers.items())) for r in httpretty.latest_requests()])",
        "httpretty.disable()\nURL = REAL",
        URLLIB,
    ),
    "responses": (
        "responses",
        "import responses\nmock = responses.RequestsMock()\nmock.start()\n"
        "mock.add(responses.GET, URL, body='made up', headers={'X-A': 'b'})",
        "print([(call.request.method, call.response.status_code) for call in mock.calls])",
        "mock.stop()",
        REQUESTS,
    ),
    "freezegun": (
        "freezegun",
        "import freezegun, http.server, threading\n"
        "frozen = freezegun.freeze_time('2020-02-03 04:05:06')\nfrozen.start()\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n        self.send_response(200)\n        self.end_headers()\n"
        "    def log_message(self, *args): lines.append(self.log_date_time_string()[:11])\n"
        "lines = []\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "URL = f'http://127.0.0.1:{server.server_port}/'",
        "print(lines[:2], len(lines))",
        "frozen.stop()",
        "import urllib.request\n    with urllib.request.urlopen(URL) as response: "
        "return response.headers['Date'].startswith('Mon, 03 Feb 2020 04:05:06')",
    ),
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the same answer each time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"path " + self.path.encode()
        self.send_response_only(200)
        for field in (
            ("Content-Type", "text/plain"),
            ("Content-Length", str(len(body))),
            ("X-Twice", "a"),
            ("X-Twice", "b"),
        ):
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("name", TRACERS)
def test_a_tracer_sees_what_it_sees_without(tmp_path: Path, port: int, name: str) -> None:
    """It works in either order, and the tracer can unwrap what it has wrapped."""
    module, start, seen, stop, fetch = TRACERS[name]
    if not is_there(module):
        pytest.skip(f"{module} is not installed")
    (tmp_path / "program.py").write_text(BESIDE.format(fetch=fetch, start=start, seen=seen, stop=stop))
    found = {}
    for when in ("never", "first", "last"):
        folder = tmp_path / when
        folder.mkdir()
        done = run(tmp_path / "program.py", when, str(port), cwd=folder, OTEL_SEMCONV_STABILITY_OPT_IN="http")
        assert done.returncode == 0, done.stderr
        found[when] = re.sub(r"'thread.id': '[0-9]+'|[0-9:]+ GMT", "", done.stdout)
    assert found["never"].count("\n") == 5
    assert found["first"] == found["never"]
    assert found["last"] == found["never"]
