# SPDX-License-Identifier: MIT
"""The suites of packages from PyPI, with and without install()."""
