# SPDX-License-Identifier: MIT
"""HTTP/1 message heads at C speed behind the standard library's own names."""

from fasthdr._errors import ParseError
from fasthdr._implementation import IMPLEMENTATION, PURE
from fasthdr._install import install, is_installed, uninstall

TYPE_CHECKING = False
if TYPE_CHECKING or not PURE:
    from fasthdr import client as _client  # noqa: F401 (tells the core of HTTPMessage)
    from fasthdr._core import collect_stats, simd, stats
    from fasthdr._decoder import BodyDecoder
    from fasthdr._head import Head, RequestHead, ResponseHead, parse_headers, parse_request, parse_response
else:
    from fasthdr._pure import (
        Head,
        RequestHead,
        ResponseHead,
        collect_stats,
        parse_headers,
        parse_request,
        parse_response,
        simd,
        stats,
    )
    from fasthdr._pure_decoder import BodyDecoder

__version__ = "0.1.0"

__all__ = [
    "IMPLEMENTATION",
    "BodyDecoder",
    "Head",
    "ParseError",
    "RequestHead",
    "ResponseHead",
    "collect_stats",
    "get_include",
    "install",
    "is_installed",
    "parse_headers",
    "parse_request",
    "parse_response",
    "simd",
    "stats",
    "uninstall",
]


def get_include() -> str:
    """Folder of the C header that the .pxd files name, for a Cython module's include_dirs."""
    import os

    return os.path.dirname(__file__)
