# SPDX-License-Identifier: MIT
"""What the adapters share: whole heads that strict mode accepts, and field names in the form of CGI variables."""

from fasthdr import _api
from fasthdr._names import SPELLINGS


def head_of(block: bytes) -> "_api.RequestHead | None":
    """Return the head if `block` is exactly one head and strict mode accepts it (docs/strict.md).

    None means that the server's own parser has to read the head. In plain Python that is every head, because plain
    Python is not faster. The server's limits apply, not those of strict mode, except for its 256 KiB per head.
    """
    head = _api.accepted(block, False)
    return head if head is not None and head.consumed == len(block) else None


def block_of(block: bytes) -> "_api.Head | None":
    """Return the head if `block` is exactly field lines and an empty line; None as in head_of().

    This does not check what the fields mean together: the server has to judge that.
    """
    head = _api.accepted(block, True)
    return head if head is not None and head.consumed == len(block) else None


def request_line_of(block: bytes, head: "_api.RequestHead") -> "bytes | None":
    """Return the request line without its CRLF; None if empty lines precede it or its version is not HTTP/1.0 or 1.1.

    A head reports HTTP/1.2 to 1.9 as HTTP/1.1 (RFC 9110 2.5); servers do not agree on what to report.
    """
    line = block[: block.find(b"\r\n")]
    return line if line.endswith(head.version.encode()) else None


class CGINames(dict[str, str]):
    """Map a field name to upper case, with underscores for hyphens. Common names are stored in advance."""

    def __init__(self) -> None:
        super().__init__({name: self[name] for name in SPELLINGS})

    def __missing__(self, name: str) -> str:
        return name.upper().replace("-", "_")
