# SPDX-License-Identifier: MIT
"""Which fields may be in a trailer section (RFC 9110 6.5.1)."""

from __future__ import annotations

KEEP, DROP, REFUSE = 0, 1, 2

# A program may merge trailer fields into the header section if their definitions allow it (RFC 9110 6.5.1). It must
# never find one there that says where the message ends or which host it is for: only an attacker would send that.
_REFUSED = frozenset(
    (
        "content-length",  # framing (RFC 9112 6.2)
        "transfer-encoding",  # framing (RFC 9112 6.1)
        "host",  # routing (RFC 9110 7.2)
    )
)

# Fields that a recipient needs before it reads the content, or that only a proxy may set. In a trailer section they
# come too late, and are dropped.
_DROPPED = frozenset(
    name
    for names in (
        "authorization www-authenticate authentication-info authentication-control realm",  # RFC 9110 11
        "cookie cookie2 set-cookie set-cookie2",  # RFC 6265
        "connection keep-alive te trailer upgrade http2-settings",  # for the connection (RFC 9110 7.6.1, 7.8)
        "accept expect if max-forwards range",  # how a request is to be handled (RFC 9110 10.1, 12.5, 13.1, 14.2)
        "early-data origin prefer",  # the same (RFC 8470, RFC 6454, RFC 7240)
        "x-http-method x-http-method-override x-method-override",  # some frameworks take the method from these
        "cache-control pragma age expires vary warning",  # RFC 9111 5
        "date location retry-after strict-transport-security",  # response controls (RFC 9110 6.6.1, 10.2; RFC 6797)
        "forwarded via proxy x-real-ip x-rewrite-url",  # who sent the request, and for what (RFC 7239, RFC 9110 7.6.3)
    )
    for name in names.split()
)
_DROPPED_PREFIXES = (
    "accept-",  # content negotiation (RFC 9110 12.5)
    "access-control-",  # Fetch
    "content-",  # the format of the content (RFC 9110 8)
    "if-",  # preconditions (RFC 9110 13.1)
    "proxy-",  # authentication at a proxy, its connection (RFC 9110 11.7)
    "sec-",  # what only the browser or the handshake may set (Fetch, RFC 6455 11.3)
    "x-forwarded-",
    "x-original-",
)
_KEPT = frozenset(("content-digest",))  # may be sent as a trailer field (RFC 9530 2)


def verdict(name: str) -> int:
    """Return KEEP, DROP or REFUSE for a trailer field of that name.

    A name with "_" is dropped: a CGI environment does not distinguish it from the same name with "-".
    """
    name = name.lower()
    if name in _REFUSED:
        return REFUSE
    if name in _KEPT:
        return KEEP
    if name in _DROPPED or name.startswith(_DROPPED_PREFIXES) or "_" in name:
        return DROP
    return KEEP
