# SPDX-License-Identifier: MIT
"""Run a file, a folder, an archive or a module in this interpreter as `python PROGRAM` does."""

import importlib.machinery
import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType, TracebackType
    from typing import Any


_MAGIC = importlib.util.MAGIC_NUMBER
_HEADER = 16  # bytes of a .pyc file before its code


def _fresh_main() -> "ModuleType":
    """Make an empty __main__ for the program, in place of this one."""
    ours = vars(sys.modules["__main__"])
    module = type(sys)("__main__")
    if "__annotations__" in ours:  # some versions of the interpreter set it
        vars(module)["__annotations__"] = {}
    vars(module)["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    return module


def _is_container(name: str) -> bool:
    """Return whether it is a folder or an archive, whose __main__ is run."""
    for hook in sys.path_hooks:
        try:
            hook(name)
        except ImportError:
            continue
        return True
    return False


def _compiled(data: bytes) -> "Any":
    """Return the code in a .pyc file. Python's errors differ from those of an import."""
    import marshal

    if len(data) < _HEADER:
        raise EOFError("EOF read where not expected")
    if data[: len(_MAGIC)] != _MAGIC:
        raise RuntimeError("Bad magic number in .pyc file")
    try:
        code = marshal.loads(data[_HEADER:])  # noqa: S302 (the program that was asked for)
    except Exception:  # noqa: BLE001 (whatever is wrong with it)
        code = None
    if not isinstance(code, type(_compiled.__code__)):
        raise RuntimeError("Bad code object in .pyc file")
    return code


def _code_of(name: str, path: str) -> "tuple[Any, Any]":
    """Return the code of a file, and its loader. If there is none, end the process as Python does."""
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    try:
        source = loader.get_data(path)
    except OSError as error:
        if sys.stderr is not None:  # print() would take None for stdout
            text = f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}"
            print(text, file=sys.stderr)
        sys.exit(2)
    if name.endswith(".pyc") or source[:2] == _MAGIC[:2]:
        return _compiled(source), importlib.machinery.SourcelessFileLoader("__main__", path)
    try:
        return loader.source_to_code(source, path), loader
    except SyntaxError as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        sys.exit(1)


def _run_file(name: str) -> None:
    """Do what `python NAME` does after its start."""
    safe = getattr(sys.flags, "safe_path", False)
    if _is_container(name):
        if not safe:
            del sys.path[0]
        here = name in ("", ".") and sys.version_info >= (3, 11)  # Python 3.10 leaves the name at the end of the path
        sys.path.insert(0, os.getcwd() if here else os.path.join(os.getcwd(), name))
        _fresh_main()
        _run_module("__main__", False)
        return
    path = os.path.join(os.getcwd(), name)
    if not safe:
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    code, loader = _code_of(name, path)
    cached = "__cached__" in vars(sys.modules["__main__"])  # runpy sets it if the interpreter does
    module = _fresh_main()
    vars(module)["__loader__"] = loader
    module.__file__ = path
    if cached:
        vars(module)["__cached__"] = None
    exec(code, vars(module))  # noqa: S102 (the program that was asked for)


def _run_module(name: str, alter_argv: bool = True) -> None:
    """Do what `python -m NAME` does: call the same function."""
    import runpy

    runpy._run_module_as_main(name, alter_argv=alter_argv)  # type: ignore[attr-defined]


def _show_without(error: BaseException, trace: "TracebackType | None") -> None:
    """Hide our frames when the interpreter shows the traceback of the error that has ended the program."""
    hook = getattr(sys, "excepthook", None)
    if hook is None:  # the program has deleted it
        return

    def show(kind: "Any", value: "Any", whole: "Any") -> None:
        sys.excepthook = hook
        if value is error:
            whole = sys.last_traceback = trace
            BaseException.with_traceback(value, trace)  # an assignment would call the class's __setattr__
        hook(kind, value, whole)

    sys.excepthook = show


def run(command: "list[str]") -> None:
    """Run [FILE, ARGUMENT, ...] or ["-m", MODULE, ARGUMENT, ...]. Raises the exception that ends it."""
    try:
        if command[0] == "-m":
            sys.argv = ["-m", *command[2:]]
            _fresh_main()
            _run_module(command[1])
        else:
            sys.argv = command
            _run_file(command[0])
    except BaseException as error:
        if isinstance(error, SystemExit) and not sys.flags.inspect:  # with -i it is shown, too
            raise
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        _show_without(error, trace)
        raise
