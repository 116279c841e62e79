# SPDX-License-Identifier: MIT
"""Count the requests for each host in a folder of streams, on a Dask cluster: python examples/capture_dask.py FOLDER.

A file is one direction of a connection, as tcpflow writes it. --scheduler ADDRESS: a cluster whose machines all see
the folder; without it, processes on this machine.
"""

from __future__ import annotations

import argparse
import pathlib
from collections import Counter

import dask.bag
from dask.distributed import Client

import fasthdr


def count(path: str) -> Counter[str]:
    """Count the requests of one stream by authority. A name in brackets stands for what is not a whole request."""
    data = pathlib.Path(path).read_bytes()
    heads = fasthdr.parse_many(data, strict=True, bodies=True)
    found = Counter(head.authority or "[no host]" for head in heads)
    if heads.error is not None:
        found[f"[{heads.error.code}]"] += 1
    elif heads.consumed < len(data):
        found["[cut off]"] += 1
    return found


def added(one: Counter[str], other: Counter[str]) -> Counter[str]:
    return one + other


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--scheduler")
    options = parser.parse_args()
    paths = sorted(str(path.absolute()) for path in options.folder.iterdir())
    with Client(options.scheduler, dashboard_address=None):
        found = dask.bag.from_sequence(paths, partition_size=16).map(count).fold(added, initial=Counter()).compute()
    for name, number in sorted(found.items()):
        print(number, name)


if __name__ == "__main__":
    main()
