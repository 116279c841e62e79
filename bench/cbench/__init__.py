# SPDX-License-Identifier: MIT
"""Stages 1 and 2 alone: bytes to table, no Python object, and picohttpparser's C function beside them."""
