# SPDX-License-Identifier: MIT
"""What the core or plain Python gives, under one name each: the one place that chooses between them."""

from __future__ import annotations

import http.client

from fasthdr._implementation import PURE

TYPE_CHECKING = False
if TYPE_CHECKING or not PURE:
    from fasthdr._core import read_request_at as read_request_at
    from fasthdr._decoder import BodyDecoder as BodyDecoder
    from fasthdr._head import parse_request as parse_request
    from fasthdr._wire import answer_head as answer_head
    from fasthdr._wire import request_framing as request_framing
else:
    from fasthdr._pure import parse_request as parse_request
    from fasthdr._pure_decoder import BodyDecoder as BodyDecoder
    from fasthdr._pure_wire import answer_head as answer_head
    from fasthdr._pure_wire import request_framing as request_framing

    def read_request_at(*request: object) -> None:
        """Leave a request to the standard library's parse_request()."""


def stands_in() -> bool:
    """Whether install(), without exact_type, has put fasthdr.client.HTTPMessage in place of http.client.HTTPMessage.

    In plain Python the two are one, and nobody asks.
    """
    from fasthdr._core import _runtime

    return http.client.parse_headers is _runtime.installed and not _runtime.exact_type
