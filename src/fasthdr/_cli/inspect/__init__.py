# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect`: show the messages in a file or from a client, and how readers understand them."""
