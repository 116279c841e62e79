# SPDX-License-Identifier: MIT
"""Which implementation runs: the Cython core, or plain Python where it is asked for or no extension is there.

FASTHDR_PURE_PYTHON=1 asks for it. An extension that is there and cannot be imported is an ImportError, not a reason.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


def _pure() -> bool:
    if os.environ.get("FASTHDR_PURE_PYTHON") == "1":
        return True
    try:
        import fasthdr._core  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "fasthdr._core":
            raise
        return True
    return False


PURE = _pure()
IMPLEMENTATION: 'Literal["cython", "python"]' = "python" if PURE else "cython"
