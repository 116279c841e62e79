# SPDX-License-Identifier: MIT
"""A pytest plugin that runs moto's server in the process of the tests, which use it in moto's own server mode.

It is the same process so that the heads that the server reads are counted.
"""

import os

os.environ["TEST_SERVER_MODE"] = "true"  # moto reads it when it is imported


def pytest_sessionstart(session: object) -> None:
    from moto.server import ThreadedMotoServer

    session.moto = ThreadedMotoServer("127.0.0.1", 5000, verbose=False)
    session.moto.start()


def pytest_sessionfinish(session: object) -> None:
    session.moto.stop()
