# SPDX-License-Identifier: MIT
"""The states of an exchange."""

from enum import IntEnum


class State(IntEnum):
    """The state of an exchange.

    It changes to a later one, from ANSWERED back to IDLE, or from OPEN back to HEAD if the program itself calls
    parse_request().
    """

    IDLE = 0
    HEAD = 1
    BODY = 2
    ANSWERING = 3
    ANSWERED = 4
    OPEN = 5
    CLOSED = 6


# Compiled code compares numbers without looking them up: the .pxd files give them types.
IDLE, HEAD, BODY, ANSWERING, ANSWERED, OPEN, CLOSED = State

MEANINGS = {
    IDLE: "between requests",
    HEAD: "the request line is read, the field lines are not",
    BODY: "the head is accepted and no answer has begun",
    ANSWERING: "a final response head has been written",
    ANSWERED: "the answer is complete",
    OPEN: "the stream is the program's: upgraded, tunnelled, or read by a parse_request() that is not ours",
    CLOSED: "nothing more is read, and nothing more is answered",
}
