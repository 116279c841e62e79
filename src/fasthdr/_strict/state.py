# SPDX-License-Identifier: MIT
"""The states of an exchange."""

from enum import IntEnum


class State(IntEnum):
    """The state of an exchange.

    It changes to a later one, from RESPONDED back to IDLE, or from OPEN back to HEAD if the program itself calls
    parse_request().
    """

    IDLE = 0
    HEAD = 1
    BODY = 2
    RESPONDING = 3
    RESPONDED = 4
    OPEN = 5
    CLOSED = 6


# Compiled code compares numbers without looking them up: the .pxd files give them types.
IDLE, HEAD, BODY, RESPONDING, RESPONDED, OPEN, CLOSED = State

MEANINGS = {
    IDLE: "between requests",
    HEAD: "the request line is read, the field lines are not",
    BODY: "the head is accepted and no response has begun",
    RESPONDING: "a final response head has been written",
    RESPONDED: "the response is complete",
    OPEN: "the stream is the program's: upgraded, tunnelled, or read by a parse_request() that is not ours",
    CLOSED: "nothing more is read, and nothing more is sent",
}
