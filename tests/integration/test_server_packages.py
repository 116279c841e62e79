# SPDX-License-Identifier: MIT
"""Flask on Werkzeug's server, Django's runserver and prometheus_client's exporter, with and without install()."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import counts, free_port, needs_signals, served
from tests.integration.traffic import HTTP_09, ODD, WELL_FORMED, request
from tests.integration.wire import WELL_FORMED_SHARE, assert_core_read, converse, masked, serving, twice

FLASK_APP = """
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/", defaults={"path": ""}, methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
@app.route("/<path:path>", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
def echo(path):
    response = jsonify(
        method=request.method,
        path=request.path,
        args=request.args.to_dict(flat=False),
        headers=sorted(request.headers.items()),
        cookies=request.cookies.to_dict(flat=False),
        form=request.form.to_dict(flat=False),
        files={name: [f.filename, f.read().decode("latin-1")] for name, f in request.files.items()},
        json=request.get_json(silent=True),
        data=request.get_data().decode("latin-1"),
    )
    response.set_cookie("seen", request.method)
    return response
"""

ASKED_WHETHER_INSTALLED = """
import fasthdr


@app.get("/installed")
def installed():
    return str(fasthdr.is_installed())
"""

DJANGO_APP = """
import sys
from django.conf import settings
from django.http import JsonResponse
from django.urls import re_path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DEBUG=True,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # Content-Length, so that connections persist
        ROOT_URLCONF=__name__,
        SECRET_KEY="-",
        USE_TZ=True,
    )


def echo(request):
    response = JsonResponse(
        {
            "method": request.method,
            "path": request.get_full_path(),
            "args": dict(request.GET.lists()),
            "headers": sorted(request.headers.items()),
            "cookies": request.COOKIES,
            "form": dict(request.POST.lists()),
            "files": {name: [f.name, f.read().decode("latin-1")] for name, f in request.FILES.items()},
            "data": "" if request.POST or request.FILES else request.body.decode("latin-1"),
        }
    )
    response.set_cookie("seen", request.method)
    return response


urlpatterns = [re_path("", echo)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""


@pytest.fixture(scope="module")
def flask_server() -> Iterator[Any]:
    pytest.importorskip("flask", reason="Flask is not installed here")
    from werkzeug.serving import make_server

    module: dict[str, Any] = {"__name__": "flask_app"}
    exec(FLASK_APP, module)
    server = make_server("127.0.0.1", 0, module["app"], threaded=True)
    with serving(server):
        yield server.server_address


@pytest.fixture(scope="module")
def django_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("django", reason="Django is not installed here")
    import importlib

    import django
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    folder = tmp_path_factory.mktemp("django")
    (folder / "django_app.py").write_text(DJANGO_APP)
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(folder)
    importlib.import_module("django_app")
    django.setup(set_prefix=False)
    from django.core.wsgi import get_wsgi_application

    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    with serving(server):
        yield server.server_address
    patch.undo()


@pytest.mark.parametrize("name", WELL_FORMED)
def test_flask(flask_server: Any, capsys: pytest.CaptureFixture[str], name: str) -> None:
    data = WELL_FORMED[name][1]
    plain, ours, counted = twice(lambda: (converse(flask_server, data), masked(capsys.readouterr().err.encode())))
    assert ours == plain
    assert plain[0].count(b"HTTP/1.1 200 OK\r\n") == 1  # Werkzeug closes each connection
    assert_core_read(counted, 1)


@pytest.mark.parametrize("name", [*ODD, *HTTP_09])
def test_flask_odd_requests(flask_server: Any, name: str) -> None:
    data = {**ODD, **HTTP_09}[name]
    plain, ours, _ = twice(lambda: converse(flask_server, data))
    assert ours == plain


@pytest.mark.parametrize("name", WELL_FORMED)
def test_django(django_server: Any, capsys: pytest.CaptureFixture[str], name: str) -> None:
    heads, data = WELL_FORMED[name]
    plain, ours, counted = twice(lambda: (converse(django_server, data), masked(capsys.readouterr().err.encode())))
    assert ours == plain
    assert plain[0].count(b"HTTP/1.1 200 OK\r\n") == heads
    assert_core_read(counted, heads)


@pytest.mark.parametrize("name", ODD)
def test_django_odd_requests(django_server: Any, name: str) -> None:
    plain, ours, _ = twice(lambda: converse(django_server, ODD[name]))
    assert ours == plain


@pytest.mark.parametrize("name", HTTP_09)
def test_django_answers_http_09(django_server: Any, name: str) -> None:
    """The one deliberate difference: later standard libraries leave {} as headers, and the handler dies of that."""
    plain, ours, _ = twice(lambda: converse(django_server, HTTP_09[name]))
    assert ours
    assert plain in (ours, b"")


@pytest.fixture(scope="module")
def exporter() -> Iterator[Any]:
    prometheus_client = pytest.importorskip("prometheus_client", reason="prometheus_client is not installed here")
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.Gauge("temperature", "Of the room", ["room"], registry=registry).labels("kitchen").set(21.5)
    prometheus_client.Info("build", "What runs", registry=registry).info({"version": "1"})
    server, thread = prometheus_client.start_http_server(0, "127.0.0.1", registry)
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "data",
    [
        request(b"GET /metrics HTTP/1.1", b"User-Agent: Prometheus/2.53.0", b"Accept-Encoding: identity"),
        request(
            b"GET /metrics HTTP/1.1",
            b"Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            b"X-Prometheus-Scrape-Timeout-Seconds: 10",
        ),
        request(b"GET /metrics?name[]=temperature HTTP/1.1"),
        request(b"GET /favicon.ico HTTP/1.1"),
        request(b"HEAD / HTTP/1.0", host=False),
        request(b"OPTIONS /metrics HTTP/1.1"),
        request(b"POST /metrics HTTP/1.1", body=b"x"),
    ],
)
def test_prometheus_exporter(exporter: Any, data: bytes) -> None:
    plain, ours, counted = twice(lambda: converse(exporter, data))
    assert ours == plain
    assert plain.startswith(b"HTTP/1.0 ")
    assert_core_read(counted, 1)


