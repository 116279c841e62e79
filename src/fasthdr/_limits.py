# SPDX-License-Identifier: MIT
"""The default limits of the functions, the classes and the handlers, by the names of their parameters.

The core repeats some in `_core/faults.pxd` and in signatures, which have to show numbers. tests/test_limits.py compares
these.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_LINE = 65536  # bytes of a start line and of each field line, line ends included
MAX_HEADERS = 100  # field lines; in the default mode, lines as the stdlib counts them
MAX_HEAD = 262144  # bytes of a head in strict mode, and of a trailer section
MAX_CHUNK_LINE = 4096  # bytes of a chunk line, its CRLF included
MAX_EXTENSIONS = 65536  # bytes of chunk extensions in a body


class Settings:
    """The limits of a connection. The handler class has attributes of the same names.

    All of them apply to strict handlers. A handler with framed_body alone has the standard library's limits for a head,
    and no deadline but `timeout`; max_body, drain_limit and linger_timeout apply to it, too.
    """

    max_line: int = MAX_LINE  # bytes of the request line, and of each field line
    max_headers: int = MAX_HEADERS  # field lines
    max_head: int = MAX_HEAD  # bytes of the whole head
    max_body: int | None = 1 << 30  # bytes of content that a client may send, or None; 413 beyond it
    idle_timeout: float | None = 60.0  # seconds that a connection may wait for a request, or None
    head_timeout: float | None = 30.0  # seconds from the first byte of a head to its last, or None
    body_timeout: float | None = 20.0  # seconds that reads of a body may wait in all, whatever its rate, or None
    body_rate: int = 500  # one more second each time this many bytes of the body have come
    write_timeout: float | None = 60.0  # seconds that the client may take for the next 256 KiB of the response, or None
    drain_limit: int = 1 << 20  # maximum bytes of an unread body that are read to keep the connection
    linger_timeout: float | None = 10.0  # seconds to read the rest of a request that was answered early, or None


DEFAULTS: "dict[str, Any]" = {name: value for name, value in vars(Settings).items() if not name.startswith("_")}
