# SPDX-License-Identifier: MIT
"""`python -m bench.report RUN.json [OTHER.json...]`: tables and charts from pytest-benchmark's JSON.

Writes every figure of the first run to build/bench/tables.md, the charts to docs/charts/, and the tables that README.md
(`factors`, five rows), docs/performance.md and docs/benchmarks.md show, each between its marks `<!-- NAME -->` and
`<!-- end -->`. docs/benchmarks.md has ratios of other interpreters' runs, too. The same files give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import math
import pathlib
import re
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

TABLES, CHARTS = pathlib.Path("build/bench/tables.md"), pathlib.Path("docs/charts")
PAGES = tuple(map(pathlib.Path, ("README.md", "docs/performance.md", "docs/benchmarks.md")))
NINE, MEMORY, HEAD = "picohttpparser", "bytes that a message keeps", "bytes to head, 4 reads"
PAYLOADS = {NINE: "9 fields", "browser": "browser", "hundred": "hundred"}
COLOURS = {"fasthdr": "#0072b2", "stdlib": "#999999", "python": "#999999", "bare": "#d8d8d8"}
OTHERS = "#e69f00"
STYLE: Any = {"svg.hashsalt": "fasthdr", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
STYLE |= {"axes.spines.top": False, "axes.spines.right": False, "savefig.facecolor": "white"}

# A label, then for each ratio of a cell: operation: peer: fasthdr's case.
RATIOS = (
    "`parse_request()` of a handler, `rfile` a `BytesIO` / a `BufferedReader` as on a socket"
    " | parse_request(), BytesIO: stdlib: fasthdr | parse_request(), BufferedReader: stdlib: fasthdr",
    "`parse_headers(fp)`, `BytesIO` / `BufferedReader`"
    " | parse_headers(fp), BytesIO: stdlib: fasthdr | parse_headers(fp), BufferedReader: stdlib: fasthdr",
    "the same, a genuine `http.client.HTTPMessage` | parse_headers(fp), BytesIO: stdlib: fasthdr exact type"
    " | parse_headers(fp), BufferedReader: stdlib: fasthdr exact type",
    "`handle_one_request()` in memory, log off / with the default log"
    " | handle_one_request(): stdlib: fasthdr | handle_one_request(), default log: stdlib: fasthdr",
    "bytes to head, method, target, version and one field: httptools, a parser for each head / zttp"
    f" | {HEAD}: httptools new: fasthdr | {HEAD}: zttp: fasthdr",
    f"gunicorn_h1c `parse_request_fast` / h11 | {HEAD}: h1c fast: fasthdr | {HEAD}: h11: fasthdr",
    "`get_environ()` of a WSGI handler / bytes to environ: gunicorn_h1c `parse_to_wsgi_environ`"
    " | get_environ(): stdlib: fasthdr | bytes to environ: h1c dict: fasthdr",
    f"memory of a message, by `tracemalloc` | {MEMORY}: stdlib: fasthdr",
    f"strict mode in place of the default, bytes to head | {HEAD}: fasthdr strict: fasthdr",
)
# A label | operation | payload | before | with fasthdr. CPU: the time of the server's processes, not wall time.
CPU = "CPU: "
SERVER = "{0}a server, {1} | {0}server | {2} connections | {3} | fasthdr"
PACKAGE = "{0}{1} under install() | {0}server of a package | {2} | {3} | {3} install()"
FILES = "{0}python -m http.server, {1} | {0}file | {2} bytes, {3} | python -m http.server | python -m fasthdr.server"
CLIENT = "CPU: {0}, a request and its response | {0} over loopback, CPU | thirteen | stdlib | fasthdr install()"
GAINS = (
    f"parse_request() of a handler | parse_request(), BufferedReader | {NINE} | stdlib | fasthdr",
    f"a handler's whole round, in memory | handle_one_request() | {NINE} | stdlib | fasthdr",
    f"get_environ() of a WSGI handler | get_environ() | {NINE} | stdlib | fasthdr",
    SERVER.format("", "4 persistent connections, as shipped", "GET keep-alive 4", "stdlib"),
    SERVER.format("", "the same, both with TCP_NODELAY", "GET keep-alive 4", "stdlib-nodelay"),
    SERVER.format(CPU, "a connection for each request", "GET close 4", "stdlib"),
    PACKAGE.format("", "Django's development server, persistent", "django, keep-alive", "django"),
    PACKAGE.format(CPU, "Django's, a connection for each request", "django, close", "django"),
    PACKAGE.format(CPU, "Flask's development server", "flask, close", "flask"),
    PACKAGE.format(CPU, "gevent.pywsgi, a connection for each request", "gevent, close", "gevent"),
    PACKAGE.format(CPU, "gunicorn, sync worker", "gunicorn-sync, close", "gunicorn-sync"),
    FILES.format("", "1 KB, --protocol HTTP/1.1", "1,000", "HTTP/1.1"),
    FILES.format("", "1 MB, --protocol HTTP/1.1", "1,000,000", "HTTP/1.1"),
    FILES.format(CPU, "1 KB", "1,000", "HTTP/1.0"),
    FILES.format(CPU, "1 MB", "1,000,000", "HTTP/1.0"),
    *map(CLIENT.format, ("http.client", "urllib3", "requests")),
    "http.client, a body of 64 chunks | http.client: chunked download | 64 chunks of 1 KB | stdlib | fasthdr install()",
)
# The rows of README.md, each with its name in GAINS. All divide times of the standard library by times of fasthdr.
FACTORS = {
    "a handler parses a request with 9 fields": "parse_request() of a handler",
    "a handler reads a request and answers it, in memory": "a handler's whole round, in memory",
    "`http.client`: CPU time per request and response": "CPU: http.client, a request and its response",
    "a request to a threaded server, 4 connections, TCP_NODELAY in both": "a server, the same, both with TCP_NODELAY",
    "Flask's development server, a new connection for each request: CPU time": (
        "CPU: Flask's development server under install()"
    ),
}


class Run:
    """One JSON file: (operation, payload) -> peer -> what the plugin has recorded."""

    def __init__(self, path: pathlib.Path) -> None:
        self.content = json.loads(path.read_text(encoding="utf-8"))
        self.groups: dict[tuple[str, str], dict[str, Any]] = {}
        for each in self.content["benchmarks"]:
            info = each["extra_info"]
            self.groups.setdefault((info["operation"], info["payload"]), {})[info["peer"]] = each
        for each in self.content["memory"]:
            sizes = {peer: {"stats": {"data": [size]}, "extra_info": {}} for peer, size in each["bytes"].items()}
            self.groups[MEMORY, each["payload"]] = sizes

    def data(self, operation: str, payload: str, peer: str) -> list[float]:
        found = self.groups.get((operation.removeprefix(CPU), payload), {}).get(peer)
        if found and operation.startswith(CPU):
            return [each / 1e9 for each in found["extra_info"]["cpu_ns"]]
        return found["stats"]["data"] if found else []

    def ratio(self, operation: str, payload: str, peer: str, ours: str) -> float:
        """Return how many times as long as ours the peer takes: the median of the rounds' ratios; 0: not measured."""
        pairs = zip(self.data(operation, payload, peer), self.data(operation, payload, ours), strict=False)
        return statistics.median([theirs / mine for theirs, mine in pairs] or [0])

    def __str__(self) -> str:
        about = self.content["machine_info"]
        packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items() if version)
        return (
            f"{about['python_implementation']} {about['python_version']} {' '.join(about['configured'])}, "
            f"{about['cpu'].get('brand_raw')}, {about['cpu'].get('count')} CPUs, {about['system']}, "
            f"load average before the run {self.content['load'] or 0:.1f}; "
            f"fasthdr {about['fasthdr']['version']} ({about['fasthdr']['simd']}); {packages}.\n"
        )


