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


def _start() -> None:
    text = os.environ.get("FASTHDR_INSTALL", "0")
    if text == "0":
        return
    try:
        from fasthdr._bootstrap import start
    except Exception as error:  # noqa: BLE001 (the process has to start)
        # Another environment may have no fasthdr. That is worth a line only if requests were to be strict or framed.
        absent = isinstance(error, ModuleNotFoundError) and error.name == "fasthdr"
        if sys.stderr is not None and not (absent and "strict" not in text and "framed_body" not in text):
            print(f"fasthdr: not installed in this process: {error!r}", file=sys.stderr)
    else:
        start(text)


if __name__ == "sitecustomize":
    _leave_the_path()
    _start()
    del sys.modules[__name__]
    # The next one on the path. If there is none, site handles the ImportError.
    __import__("sitecustomize")
