# SPDX-License-Identifier: MIT
"""Second copies of http.server and its like get what install() gives the first one, however they are made."""

from __future__ import annotations

import http.server
import subprocess
import sys
import types
from typing import Any

import pytest

import fasthdr
from tests.integration.framed import LAST, Handler, answers, request
from tests.integration.wire import converse, serving

EXPECTING = request(b"PUT /?leave HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue")
# Each makes `copy`, a handler class, from a second copy of http.server.
WAYS = {
    "run_path": "copy = runpy.run_path(http.server.__file__, run_name='copy')['BaseHTTPRequestHandler']",
    "run_module": "warnings.simplefilter('ignore')\n"  # runpy says that the module is in sys.modules
    "copy = runpy.run_module('http.server', run_name='copy')['BaseHTTPRequestHandler']",
    "exec": "code = compile(pathlib.Path(http.server.__file__).read_text(), 'copy.py', 'exec')\n"
    "names = {'__name__': 'copy'}; exec(code, names); copy = names['BaseHTTPRequestHandler']",
    "module_from_spec": "spec = importlib.util.find_spec('http.server'); made = importlib.util.module_from_spec(spec)\n"
    "spec.loader.exec_module(made); copy = made.BaseHTTPRequestHandler",
    "reload": "importlib.reload(http.server); copy = http.server.BaseHTTPRequestHandler",
    "imported again": "del sys.modules['http.server']; import http.server; copy = http.server.BaseHTTPRequestHandler",
}
PROGRAM = """
import importlib.util, pathlib, runpy, socket, sys, warnings
import http.server, fasthdr
first = http.server.BaseHTTPRequestHandler
OPTIONS = {options}
{made}

def status(handler):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\nab")
        ours.shutdown(socket.SHUT_WR)
        members = dict(log_message=lambda *args: None, do_POST=lambda self: self.send_error(418))
        type("Handler", (handler,), members)(theirs, ("client", 1), None)
        return int(ours.recv(100).split()[1])

print(copy is not first, status(first), status(copy), copy.parse_request is first.parse_request)
fasthdr.uninstall()
print(status(first), status(copy), [cls.parse_request.__code__.co_name for cls in (first, copy)])
watched = ["__init_subclass__" in vars(cls.__base__) for cls in (first, copy)]
print(first.strict, copy.strict, any(watched), fasthdr.is_installed())
fasthdr.install(**OPTIONS)
print(status(first), status(copy))
"""


def printed(code: str) -> list[str]:
    """Return the lines that a program prints, after checking that it ends without an error or a warning."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


HANDLER = "BaseHTTPRequestHandler"
INSTALL = "fasthdr.install(**OPTIONS)\n"
AGAIN = "del sys.modules['socketserver']; import socketserver\n"  # the copy's class has another base then
# What happens before the copy is made, and after it.
WHEN = {
    "installed": (INSTALL, ""),
    "installed before": ("with fasthdr.install(): pass\n", INSTALL),
    "installed later": ("", INSTALL),
    "installed, socketserver again": (INSTALL + AGAIN, ""),
    "socketserver again, installed later": (AGAIN, INSTALL),
}


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("way", WAYS)
def test_handlers(way: str, when: str) -> None:
    switch = "framed_body" if way == "reload" else "strict"
    before, after = WHEN[when]
    options = {switch: True, "on_unsupported": "raise"}
    assert printed(PROGRAM.format(options=options, made=f"{before}{WAYS[way]}\n{after}")) == [
        "True 400 400 True",
        "418 418 ['parse_request', 'parse_request']",
        "False False False False",
        "400 400",
    ]


@pytest.mark.parametrize("ours", ["never", "before", "after"])
@pytest.mark.parametrize("installed", [True, False])
def test_a_package_that_has_another_module(installed: bool, ours: str) -> None:
    """eventlet loads http.server with its own socketserver, and puts the first one back into sys.modules only."""
    code = f"""
import sys, http.server, socketserver, fasthdr
{"import fasthdr.server" * (ours == "before")}
{"fasthdr.install(strict=True, on_unsupported='raise')" * installed}
first, base = sys.modules.pop("http.server"), sys.modules.pop("socketserver")
import http.server, socketserver
sys.modules.update({{"http.server": first, "socketserver": base}})
{"import fasthdr.server" * (ours == "after")}
fasthdr.install(strict=True, on_unsupported="raise")
classes = [module.BaseHTTPRequestHandler for module in (first, http.server)]
print(classes[0] is not classes[1], classes[0].__base__ is not classes[1].__base__)
print([cls.strict for cls in classes], classes[0].parse_request is classes[1].parse_request)
import fasthdr.server
print(fasthdr.server.BaseHTTPRequestHandler.strict)
fasthdr.uninstall()
print([cls.strict for cls in classes], ["__init_subclass__" in vars(cls.__base__) for cls in classes])
"""
    assert printed(code) == ["True True", "[True, True] True", "True", "[False, False] [False, False]"]


def test_a_copy_whose_modules_are_gone() -> None:
    """As with `import eventlet.wsgi`: only a copy of socketserver is left, under another name."""
    code = """
