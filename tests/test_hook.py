# SPDX-License-Identifier: MIT
"""A module is patched when it is imported, no matter who finds it, how often, and from how many threads."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from fasthdr._hook import Finder

SEEN = """
import http.client, http.server
def patched():
    handler = http.server.BaseHTTPRequestHandler
    return http.client.parse_headers.__name__, type(http.client.parse_headers).__name__, "setup" in vars(handler)
"""


def printed(code: str, *options: str) -> str:
    """Return what a program prints, after checking that it ends without an error and leaves stderr empty."""
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.fixture
def told() -> list[ModuleType]:
    return []


@pytest.fixture
def finder(told: list[ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A finder for the modules hooked, package.hooked, and archived, which is in a zip file."""
    (tmp_path / "hooked.py").write_text("import sys\nloader = __spec__.loader, __loader__\nruns = [__name__]\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "hooked.py").write_text("")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("archived.py", "loader = __spec__.loader, __loader__\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "archive.zip")
    finder = Finder(["hooked", "package.hooked", "archived"], told.append)
    finder.start()
    yield finder
    finder.stop()
    for name in ("hooked", "package", "package.hooked", "archived"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["hooked", "archived"])
def test_a_module_is_told_of_when_it_has_run(finder: Finder, told: list[ModuleType], name: str) -> None:
    module = importlib.import_module(name)
    assert told == [module]
    own = type(importlib.util.find_spec("package").loader if name == "hooked" else module.__loader__)
    assert all(type(loader) is own for loader in module.loader)  # also while the module ran
    assert type(module.__spec__.loader) is own
    assert module.__loader__ is module.__spec__.loader
    assert "fasthdr" not in own.__module__
    importlib.import_module(name)
    assert told == [module]


def test_a_frozen_module(told: list[ModuleType]) -> None:
    """Its loader is a class that reads from the spec which module to load."""
    sys.modules.pop("__phello__", None)
    finder = Finder(["__phello__"], told.append)
    finder.start()
    try:
        module = importlib.import_module("__phello__")
    finally:
        finder.stop()
        sys.modules.pop("__phello__", None)
    assert told == [module]
    assert module.__spec__.origin == "frozen"


def test_the_package_has_it_when_it_is_told_of(finder: Finder, tmp_path: Path) -> None:
    """Within the callback, `import package.hooked` gives package.hooked."""
    seen = []

    def look(module: ModuleType) -> None:
        import package.hooked  # type: ignore[import-not-found]

        seen.append(package.hooked is module)

    finder._on_import = look
    importlib.import_module("package.hooked")
    assert seen == [True]


def test_what_is_raised_is_raised_by_the_import(finder: Finder, told: list[ModuleType]) -> None:
    """The module is then missing from sys.modules and from its package."""

    def fail(module: ModuleType) -> None:
        raise KeyError("told")

    finder._on_import = fail
    for _ in range(2):
        with pytest.raises(KeyError):
            importlib.import_module("package.hooked")
        assert "package.hooked" not in sys.modules
        assert not hasattr(sys.modules["package"], "hooked")
        assert not finder.is_imported("package.hooked")
    finder._on_import = told.append
    module = importlib.import_module("package.hooked")
    assert told == [module]
    assert sys.modules["package"].hooked is module
    finder._on_import = fail
    del sys.modules["package.hooked"]
    with pytest.raises(KeyError):
        importlib.import_module("package.hooked")
    assert sys.modules["package"].hooked is module  # as after any import that fails