def number(value: float) -> str:
    """Format a number with two significant digits, or three if it is below 2 or from 100 on."""
    digits = (1 if 2 <= value < 100 else 2) - math.floor(math.log10(value)) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def duration(seconds: float) -> str:
    unit, factor = next((each for each in (("s", 1), ("ms", 1e3), ("us", 1e6)) if seconds * each[1] >= 1), ("ns", 1e9))
    return f"{number(seconds * factor)} {unit}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def ratios(run: Run, count: int | None = None) -> str:
    rows = []
    for what, *cases in (each.split(" | ") for each in RATIOS[:count]):
        cells = []
        for payload in PAYLOADS:
            found = [run.ratio(operation, payload, *rest) for operation, *rest in (each.split(": ") for each in cases)]
            cells.append(" / ".join(f"{number(each)} x" if each else "-" for each in found))
        rows.append((what, *cells))
    return table(["what", *PAYLOADS.values()], rows)


def gains(run: Run) -> list[tuple[str, float, float, float]]:
    """Return for each gain: its label, the time before, the time with fasthdr, and how many times as fast."""
    found = []
    for what, operation, payload, *peers in (each.split(" | ") for each in GAINS):
        if ratio := run.ratio(operation, payload, *peers):
            before, after = (statistics.median(run.data(operation, payload, peer)) for peer in peers)
            found.append((what, before, after, ratio))
    return found


