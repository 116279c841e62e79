# SPDX-License-Identifier: MIT
"""The test suites of packages from PyPI, with and without install()."""
