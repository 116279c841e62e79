# SPDX-License-Identifier: MIT
"""A plugin for pytest: moto's server in the process of the tests, which then use it as its own server mode says.

In the same process, so that the heads that it reads are counted.
"""

import os

os.environ["TEST_SERVER_MODE"] = "true"  # moto reads it when it is imported


def pytest_sessionstart(session: object) -> None:
    from moto.server import ThreadedMotoServer

    session.moto = ThreadedMotoServer("127.0.0.1", 5000, verbose=False)
    session.moto.start()


def pytest_sessionfinish(session: object) -> None:
    session.moto.stop()
