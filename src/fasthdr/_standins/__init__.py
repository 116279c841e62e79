# SPDX-License-Identifier: MIT
"""Stand-ins: each replaces one function of the standard library, if a trial shows that both do the same."""
