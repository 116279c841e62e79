# SPDX-License-Identifier: MIT
"""The layers of docs/design.md: which module imports which, how long a module may be, and that the page lists all."""

from __future__ import annotations

import graphlib
import pathlib
import re

from tests.together import together

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "fasthdr"
MODULES = sorted(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".pyx", ".pxd"))
IMPORT = re.compile(r"^ *(?:from (fasthdr[\w.]*) c?import (\([^)]*\)|[^\n#]*)|c?import (fasthdr[\w.]*))", re.MULTILINE)
LATER = re.compile(r"^ *_MODULES \|?= .*", re.MULTILINE)  # names whose module is imported on first use
TYPES_ALONE = re.compile(r"^( *)if TYPE_CHECKING:\n(?:\1 +.*\n|\n(?=\1 ))+", re.MULTILINE)

# What the modules of a layer may import besides their own layer. A layer in this list stands for all of its modules.
MAY = {
    "capi": "",
    "_limits": "",
    "_names": "",
    "_trailers": "",
    "_pickled": "",
    "_errors": "",
    "_stdlib": "_errors",
    "_pure": "_errors _limits _pickled _stdlib _trailers",
    "_core": "_errors _names _pickled _trailers _stdlib _pure.gateway capi",
    "_standins": "_core _names _stdlib",
    "_api": "_core _pure _standins",
    "_encode": "_api _errors _trailers",
    "client": "_api _core _standins _stdlib",
    "_strict": "_api _core.head _errors _limits _stdlib",
    "_server_methods": "_api _stdlib _strict",
    "server": "_api _limits _server_methods _stdlib _cli.serve",
    "simple_server": "_api _server_methods _stdlib client server",
    "_hook": "",
    "_patches": "_api _server_methods _stdlib _strict server",
    "_copies": "_patches _server_methods _stdlib",
    "_installations": "",
    "_patching": "_api _copies _errors _hook _installations _patches _stdlib _strict",
    "_install": "_patches _patching",
    "__init__": "_api _core _encode _errors _install client",  # _core: __init__.pxd gives its types to Cython
    "adapters": "_api _errors _names _stdlib",
    "_bootstrap": "__init__ _hook _install _patching",
    "_cli": "__init__ _bootstrap _errors client server",
    "__main__": "_cli",
}


def name_of(path: pathlib.Path) -> str:
    """Return the name of a module below fasthdr, such as `_core.walk`. A .pxd has the name of its .py or .pyx."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


NAMES = {name_of(path) for path in MODULES}


def imported(text: str) -> set[str]:
    """Return the modules of fasthdr that a source imports anywhere in it, except for types alone."""
    found = set()
    for package, names, module in IMPORT.findall(TYPES_ALONE.sub("", text)):
        below = (package or module).removeprefix("fasthdr").lstrip(".")
        for name in re.findall(r"(\w+)(?: as \w+)?", names) or [""]:
            longer = f"{below}.{name}".strip(".")
            found.add(longer if longer in NAMES else below or "__init__")
    for line in LATER.findall(text):
        found |= {name for name in re.findall(r'"fasthdr\.([\w.]+)"', line) if name in NAMES}
    return found


GRAPH: dict[str, set[str]] = {}
for path in MODULES:
    GRAPH.setdefault(name_of(path), set()).update(imported(path.read_text(encoding="utf-8")) - {name_of(path)})


def test_the_sources_are_found() -> None:
    assert {"_core.walk", "_core.runtime"} <= GRAPH["_core.reader"]
    assert "_stdlib.in_memory" in GRAPH["_core.parse"]  # within a function
    assert "_strict.exchange" not in GRAPH["_strict.connection"]
    assert imported("from fasthdr._core.walk cimport (\n    fh_a,\n)\nimport fasthdr\n") == {"_core.walk", "__init__"}
    assert imported('_MODULES |= {"A": "fasthdr._core.walk"}') == {"_core.walk"}
    assert {"_core.parse", "_pure.parse"} <= GRAPH["_api"]
    assert imported("if TYPE_CHECKING:\n    from fasthdr._install import a\n\n    import os\nx = 1\n") == set()


def test_no_circles() -> None:
    """server.py imports the command line only if it is the main program itself, so this import closes no circle."""
    graph = {name: imports - {"_cli.serve"} if name == "server" else imports for name, imports in GRAPH.items()}
    graphlib.TopologicalSorter(graph).prepare()


@together("module", sorted(GRAPH))
def test_a_layer_imports_what_is_below_it(module: str) -> None:
    layer = module.partition(".")[0]
    allowed = MAY[layer].split()
    for other in GRAPH[module]:
        folder = other.partition(".")[0]
        assert folder == layer or folder in allowed or other in allowed, f"{module} imports {other}"


def test_layers_stand_in_order() -> None:
    """A layer imports only layers that are listed before it."""
    seen: list[str] = []
    for layer, allowed in MAY.items():
        later = [name for name in allowed.split() if name.partition(".")[0] not in seen]
        assert later == (["_cli.serve"] if layer == "server" else []), layer
        seen.append(layer)


def test_one_place_chooses_the_implementation() -> None:
    """All other modules use what _api gives them, except two that have a separate version in plain Python."""
    asking = {name_of(path) for path in MODULES if re.search(r"\bPURE\b", path.read_text(encoding="utf-8"))}
    assert asking == {"_api", "client", "_strict"}


@together("path", MODULES)
def test_length(path: pathlib.Path) -> None:
    """At most 300 lines in a Python module, 500 in one that Cython compiles."""
    compiled = path.suffix != ".py" or (path.name != "__init__.py" and path.with_suffix(".pxd").exists())
    assert len(path.read_text(encoding="utf-8").splitlines()) <= (500 if compiled else 300)


def test_every_module_is_described() -> None:
    """docs/design.md has every module in its table of layers."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = page[page.index("## Layers") : page.index("## Two stages")]
    sources = [*MODULES, *PACKAGE.rglob("*.h")]
    missing = {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in sources
        if path.name not in ("__init__.py", "__init__.pxd")
    } - set(re.findall(r"`([\w/]+?)(?:\.\w+)?`", table))
    assert not missing


def test_compiled_python_modules() -> None:
    """setup.py compiles what has a .pxd file; in plain Python, `_strict` loads the same modules from their sources."""
    typed = {path.stem for path in (PACKAGE / "_strict").glob("*.pxd")} - {"__init__"}
    compiled = re.findall(r'"_strict/(\w+)\.py"', (ROOT / "setup.py").read_text(encoding="utf-8"))
    loaded = re.search(r"for _name in (\(.*\)):", (PACKAGE / "_strict" / "__init__.py").read_text(encoding="utf-8"))
    assert loaded
    assert set(compiled) == set(re.findall(r"\w+", loaded[1])) == typed
