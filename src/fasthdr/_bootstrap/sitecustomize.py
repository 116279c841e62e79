# SPDX-License-Identifier: MIT
"""Runs when an interpreter starts, if `python -m fasthdr` has put this folder on PYTHONPATH.

It leaves no trace: it takes the folder off the path again, and imports the next sitecustomize there, if there is one.
"""

import os
import sys


def _leave_the_path() -> None:
    folder = os.path.dirname(__file__)
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.path_importer_cache.pop(folder, None)


def _import(required: bool) -> None:
    """Import fasthdr. required: if it is not on the path, from the folder that `python -m fasthdr` has used."""
    path = sys.path
    if required:
        sys.path = [*path, os.path.dirname(os.path.dirname(os.path.dirname(__file__)))]
    try:
        import fasthdr._bootstrap  # noqa: F401
    finally:
        sys.path = path


def _install(required: bool) -> bool:
    """Install fasthdr. Returns False if that fails."""
    text = os.environ.get("FASTHDR_INSTALL", "0")
    if text == "0":
        return True
    try:
        _import(required)
    except Exception as error:  # noqa: BLE001 (the process has to start)
        # Another environment may have no fasthdr. That is worth a line only if requests were to be strict or framed.
        absent = isinstance(error, ModuleNotFoundError) and error.name == "fasthdr" and not required
        if sys.stderr is not None and not (absent and "strict" not in text and "framed_body" not in text):
            print(f"fasthdr: not installed in this process: {error!r}", file=sys.stderr)
        return False
    from fasthdr._bootstrap import start

    return start(text, required)


def _start() -> None:
    # The process ID of the program that `python -m fasthdr` runs ("next" without exec). It needs fasthdr.
    required = os.environ.pop("FASTHDR_PROGRAM", "") in ("next", str(os.getpid()))
    if not _install(required) and required:
        os._exit(2)  # while site runs, any other way to end prints a traceback


if __name__ == "sitecustomize":
    _leave_the_path()
    _start()
    del sys.modules[__name__]
    # The next one on the path. If there is none, site handles the ImportError.
    __import__("sitecustomize")
