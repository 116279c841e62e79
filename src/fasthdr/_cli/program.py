# SPDX-License-Identifier: MIT
"""Run a file, a folder, an archive or a module in this interpreter as `python PROGRAM` does."""

import importlib.machinery
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType, TracebackType
    from typing import Any


def _fresh_main() -> "ModuleType":
    """An empty __main__ for the program, in the place of this one."""
    ours = vars(sys.modules["__main__"])
    module = type(sys)("__main__")
    if "__annotations__" in ours:  # which the interpreter puts there, where it does
        vars(module)["__annotations__"] = {}
    vars(module)["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    return module


def _is_container(name: str) -> bool:
    """Whether it is a folder or an archive, of which __main__ is run."""
    for hook in sys.path_hooks:
        try:
            hook(name)
        except ImportError:
            continue
        return True
    return False


def _code_of(name: str, path: str) -> "tuple[Any, Any]":
    """The code of a file, and its loader. Where there is none, the process ends as Python does."""
    if name.endswith(".pyc"):
        sourceless = importlib.machinery.SourcelessFileLoader("__main__", path)
        return sourceless.get_code("__main__"), sourceless
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    try:
        source = loader.get_data(path)
    except OSError as error:
        print(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        sys.exit(2)
    try:
        return loader.source_to_code(source, path), loader
    except SyntaxError as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        sys.exit(1)


def _run_file(name: str) -> None:
    """What `python NAME` does, once it is running."""
    safe = getattr(sys.flags, "safe_path", False)
    if _is_container(name):
        if not safe:
            del sys.path[0]
        sys.path.insert(0, os.path.join(os.getcwd(), name))
        _fresh_main()
        _run_module("__main__", False)
        return
    path = os.path.join(os.getcwd(), name)
    if not safe:
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    code, loader = _code_of(name, path)
    cached = "__cached__" in vars(sys.modules["__main__"])  # which runpy sets, where the interpreter does
    module = _fresh_main()
    vars(module)["__loader__"] = loader
    module.__file__ = path
    if cached:
        vars(module)["__cached__"] = None
    exec(code, vars(module))  # noqa: S102 (the program that was asked for)


def _run_module(name: str, alter_argv: bool = True) -> None:
    """What `python -m NAME` does: it calls this function, too."""
    import runpy

    runpy._run_module_as_main(name, alter_argv=alter_argv)  # type: ignore[attr-defined]


def _show_without(error: BaseException, trace: "TracebackType | None") -> None:
    """Have a traceback shown without our frames, when the interpreter shows the error that has ended the program."""
    hook = sys.excepthook

    def show(kind: "Any", value: "Any", whole: "Any") -> None:
        sys.excepthook = hook
        if value is error:
            whole = trace
            value.__traceback__ = sys.last_traceback = trace
        hook(kind, value, whole)

    sys.excepthook = show


def run(command: "list[str]") -> None:
    """Run [FILE, ARGUMENT, ...] or ["-m", MODULE, ARGUMENT, ...]; what ends it is raised."""
    try:
        if command[0] == "-m":
            sys.argv = ["-m", *command[2:]]
            _fresh_main()
            _run_module(command[1])
        else:
            sys.argv = command
            _run_file(command[0])
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        _show_without(error, trace)
        raise
