# SPDX-License-Identifier: MIT
"""`python -m bench.backends NAME [RESPONSE]`: serve on a free port of 127.0.0.1, until standard input ends.

Prints the port once it can be connected to.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import threading

from bench.backends import BACKENDS, FLOORS, PREPARED


def _end_with_input() -> None:
    """End this process when whoever started it is gone, by whatever way."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.backends", description="Serve for a benchmark.")
    backends = {**BACKENDS, **FLOORS, PREPARED.name: PREPARED}
    parser.add_argument("name", choices=backends)
    parser.add_argument("response", nargs="*", help=f"of bench.payloads, for {PREPARED.name}")
    args = parser.parse_args()
    backend = backends[args.name]

    def announce(port: int) -> None:
        threading.Thread(target=_end_with_input, daemon=True).start()
        print(port, flush=True)

    getattr(importlib.import_module(f"bench.backends.{backend.module}"), backend.function)(
        announce, *backend.arguments, *args.response
    )


if __name__ == "__main__":
    main()
