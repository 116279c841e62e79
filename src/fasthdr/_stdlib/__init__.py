# SPDX-License-Identifier: MIT
"""The running standard library: what it does, which parts are unchanged since import, and its code run in memory."""
