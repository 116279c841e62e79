# SPDX-License-Identifier: MIT
"""What a client received in a conversation, as h11 reads it, and whether that is what it should have received."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import h11

from fasthdr._strict import connection
from tests.handlers.conversations import FOREVER, Conversation, Request


def client_of(request: Request) -> Any:
    """Return an h11 client that has sent this request."""
    if request.client is not None:
        return request.client
    fields = [("Host", "h")]
    if request.expects:
        fields.append(("Expect", "100-continue"))
    if request.method == "GET":
        fields += [("Upgrade", "x"), ("Connection", "upgrade")]
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    client.send(h11.Request(method=request.method, target="/", headers=fields))
    client.send(h11.EndOfMessage())
    return client


class Tail(NamedTuple):
    """What may follow the last answer: a refusal with one of these statuses; 0: the connection may just end."""

    statuses: frozenset[int]
    method: str = "GET"


class Response:
    """What an h11 client reads as the answer to its request."""

    def __init__(self, client: Any, data: bytes) -> None:
        self.interim: list[int] = []
        self.head: Any = None
        self.content = b""
        self.whole = self.bad = self.opened = False
        try:
            if data:
                client.receive_data(data)
                self._read(client)
        except h11.RemoteProtocolError:
            self.bad = True
        if not self.bad and not self.whole and not self.opened:
            with contextlib.suppress(h11.RemoteProtocolError):  # raised if the response is not whole
                client.receive_data(b"")
                self._read(client)
        self.rest = client.trailing_data[0]
        self.size = len(data) - len(self.rest)

    def _read(self, client: Any) -> None:
        while not self.whole:
            event = client.next_event()
            if isinstance(event, h11.InformationalResponse):
                self.interim.append(event.status_code)
                if event.status_code == 101:
                    self.head, self.opened = event, True
            elif isinstance(event, h11.Response):
                self.head = event
            elif isinstance(event, h11.Data):
                self.content += event.data
            elif isinstance(event, h11.EndOfMessage):
                self.whole = True
            else:
                self.opened = event is h11.PAUSED
                return

    def field(self, name: bytes) -> bytes | None:
        return next((value for field, value in self.head.headers if field == name), None)

    @property
    def closes(self) -> bool:
        return b"close" in (self.field(b"connection") or b"").lower()


def judge(conversation: Conversation, sent: bytes, error: Any, tail: Tail, *, gone: bool) -> None:
    """Add to conversation.problems whatever is wrong with what the client was sent.

    error: the exception that left the handler. gone: the client has reset the connection, or has stopped reading.
    """
    at = 0
    for number in range(len(conversation.handled)):
        response = Response(client_of(conversation.requests[number]), sent[at:])
        last = number == len(conversation.handled) - 1
        found = _differs(conversation, number, response, sent[at:], gone and last)
        if found:
            conversation.problem(f"response {number}: {found}")
            return
        for handled, there in conversation.waits:
            if (
                handled == number + 1
                and there >= 0
                and there < at + response.size
                and not conversation.handled[number].answer.opened
            ):
                conversation.problem(f"waits for another request before response {number} has left")
        if not last and not response.whole:
            conversation.problem(f"response {number} is not whole, and another one follows")
        at += response.size
        answer = conversation.handled[number].answer
        if answer.opened or answer.raw or answer.free:
            at = len(sent)
    _judge_end(conversation, sent[at:], tail, gone)
    _judge_errors(conversation, error, gone)


def _differs(conversation: Conversation, number: int, response: Response, sent: bytes, gone: bool) -> str | None:
    answer = conversation.handled[number].answer
    if gone:
        return None
    if answer.refused and response.head is not None and response.head.status_code == answer.refused and response.whole:
        return None if response.closes else "a refusal that does not end the connection"
    if answer.raw:
        expected = b"HTTP/1.1 100 Continue\r\n\r\n" * (100 in answer.interim) + answer.raw
        return None if sent.endswith(answer.raw) else f"{sent!r} and not {expected!r}"
    if answer.free:
        return None
    interim = answer.interim + [101] * (answer.status == 101)
    if response.interim != interim:
        return f"interim responses {response.interim}, not {interim}"
    if answer.status is None:
        return (
            f"{sent!r}, and nothing was said" if response.head is not None or (response.content and not gone) else None
        )
    if response.bad or response.head is None:
        return f"{sent[:300]!r} and not {answer.status}"
    if response.head.status_code != answer.status:
        return f"{response.head.status_code}, not {answer.status}"
    if answer.opened:
        return None if response.rest == answer.content else f"{response.rest[-200:]!r} after {answer.status}"
    if answer.content is None:
        return (
            None if response.closes and response.whole else "an error that is not whole, or does not end the connection"
        )
    if response.content != answer.content:
        return f"{response.content[-200:]!r} and not {answer.content[-200:]!r}"
    if response.field(b"x-id") != b"%d" % number:
        return f"of another request: {response.head!r}"
    if answer.whole and not response.whole:
        return f"it is whole, and not to the client: {sent[:300]!r}"
    persists = conversation.requests[number].persists and not answer.says_close
    by_us = conversation.attributes["protocol_version"] == "HTTP/1.1" and not answer.by_hand
    if by_us and not persists and not response.closes:
        return "it does not say that the connection ends"
    if response.closes and conversation.goes_on(number) is True:
        return "it says for no reason that the connection ends"
    return None


def _judge_end(conversation: Conversation, rest: bytes, tail: Tail, gone: bool) -> None:
    """Check what comes after the last response: a refusal of the bytes behind the last request, or nothing."""
    number = len(conversation.handled)
    goes_on = conversation.goes_on(number - 1) if number else True
    statuses = tail.statuses
    if number < len(conversation.requests) and conversation.requests[number].head_end < FOREVER:
        if goes_on is True and not gone:
            conversation.problem(f"request {number} is not handled")
        statuses = frozenset((0,))
    if not rest:
        if 0 not in statuses and goes_on is True and not gone:
            conversation.problem(f"no answer with {sorted(statuses)}")
        return
    if gone:
        return
    response = Response(client_of(Request("GET", "/")), rest)
    if tail.method == "HEAD" and not response.whole:
        response = Response(client_of(Request("HEAD", "/")), rest)
    if response.head is None and -1 in statuses:
        return  # an older http.server answers a malformed request line without a status line
    if response.head is None or response.bad or response.rest or not response.whole or response.interim:
        conversation.problem(f"behind the last response: {rest!r}")
    elif goes_on is False:
        conversation.problem(f"a refusal behind the end of the connection: {rest!r}")
    elif response.head.status_code not in statuses:
        conversation.problem(f"{response.head.status_code}, not {sorted(statuses)}")
    elif not response.closes:
        conversation.problem("a refusal that does not end the connection")


def _judge_errors(conversation: Conversation, error: Any, gone: bool) -> None:
    """Check that only a program's own exception leaves the handler, and that `fault` is set for client faults only."""
    own = next((handled.own for handled in conversation.handled if handled.own), None)
    last = conversation.handled[-1] if conversation.handled else None
    # Once the program uses the connection itself, its errors are those of any other socket.
    opened = last is not None and (last.answer.opened or last.may_stream or (last.answer.by_hand and gone))
    if error is not None and error is not own and not (opened and isinstance(error, OSError)):
        conversation.problem(f"let through: {error!r}")
    if own is not None and error is None and not isinstance(own, TimeoutError):
        conversation.problem(f"not let through: {own!r}")
    if own is not None:
        own.__traceback__ = None
    if any(handled.faults for handled in conversation.handled) and conversation.fault is None and not opened:
        conversation.problem("a read has met a fault, and the exchange knows of none")
    if not conversation.finished:
        conversation.problem("the handler was never finished")


