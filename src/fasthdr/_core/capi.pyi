# SPDX-License-Identifier: MIT
_C_API: object  # a capsule
