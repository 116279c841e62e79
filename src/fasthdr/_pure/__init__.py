# SPDX-License-Identifier: MIT
"""The sans-I/O functions in plain Python."""
