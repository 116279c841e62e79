# SPDX-License-Identifier: MIT
"""In plain Python the server's own parser reads every head: fasthdr's would be no faster."""

from __future__ import annotations

import pytest

from fasthdr._pure import standins
from fasthdr.adapters import _heads

HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.skipif(_heads._api.PURE, reason="the core does not run: FASTHDR_PURE_PYTHON=1")
def test_every_head_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _heads.head_of(HEAD) is not None
    assert _heads.block_of(HEAD[16:]) is not None
    monkeypatch.setattr(_heads._api, "accepted", standins.accepted)
    assert _heads.head_of(HEAD) is None
    assert _heads.block_of(HEAD[16:]) is None