def gained(run: Run) -> str:
    rows = [(what, duration(a), duration(b), f"{number(ratio)} x") for what, a, b, ratio in gains(run)]
    return table(["what", "before", "with fasthdr", "times as fast"], rows)


def factors(run: Run) -> str:
    found = {what: (duration(a), duration(b), f"{number(ratio)} x") for what, a, b, ratio in gains(run)}
    rows = [(what, *found[name]) for what, name in FACTORS.items() if name in found]
    return table(["what", "standard library", "fasthdr", "times as fast"], rows)


def group(run: Run, operation: str, payload: str) -> str:
    """Make a table of every peer: its time, its ratio to fasthdr's; for servers also rate, CPU time and latency."""
    found = run.groups.get((operation, payload), {})
    ours = "fasthdr" if "fasthdr" in found else next(iter(found), "")
    headings, rows = [f"{operation}: {payload}", "median", "by the first" if ours != "fasthdr" else "by fasthdr's"], []
    for peer, each in found.items():
        median, info = statistics.median(each["stats"]["data"]), each["extra_info"]
        cells = [f"{median:,.0f}" if operation == MEMORY else duration(median)]
        cells.append(number(run.ratio(operation, payload, peer, ours)))
        if "cpu_ns" in info:
            cpu, half, most = (statistics.median(info[key]) for key in ("cpu_ns", "p50_us", "p99_us"))
            cells += [f"{1 / median:,.0f}", duration(cpu / 1e9), duration(half / 1e6), duration(most / 1e6)]
        rows.append((peer, *cells))
    if rows and len(rows[0]) > 3:
        headings += ["responses/s", "CPU of the server", "50 %", "99 %"]
    return table(headings, rows)


def chart(name: str, title: str, axis: str, bars: Sequence[tuple[str, float]], ratios: bool = False) -> None:
    """Draw horizontal bars, the first on top. Ratios have fasthdr's color, times that of the peer in the label."""
    if not bars:
        return
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.9 + 0.3 * len(bars)), layout="constrained")
        labels, values = zip(*bars, strict=True)
        whose = ["fasthdr" if ratios else re.split("[ -]", label)[0] for label in labels]
        colours = [COLOURS.get(name, OTHERS) for name in whose]
        axes.barh(labels, values, color=colours, height=0.66)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlabel(axis)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        CHARTS.mkdir(parents=True, exist_ok=True)
        figure.savefig(CHARTS / name, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description="Make tables and charts of a run.")
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="JSON")
    run, *others = map(Run, parser.parse_args(argv).runs)
    mpl.use("Agg")

    bars = [(what, ratio) for what, _, _, ratio in gains(run)]
    chart("overview.svg", "fasthdr and what it stands in for", "times as fast", bars, ratios=True)
    for name, title, key in (
        ("parsers.svg", "Bytes to a head, then method, target, version and one of 9 fields: us", (HEAD, NINE)),
        ("servers.svg", "Servers, 4 persistent connections: us a response", ("server", "GET keep-alive 4 connections")),
    ):
        bars = [(peer, statistics.median(run.data(*key, peer)) * 1e6) for peer in run.groups.get(key, {})]
        chart(name, title, "microseconds", sorted(bars, key=lambda bar: bar[1]))

    TABLES.parent.mkdir(parents=True, exist_ok=True)
    TABLES.write_text("\n".join([str(run), *(group(run, *key) for key in run.groups)]), encoding="utf-8")
    marks: dict[str, Any] = {"factors": factors, "gains": gained, "ratios": ratios, "run": str}

    def made(match: re.Match[str]) -> str:
        name, *key = match[1].split(" | ")
        if name == "others":
            text = "\n".join(f"{each}\n{ratios(each, 4)}" for each in others)
        else:
            text = group(run, name, *key) if key else marks[name](run)
        return f"<!-- {match[1]} -->\n{text}<!-- end -->"

    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"(?s)<!-- (.+?) -->\n.*?<!-- end -->", made, text), encoding="utf-8")


if __name__ == "__main__":
    main()
