# SPDX-License-Identifier: MIT
"""The JSON files of the benchmark programs, and the Markdown tables that they become."""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

OURS = "fasthdr"
TITLES = {
    "bench": "Parsing, messages and a handler's round, in memory",
    "core": "Bytes to table, in C",
    "growth": "Growth: n, 2n and 4n of every shape",
    "instructions": "Instruction counts",
    "profile": "What the instructions are spent on",
    "servers": "Servers over loopback",
    "servers-pinned": "Servers over loopback, on one CPU",
    "servers-floors": "What a server with threads can reach",
    "clients": "Clients over loopback",
}
FIRST = ("operation", "payload", "peer")  # columns of any record; then come its other keys
COLUMNS = {"peer": "what"}  # where the key is not the heading
Record = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """One file: `name` says which program wrote it."""

    name: str
    content: dict[str, Any]

    @property
    def results(self) -> list[Record]:
        return list(self.content["results"])

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name[:1].upper() + self.name[1:].replace("-", " "))


def load(paths: Iterable[pathlib.Path]) -> list[Document]:
    """The documents, the known ones first. Raises ValueError for a file that no benchmark program wrote."""
    documents = []
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or "results" not in content or "name" not in content:
            raise ValueError(f"{path} has no name and results")
        documents.append(Document(content["name"], content))
    known = list(TITLES)
    return sorted(documents, key=lambda d: (known.index(d.name) if d.name in known else len(known), d.name))


def significant(value: float) -> str:
    """Three significant digits, no exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def time(nanoseconds: float) -> str:
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= factor:
            return f"{significant(nanoseconds / factor)} {unit}"
    return f"{significant(nanoseconds)} ns"


def spread(record: Record, prefix: str = "") -> str:
    """The interquartile range as a part of the median."""
    width = record[f"{prefix}upper_quartile_ns"] - record[f"{prefix}lower_quartile_ns"]
    return f"{width / record[f'{prefix}median_ns']:.0%}"


def ratio(value: float, target: float | None = None) -> str:
    said = f"{significant(value)} x"
    if target is None:
        return said
    return f"{said} (target {target:g}: {'reached' if value >= target else 'not reached'})"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """In Markdown; the first columns, so many, are text."""
    lines = [" | ".join(headings), " | ".join("---" if i < left else "---:" for i in range(len(headings)))]
    lines += [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _by_operation(records: Iterable[Record]) -> dict[tuple[str, str], dict[str, Record]]:
    groups: dict[tuple[str, str], dict[str, Record]] = {}
    for record in records:
        groups.setdefault((record["operation"], record["payload"]), {})[record["peer"]] = record
    return groups


def _levels(document: Document) -> str:
    """Each level of `python -m bench`: fasthdr's time, and how many times as long the others take."""
    parts = []
    for level in dict.fromkeys(record["level"] for record in document.results):
        records = [record for record in document.results if record["level"] == level]
        others = [peer for peer in dict.fromkeys(r["peer"] for r in records) if not peer.startswith(OURS)]
        rows = []
        for (operation, payload), group in _by_operation(records).items():
            for peer, mine in group.items():
                if not peer.startswith(OURS):
                    continue
                cells = [
                    ratio(group[other]["ratio"][peer], group[other]["target"][peer]) if other in group else ""
                    for other in others
                ]
                rows.append((operation, payload, peer, time(mine["median_ns"]), spread(mine), *cells))
        parts.append(
            f"### {level}\n\n" + table(["operation", "payload", "by way of", "time", "spread", *others], rows, 3)
        )
    if kept := document.content.get("memory"):
        makers = list(kept[0]["bytes"])
        rows = [(each["payload"], *(f"{each['bytes'][maker]:,.0f}" for maker in makers)) for each in kept]
        parts.append("### memory\n\nBytes that a message keeps.\n\n" + table(["payload", *makers], rows))
    return "\n".join(parts)


def _servers(document: Document) -> str:
    rows = []
    for record in document.results:
        mine = record["ratio"].get(OURS)
        latency, errors = record["latency_us"], {kind: n for kind, n in record["errors"].items() if n}
        rows.append(
            (
                record["operation"],
                record["peer"],
                f"{record['requests_per_second']:,.0f}",
                spread(record),
                time(latency["50"] * 1000),
                time(latency["99"] * 1000),
                time(record["cpu_median_ns"]),
                f"{record['kernel_share']:.0%}",
                "" if mine is None or record["peer"] == OURS else ratio(mine, record["target"].get(OURS)),
                ", ".join(f"{kind} {count}" for kind, count in errors.items()),
            )
        )
    headings = [
        "scenario",
        "server",
        "requests/s",
        "spread",
        "50 %",
        "99 %",
        "server's CPU a request",
        "of it the kernel's",
    ]
    about = [f"- `{name}`: {peer['about']}" for name, peer in document.content["peers"].items() if "about" in peer]
    return "\n".join(about) + "\n\n" + table([*headings, "rate of fasthdr by this", "errors"], rows, 2)


