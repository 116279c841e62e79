# SPDX-License-Identifier: MIT
"""The Cython core: heads as tables of spans, what is made of them, and what reads a head from a file."""
