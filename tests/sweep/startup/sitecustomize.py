# SPDX-License-Identifier: MIT
"""Runs in each interpreter that a suite starts: installs fasthdr, or does not, and records what happened.

FASTHDR_SWEEP names a folder. One file for each process has the counts of heads; one has the outcome of each test of
unittest.
"""

import atexit
import json
import os
import sys

_FOLDER = os.environ["FASTHDR_SWEEP"]


def _count(_: object = None) -> None:
    import fasthdr

    fasthdr.collect_stats()
    atexit.register(_write)


def _write() -> None:
    import fasthdr

    with open(os.path.join(_FOLDER, f"heads-{os.getpid()}.json"), "w") as file:
        json.dump(fasthdr.stats(), file)


def _note(result: object) -> None:
    """Make unittest's result record what it is told about each test."""
    for name in ("addSuccess", "addFailure", "addError", "addSkip", "addExpectedFailure", "addUnexpectedSuccess"):

        def add(
            self: object, test: object, *args: object, _add: object = getattr(result, name), _name: str = name
        ) -> None:
            name = test.id()
            if name.startswith("__main__."):  # tests of another file may have this name, too
                name = f"{os.path.basename(sys.modules['__main__'].__file__)}{name[8:]}"
            with open(os.path.join(_FOLDER, "unittest"), "a") as file:
                file.write(f"{name}\t{_name}\n")
            _add(self, test, *args)

        setattr(result, name, add)


if os.environ.get("FASTHDR_SWEEP_UNITTEST"):
    from fasthdr._hook import Finder

    Finder(["unittest.result"], lambda module: _note(module.TestResult)).start()
if os.environ.get("FASTHDR_SWEEP_INSTALLS"):
    import fasthdr
    from fasthdr._hook import Finder

    fasthdr.install()
    if "http.client" in sys.modules:
        _count()
    else:
        Finder(["http.client"], _count).start()
