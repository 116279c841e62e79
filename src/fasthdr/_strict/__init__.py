# SPDX-License-Identifier: MIT
"""Strict and framed requests: one exchange between a connection and a handler (docs/strict.md)."""

from fasthdr._api import PURE

if PURE:
    # Plain Python was asked for: the modules that are compiled from Python are loaded from their sources.
    import importlib.util
    import os.path
    import sys
    from typing import Any

    for _name in ("view", "stream", "exchange", "head", "rfile", "wfile", "methods"):
        _full = f"{__name__}.{_name}"
        _spec: Any = importlib.util.spec_from_file_location(
            _full, os.path.join(os.path.dirname(__file__), f"{_name}.py")
        )
        sys.modules[_full] = _module = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(_module)
