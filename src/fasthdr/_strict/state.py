# SPDX-License-Identifier: MIT
"""The states of an exchange."""

from enum import Enum


class State(Enum):
    """The state of an exchange. It changes to a later one, or from ANSWERED back to IDLE."""

    IDLE = "between requests"
    HEAD = "the request line is read, the field lines are not"
    BODY = "the head is accepted and no answer has begun"
    ANSWERING = "a final response head has been written"
    ANSWERED = "the answer is complete"
    OPEN = "the stream is the program's: upgraded, tunnelled, or read by a parse_request() that is not ours"
    CLOSED = "nothing more is read, and nothing more is answered"


IDLE, HEAD, BODY, ANSWERING, ANSWERED, OPEN, CLOSED = State
