# SPDX-License-Identifier: MIT
"""The table of ratios."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from bench.interleave import Comparison, Timing
from bench.targets import target

OURS = "fasthdr"


@dataclass(frozen=True)
class Result:
    """A comparison and the timing of each of its cases."""

    comparison: Comparison
    timings: dict[str, Timing]

    def ours(self) -> list[str]:
        return [peer for peer in self.timings if peer.startswith(OURS)]

    def peers(self) -> list[str]:
        return [peer for peer in self.timings if not peer.startswith(OURS)]

    def ratio(self, ours: str, peer: str) -> float:
        """How many times as long as ours the peer takes."""
        return self.timings[peer].times(self.timings[ours])

    def ratio_of_medians(self, ours: str, peer: str) -> float:
        return self.timings[peer].median / self.timings[ours].median

    def noisy(self, ours: str, peer: str) -> bool:
        """The two ratios tell of different machines."""
        return abs(self.ratio_of_medians(ours, peer) / self.ratio(ours, peer) - 1) > 0.1

    def target(self, ours: str, peer: str) -> float | None:
        return target(self.comparison.operation, self.comparison.payload, ours, peer)


def _ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _cell(result: Result, ours: str, peer: str) -> str:
    if peer not in result.timings:
        return "-"
    ratio = result.ratio(ours, peer)
    least = result.target(ours, peer)
    cell = ("~" if result.noisy(ours, peer) else "") + _ratio(ratio)
    if least is None:
        return cell
    style = "green" if ratio >= least else "red"
    return f"{cell} [{style}]target {least:g}[/{style}]"


def ratios(results: Iterable[Result]) -> Table:
    """One row for each way to fasthdr, one column for each peer."""
    results = list(results)
    peers = list(dict.fromkeys(peer for result in results for peer in result.peers()))
    shown = Table(
        title="Time of a peer by the time of fasthdr: medians over interleaved rounds",
        caption="~ noisy: the ratio of the medians is another by more than 10 %",
    )
    shown.add_column("level: operation", width=22)
    shown.add_column("payload", no_wrap=True)
    shown.add_column("by way of", no_wrap=True)
    shown.add_column("time, spread", justify="right", no_wrap=True)
    for peer in peers:
        shown.add_column(peer, justify="right")
    heading, title = None, ""
    for result in results:
        comparison = result.comparison
        if heading != (comparison.level, comparison.operation):
            heading = (comparison.level, comparison.operation)
            shown.add_section()
            title = f"[bold]{comparison.level}: {escape(comparison.operation)}[/bold]"
        for ours in result.ours():
            timing = result.timings[ours]
            shown.add_row(
                title,
                comparison.payload,
                ours.removeprefix(OURS).strip(),
                f"{timing.median / 1000:.2f} us {timing.spread:4.0%}",
                *(_cell(result, ours, peer) for peer in peers),
            )
            title = ""
    return shown
