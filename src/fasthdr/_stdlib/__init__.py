# SPDX-License-Identifier: MIT
"""The running standard library: what it does, which parts of it are as they were found, and its code run in memory."""
