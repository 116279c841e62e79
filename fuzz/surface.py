# SPDX-License-Identifier: MIT
"""atheris on the Python surface: python -m fuzz.surface [an option of libFuzzer's]... [CORPUS]...

The coverage of the plain Python modules guides it: they follow the same rules as the core, one by one.
"""

from __future__ import annotations

import sys

import atheris

MODULES = (
    "_pure.lines", "_pure.framing", "_pure.rfc", "_pure.head", "_pure.parse", "_pure.chunks", "_pure.decoder",
    "_pure.gateway", "_stdlib.in_memory", "_errors.snippet",
)  # fmt: skip
with atheris.instrument_imports(include=[*(f"fasthdr.{name}" for name in MODULES), "fuzz.decoders"]):
    import fasthdr
    from fuzz import checks


def main() -> None:
    if fasthdr.IMPLEMENTATION != "cython":
        sys.exit("there is no core to compare with: build the extensions (python setup.py build_ext --inplace)")
    atheris.Setup(sys.argv, checks.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
