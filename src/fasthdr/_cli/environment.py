# SPDX-License-Identifier: MIT
"""`python -m fasthdr enable`, `disable` and `status`: fasthdr in every process of an environment.

A .pth file in site-packages makes each interpreter of the environment install fasthdr when it starts.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import sysconfig

from fasthdr._bootstrap import VARIABLE, text_of
from fasthdr._cli.options import command_parser, named

NAME = "fasthdr-install.pth"
# One line, because site runs each line separately. If fasthdr has been removed since, this does nothing, or reports it
# if strict or framed was asked for.
_LINE = (
    'import sys; exec("try:\\n from fasthdr._bootstrap import start\\n'
    'except ImportError as error:\\n {absent}\\nelse:\\n start({text!r})\\n")\n'
)
_SAY = (
    f"sys.stderr and print('fasthdr: not installed in this process: %r; {NAME} asks for it' % error, file=sys.stderr)"
)


def _file() -> str:
    return os.path.join(sysconfig.get_path("purelib"), NAME)


def _status(path: str) -> str | int:
    """Print what the file says. Returns the exit code, or an error message."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(r"start\('(.*?)'\)\\n\"\)$", file.read())  # to the end: the line may have been cut
    except FileNotFoundError:
        print(f"not enabled: no {path}")
        return 1
    except OSError as error:
        return f"fasthdr: {error}"
    if not found:
        return f"fasthdr: {path} is damaged: run `python -m fasthdr enable` with your options again"
    print(f"enabled by {path}: {found[1]}" + (f"; {VARIABLE}={os.environ[VARIABLE]}" if VARIABLE in os.environ else ""))
    return 0


def _write(path: str, line: str) -> None:
    """Replace the file as a whole. If that fails, what was there stays."""
    new = f"{path}.{os.getpid()}"  # site reads only names that end with .pth
    try:
        with open(new, "w", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(new, 0o644)  # whatever the umask says: site passes over a file that it cannot read
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(new)
        raise


def main(argv: list[str]) -> str | int:
    """Do what the command line says. Returns the exit code, or an error message."""
    command = argv[0]
    made = command_parser(command)
    args = vars(made.parse_args(argv[1:]))
    path = _file()
    if command == "status":
        return _status(path)
    if not args.pop("system") and sys.prefix == sys.base_prefix:
        return (
            f"fasthdr: {sys.prefix} is not a virtual environment: this would change every program that it "
            f"runs. Add --system to do it anyway."
        )
    try:
        if command == "disable":
            os.remove(path)
            print(f"disabled: {path} is removed")
            return 0
        text = text_of(named(args))
        promised = args["strict"] or args["framed_body"]
        _write(path, _LINE.format(text=text, absent=_SAY if promised else "pass"))
    except FileNotFoundError:
        return f"fasthdr: this environment is not enabled: {path} does not exist"
    except OSError as error:
        return f"fasthdr: {error}"
    print(f"enabled by {path}: {text}")
    return 0
