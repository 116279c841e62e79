# SPDX-License-Identifier: MIT
"""Install fasthdr when an interpreter starts: in children of `python -m fasthdr`, and in an enabled environment.

Children find the sitecustomize.py in this folder through PYTHONPATH, and their options in FASTHDR_INSTALL. An error
here prints one line to stderr. It ends no process but the one that runs the program of `python -m fasthdr`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

VARIABLE = "FASTHDR_INSTALL"
FOLDER = os.path.dirname(os.path.abspath(__file__))
_DEFAULTS: "dict[str, Any]" = {
    "exact_type": False,
    "nodelay": True,
    "strict": False,
    "framed_body": False,
    "on_unsupported": "warn",
    "max_headers": None,
    "recover": False,
    "stats": False,
}
# These are never dropped silently: they stay in force until an option switches them off by name.
_PROMISES = "strict", "framed_body", "on_unsupported"
_promised: "dict[str, Any]" = {}  # the ones with which this process was started


def text_of(options: "dict[str, Any]") -> str:
    """Write options of install(), and `stats`, as the value of FASTHDR_INSTALL: "1", or "strict,nodelay=0"."""
    words = []
    for name, default in _DEFAULTS.items():
        value = options.get(name)
        if value is not None and (value != default or name in _PROMISES):
            words.append(name if value is True else f"{name}={int(value) if value is False else value}")
    return ",".join(words) or "1"


def options_of(text: str) -> "dict[str, Any]":
    """Read the value of FASTHDR_INSTALL. Raises ValueError for an unknown option or value."""
    options: dict[str, Any] = {}
    for word in text.split(","):
        name, _, value = word.strip().partition("=")
        if name in ("", "1"):
            continue
        if name not in _DEFAULTS:
            raise ValueError(f"{VARIABLE} has no option {name!r}")
        number = value.isascii() and value.isdigit()
        if name == "max_headers":
            if not (number and int(value)):
                raise ValueError(f"{VARIABLE}: {name} must be a positive number, not {value!r}")
            options[name] = int(value)
        elif name == "on_unsupported":
            if value not in ("warn", "raise"):
                raise ValueError(f"{VARIABLE}: {name} must be 'warn' or 'raise', not {value!r}")
            options[name] = value
        elif value in ("", "1", "0"):
            options[name] = value != "0"
        elif name == "stats" and number:
            options[name] = value
        else:
            raise ValueError(f"{VARIABLE}: {name} must be 0 or 1, not {value!r}")
    return options


def remember_promises(text: str) -> None:
    """Remember the promises in a value of FASTHDR_INSTALL. Raises ValueError for an unknown option."""
    options = {} if text == "0" else options_of(text)
    _promised.update((name, options[name]) for name in _PROMISES if name in options)


def with_promises(options: "dict[str, Any]") -> "dict[str, Any]":
    """Add the promises to options that do not mention them. An option that is None counts as not mentioned."""
    return {**_promised, **{name: value for name, value in options.items() if value is not None}}


def pass_on(environ: "MutableMapping[str, str]", text: str) -> None:
    """Make interpreters that are started with this environment install fasthdr."""
    environ[VARIABLE] = text
    path = environ.get("PYTHONPATH", "")
    others = [entry for entry in path.split(os.pathsep) if entry != FOLDER] if path else []
    # In front: another folder's sitecustomize may not import the next one.
    environ["PYTHONPATH"] = os.pathsep.join([FOLDER, *others])


def install_with(text: str) -> None:
    """Install with the options of FASTHDR_INSTALL; "0": do nothing."""
    if text == "0":
        return
    remember_promises(text)
    options = with_promises(options_of(text))
    counted = options.pop("stats", False)  # True, or the number of the process that --stats was given to
    if counted:
        from fasthdr._bootstrap import stats

        stats.collect(counted is not True and int(counted) != os.getpid())
    from fasthdr._install import install

    install(**options)


def start(text: str = "0", required: bool = False) -> bool:
    """Do the same at the start of an interpreter. Returns False if that fails.

    text: the options if FASTHDR_INSTALL does not give any. If it does, those in text about strictness still hold.
    required: the program asked for fasthdr, so a module that cannot be patched later cannot be imported.
    """
    try:
        from fasthdr import _patching

        if not required:
            _patching.forgive()
        remember_promises(text)
        install_with(os.environ.get(VARIABLE, text))
    except Exception as error:  # noqa: BLE001 (the process has to start)
        say(f"not installed in this process: {error!r}")
        return False
    return True


def say(text: str) -> None:
    """Write a line to stderr, if there is one: print() would take None for stdout."""
    if sys.stderr is not None:
        print(f"fasthdr: {text}", file=sys.stderr)
