# SPDX-License-Identifier: MIT
"""Benchmarks: `python -m pytest bench`; docs/benchmarks.md explains."""
