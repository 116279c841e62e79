# SPDX-License-Identifier: MIT
"""Functions that stand in for one function of the standard library each, where they are found to do the same."""
