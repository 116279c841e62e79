# SPDX-License-Identifier: MIT
"""Benchmarks: `python -m pytest bench`; docs/performance.md explains."""
