# SPDX-License-Identifier: MIT
"""`python -m bench.floor`: the time that the same Python objects take when they are made from constants.

Nothing is parsed, looked up or read: what fasthdr takes beyond that is what a better parser could still save.
"""

from __future__ import annotations

import argparse
import functools
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

import fasthdr
from bench import contract, interleave, machine, native, record
from bench.interleave import BATCH, Case, Comparison, own
from bench.payloads import REQUESTS, Payload

NAME = "floor"
FLOOR = "from constants"
LIMITS = {"head and 4 reads": 1.6}  # fasthdr's time by the floor's


def objects() -> Any:
    return native.module(pathlib.Path(__file__).with_name("cbench") / "objects.pyx")


def maker_of(module: Any, payload: Payload) -> Any:
    # The very strs that fasthdr shares.
    head: Any = fasthdr.parse_request(payload.data)
    value = payload.first(payload.wanted).encode("latin-1")
    return module.Maker(head.method, payload.start[1].encode(), head.version, value, payload.line[:-2], payload.block)


def heads(module: Any, payload: Payload) -> Comparison:
    """bytes -> head, and method, target, version and one field value of it."""
    wanted = payload.wanted
    items = [bytes(bytearray(payload.data)) for _ in range(BATCH)]

    def read(parse: Any) -> Any:
        def loop(heads: Sequence[bytes]) -> object:
            for data in heads:
                head = parse(data)
                result = head.method, head.target, head.version, head.get(wanted)
            return result

        return own(loop)

    maker = maker_of(module, payload)
    make, get = maker.head, maker.get

    def made(heads: Sequence[bytes]) -> object:
        for data in heads:
            head = make(data)
            result = head.method, head.target, head.version, get(wanted)
        return result

    expected = (*payload.start, payload.first(wanted))
    cases = (
        Case(contract.OURS, read(fasthdr.parse_request), items, lambda item, result: result),
        Case(FLOOR, own(made), items, lambda item, result: result),
    )
    return Comparison("bytes", "head and 4 reads", payload.name, expected, cases)


def requests(module: Any, payload: Payload) -> Comparison:
    """parse_request() of a handler: the block's bytes, the message, the strs, and the handler's attributes."""
    request = maker_of(module, payload).request

    class Handler(contract.StdlibHandler):
        def parse_request(self) -> bool:
            (
                self.command, self.path, self.request_version, self.requestline, self.close_connection, self.headers,
                expect
            ) = request(self, self.raw_requestline, self.rfile, self.MessageClass, self.protocol_version)  # fmt: skip
            return not expect

    def case(peer: str, cls: Any) -> Case:
        handler = contract.handler_of(cls, payload)
        readers: list[Any] = [contract.reader_at("BytesIO", payload) for _ in range(BATCH)]

        def loop(readers: Sequence[Any]) -> object:
            for handler.rfile in readers:
                result = handler.parse_request()
            return result

        def observe(reader: Any, result: bool) -> object:
            return (
                result, handler.requestline, handler.command, handler.path, handler.request_version,
                handler.close_connection, type(handler.headers),
            )  # fmt: skip

        return Case(peer, own(loop), readers, observe, functools.partial(contract.rewind, readers))

    expected = (True, " ".join(payload.start), *payload.start, False, fasthdr.client.HTTPMessage)
    cases = (case(contract.OURS, contract.OurHandler), case(FLOOR, Handler))
    return Comparison("contract", "parse_request(), BytesIO", payload.name, expected, cases)


def result_of(comparison: Comparison, rounds: int) -> dict[str, Any]:
    timings = interleave.measure(comparison, rounds)
    ours, floor = timings[contract.OURS], timings[FLOOR]
    ratio = statistics.median(mine / least for mine, least in zip(ours.values, floor.values, strict=True))
    return {
        "operation": comparison.operation,
        "payload": comparison.payload,
        "peer": contract.OURS,
        "median_ns": ours.median,
        "floor_ns": floor.median,
        "ratio": ratio,
        "limit": LIMITS.get(comparison.operation) if comparison.payload == "picohttpparser" else None,
    }


def table(results: list[dict[str, Any]]) -> Table:
    shown = Table(title="Time of fasthdr, and of making the same objects from constants")
    for heading in ("operation", "request", "fasthdr", FLOOR, "ratio"):
        shown.add_column(heading, justify="left" if heading in ("operation", "request") else "right")
    for result in results:
        ratio = f"{result['ratio']:.2f}"
        if result["limit"]:
            style = "green" if result["ratio"] <= result["limit"] else "red"
            ratio += f" [{style}]at most {result['limit']:g}[/{style}]"
        times = (f"{result[key]:.0f} ns" for key in ("median_ns", "floor_ns"))
        shown.add_row(result["operation"], result["payload"], *times, ratio)
    return shown


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.floor", description="The least that the objects cost.")
    parser.add_argument("--rounds", type=int, default=201, help="batches of each case (default: %(default)s)")
    names = [payload.name for payload in REQUESTS]
    parser.add_argument("--payload", action="append", choices=names, help="only this request (may be repeated)")
    record.add_option(parser, NAME)
    args = parser.parse_args(argv)
    load = machine.load_average()
    module = objects()
    wanted = [payload for payload in REQUESTS if payload.name in (args.payload or names)]
    results = [result_of(make(module, payload), args.rounds) for make in (heads, requests) for payload in wanted]
    method = {
        "clock": "time.perf_counter_ns",
        "rounds": args.rounds,
        "order": "random in each round",
        "statistic": "median over the rounds; ratio: median of the ratios within each round",
        "compiler": native.compiler_version(),
    }
    record.write(args.json, NAME, load, method, results)
    console = Console()
    console.print(table(results))
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
