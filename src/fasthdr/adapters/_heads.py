# SPDX-License-Identifier: MIT
"""What the adapters have in common: whole heads that strict mode accepts, and names as CGI variables have them."""

from fasthdr import _api
from fasthdr._names import SPELLINGS


def head_of(block: bytes) -> "_api.RequestHead | None":
    """Return the head that the whole of `block` is, if strict mode accepts it (docs/strict.md).

    None is for the server's own parser: any other head, and every head if plain Python runs, which is no faster. The
    server's limits hold, not those of strict mode, but for the 256 KiB of a head.
    """
    head = _api.accepted(block, False)
    return head if head is not None and head.consumed == len(block) else None


def block_of(block: bytes) -> "_api.Head | None":
    """Return the head of field lines alone that the whole of `block` is, blank line included; None as above.

    Nothing is said about what the fields mean together: that is the server's to judge.
    """
    head = _api.accepted(block, True)
    return head if head is not None and head.consumed == len(block) else None


def request_line_of(block: bytes, head: "_api.RequestHead") -> "bytes | None":
    """Return the request line, without its CRLF; None if empty lines precede it or its version is no HTTP/1.0 or 1.1.

    A head shows HTTP/1.1 for HTTP/1.2 to 1.9 (RFC 9110 2.5), and servers show what they like.
    """
    line = block[: block.find(b"\r\n")]
    return line if line.endswith(head.version.encode()) else None


class CGINames(dict[str, str]):
    """Field name -> the name in upper case, each hyphen an underscore. Common names are looked up."""

    def __init__(self) -> None:
        super().__init__({name: self[name] for name in SPELLINGS})

    def __missing__(self, name: str) -> str:
        return name.upper().replace("-", "_")