import http, http.server, sys, fasthdr
copy = http.server.BaseHTTPRequestHandler
sys.modules["theirs"] = sys.modules.pop("socketserver")
del sys.modules["http.server"], http.server
fasthdr.install(strict=True, on_unsupported="raise")
import http.server
print(copy is not http.server.BaseHTTPRequestHandler, copy.strict, http.server.BaseHTTPRequestHandler.strict)
"""
    assert printed(code) == ["True True True"]


@pytest.mark.parametrize("before", [True, False])
def test_a_copy_of_wsgirefs(before: bool) -> None:
    """If a copy is found before wsgiref.simple_server has been imported, it is imported: the copy gets its methods."""
    code = f"""
import importlib.util, pathlib, fasthdr
{"import wsgiref.simple_server" * before}
fasthdr.install(strict=True)
spec = importlib.util.find_spec("wsgiref.simple_server")
names = {{"__name__": "copy"}}
exec(compile(pathlib.Path(spec.origin).read_text(), "copy.py", "exec"), names)
import wsgiref.simple_server
first, copy = wsgiref.simple_server.WSGIRequestHandler, names["WSGIRequestHandler"]
print(copy is not first, copy.get_environ is first.get_environ, copy.strict)
fasthdr.uninstall()
print(copy.get_environ.__code__.co_filename, copy.strict)
"""
    assert printed(code) == ["True True True", "copy.py False"]


def test_a_copy_of_ours() -> None:
    code = """
import sys, fasthdr, fasthdr.server
first = fasthdr.server.BaseHTTPRequestHandler
fasthdr.install(strict=True, on_unsupported="raise")
del sys.modules["fasthdr.server"], fasthdr.server
import fasthdr.server
copy = fasthdr.server.BaseHTTPRequestHandler
print(copy is not first, first.strict, copy.strict, copy.on_unsupported)
fasthdr.uninstall()
print(first.strict, copy.strict, copy.on_unsupported)
"""
    assert printed(code) == ["True True True raise", "False False warn"]


def test_a_copy_that_is_changed() -> None:
    """A method that is not a copy of the standard library's is left alone, and so is a class that is no copy."""

    def own(self: Any) -> bool:
        return False

    stdlib = http.server.BaseHTTPRequestHandler
    theirs = dict(vars(stdlib))
    names = ("parse_request", "send_header", "handle_expect_100")
    with fasthdr.install(strict=True):
        members = {name: theirs[name] for name in names}
        copied, changed, other = (
            type("BaseHTTPRequestHandler", stdlib.__bases__, {**members, **dict.fromkeys(replaced, own)})
            for replaced in ((), ("send_header", "handle_expect_100"), ("parse_request",))
        )
        assert [vars(copied)[name] for name in names] == [vars(stdlib)[name] for name in names]
        assert vars(changed)["parse_request"] is vars(stdlib)["parse_request"]
        assert vars(changed)["strict"] is True
        assert vars(changed)["send_header"] is vars(changed)["handle_expect_100"] is own
        assert vars(other)["parse_request"] is own
        assert "strict" not in vars(other)
    assert [vars(copied)[name] for name in names] == [theirs[name] for name in names]


def test_a_body_is_asked_for_when_it_is_read() -> None:
    copies = types.ModuleType("copies")
    assert http.server.__file__ is not None
    with open(http.server.__file__, encoding="utf-8") as file, fasthdr.install(strict=True):
        exec(compile(file.read(), file.name, "exec", dont_inherit=True), vars(copies))
        members = {"do_PUT": Handler.do_GET, "seen": [], "lines": [], "log_message": Handler.log_message}
        handler = type("Own", (copies.BaseHTTPRequestHandler,), {"protocol_version": "HTTP/1.1", **members})
        with copies.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, serving(server):
            reply = converse(server.server_address, EXPECTING + LAST)
    assert [status for status, _ in answers(reply)] == [200]


