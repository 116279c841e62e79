# SPDX-License-Identifier: MIT
"""A fast HTTP/1 header parser behind http.server, http.client and wsgiref."""

__version__ = "0.1.0"

__all__ = [
    "IMPLEMENTATION",
    "BodyDecoder",
    "Fallback",
    "FallbackWarning",
    "Head",
    "Heads",
    "ParseError",
    "RequestHead",
    "RequestReader",
    "ResponseHead",
    "ResponseReader",
    "UnsupportedHandler",
    "collect_stats",
    "encode_chunk",
    "encode_request",
    "encode_response",
    "encode_trailers",
    "get_include",
    "install",
    "is_installed",
    "parse_headers",
    "parse_many",
    "parse_request",
    "parse_response",
    "simd",
    "stats",
    "uninstall",
    "watch_fallbacks",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fasthdr import client as client
    from fasthdr import server as server
    from fasthdr import simple_server as simple_server
    from fasthdr._api import (
        IMPLEMENTATION,
        BodyDecoder,
        Head,
        Heads,
        RequestHead,
        RequestReader,
        ResponseHead,
        ResponseReader,
        collect_stats,
        parse_headers,
        parse_many,
        parse_request,
        parse_response,
        simd,
        stats,
        watch_fallbacks,
    )
    from fasthdr._encode import encode_chunk, encode_request, encode_response, encode_trailers
    from fasthdr._errors import ParseError, UnsupportedHandler
    from fasthdr._errors.fallback import Fallback, FallbackWarning
    from fasthdr._install import install, is_installed, uninstall
else:
    _MIRRORS = ("client", "server", "simple_server")
    _MODULES = dict.fromkeys(("install", "is_installed", "uninstall"), "fasthdr._install")
    _MODULES |= dict.fromkeys(
        ("encode_chunk", "encode_request", "encode_response", "encode_trailers"), "fasthdr._encode"
    )
    _MODULES |= dict.fromkeys(("Fallback", "FallbackWarning"), "fasthdr._errors.fallback")
    _MODULES |= dict.fromkeys(("ParseError", "UnsupportedHandler"), "fasthdr._errors")

    def __getattr__(name):
        """Load a name at its first use: a mirror of a standard library module, or a public name."""
        if name in _MIRRORS:
            return __import__(f"fasthdr.{name}", fromlist=[name])
        if name not in __all__ and name != "_C_API":  # what fasthdr.h asks for
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        module = _MODULES.get(name)
        if module is None:
            module = "fasthdr._api"
            # Import the standard library's module before ours, as install() does: two threads that import them in
            # opposite orders would each wait for the other.
            __import__("http.client")
        found = getattr(__import__(module, fromlist=[name]), name)
        globals()[name] = found
        return found

    def __dir__():
        return sorted({*__all__, *_MIRRORS, *(name for name in globals() if name.startswith("__"))})


def get_include() -> str:
    """Return the folder to search for the C headers, for a Cython module's include_dirs."""
    import os

    return os.path.dirname(__file__)
