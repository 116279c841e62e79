# SPDX-License-Identifier: MIT
"""install() and uninstall(): put the core in place of the stdlib's functions, and undo that."""

import sys

from fasthdr._patches import check
from fasthdr._patching import apply, client_is_patched, find_modules, installations, lock, options

# No typing or __future__: each takes longer to load than this whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import SimpleNamespace
    from typing import Literal

    from typing_extensions import Self
else:
    SimpleNamespace = type(sys.implementation)


class Installation:
    """Undo a call of install() on exit from its context. install() returns it."""

    def __init__(self, options: SimpleNamespace) -> None:
        self._options = options

    def __enter__(self) -> "Self":
        find_modules()
        with lock:
            installations.enter(self, self._options)
        try:
            apply()
        except BaseException:  # such as a warning that is turned into an error
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        with lock:
            installations.leave(self)
        apply()

    @property
    def strict(self) -> bool:
        """True while this is the last installation and requests are strict."""
        with lock:
            now = installations.options()
            return installations.last() is self and now is not None and now.strict is True

    def __repr__(self) -> str:
        return f"<fasthdr.install({', '.join(f'{name}={value}' for name, value in vars(self._options).items())})>"


def install(
    *,
    exact_type: bool = False,
    nodelay: bool = True,
    strict: "bool | None" = None,
    framed_body: "bool | None" = None,
    on_unsupported: "Literal['warn', 'raise'] | None" = None,
    max_headers: "int | None" = None,
    recover: bool = False,
) -> Installation:
    """Put the core behind http.client (parse_headers(), HTTPResponse, putheader()) and BaseHTTPRequestHandler.

    If no core is running (fasthdr.IMPLEMENTATION is 'python'), http.client's functions stay the standard library's own.

    exact_type: make messages of exactly the class http.client.HTTPMessage, not of a subclass (several times slower).
    nodelay: set TCP_NODELAY in BaseHTTPRequestHandler: without it, a persistent connection can wait 40 ms per response.
    strict, framed_body: turn these on for every handler class that does not set them itself (docs/strict.md). rfile
        gives the bytes as sent, as in the standard library, but it checks them and ends where the body ends.
    on_unsupported: what to do about a handler class that cannot be strict, because its parse_request() never calls the
        one that it overrides: "warn" issues a RuntimeWarning, "raise" refuses its requests with UnsupportedHandler.
        None leaves any of these three unchanged; they start as False, False and "warn".
    max_headers: the maximum number of lines in a header block. It replaces http.client's limit of 100, which
        http.server also uses (strict handlers have a separate limit). None keeps http.client's limit.
    recover: if a response has a line that is not a field line, record it as a defect of the message and keep the field
        lines after it (docs/compatibility.md). This is for clients, `strict` for servers: neither
        changes the other.

    A second call only changes the options: strict, framed_body and on_unsupported stay unless it names them, and the
    others become what it says, or their defaults. What another program has patched stays as it is, with a
    RuntimeWarning. Returns a context manager: `with fasthdr.install(): ...` installs for the block, can be nested, and
    can be used from several threads (the patch applies to the whole process, until the last of the blocks ends).

    Raises ValueError for any other on_unsupported, and for max_headers below 1; TypeError for any other type; and
    UnsupportedHandler if strict or framed_body cannot be put in place and on_unsupported is "raise".
    """
    check(locals())
    find_modules()
    with lock:
        named = SimpleNamespace(
            exact_type=exact_type,
            nodelay=nodelay,
            strict=strict,
            framed_body=framed_body,
            on_unsupported=on_unsupported,
            max_headers=max_headers,
            recover=recover,
        )
        new = Installation(named)
        installations.add(new, named)
    try:
        apply()
    except BaseException:
        with lock:
            installations.remove(new)
        apply()
        raise
    return new


def uninstall() -> None:
    """Undo every install(), contexts too. What another program has since put in place of fasthdr's functions stays."""
    with lock:
        installations.clear()
    apply()


def is_installed() -> bool:
    """Return whether an install() is in force and, if there is a core, http.client.parse_headers is fasthdr's.

    A module that has not been imported yet is patched when it is imported.
    """
    return options() is not None and client_is_patched()