def test_a_module_that_is_something_else() -> None:
    """Strict handlers stay strict while sys.modules holds another http.server, and afterwards."""
    code = """
import http.server, sys, types, fasthdr
from unittest import mock
first = http.server.BaseHTTPRequestHandler
fasthdr.install(strict=True, on_unsupported="raise")
other = types.ModuleType("http.server")
with mock.patch.dict(sys.modules, {"http.server": other}):
    fasthdr.install()
    print(first.strict)
    other.BaseHTTPRequestHandler = type("BaseHTTPRequestHandler", (), {})
    try:
        fasthdr.install()
    except fasthdr.UnsupportedHandler as error:
        print(error)
fasthdr.install()
print(first.strict)
"""
    said = "http.server has been loaded again; fasthdr leaves it as it is, and requests are not strict"
    assert printed(code) == ["True", said, "True"]


# The end of a `with` statement: what install() reports there. Then it is called again.
REPORTED = """warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        fasthdr.install(strict=True, on_unsupported={!r})
    except fasthdr.UnsupportedHandler as error:
        print(error)
    else:
        print(*(warning.message for warning in caught))
fasthdr.install(strict=True)
"""


@pytest.mark.parametrize("other", ["None", "types.SimpleNamespace()", "mock.MagicMock()", "types.ModuleType('other')"])
@pytest.mark.parametrize("name", ["http.client", "http.server", "wsgiref.simple_server", "fasthdr.server"])
@pytest.mark.parametrize("on_unsupported", ["warn", "raise"])
def test_something_else_in_place_of_a_module(name: str, other: str, on_unsupported: str) -> None:
    """install() says that it cannot patch it. Once the module is there, it does."""
    code = f"""
import sys, types, warnings, fasthdr
from unittest import mock
with mock.patch.dict(sys.modules, {{{name!r}: {other}}}), {REPORTED.format(on_unsupported)}import http.server
print(http.server.BaseHTTPRequestHandler.strict)
"""
    cls = {"http.client": "HTTPResponse", "wsgiref.simple_server": "WSGIRequestHandler"}.get(name, HANDLER)
    said = f"{name} does not define {cls}; fasthdr leaves it as it is"
    assert printed(code) == [said + ", and requests are not strict" * (cls == HANDLER), "True"]


@pytest.mark.parametrize("other", ["mock.MagicMock()", "type('Other', (http.server.BaseHTTPRequestHandler,), {})"])
@pytest.mark.parametrize("on_unsupported", ["warn", "raise"])
def test_something_else_in_place_of_a_class(other: str, on_unsupported: str) -> None:
    code = f"""
import http.server, warnings, fasthdr
from unittest import mock
with mock.patch("http.server.{HANDLER}", {other}), {REPORTED.format(on_unsupported)}print(http.server.{HANDLER}.strict)
"""
    said = f"http.server does not define {HANDLER}; fasthdr leaves it as it is, and requests are not strict"
    assert printed(code) == [said, "True"]


@pytest.mark.parametrize("imported", [True, False])
@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("socketserver", "StreamRequestHandler"),
        ("http.client", "HTTPResponse"),
        ("http.server", "BaseHTTPRequestHandler"),
        ("wsgiref.simple_server", "WSGIRequestHandler"),
    ],
)
def test_a_module_that_a_program_makes_by_itself(name: str, class_name: str, imported: bool) -> None:
    """It stays out of sys.modules and of its package. If it has handlers, they are strict."""
    code = f"""
import importlib.util, sys, fasthdr
fasthdr.install(strict=True, on_unsupported="raise")
{f"import {name}" * imported}
spec = importlib.util.find_spec({name!r})
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
import {name}
print({name} is sys.modules[{name!r}], {name} is not made, fasthdr.is_installed())
print([getattr(module.{class_name}, "strict", None) for module in ({name}, made)])
"""
    strict = [True, True] if "Request" in class_name and "." in name else [None, None]
    assert printed(code) == ["True True True", str(strict)]


@pytest.mark.parametrize("before", [True, False])
def test_a_module_that_is_loaded_later(before: bool) -> None:
    """importlib's recipe for a lazy import does not set the package's attribute, which fasthdr's modules use.

    If install() comes first, the module stays unloaded until the program looks at it.
    """
    install = 'fasthdr.install(strict=True, on_unsupported="raise")'
    code = f"""
import importlib.util, sys, fasthdr
{install * before}
spec = importlib.util.find_spec("http.server")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = sys.modules["http.server"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import http.client
print(type(module).__name__)
{install * (not before)}
print(module.BaseHTTPRequestHandler.strict)
"""
    assert printed(code) == ["_LazyModule", "True"]


