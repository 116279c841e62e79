# SPDX-License-Identifier: MIT
"""`python -m bench.backends NAME`: serve on a free port of 127.0.0.1, which is printed, until standard input ends."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import threading

from bench.backends import BACKENDS


def _end_with_input() -> None:
    """End this process when whoever started it is gone, by whatever way."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.backends", description="Serve for a benchmark.")
    parser.add_argument("name", choices=BACKENDS)
    backend = BACKENDS[parser.parse_args().name]

    def announce(port: int) -> None:
        threading.Thread(target=_end_with_input, daemon=True).start()
        print(port, flush=True)

    getattr(importlib.import_module(f"bench.backends.{backend.module}"), backend.function)(announce)


if __name__ == "__main__":
    main()
