# SPDX-License-Identifier: MIT
"""`python -m fasthdr`: run a program with the core installed, and nothing else about it changed."""

from __future__ import annotations

import argparse
import ast
import atexit
import builtins
import importlib.machinery
import importlib.util
import os
import pkgutil
import runpy
import sys
import types
from typing import Any

import fasthdr


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fasthdr",
        usage="python -m fasthdr [options] (PROGRAM | -m MODULE) [ARGUMENT ...]\n       python -m fasthdr inspect FILE",
        description="Run a Python program with fasthdr installed; or show the head of an HTTP/1 message.",
    )
    parser.add_argument("--version", action="version", version=f"fasthdr {fasthdr.__version__} ({fasthdr.simd()})")
    parser.add_argument("--stats", action="store_true", help="print to stderr, at exit, who parsed how many heads")
    parser.add_argument("--exact-type", action="store_true", help="messages of exactly http.client.HTTPMessage")
    parser.add_argument("--delay", action="store_true", help="leave TCP_NODELAY as the program sets it")
    parser.add_argument(
        "--strict", action="store_true", help="refuse what RFC 9110 and 9112 do not allow; frame bodies"
    )
    parser.add_argument(
        "--framed-body", action="store_true", help="frame bodies; read heads as the standard library does"
    )
    parser.add_argument(
        "--on-unsupported",
        choices=("warn", "raise"),
        default="warn",
        help="what to do about a handler that cannot be strict (default: %(default)s)",
    )
    return parser


def _split(argv: list[str]) -> tuple[list[str], list[str], bool]:
    """Our options, the program (or module) with its arguments, and whether it is a module."""
    for at, word in enumerate(argv):
        if word.startswith("-m"):
            return argv[:at], [*([word[2:]] if word != "-m" else []), *argv[at + 1 :]], True
        if not word.startswith("-"):
            return argv[:at], argv[at:], False
    return argv, [], False


def _report() -> None:
    counts = fasthdr.stats()
    heads = sum(count for reason, count in counts.items() if not reason.startswith("status line"))
    print(f"fasthdr: {heads} heads, {counts.pop('core', 0)} parsed by the core", file=sys.stderr)
    for reason, count in sorted(counts.items()):
        print(f"fasthdr: {count} left to the stdlib: {reason}", file=sys.stderr)


def _fresh_main() -> types.ModuleType:
    """An empty __main__ for the program, in the place of this one."""
    module = types.ModuleType("__main__")
    vars(module)["__builtins__"] = builtins
    sys.modules["__main__"] = module
    return module


def _run_file(name: str) -> None:
    """What `python NAME` does, once it is running."""
    if pkgutil.get_importer(name) is not None:  # a folder or an archive with a __main__ in it
        if not getattr(sys.flags, "safe_path", False):
            del sys.path[0]
        sys.path.insert(0, os.path.join(os.getcwd(), name))
        _fresh_main()
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
        return
    path = os.path.join(os.getcwd(), name)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    try:
        source = loader.get_data(path)
    except OSError as error:
        print(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        sys.exit(2)
    try:
        code = loader.source_to_code(source, path)
    except SyntaxError as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        sys.exit(1)
    module = _fresh_main()
    module.__file__ = path
    vars(module)["__loader__"] = loader
    exec(code, vars(module))  # noqa: S102 (the program that was asked for)


def _is_main_block(node: ast.stmt) -> bool:
    test = getattr(node, "test", None)
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _run_copy(name: str, module: types.ModuleType) -> None:
    """Run a module that install() patches as `python -m NAME` does, and patch this second copy before it serves."""
    from fasthdr import _install

    spec: Any = importlib.util.find_spec(name)
    source = spec.loader.get_source(name)
    if source is None:
        raise ImportError(f"no source of {name}", name=name)
    sys.argv[0] = spec.origin
    names = vars(module)
    names.update(
        __file__=spec.origin, __cached__=spec.cached, __loader__=spec.loader, __package__=spec.parent, __spec__=spec
    )
    body = ast.parse(source, spec.origin).body
    at = next(at for at, node in enumerate(body) if _is_main_block(node))
    exec(compile(ast.Module(body[:at], []), spec.origin, "exec", dont_inherit=True), names)  # noqa: S102
    _install.patch_copy(name, names)
    exec(compile(ast.Module(body[at:], []), spec.origin, "exec", dont_inherit=True), names)  # noqa: S102


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["inspect"]:  # a program of that name is ./inspect
        from fasthdr._cli.inspect import main as inspect

        sys.exit(inspect(argv[1:]))
    options, command, is_module = _split(argv)
    args = parser.parse_args(options)
    if not command:
        parser.error("a program or -m MODULE is needed")
    if args.stats:
        fasthdr.collect_stats()
        atexit.register(_report)
    fasthdr.install(
        exact_type=args.exact_type,
        nodelay=not args.delay,
        strict=args.strict,
        framed_body=args.framed_body,
        on_unsupported=args.on_unsupported,
    )
    if is_module:
        sys.argv = ["-m", *command[1:]]
        main_module = _fresh_main()
        if command[0] in ("http.server", "wsgiref.simple_server", "fasthdr.server"):
            _run_copy(command[0], main_module)
        else:
            runpy._run_module_as_main(command[0])  # type: ignore[attr-defined]  # what -m itself calls
    else:
        sys.argv = command
        _run_file(command[0])
