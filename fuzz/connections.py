# SPDX-License-Identifier: MIT
"""A fuzzer of whole connections: python -m fuzz.connections [--connections N] [--seconds N] [--seed S].

Each connection is made from one number: bytes at random splits, mutated from well-formed conversations, and a handler
that reads, answers and raises at random. The result is compared with the referee, which has all bytes at once, and
with h11, which reads what the client gets.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import fasthdr
from fuzz import shrinking
from fuzz.conversations import conversation
from fuzz.referee import referee
from tests.handlers import choices
from tests.handlers.conversations import Conversation, classes
from tests.handlers.judge import judge, judge_remains, judge_rest
from tests.handlers.kinds import ALL, DECODED, STRICT
from tests.handlers.memory import END, RESET, STALL, Memory, handle, no_collector

WAYS = tuple(ALL)
BLOCK = 200 * len(WAYS)  # connections between two checks of the clock
PROGRESS = 50_000  # connections between two lines of output
ENDINGS = (END, END, END, STALL, RESET)


@dataclasses.dataclass
class Case:
    """A connection: what the client sends, in which pieces, and what the handler is and does."""

    way: str
    own_round: int  # 1: the program has its own handle_one_request()
    attributes: dict[str, Any]
    pieces: list[bytes]
    ending: str
    takes: int | None  # how many bytes the client reads, if not all
    programs: list[list[tuple[Any, ...]]]


def _pieces(choose: choices.Choose, data: bytes) -> list[bytes]:
    """Return the bytes as they are received: mostly a few at a time, and in the end all the rest."""
    if not choose(3):
        return [data] if data else []
    longest, most = ((len(data) or 1, 4), (200, 30), (30, 40), (1, 300))[choose(4)]
    pieces: list[bytes] = []
    while data and len(pieces) < most:
        size = 1 + choose(min(longest, len(data)))
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data] if data else pieces


def made(choose: choices.Choose, way: str, data: bytes) -> Case:
    """Make a case from bytes and choices."""
    return Case(
        way,
        own_round=1 if choose(5) == 4 else 0,
        attributes=choices.attributes(choose, way in STRICT),
        pieces=_pieces(choose, data),
        ending=ENDINGS[choose(len(ENDINGS))],
        takes=choose(200) if choose(25) == 24 else None,
        programs=[choices.program(choose) for _ in range(4)],
    )


def random_case(seed: int, number: int) -> Case:
    """Make the case of a seed and a number."""
    chance = random.Random(f"{seed} {number}")
    draw = chance.random
    return made(lambda below: int(draw() * below), WAYS[number % len(WAYS)], conversation(chance))


Run = Callable[[Case], Conversation]


@contextlib.contextmanager
def running(way: str) -> Iterator[Run]:
    """For one way of switching on, yield a function that runs a case and puts what is wrong with it in `problems`."""
    strict, decoded = way in STRICT, way in DECODED
    with ALL[way]({}) as base, no_collector():
        handlers = classes(base)

        def run(case: Case) -> Conversation:
            verdict = referee(b"".join(case.pieces), case.attributes, case.ending, strict=strict, decoded=decoded)
            programs = case.programs
            talk = Conversation(case.attributes, verdict.requests, lambda n: programs[n] if n < len(programs) else [])
            coming = iter([*case.pieces, case.ending])
            sock = Memory(lambda: sock.coming.append(next(coming, END)), talk)
            sock.takes = case.takes
            error = handle(handlers[case.own_round], sock, talk)
            judge(talk, bytes(sock.sent), error, verdict.tail, gone=sock.lost or sock.full)
            judge_rest(talk, sock)
            judge_remains(talk, sock, Memory, case.attributes.get("timeout"))
            return talk

        yield run


def problems(case: Case) -> list[str]:
    """Return what is wrong with the outcome of a connection."""
    with running(case.way) as run:
        return run(case).problems


def seen(talk: Conversation) -> Iterator[str]:
    """Yield what happened in a conversation, to be summed over all of them."""
    for handled in talk.handled:
        yield "requests"
        answer = handled.answer
        if handled.faults:
            yield f"faults met by a program, {handled.faults[0][1] or 'of the connection'}"
        if handled.own:
            yield "exceptions of a program's own"
        if answer.opened:
            yield "upgrades and tunnels"
        if answer.whole and not answer.ends:
            yield "whole answers"
    if talk.fault and not any(handled.faults for handled in talk.handled):
        yield f"faults met between programs, {talk.fault[1] or 'of the connection'}"


Found = tuple[int, list[str]]  # the number of a faulty connection, and its problems


def _block(seed: int, numbers: range, sums: Counter[str]) -> Found | None:
    """Run connections of a seed up to the first faulty one, and add what happened in them to the sums."""
    for place, way in enumerate(WAYS):
        with running(way) as run:
            for number in numbers:
                if number % len(WAYS) == place:
                    talk = run(random_case(seed, number))
                    sums["connections"] += 1
                    sums.update(seen(talk))
                    if talk.problems:
                        return number, talk.problems
    return None


def fuzz(seed: int, count: int, seconds: float) -> tuple[Counter[str], Found | None]:
    """Run up to this many connections, for up to so long. Returns the sums, and a faulty connection or None."""
    ends = time.monotonic() + seconds
    sums: Counter[str] = Counter()
    for first in range(0, count, BLOCK):
        numbers = range(first, min(first + BLOCK, count))
        wrong = _block(seed, numbers, sums)
        if wrong or time.monotonic() > ends:
            return sums, wrong
        if numbers.stop // PROGRESS > first // PROGRESS:
            print(f"{numbers.stop} connections", flush=True)
    return sums, None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.connections", description=__doc__.partition("\n")[0])
    parser.add_argument("--connections", type=int, default=20_000, help="0: no limit")
    parser.add_argument("--seconds", type=int, default=0, help="0: no limit")
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    parser.add_argument("--number", type=int, help="this connection of the seed alone")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}, fasthdr {fasthdr.IMPLEMENTATION}", flush=True)
    started = time.monotonic()
    if arguments.number is None:
        count, seconds = arguments.connections or sys.maxsize, arguments.seconds or math.inf
        sums, wrong = fuzz(seed, count, seconds)
        print(f"{time.monotonic() - started:.0f} seconds: {dict(sorted(sums.items()))}")
    else:
        found = problems(random_case(seed, arguments.number))
        wrong = (arguments.number, found) if found else None
    if wrong is None:
        print("connections: nothing found")
        return 0
    number, found = wrong
    print(f"connection {number} is wrong (--seed {seed} --number {number}):", *found, sep="\n  ")
    case = shrinking.shrunk(random_case(seed, number), problems)
    print("shrunk, for fuzz.connections.problems():", case, *problems(case), sep="\n  ")
    return 1


if __name__ == "__main__":
    sys.exit(main())
