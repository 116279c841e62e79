# SPDX-License-Identifier: MIT
"""Benchmarks: `python -m bench`, `python -m bench.memory`, `python -m pytest bench`; docs/benchmarks.md explains."""
