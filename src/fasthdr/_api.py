# SPDX-License-Identifier: MIT
"""One set of names for what the Cython core and plain Python both provide. Only this module chooses between them.

FASTHDR_PURE_PYTHON=1 asks for plain Python. It also runs if no extension is built, and, with a RuntimeWarning, in
sub-interpreters that the extension does not support. Any other extension that cannot be imported is an ImportError.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


# The error of CPython in interpreters with their own GIL, and of Cython in those that share one (mod_wsgi has such).
_ONE_INTERPRETER = "does not support loading in subinterpreters", "only be loaded into one interpreter per process"


def _pure() -> bool:
    if os.environ.get("FASTHDR_PURE_PYTHON") == "1":
        return True
    try:
        import fasthdr._core.runtime  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "fasthdr._core.runtime":
            raise
        return True
    except ImportError as error:
        if not any(words in str(error) for words in _ONE_INTERPRETER):
            raise
        import warnings

        warnings.warn(
            "fasthdr runs in plain Python in this sub-interpreter, which is slower: before CPython 3.13, and without "
            "the GIL, its extension belongs to one interpreter per process",
            RuntimeWarning,
            stacklevel=2,
        )
        return True
    return False


PURE = _pure()
IMPLEMENTATION: 'Literal["cython", "python"]' = "python" if PURE else "cython"

# Name -> its module, which is imported when the name is first used: servers and clients need few of them.
if PURE:
    _MODULES = dict.fromkeys(("collect_stats", "simd", "stats", "watch_fallbacks"), "fasthdr._pure.counts")
    _MODULES |= dict.fromkeys(("Head", "RequestHead", "ResponseHead", "restored"), "fasthdr._pure.head")
    _MODULES |= dict.fromkeys(("parse_headers", "parse_request", "parse_response"), "fasthdr._pure.parse")
    _MODULES |= dict.fromkeys(("RequestReader", "ResponseReader"), "fasthdr._pure.pieces")
    _MODULES |= dict.fromkeys(("Heads", "parse_many"), "fasthdr._pure.many")
    _MODULES |= dict.fromkeys(("read_request_at", "request_framing", "response_head"), "fasthdr._pure.wire")
    _MODULES |= {"BodyDecoder": "fasthdr._pure.decoder", "HTTPMessage": "http.client"}
    _MODULES |= {"put_request": "fasthdr._pure.gateway"}
    _MODULES |= dict.fromkeys(("receive_within", "send_now"), "fasthdr._pure.sockets")
    _MODULES |= dict.fromkeys(("makes_our_messages", "set_exact_type"), "fasthdr._pure.standins")
    _MODULES |= {"parse_headers_is_installed": "fasthdr._pure.standins"}
    _MODULES |= dict.fromkeys(("CLIENT_PATCHES", "Uncounted", "accepted", "parse_request_of"), "fasthdr._pure.standins")
    _MODULES |= {"recovering_begin": "fasthdr._pure.standins"}
    _MODULES |= dict.fromkeys(("RESPONSE_METHODS", "RESPONSE_NAMES", "lean_wfile"), "fasthdr._pure.standins")
else:
    _MODULES = dict.fromkeys(("collect_stats", "simd", "stats", "watch_fallbacks"), "fasthdr._core.runtime")
    _MODULES |= {"Uncounted": "fasthdr._core.runtime"}
    _MODULES |= dict.fromkeys(("Head", "RequestHead", "ResponseHead", "restored"), "fasthdr._core.head")
    _MODULES |= dict.fromkeys(("accepted", "parse_headers", "parse_request", "parse_response"), "fasthdr._core.parse")
    _MODULES |= dict.fromkeys(("RequestReader", "ResponseReader"), "fasthdr._core.pieces")
    _MODULES |= dict.fromkeys(("Heads", "parse_many"), "fasthdr._core.many")
    _MODULES |= dict.fromkeys(("request_framing", "response_head"), "fasthdr._core.wire")
    _MODULES |= {"BodyDecoder": "fasthdr._core.decoder", "HTTPMessage": "fasthdr._core.message"}
    _MODULES |= {"put_request": "fasthdr._core.gateway"}
    _MODULES |= dict.fromkeys(("read_request_at", "receive_within", "send_now"), "fasthdr._core.handler")
    _MODULES |= {"_C_API": "fasthdr._core.capi"}
    _MODULES |= dict.fromkeys(("makes_our_messages", "set_exact_type"), "fasthdr._core.reader")
    _MODULES |= {"parse_headers_is_installed": "fasthdr._core.reader"}
    _MODULES |= dict.fromkeys(("CLIENT_PATCHES", "recovering_begin"), "fasthdr._standins.client_patches")
    _MODULES |= {"parse_request_of": "fasthdr._standins.server_request"}
    _MODULES |= {"lean_wfile": "fasthdr._standins.server_response"}
    _MODULES |= dict.fromkeys(("RESPONSE_METHODS", "RESPONSE_NAMES"), "fasthdr._standins.server_response_probe")

if TYPE_CHECKING:
    from fasthdr._core.decoder import BodyDecoder as BodyDecoder
    from fasthdr._core.gateway import put_request as put_request
    from fasthdr._core.handler import read_request_at as read_request_at
    from fasthdr._core.handler import receive_within as receive_within
    from fasthdr._core.handler import send_now as send_now
    from fasthdr._core.head import Head as Head
    from fasthdr._core.head import RequestHead as RequestHead
    from fasthdr._core.head import ResponseHead as ResponseHead
    from fasthdr._core.head import restored as restored
    from fasthdr._core.many import Heads as Heads
    from fasthdr._core.many import parse_many as parse_many
    from fasthdr._core.message import HTTPMessage as HTTPMessage
    from fasthdr._core.parse import accepted as accepted
    from fasthdr._core.parse import parse_headers as parse_headers
    from fasthdr._core.parse import parse_request as parse_request
    from fasthdr._core.parse import parse_response as parse_response
    from fasthdr._core.pieces import RequestReader as RequestReader
    from fasthdr._core.pieces import ResponseReader as ResponseReader
    from fasthdr._core.reader import makes_our_messages as makes_our_messages
    from fasthdr._core.reader import parse_headers_is_installed as parse_headers_is_installed
    from fasthdr._core.reader import set_exact_type as set_exact_type
    from fasthdr._core.runtime import Uncounted as Uncounted
    from fasthdr._core.runtime import collect_stats as collect_stats
    from fasthdr._core.runtime import simd as simd
    from fasthdr._core.runtime import stats as stats
    from fasthdr._core.runtime import watch_fallbacks as watch_fallbacks
    from fasthdr._core.wire import request_framing as request_framing
    from fasthdr._core.wire import response_head as response_head
    from fasthdr._standins.client_patches import CLIENT_PATCHES as CLIENT_PATCHES
    from fasthdr._standins.client_patches import recovering_begin as recovering_begin
    from fasthdr._standins.server_request import parse_request_of as parse_request_of
    from fasthdr._standins.server_response import lean_wfile as lean_wfile
    from fasthdr._standins.server_response_probe import RESPONSE_METHODS as RESPONSE_METHODS
    from fasthdr._standins.server_response_probe import RESPONSE_NAMES as RESPONSE_NAMES
else:

    def __getattr__(name):
        if PURE and name == "_C_API":
            raise ImportError("fasthdr runs in plain Python here, which has no C API: install a wheel with the core")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        found = getattr(__import__(_MODULES[name], fromlist=[name]), name)
        globals()[name] = found
        return found
