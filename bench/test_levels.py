# SPDX-License-Identifier: MIT
"""Every case of the suite under pytest-benchmark, a comparison being a group. A round is a batch of 32 calls."""

from __future__ import annotations

import pytest

from bench import memory, suite
from bench.payloads import REQUESTS
from bench.peers import PEERS

COMPARISONS = list(suite.comparisons())
CASES = [(comparison, case) for comparison in COMPARISONS for case in comparison.cases]


@pytest.mark.parametrize(
    ("comparison", "case"), CASES, ids=[f"{comparison}: {case.peer}" for comparison, case in CASES]
)
def test_case(benchmark, comparison, case):
    benchmark.group = str(comparison)
    case.verify(comparison.expected)
    benchmark.extra_info.update(peer=case.peer, calls=len(case.items))
    with case.context():
        benchmark.pedantic(
            case.loop, (case.items,), setup=lambda: case.reset(len(case.items)), rounds=25, warmup_rounds=2
        )


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_the_core_parses_every_head(comparison):
    suite.check_native(comparison)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.distribution)
def test_peer_is_compared(peer):
    if peer.absent:
        pytest.skip(f"{peer.distribution}: {peer.absent}")
    labels = peer.factories("REQUEST", "one")
    compared = {case.peer for comparison, case in CASES if comparison.level == "bytes"}
    assert labels
    assert labels.keys() <= compared


@pytest.mark.parametrize("payload", REQUESTS, ids=str)
def test_memory_of_each_kind_of_message_is_counted(payload):
    sizes = memory.retained(payload).sizes
    assert min(sizes.values()) > 0
    # The bytes of the fields are in every figure.
    assert all(size > len(payload.block) * 0.9 for size in sizes.values()), sizes