def _clients(document: Document) -> str:
    rows = []
    for record in document.results:
        way = record["peer"]
        cells = []
        for prefix in ("cpu_", ""):
            value, least = record[f"{prefix}ratio"].get(way), record.get(f"{prefix}target", {}).get(way)
            said = "" if value is None or way == "stdlib" else ratio(value, least)
            cells += [time(record[f"{prefix}median_ns"]), spread(record, prefix), said]
        rows.append((record["operation"], record["payload"], way, *cells))
    headings = [
        "operation",
        "response",
        "parser",
        "CPU",
        "spread",
        "stdlib by this",
        "wall",
        "spread",
        "stdlib by this",
    ]
    return table(headings, rows, 3)


def _cell(key: str, value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, (int, float)):
        if key == "ns" or key.endswith("_ns"):
            return time(value)
        return f"{value:,}" if isinstance(value, int) else significant(value)
    if isinstance(value, dict):
        return ", ".join(f"{inner} {_cell(key, each)}" for inner, each in value.items())
    if isinstance(value, list):
        return " / ".join(_cell(key, each) for each in value)
    text = str(value)
    return text if text.isprintable() else f"`{text!r}`"


def _any(document: Document) -> str:
    """A row for each record of any program, a column for each of its keys, and for those of a mapping in it."""
    flat = []
    for record in document.results:
        row: dict[str, str] = {}
        for key, value in record.items():
            inner = {f"{key} {name}": each for name, each in value.items()} if isinstance(value, dict) else {key: value}
            row.update({name: _cell(name, each) for name, each in inner.items()})
        flat.append(row)
    keys = dict.fromkeys([*FIRST, *(key for row in flat for key in row)])
    keys = {key: None for key in keys if any(row.get(key) for row in flat)}
    headings = [COLUMNS.get(key, key).removesuffix("_ns").replace("_", " ") for key in keys]
    return table(headings, ([row.get(key, "") for key in keys] for row in flat), len([k for k in FIRST if k in keys]))


def _profile(document: Document) -> str:
    groups = list(document.results[0]["share"])
    rows = [
        (each["operation"], f"{each['instructions']:,}", *each["share"].values(), each["most"])
        for each in document.results
    ]
    return table(["call", "instructions", *groups, "the functions that have most"], rows)


_BODIES: dict[str, Callable[[Document], str]] = {
    "bench": _levels,
    "servers": _servers,
    "servers-pinned": _servers,
    "servers-floors": _servers,
    "clients": _clients,
    "profile": _profile,
}


def _method(document: Document) -> str:
    method = document.content.get("method")
    if isinstance(method, dict):
        return (
            "Method: "
            + "; ".join(
                f"{key.removesuffix('_ns').replace('_', ' ')}: {_cell(key, value)}" for key, value in method.items()
            )
            + "."
        )
    return f"Method: {method}" if method else ""


def section(document: Document) -> str:
    body = _BODIES.get(document.name, _any)(document)
    return "\n".join(part for part in (f"## {document.title}\n", _method(document) + "\n", body) if part.strip())


def runs(documents: Sequence[Document]) -> str:
    """Where each file was measured, and with what."""
    rows = []
    for document in documents:
        machine, python, ours = (document.content.get(key) or {} for key in ("machine", "python", "fasthdr"))
        configured = [option.removeprefix("--") for option in python.get("configured", [])]
        versions = [
            f"{name} {peer['version']}"
            for name, peer in (document.content.get("peers") or {}).items()
            if isinstance(peer, dict) and peer.get("version")
        ]
        load = machine.get("load")
        cpus = [f"{machine['cpus']} CPUs"] if "cpus" in machine else []
        box = [machine.get("cpu"), *cpus, machine.get("system"), machine.get("architecture")]
        rows.append(
            (
                document.title,
                ", ".join(each for each in box if each),
                "" if load is None else f"{load:.1f}",
                " ".join([python.get("implementation", ""), python.get("version", ""), *configured]).strip(),
                f"{ours.get('version', '')} ({ours.get('simd', '')})" if ours else "",
                ", ".join(dict.fromkeys(versions)),
            )
        )
    return table(["run", "machine", "load before", "interpreter", "fasthdr", "others"], rows, 6)
