# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect`: what a file, a capture or a client has in it, and what readers make of it."""
