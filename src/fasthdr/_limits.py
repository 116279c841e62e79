# SPDX-License-Identifier: MIT
"""The default limits of the functions, the classes and the handlers, by the names of their parameters.

The core repeats them in `_core/faults.pxd` and in signatures, which have to show numbers; tests/test_limits.py compares
them. `_strict/settings` has the deadlines, and the other limits that only handlers have.
"""

MAX_LINE = 65536  # bytes of a start line and of each field line, line ends included
MAX_HEADERS = 100  # field lines; in the default mode, lines as the stdlib counts them
MAX_HEAD = 262144  # bytes of a head in strict mode, and of a trailer section
MAX_CHUNK_LINE = 4096  # bytes of a chunk line, its CRLF included
MAX_EXTENSIONS = 65536  # bytes of chunk extensions in a body
