# SPDX-License-Identifier: MIT
"""A program on wsgiref.simple_server, for `python -m fasthdr --strict -m`."""

from __future__ import annotations

import sys
from wsgiref.simple_server import demo_app, make_server

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), demo_app).serve_forever()
