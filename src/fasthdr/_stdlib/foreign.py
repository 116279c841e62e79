# SPDX-License-Identifier: MIT
"""Why a header block is left to the standard library: what is wrong with a line that the core does not read."""


def reason(data: bytes, start: int) -> str:
    """Name what is wrong with the line of a block that begins at `start`, the first that the core does not read.

    The result is a key of stats(); docs/troubleshooting.md explains each.
    """
    line = data[start : data.find(b"\n", start) % (len(data) + 1)].removesuffix(b"\r")
    name, colon, _ = line.partition(b":")
    if line[:1] in (b" ", b"\t"):
        what = "fold before the first field" if start == 0 else "bare CR" if b"\r" in line else "fold"
    elif line[:5] == b"From ":
        what = "From line"
    elif b"\r" in name or (colon and name and all(0x21 <= byte <= 0x7E for byte in name)):
        what = "bare CR"
    elif not colon:
        what = "no colon" if line else "empty line"
    elif not name:
        what = "empty name"
    elif name[-1:] in (b" ", b"\t"):
        what = "blank before the colon"
    else:
        what = "byte in a name"
    return "block: " + what
