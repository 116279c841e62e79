# SPDX-License-Identifier: MIT
"""Charts of the results, as SVG files that are the same for the same results."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from bench.documents import OURS, Document, Record, significant, time

PAYLOAD = "picohttpparser"
SCENARIO = "GET, keep-alive, {}"
COLOURS = {OURS: "#0072b2", "stdlib": "#999999", "bare": "#d8d8d8"}  # told apart by all kinds of eyes
OTHER = "#e69f00"
STYLE: Any = {
    "svg.hashsalt": "fasthdr",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def _colour(peer: str) -> str:
    first = peer.replace("-", " ").split()[0]
    return COLOURS.get(first, OTHER)


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    note: str
    colour: str


def _bars(title: str, axis: str, bars: Sequence[Bar], start: float | None = None) -> Figure:
    """Horizontal bars, the first on top; on a logarithmic axis that begins at `start`, if that is given."""
    figure, axes = plt.subplots(figsize=(8.4, 1.1 + 0.36 * len(bars)), layout="constrained")
    places = range(len(bars), 0, -1)
    axes.barh(list(places), [bar.value for bar in bars], color=[bar.colour for bar in bars], height=0.66)
    axes.set_yticks(list(places), [bar.label for bar in bars])
    axes.tick_params(axis="y", length=0)
    if start is not None:
        axes.set_xscale("log")
        axes.set_xlim(left=start)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    # Room for the notes, which stand beside the bars.
    axes.set_xlim(right=max(bar.value for bar in bars) * (1.35 if start is None else 14))
    for place, bar in zip(places, bars, strict=True):
        axes.annotate(bar.note, (bar.value, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_xlabel(axis)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    return figure


def _find(document: Document | None, **wanted: object) -> Record | None:
    for record in document.results if document else ():
        if all(record.get(key) == value for key, value in wanted.items()):
            return record
    return None


def _overview(documents: dict[str, Document]) -> Figure | None:
    """How many times as fast as the stdlib, from a parse in memory to a whole server and client."""
    rows: list[Bar] = []

    def add(label: str, record: Record | None, way: str, ours: Record | None, prefix: str = "") -> None:
        if record is None or ours is None:
            return
        value = record[f"{prefix}ratio"][way]
        note = f"{significant(value)} x   {time(record[f'{prefix}median_ns'])} → {time(ours[f'{prefix}median_ns'])}"
        rows.append(Bar(label, value, note, COLOURS[OURS]))

    bench = documents.get("bench")
    for label, operation in (
        ("parse_headers(fp)", "parse_headers(fp), BytesIO"),
        ("handler.parse_request()", "parse_request(), BytesIO"),
        ("handle_one_request(), no log", "handle_one_request()"),
        ("handle_one_request(), default log", "handle_one_request(), default log"),
    ):
        found = [_find(bench, operation=operation, payload=PAYLOAD, peer=peer) for peer in ("stdlib", OURS)]
        add(label, found[0], OURS, found[1])
    servers = documents.get("servers")
    scenario = SCENARIO.format("4 connections")
    mine = _find(servers, operation=scenario, peer=OURS)
    add("server, loopback, as shipped", _find(servers, operation=scenario, peer="stdlib"), OURS, mine)
    add("server, loopback, TCP_NODELAY", _find(servers, operation=scenario, peer="stdlib-nodelay"), OURS, mine)
    for library in ("http.client", "urllib3", "requests"):
        wanted = {"operation": f"{library}: request and response", "payload": "thirteen"}
        record = _find(documents.get("clients"), **wanted, peer="install()")
        base = _find(documents.get("clients"), **wanted, peer="stdlib")
        if record and base:
            value = record["cpu_ratio"]["install()"]
            note = f"{significant(value)} x   {time(base['cpu_median_ns'])} → {time(record['cpu_median_ns'])}"
            rows.append(Bar(f"{library}, loopback, CPU", value, note, COLOURS[OURS]))
    return _bars("fasthdr and the standard library", "times as fast (log scale)", rows, start=1) if rows else None


def _servers(document: Document | None) -> Figure | None:
    """Rates on persistent connections, a panel for each number of them."""
    if document is None:
        return None
    wanted = [r for r in document.results if (r["method"], r["persistence"]) == ("GET", "keep-alive")]
    counts = sorted({record["connections"] for record in wanted})
    if not counts:
        return None
    peers = list(dict.fromkeys(record["peer"] for record in wanted))
    figure, panels = plt.subplots(
        1,
        len(counts),
        figsize=(2.4 + 2.6 * max(len(counts), 2), 1.2 + 0.34 * len(peers)),
        sharey=True,
        layout="constrained",
    )
    places = list(range(len(peers), 0, -1))
    most = max(record["requests_per_second"] for record in wanted)
    for panel, count in zip([panels] if len(counts) == 1 else panels, counts, strict=True):
        rates = {r["peer"]: r["requests_per_second"] for r in wanted if r["connections"] == count}
        panel.barh(places, [rates[peer] for peer in peers], color=[_colour(peer) for peer in peers], height=0.66)
        panel.set_title(f"{count} connection{'' if count == 1 else 's'}", fontsize=10)
        panel.set_xlim(0, most * 1.3)
        panel.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")
        for place, peer in zip(places, peers, strict=True):
            panel.annotate(
                f"{rates[peer]:,.0f}", (rates[peer], place), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        panel.set_yticks(places, peers)
        panel.tick_params(axis="y", length=0)
    figure.suptitle(f"{document.title}: GET, keep-alive, requests a second", fontsize=11, fontweight="bold")
    return figure


def _bytes(document: Document | None) -> Figure | None:
    """Bytes to head and four reads, every parser."""
    found = [
        record
        for record in (document.results if document else ())
        if (record["level"], record["operation"], record["payload"]) == ("bytes", "head and 4 reads", PAYLOAD)
    ]
    found.sort(key=lambda record: record["median_ns"])
    bars = [Bar(r["peer"], r["median_ns"] / 1000, time(r["median_ns"]), _colour(r["peer"])) for r in found]
    title = "Bytes to a head, then method, target, version and one of 9 fields"
    return _bars(title, "microseconds (log scale)", bars, start=min(bar.value for bar in bars) / 3) if bars else None


def _clients(document: Document | None) -> Figure | None:
    """CPU time of a request and its response."""
    if document is None:
        return None
    bars = [
        Bar(
            f"{record['operation'].partition(':')[0]}, {record['peer']}",
            record["cpu_median_ns"] / 1000,
            time(record["cpu_median_ns"]),
            _colour(record["peer"] if record["peer"] in ("stdlib", "bare") else OURS),
        )
        for record in document.results
        if record["payload"] == "thirteen"
    ]
    title = "CPU time of a client, a request and its response of 13 fields"
    return _bars(title, "microseconds", bars) if bars else None


def draw(documents: Sequence[Document], folder: pathlib.Path) -> dict[str, str]:
    """Write the charts that the documents have figures for: file name -> caption."""
    by_name = {document.name: document for document in documents}
    figures = {
        "overview.svg": (lambda: _overview(by_name), "Times as fast as the standard library"),
        "bytes.svg": (lambda: _bytes(by_name.get("bench")), "Parsers of bytes"),
        "servers.svg": (lambda: _servers(by_name.get("servers")), "Servers over loopback"),
        "servers-pinned.svg": (lambda: _servers(by_name.get("servers-pinned")), "Servers over loopback, on one CPU"),
        "clients.svg": (lambda: _clients(by_name.get("clients")), "Clients over loopback"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    captions = {}
    for name, (make, caption) in figures.items():
        with mpl.rc_context(STYLE):
            figure: Figure | None = make()  # type: ignore[no-untyped-call]
            if figure is None:
                continue
            figure.savefig(folder / name, format="svg", metadata={"Date": None, "Creator": None})
            plt.close(figure)
        captions[name] = caption
    return captions
