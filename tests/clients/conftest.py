# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.uploads import UPLOADS
from tests.matrix.servers import CELLS, Cell

TAKE_UPLOADS = [cell for cell in CELLS if cell.server.echoes]


@pytest.fixture(params=TAKE_UPLOADS, ids=str)
def cell(request: pytest.FixtureRequest) -> Cell:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file for each of UPLOADS, named after it."""
    folder = tmp_path_factory.mktemp("uploads")
    for name, content in UPLOADS.items():
        (folder / name).write_bytes(content)
    return folder
