# SPDX-License-Identifier: MIT
"""What the Cython core or plain Python gives, under one name each: the one place that chooses between them.

FASTHDR_PURE_PYTHON=1 asks for plain Python, which also runs where no extension is built. An extension that is there and
cannot be imported is an ImportError, not a reason.
"""

import http.client
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


def _pure() -> bool:
    if os.environ.get("FASTHDR_PURE_PYTHON") == "1":
        return True
    try:
        import fasthdr._core.runtime  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "fasthdr._core.runtime":
            raise
        return True
    return False


PURE = _pure()
IMPLEMENTATION: 'Literal["cython", "python"]' = "python" if PURE else "cython"

# Name -> the module that has it; loaded when somebody asks, as servers and clients need few of them.
if PURE:
    _MODULES = dict.fromkeys(("collect_stats", "simd", "stats"), "fasthdr._pure.counts")
    _MODULES |= dict.fromkeys(("Head", "RequestHead", "ResponseHead", "restored"), "fasthdr._pure.head")
    _MODULES |= dict.fromkeys(("parse_headers", "parse_request", "parse_response"), "fasthdr._pure.parse")
    _MODULES |= dict.fromkeys(("RequestReader", "ResponseReader"), "fasthdr._pure.pieces")
    _MODULES |= dict.fromkeys(("answer_head", "read_request_at", "request_framing"), "fasthdr._pure.wire")
    _MODULES |= {"BodyDecoder": "fasthdr._pure.decoder", "HTTPMessage": "http.client"}
else:
    _MODULES = dict.fromkeys(("collect_stats", "simd", "stats"), "fasthdr._core.runtime")
    _MODULES |= dict.fromkeys(("Head", "RequestHead", "ResponseHead", "restored"), "fasthdr._core.head")
    _MODULES |= dict.fromkeys(("accepted", "parse_headers", "parse_request", "parse_response"), "fasthdr._core.parse")
    _MODULES |= dict.fromkeys(("RequestReader", "ResponseReader"), "fasthdr._core.pieces")
    _MODULES |= dict.fromkeys(("answer_head", "request_framing"), "fasthdr._core.wire")
    _MODULES |= {"BodyDecoder": "fasthdr._core.decoder", "HTTPMessage": "fasthdr._core.message"}
    _MODULES |= {"read_request_at": "fasthdr._core.handler"}

if TYPE_CHECKING:
    from fasthdr._core.decoder import BodyDecoder as BodyDecoder
    from fasthdr._core.handler import read_request_at as read_request_at
    from fasthdr._core.head import Head as Head
    from fasthdr._core.head import RequestHead as RequestHead
    from fasthdr._core.head import ResponseHead as ResponseHead
    from fasthdr._core.head import restored as restored
    from fasthdr._core.message import HTTPMessage as HTTPMessage
    from fasthdr._core.parse import accepted as accepted
    from fasthdr._core.parse import parse_headers as parse_headers
    from fasthdr._core.parse import parse_request as parse_request
    from fasthdr._core.parse import parse_response as parse_response
    from fasthdr._core.pieces import RequestReader as RequestReader
    from fasthdr._core.pieces import ResponseReader as ResponseReader
    from fasthdr._core.runtime import collect_stats as collect_stats
    from fasthdr._core.runtime import simd as simd
    from fasthdr._core.runtime import stats as stats
    from fasthdr._core.wire import answer_head as answer_head
    from fasthdr._core.wire import request_framing as request_framing
else:

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        found = getattr(__import__(_MODULES[name], fromlist=[name]), name)
        globals()[name] = found
        return found


def stands_in() -> bool:
    """Whether install(), without exact_type, has put fasthdr.client.HTTPMessage in place of http.client.HTTPMessage.

    In plain Python the two are one, and nobody asks.
    """
    from fasthdr._core.reader import _reader

    return http.client.parse_headers is _reader.installed and not _reader.exact_type
