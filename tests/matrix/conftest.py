# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from tests.matrix.servers import CELLS, Cell


@pytest.fixture(params=CELLS, ids=str)
def cell(request: pytest.FixtureRequest) -> Cell:
    return request.param  # type: ignore[no-any-return]
