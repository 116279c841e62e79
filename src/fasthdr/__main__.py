# SPDX-License-Identifier: MIT
"""`python -m fasthdr`."""

from fasthdr._cli.run import main

if __name__ == "__main__":
    main()
