# SPDX-License-Identifier: MIT
"""The options of `python -m fasthdr`, and those of its `enable`, `disable` and `status`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


_DESCRIPTIONS = {
    "enable": "Install fasthdr in every Python process of this virtual environment, when it starts.",
    "disable": "Undo `enable`.",
    "status": "Say whether this environment is enabled, and with which options.",
}


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        import argparse

        raise argparse.ArgumentTypeError(f"not a positive number: {text!r}")
    return int(text)


def _add_options(parser: "argparse.ArgumentParser") -> None:
    parser.add_argument("--stats", action="store_true", help="at exit, print to stderr how many heads each parser read")
    parser.add_argument(
        "--exact-type", action="store_true", help="make messages of exactly the class http.client.HTTPMessage"
    )
    parser.add_argument("--delay", action="store_true", help="do not set TCP_NODELAY: responses may wait 40 ms")
    parser.add_argument(
        "--strict",
        action="store_true",
        default=None,
        help="make servers refuse what RFC 9110 and 9112 do not allow, and set limits and deadlines",
    )
    parser.add_argument(
        "--framed-body", action="store_true", default=None, help="make servers end rfile where the body ends"
    )
    parser.add_argument(
        "--on-unsupported",
        choices=("warn", "raise"),
        help="what to do about a handler class that cannot be strict (default: warn)",
    )
    parser.add_argument(
        "--max-headers", type=_lines, metavar="N", help="accept N header lines (default: http.client's 100)"
    )
    parser.add_argument(
        "--recover", action="store_true", help="in a response, lose only a bad field line, not all lines after it"
    )


def parser() -> "argparse.ArgumentParser":
    """Make the parser of the options before a program."""
    import argparse

    import fasthdr

    made = argparse.ArgumentParser(
        prog="python -m fasthdr",
        allow_abbrev=False,  # split() knows only whole names
        usage="python -m fasthdr [options] [PYTHON'S OPTIONS] (PROGRAM | -m MODULE | -c CODE | -) [ARGUMENT ...]\n"
        "       python -m fasthdr inspect (FILE | --listen PORT) [options]\n"
        "       python -m fasthdr demo [options]\n"
        "       python -m fasthdr (enable [options] | disable | status)",
        description="Run a Python program and its child processes with fasthdr installed; show the messages of a file "
        "or a client (inspect); measure the gain (demo); or install fasthdr in every process of a virtual environment "
        "(enable).",
    )
    how = fasthdr.simd() if fasthdr.IMPLEMENTATION == "cython" else "plain Python, which accelerates nothing"
    made.add_argument("--version", action="version", version=f"fasthdr {fasthdr.__version__} ({how})")
    _add_options(made)
    for name in ("strict", "framed_body"):
        word = name.replace("_", "-")
        what = f"switch --{word} off if the environment or a parent process has switched it on"
        made.add_argument(f"--no-{word}", dest=name, action="store_false", default=None, help=what)
    return made


def command_parser(command: str) -> "argparse.ArgumentParser":
    """Make the parser of `enable`, `disable` or `status`."""
    import argparse

    made = argparse.ArgumentParser(
        prog=f"python -m fasthdr {command}", description=_DESCRIPTIONS[command], allow_abbrev=False
    )
    if command == "enable":
        _add_options(made)
    if command != "status":
        made.add_argument("--system", action="store_true", help="also outside a virtual environment")
    return made


def options_of(words: "list[str]") -> "dict[str, Any]":
    """Read the options of install(), and `stats`."""
    made = parser()
    return named(vars(made.parse_args(words)))


def named(options: "dict[str, Any]") -> "dict[str, Any]":
    """Name the options as install()'s arguments are named."""
    options["nodelay"] = not options.pop("delay")
    return options