def test_a_module_that_fails_is_not_told_of(finder: Finder, told: list[ModuleType], tmp_path: Path) -> None:
    (tmp_path / "hooked.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("hooked")
    assert told == []
    assert not finder.is_imported("hooked")


def test_a_spec_before_the_import(finder: Finder, told: list[object]) -> None:
    """Its loader has the attributes of the module's own loader, copies and pickles as that one, and imports nothing."""
    spec = importlib.util.find_spec("hooked")
    assert spec is not None
    assert spec.loader is not None
    assert spec.loader.get_source("hooked").startswith("import sys")  # type: ignore[attr-defined]
    assert spec.loader.is_package("hooked") is False  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'SourceFileLoader' object has no attribute 'absent'"):
        spec.loader.absent  # type: ignore[attr-defined]
    for other in (copy.copy(spec.loader), pickle.loads(pickle.dumps(spec.loader))):
        assert type(other).__name__ == "SourceFileLoader"
    assert (told, "hooked" in sys.modules) == ([], False)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert told == [module]


def test_reload(finder: Finder, told: list[ModuleType]) -> None:
    module = importlib.import_module("hooked")
    assert importlib.reload(module) is module
    assert told == [module, module]


def test_two_finders_and_one_that_asks_all_others(
    finder: Finder, told: list[ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import hooks of other programs do this: they look for the module again, and wrap what they find."""
    others: list[ModuleType] = []

    class Other:
        busy = False

        def find_spec(self, name: str, path: object, target: object = None) -> object:
            if name != "hooked" or self.busy:
                return None
            self.busy = True
            try:
                return importlib.util.find_spec(name)
            finally:
                self.busy = False

    second = Finder(["hooked"], others.append)
    monkeypatch.setattr(sys, "meta_path", [Other(), second, Other(), *sys.meta_path, object()])
    module = importlib.import_module("hooked")
    assert told == others == [module]
    assert type(module.__spec__.loader).__name__ == "SourceFileLoader"


def test_threads(finder: Finder, told: list[ModuleType], tmp_path: Path) -> None:
    """No thread gets the module before the callback has seen it."""
    (tmp_path / "hooked.py").write_text("import time\ntime.sleep(0.2)\n")
    seen = []

    def mark(module: ModuleType) -> None:
        told.append(module)
        module.mark = True  # type: ignore[attr-defined]

    finder._on_import = mark

    def work() -> None:
        import hooked  # type: ignore[import-not-found]

        seen.append(hooked.mark)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == [True] * 8
    assert len(told) == 1


def test_an_import_that_another_thread_has_begun(told: list[ModuleType], tmp_path: Path, finder: Finder) -> None:
    """wait() returns when the other thread's import is complete."""
    finder.stop()
    (tmp_path / "hooked.py").write_text("import time\ntime.sleep(0.4)\ndone = True\n")
    thread = threading.Thread(target=importlib.import_module, args=("hooked",))
    thread.start()
    while "hooked" not in sys.modules:
        pass
    assert not finder.is_imported("hooked")
    finder.start()
    finder.wait()
    assert finder.is_imported("hooked")
    assert sys.modules["hooked"].done
    thread.join()


def test_an_import_that_has_only_looked_for_the_module(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    """wait() also waits if the other thread has passed where the finder now stands, and has no module yet."""
    finder.stop()
    looks, goes_on = threading.Event(), threading.Event()

    class Slow:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "hooked":
                looks.set()
                goes_on.wait(20)

    monkeypatch.setattr(sys, "meta_path", [Slow(), *sys.meta_path])
    thread = threading.Thread(target=importlib.import_module, args=("hooked",))
    thread.start()
    assert looks.wait(20)
    assert "hooked" not in sys.modules
    finder.start()
    threading.Timer(0.1, goes_on.set).start()
    finder.wait()
    assert finder.is_imported("hooked")
    thread.join()


def test_install_imports_nothing() -> None:
    """install() imports only modules of fasthdr; a module that is imported later is patched then."""
    code = (
        "import sys; before = {*sys.modules}; import fasthdr; fasthdr.install(strict=True);"
        "print(sorted(name for name in {*sys.modules} - before if not name.startswith('fasthdr')));"
        "print(fasthdr.is_installed(), sorted(n for n in sys.modules if n.startswith('fasthdr._core')))\n"
        + SEEN
        + "print(patched(), fasthdr.is_installed()); fasthdr.uninstall(); print(patched(), fasthdr.is_installed())"
    )
    assert printed(code).splitlines() == [
        "[]",
        "True []",
        "('parse_headers', 'cython_function_or_method', True) True",
        "('parse_headers', 'function', False) False",
    ]


@pytest.mark.parametrize("when", ["before", "after", "context"])
def test_uninstall_before_the_import(when: str) -> None:
    code = {
        "before": "import fasthdr; fasthdr.install(); fasthdr.uninstall()\n" + SEEN,
        "after": "import fasthdr; fasthdr.install()\n" + SEEN + "fasthdr.uninstall()\n",
        "context": "import fasthdr\nwith fasthdr.install(): pass\n" + SEEN,
    }[when]
    code += "import sys; print(patched(), fasthdr.is_installed(), [f for f in sys.meta_path if 'fasthdr' in repr(f)])"
    assert printed(code) == "('parse_headers', 'function', False) False []\n"


def test_a_patch_that_is_there_when_the_module_comes() -> None:
    """Another hook has patched the module first: a warning at the import says so, at the line of the import."""
    code = """
import warnings, sys, fasthdr
from fasthdr._hook import Finder
def theirs(fp, _class=None): return "theirs"
def patch(module): module.parse_headers = theirs
fasthdr.install()
sys.meta_path.append(Finder(["http.client"], patch))  # after ours: it is called before
sys.meta_path.insert(1, sys.meta_path.pop())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import http.client
print([(str(w.message), w.category.__name__, w.filename, w.lineno) for w in caught], fasthdr.is_installed())
print(http.client.parse_headers is theirs, http.client.HTTPConnection.putheader.__code__.co_filename[-17:])
"""
    caught, kept = printed(code).splitlines()
    assert "client.parse_headers has been patched by" in caught
    assert caught.count("RuntimeWarning") == 1
    assert caught.endswith("'<string>', 11)] False")
    assert kept == "True client_request.py"


def test_a_class_of_the_client_that_inherits() -> None:
    code = """
import http.client, warnings, fasthdr
http.client.HTTPConnection = type("Own", (http.client.HTTPConnection,), {})
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fasthdr.install()
print(*(warning.message for warning in caught))
"""
    assert printed(code) == "Own.putheader is inherited; fasthdr leaves it as it is\n"


def test_a_strict_install_that_cannot_be_fails_the_import() -> None:
    code = """
import sys, fasthdr
from fasthdr._hook import Finder
def patch(module): module.BaseHTTPRequestHandler.parse_request = lambda self: True
fasthdr.install(strict=True, on_unsupported="raise")
sys.meta_path.insert(1, Finder(["http.server"], patch))
for _ in range(2):
    try:
        import http.server
    except fasthdr.UnsupportedHandler as error:
        print(str(error).partition(' by ')[0])
print("http.server" in sys.modules)
"""
    assert printed(code).splitlines() == [
        "BaseHTTPRequestHandler.parse_request has been patched",
        "BaseHTTPRequestHandler.parse_request has been patched",
        "False",
    ]


OLD_LOADER = """
import importlib.util, os, pathlib, sys, types, warnings, fasthdr
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "Loader.exec_module")  # Python says this of the loader, by its name
path = pathlib.Path(os.__file__).parent / "http" / "server.py"
class Loader:
    def load_module(self, name):
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(path.read_text(), path, "exec", dont_inherit=True), vars(module))
        patch(module)
        return module
class Front:
    find_spec = staticmethod(
        lambda name, *_: importlib.util.spec_from_loader(name, Loader()) if name == "http.server" else None
    )
sys.meta_path.insert(0, Front)
"""
old_loaders = pytest.mark.skipif(sys.version_info >= (3, 15), reason="only loaders with exec_module() work")


@old_loaders
def test_a_loader_without_exec_module() -> None:
    code = """
def patch(module): pass
fasthdr.install(strict=True, on_unsupported="raise")
import http.server
spec = http.server.__spec__
print(http.server.BaseHTTPRequestHandler.strict, type(spec.loader), http.server.__loader__ is spec.loader)
"""
    assert printed(OLD_LOADER + code) == "True <class '__main__.Loader'> True\n"


@old_loaders
def test_a_loader_without_exec_module_fails_if_patching_fails() -> None:
    code = """
def patch(module): module.BaseHTTPRequestHandler.parse_request = lambda self: True
fasthdr.install(strict=True, on_unsupported="raise")
for _ in range(2):
    try:
        import http.server
    except fasthdr.UnsupportedHandler as error:
        print(str(error).partition(' by ')[0], "http.server" in sys.modules)
"""
    assert printed(OLD_LOADER + code) == "BaseHTTPRequestHandler.parse_request has been patched False\n" * 2


@pytest.mark.parametrize(
    "again", ["importlib.reload(http.client)", "del sys.modules['http.client']; import http.client"]
)
def test_a_module_that_is_loaded_again(again: str) -> None:
    """The core was checked against the first module: the second stays unpatched, with one warning."""
    code = f"""
import importlib, sys, warnings, fasthdr
fasthdr.install()
import http.client
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    {again}
print([str(w.message) for w in caught])
print(type(http.client.parse_headers).__name__, http.client.HTTPResponse.begin.__code__.co_filename[-9:])
print(fasthdr.is_installed())
fasthdr.uninstall()
print(type(http.client.parse_headers).__name__)
"""
    assert printed(code).splitlines() == [
        "['http.client has been loaded again; fasthdr leaves it as it is']",
        "function client.py",
        "False",
        "function",
    ]


@pytest.mark.parametrize("name", ["http.client", "http.server", "fasthdr.server", "wsgiref.simple_server"])
def test_install_while_another_thread_imports(name: str) -> None:
    """The other thread has loaded the module and is about to patch it; neither waits for the other for ever."""
    code = f"""
import threading, time, fasthdr
from fasthdr import _patching
fasthdr.install(strict=True)
loaded, load = threading.Event(), _patching._load
def slow(module):
    load(module)
    if module.__name__ == {name!r}:
        loaded.set()
        time.sleep(0.2)
_patching._load = slow
thread = threading.Thread(target=__import__, args=({name!r},), daemon=True)
thread.start()
assert loaded.wait(20)
fasthdr.install(strict=True, max_headers=50)
thread.join(20)
import http.client
print(thread.is_alive(), http.client._MAXHEADERS)
"""
    assert printed(code) == "False 50\n"


def test_threads_that_import_and_install() -> None:
    """The steps run in random orders: no thread waits forever, and none gets a half-loaded module."""
    code = """
import random, subprocess, sys, threading
import fasthdr
sys.setswitchinterval(1e-5)
steps = [
    "import http.client", "import http.server", "import fasthdr.server", "import fasthdr.client",
    "fasthdr.parse_request", "import wsgiref.simple_server",
    "import fasthdr.simple_server", "fasthdr.install()", "fasthdr.install(strict=True)",
    "import fasthdr.server; fasthdr.server.BaseHTTPRequestHandler",
]
random.Random(int(sys.argv[1])).shuffle(steps)
barrier, failed = threading.Barrier(len(steps)), []
def work(step):
    barrier.wait()
    try:
        exec(step, {"fasthdr": fasthdr})
    except BaseException as error:
        failed.append((step, repr(error)))
threads = [threading.Thread(target=work, args=(step,), daemon=True) for step in steps]
for thread in threads: thread.start()
for thread in threads: thread.join(20)
print(failed, [thread for thread in threads if thread.is_alive()])
import http.client, http.server
print(fasthdr.is_installed(), "setup" in vars(http.server.BaseHTTPRequestHandler))
"""
    for seed in range(8):
        done = subprocess.run([sys.executable, "-c", code, str(seed)], capture_output=True, text=True, timeout=60)
        assert (done.stdout, done.stderr) == ("[] []\nTrue True\n", ""), seed


def test_a_module_that_another_finder_finds() -> None:
    """fasthdr does not see that import, and does not claim to have patched the module; the next install() does."""
    code = """
import importlib.machinery, sys, fasthdr
fasthdr.install(strict=True)
class Front:
    find_spec = staticmethod(lambda n, p=None, t=None: importlib.machinery.PathFinder.find_spec(n, p, t))
sys.meta_path.insert(0, Front)
print(fasthdr.is_installed())
import http.client, http.server
print(fasthdr.is_installed())
fasthdr.install()
print(fasthdr.is_installed(), http.server.BaseHTTPRequestHandler.strict)
"""
    assert printed(code).splitlines() == ["True", "False", "True True"]


@pytest.mark.parametrize("on_unsupported", ["warn", "raise"])
def test_an_import_past_the_finder_of_a_handler_class(on_unsupported: str) -> None:
    """If socketserver was imported before, its class tells of a handler class that will not be patched."""
    code = f"""
import importlib.machinery, socketserver, sys, warnings, fasthdr
fasthdr.install(strict=True, on_unsupported={on_unsupported!r})
class Front:
    find_spec = staticmethod(lambda n, p=None, t=None: importlib.machinery.PathFinder.find_spec(n, p, t))
sys.meta_path.insert(0, Front)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        import http.server
    except fasthdr.UnsupportedHandler as error:
        print(error)
print([(str(warning.message), warning.lineno) for warning in caught])
sys.meta_path.remove(Front)
fasthdr.install()
import http.server
print(http.server.BaseHTTPRequestHandler.strict)
"""
    said = "http.server is being imported; fasthdr leaves it as it is, and requests are not strict"
    lines = {"warn": f"[('{said}', 10)]", "raise": f"{said}\n[]"}[on_unsupported]
    assert printed(code) == f"{lines}\nTrue\n"


@pytest.mark.parametrize(("name", "imports"), [("http.client", "email.parser"), ("http.server", "socketserver")])
def test_install_during_an_import(name: str, imports: str) -> None:
    """Nothing tells fasthdr when that import ends, so it says that the module stays as it is."""
    code = f"""
import sys, warnings, fasthdr
class Front:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {imports!r} and not done:
            done.append(name)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                fasthdr.install(strict=True)
                print([str(warning.message) for warning in caught])
                fasthdr.uninstall()
                try:
                    fasthdr.install(strict=True, on_unsupported="raise")
                    print("installed")
                except fasthdr.UnsupportedHandler:
                    print("UnsupportedHandler")
            fasthdr.uninstall()
done = []
sys.meta_path.insert(0, Front)
import {name}
fasthdr.install(strict=True)
import http.server
print(fasthdr.is_installed(), http.server.BaseHTTPRequestHandler.strict)
"""
    said = f"{name} is being imported; fasthdr leaves it as it is"
    lines = {
        "http.client": [f"['{said}']", "installed", "True True"],
        "http.server": [f"['{said}, and requests are not strict']", "UnsupportedHandler", "True True"],
    }
    assert printed(code).splitlines() == lines[name]