def judge_rest(conversation: Conversation, sock: Any) -> None:
    """Check that a request answered early is read to its end: a close with bytes unread may lose the answer."""
    last = conversation.handled[-1] if conversation.handled else None
    if last is None or getattr(sock, "lost", False) or getattr(sock, "full", False):
        return
    answer, request = last.answer, conversation.requests[last.key]
    if answer.opened or answer.by_hand or answer.free or last.may_stream or not answer.status:
        return
    if sock.given < min(request.end, request.head_end + len(request.body)):
        conversation.problem(f"closed after {sock.given} bytes, within request {last.key}")


def judge_remains(conversation: Conversation, sock: Any, kind: type, timeout: float | None) -> None:
    """Check that the closed connection's socket is as it was, and nothing is left of the handler and its exchange."""
    if type(sock) is not kind:
        conversation.problem(f"the socket is a {type(sock)}")
    if getattr(sock, "torn", False):
        conversation.problem("something was sent behind what could not be sent whole")
    if sock.gettimeout() != timeout:
        conversation.problem(f"the socket's timeout is {sock.gettimeout()}, not {timeout}")
    if connection.WRITTEN:
        conversation.problem("a socket is still noted as written to")
    alive = [found for weak in conversation.refs if (found := weak()) is not None]
    if alive:
        conversation.problem(f"alive: {[type(thing).__name__ for thing in alive]}")
