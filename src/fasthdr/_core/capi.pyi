# SPDX-License-Identifier: MIT
SHOWN: int
_C_API: object  # a capsule