def test_prometheus_exporter_with_gzip(exporter: Any) -> None:
    data = request(b"GET /metrics HTTP/1.1", b"Accept-Encoding: gzip")

    def act() -> tuple[bytes, bytes]:
        head, _, body = converse(exporter, data).partition(b"\r\n\r\n")
        return head, body[:4] + body[8:]  # without the modification time (RFC 1952)

    plain, ours, counted = twice(act)
    assert ours == plain
    assert plain[1].startswith(b"\x1f\x8b")
    assert_core_read(counted, 1)


def _conversation(command: list[str | Path], port: int, cwd: Path) -> tuple[dict[str, bytes], str]:
    """Return what a server's process answers to all ordinary requests, and what it has printed to stderr by its end."""
    with served(command, port, cwd=cwd) as server:
        answers = {name: converse(server.address, data) for name, (_, data) in WELL_FORMED.items()}
    return answers, server.stderr


def _check_command(command: list[str | Path], port: int, cwd: Path) -> None:
    plain, _ = _conversation(command, port, cwd)
    ours, stderr = _conversation(["-m", "fasthdr", "--stats", *command], port, cwd)
    assert ours == plain
    for answer in plain.values():
        assert b" 200 OK\r\n" in answer
    heads, core = counts(stderr)
    assert heads >= len(WELL_FORMED)
    assert core >= WELL_FORMED_SHARE * heads, stderr


@needs_signals
def test_flask_run(tmp_path: Path) -> None:
    pytest.importorskip("flask", reason="Flask is not installed here")
    (tmp_path / "site_app.py").write_text(FLASK_APP)
    port = free_port()
    _check_command(["-m", "flask", "--app", "site_app", "run", "--port", str(port)], port, tmp_path)


@needs_signals
def test_flask_run_with_the_reloader(tmp_path: Path) -> None:
    """Werkzeug starts the command again, and the core must be installed in the new process."""
    pytest.importorskip("flask", reason="Flask is not installed here")
    (tmp_path / "site_app.py").write_text(FLASK_APP + ASKED_WHETHER_INSTALLED)
    port = free_port()
    command = ["-m", "fasthdr", "-m", "flask", "--app", "site_app", "run", "--debug", "--port", str(port)]
    with served(command, port, cwd=tmp_path) as server:
        assert converse(server.address, request(b"GET /installed HTTP/1.1")).endswith(b"True")


@needs_signals
def test_django_manage_py_runserver(tmp_path: Path) -> None:
    pytest.importorskip("django", reason="Django is not installed here")
    (tmp_path / "manage.py").write_text(DJANGO_APP)
    port = free_port()
    _check_command(["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"], port, tmp_path)
