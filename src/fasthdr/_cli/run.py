# SPDX-License-Identifier: MIT
"""`python -m fasthdr`: run a program with the core installed, and change nothing else about it."""

import os
import sys

from fasthdr import _bootstrap
from fasthdr._cli import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# If there are only these, argparse is not loaded: it takes longer than everything else.
_FLAGS = {"--exact-type": "exact_type", "--strict": "strict", "--framed-body": "framed_body", "--stats": "stats"}


def _options(words: "list[str]") -> "dict[str, Any]":
    if all(word in _FLAGS for word in words):
        return {_FLAGS[word]: True for word in words}
    from fasthdr._cli.options import options_of

    return options_of(words)


def split(argv: "list[str]") -> "tuple[list[str], list[str], list[str]]":
    """Return our options, Python's own, and the program with its arguments, or -m or -c with what follows."""
    ours: list[str] = []
    pythons: list[str] = []
    at = 0
    while at < len(argv):
        word = argv[at]
        if word == "-" or word[:1] != "-":
            return ours, pythons, argv[at:]
        at += 1
        if word == "--":  # only Python can run a file whose name begins with -
            return ours, pythons if argv[at : at + 1] and argv[at][:1] != "-" else [*pythons, word], argv[at:]
        if word == "--check-hash-based-pycs":
            pythons += argv[at - 1 : at + 1]
            at += 1
            continue
        if word.startswith("--help-"):
            pythons.append(word)
            continue
        if word[:2] == "--" or word == "-h":
            ours.append(word)
            if word in ("--on-unsupported", "--max-headers"):
                ours += argv[at : at + 1]
                at += 1
            continue
        for end, letter in enumerate(word[1:], 1):  # of several options in one word, the last may take a value
            if letter in "cm":
                if end > 1:
                    pythons.append(word[:end])
                value = [word[end + 1 :]] if word[end + 1 :] else []
                return ours, pythons, ["-" + letter, *value, *argv[at:]]
            if letter in "WX":
                if end + 1 == len(word) and argv[at:]:
                    pythons.append(word)
                    word = argv[at]
                    at += 1
                break
        pythons.append(word)
    return ours, pythons, []


def _outer(argv: "list[str]") -> "list[str]":
    """Return the options with which this interpreter was started: those before -m fasthdr and its arguments."""
    words = sys.orig_argv[1 : len(sys.orig_argv) - len(argv)]
    if words[-1:] == ["fasthdr"]:
        words[-2:] = [words[-2] + "fasthdr"]  # -m fasthdr, -Bm fasthdr; or in one word
    if not words or not words[-1].endswith("mfasthdr"):
        return []  # started in another way
    last = words.pop()[: -len("mfasthdr")]
    return words if last == "-" else [*words, last]


def _as_python_does(argv: "list[str]", pythons: "list[str]", command: "list[str]") -> None:
    """Start Python again for code, stdin and its own options: only Python runs them exactly. The bootstrap installs."""
    flags: Any = sys.flags
    words = [word for word in pythons if word[:1] == "-" and word[:2] != "--"]
    letters = "".join(word.partition("W")[0].partition("X")[0] for word in words)  # what follows is a value
    if flags.ignore_environment or flags.no_site or not {"E", "I", "S"}.isdisjoint(letters):
        from fasthdr._cli.options import parser

        parser().error("with -E, -I or -S only a file or -m MODULE can be run, without other options of Python")
    if os.pathsep in _bootstrap.FOLDER:
        from fasthdr._cli.options import parser

        parser().error(f"PYTHONPATH cannot hold {_bootstrap.FOLDER}: only a file or -m MODULE can be run")
    again = [sys.executable, *_outer(argv), *pythons, *command]
    if os.name == "posix":
        os.environ["FASTHDR_PROGRAM"] = str(os.getpid())  # exec keeps it
        os.execv(sys.executable, again)  # noqa: S606 (the interpreter that runs now)
    import subprocess

    os.environ["FASTHDR_PROGRAM"] = "next"  # that interpreter removes it before it runs anything
    sys.exit(subprocess.call(again))  # noqa: S603


def _command(argv: "list[str]") -> "str | int":
    """Do anything but run a program. Returns the exit code, or an error message."""
    from fasthdr._cli.output import printing

    if argv[0] == "inspect":
        from fasthdr._cli.inspect.command import main as inspect

        return printing(inspect, argv[1:])
    if argv[0] == "demo":
        from fasthdr._cli.demo import main as demo

        return printing(demo, argv[1:])
    from fasthdr._cli import environment

    return printing(environment.main, argv)


def main(argv: "list[str] | None" = None) -> None:
    """Do what the command line says."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] in (["inspect"], ["demo"], ["enable"], ["disable"], ["status"]):  # a program of that name is ./inspect
        sys.exit(_command(argv))
    ours, pythons, command = split(argv)
    options = _options(ours)
    if not pythons and command in ([], ["-m"], ["-c"]):
        from fasthdr._cli.options import parser

        parser().error("a program or -m MODULE is needed")
    if options.get("stats"):
        # exec keeps the process ID; a child has another one. The 0 in front: of a container's process 1, too.
        options["stats"] = f"0{os.getpid()}"
    try:
        _bootstrap.remember_promises(os.environ.get(_bootstrap.VARIABLE, "0"))
    except ValueError as error:
        from fasthdr._cli.options import parser

        parser().error(str(error))
    text = _bootstrap.text_of(_bootstrap.with_promises(options))
    _bootstrap.pass_on(os.environ, text)
    if pythons or command[0] in ("-", "-c"):
        _as_python_does(argv, pythons, command)
    _bootstrap.install_with(text)
    program.run(command)
