# SPDX-License-Identifier: MIT
"""Strict and framed requests: one exchange between a connection and a handler (docs/strict.md)."""