@pytest.mark.parametrize(
    ("name", "class_name"),
    [("http.server", "BaseHTTPRequestHandler"), ("wsgiref.simple_server", "WSGIRequestHandler")],
)
def test_a_copy_that_comes_first(name: str, class_name: str) -> None:
    """A module's file runs before anybody has imported the module, as in `python .../http/server.py`."""
    code = f"""
import importlib.util, runpy, sys, fasthdr
path = importlib.util.find_spec({name!r}).origin
fasthdr.install(strict=True)
print({name!r} in sys.modules)
handler = runpy.run_path(path, run_name="copy")[{class_name!r}]
print(handler.__module__, handler.strict, handler.parse_request.__code__.co_filename[-17:])
"""
    assert printed(code) == ["False", "copy True server_request.py"]


def test_a_module_that_two_threads_load() -> None:
    """The second thread comes after the first has patched the class. Copies are still recognised."""
    code = """
import http.server, runpy, fasthdr
from fasthdr import _patching
fasthdr.install(strict=True)
_patching._load(http.server)
print(runpy.run_path(http.server.__file__, run_name="copy")["BaseHTTPRequestHandler"].strict)
"""
    assert printed(code) == ["True"]


RELOADED = {"reload": "importlib.reload(http.server)", "imported again": "del sys.modules['http.server']"}


@pytest.mark.parametrize("switch", ["strict", "framed_body"])
@pytest.mark.parametrize("way", RELOADED)
def test_a_module_that_is_loaded_again_after_fasthdrs_own(way: str, switch: str) -> None:
    """The methods were made for the first class: the second one is the copy, whichever is in sys.modules."""
    options = {switch: True, "on_unsupported": "raise"}
    made = f"import importlib, fasthdr.server; {RELOADED[way]}\nimport http.server\n"
    made += f"copy = http.server.BaseHTTPRequestHandler\n{INSTALL}"
    assert printed(PROGRAM.format(options=options, made=made)) == [
        "True 400 400 True",
        "418 418 ['parse_request', 'parse_request']",
        "False False False False",
        "400 400",
    ]


BODIES = """
import http.server, importlib, runpy, socket, sys, fasthdr
fasthdr.install(framed_body=True)
copy = runpy.run_path(http.server.__file__, run_name="copy")["BaseHTTPRequestHandler"]
classes = [http.server.BaseHTTPRequestHandler, copy]
importlib.reload(http.server)
for cls in (*classes, http.server.BaseHTTPRequestHandler):
    members = {
        "do_POST": lambda self: print(self.rfile.read(100)),
        "log_message": lambda *args: None,
    }
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
        ours.sendall(b"2\\r\\nhi\\r\\n0\\r\\n\\r\\n")
        ours.shutdown(socket.SHUT_WR)
        type("Handler", (cls,), members)(theirs, ("client", 1), None)
"""


def test_a_copy_reads_the_bytes_as_sent() -> None:
    """install() has switched framed bodies on, not the class: the program removes the chunked coding itself."""
    assert printed(BODIES) == [repr(b"2\r\nhi\r\n0\r\n\r\n")] * 3


ENVIRON = """
import importlib, runpy, socket, types, wsgiref.simple_server, fasthdr
fasthdr.install()
base = wsgiref.simple_server.WSGIRequestHandler
{made}
class Handler(base):
    strict = True
    log_message = lambda *args: None
def application(environ, start_response):
    print(environ["PATH_INFO"], environ["HTTP_X_REAL_IP"])
    start_response("200 OK", [("Content-Length", "0")])
    return []
server = types.SimpleNamespace(base_environ={{"SERVER_NAME": "h", "SERVER_PORT": "1"}}, get_app=lambda: application)
ours, theirs = socket.socketpair()
with ours, theirs:
    ours.sendall(b"GET http://h/path HTTP/1.1\\r\\nHost: h\\r\\nX_Real_IP: client\\r\\nX-Real-IP: proxy\\r\\n\\r\\n")
    ours.shutdown(socket.SHUT_WR)
    Handler(theirs, ("127.0.0.1", 1), server)
"""


@pytest.mark.parametrize(
    "made",
    [
        "",
        "base = runpy.run_path(wsgiref.simple_server.__file__, run_name='copy')['WSGIRequestHandler']",
        "importlib.reload(wsgiref.simple_server)",
    ],
)
def test_the_environ_of_a_copy_of_wsgirefs(made: str) -> None:
    """A strict class that is derived from a copy, or from the first class when there is another one."""
    assert printed(ENVIRON.format(made=made)) == ["/path proxy"]
