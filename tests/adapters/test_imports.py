# SPDX-License-Identifier: MIT
"""Only a server's own adapter imports the server; nothing else in fasthdr does."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from tests.adapters.suites import SUITES

LOADED = """
import sys
import fasthdr, fasthdr.adapters, fasthdr.server, fasthdr.simple_server
fasthdr.install()
print(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""


def test_no_server_is_loaded_by_others() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *SUITES], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("server", SUITES)
def test_without_the_server(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the missing server."""
    for name in [name for name in sys.modules if name.partition(".")[0] == server]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, f"fasthdr.adapters.{server}", raising=False)
    monkeypatch.setitem(sys.modules, server, None)
    with pytest.raises(ModuleNotFoundError, match=server):
        importlib.import_module(f"fasthdr.adapters.{server}")
