# SPDX-License-Identifier: MIT
"""Run the core in servers that have their own parser (docs/adapters.md). Each module imports its server."""
