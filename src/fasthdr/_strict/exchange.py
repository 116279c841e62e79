# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The exchange: one request after another on a connection, and what is known of each (docs/strict.md).

setup.py lists the modules of this folder that are compiled. Their .pxd files give the types.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, NoReturn

from fasthdr._errors import BodyError, ParseError
from fasthdr._strict.connection import declines, discard, has_unread, unseen
from fasthdr._strict.files import may_hide
from fasthdr._strict.refusal import forget_frames, forget_headers, stay_refused, too_late, write_past
from fasthdr._strict.settings import PIECE, attribute, decodes, head_limits, shorter
from fasthdr._strict.state import BODY, CLOSED, HEAD, IDLE, OPEN, RESPONDED, RESPONDING
from fasthdr._strict.stream import FOREVER, NO_WRITER, NOTHING, Stream
from fasthdr._strict.unsupported import report, report_unparsed

if TYPE_CHECKING:
    from email.message import Message

    from fasthdr import BodyDecoder

_SHORTLY = 0.5  # seconds


class Exchange(Stream):
    """A request and its response; the handler's rfile and wfile are views of it.

    It knows the limits and the deadlines, what the client has sent, how much of the response has been sent, and who
    caused an error: `fault` is the error that the exchange raised because of the client. Any other is the program's.
    """

    def __init__(self, handler: Any, fresh: bool, file: Any, before: Exchange | None = None) -> None:
        """Take over the files of a handler.

        fresh: its setup() has just made them from the connection. before: the exchange that had the handler until now.
        """
        Stream.__init__(self, handler, fresh, file, before)
        self.writer_ref: Any = None  # a weak reference to the writer, which holds this exchange
        self.decodes: bool = decodes(handler)
        settings = self.settings
        self.limits: dict[str, int] | None = head_limits(settings)
        self.drain_limit: int = settings.drain_limit
        self.fresh: bool = fresh  # setup() has just made its files
        # the request
        self.turn: int = 0  # requests before this one
        self.running: bool = False  # handle_one_request() runs
        self.foreign: bool = False  # a parse_request() that is not ours reads the requests
        self.unparsed: bool = False  # the program has read a request line without a call of our parse_request()
        self.between: bool = False  # the program has read bytes after the request before this one
        self.skips_empty: bool = False  # an empty line may come before the request line
        self.head_began: float | None = None  # the time, if the head did not arrive all at once
        self.line: Any = b""  # the request line, still in the buffer
        self.command: Any = ""
        self.origin: str | None = None  # the origin-form of a target that is in another form
        self.upgrade: bool = False  # the client asks for an upgrade or a tunnel
        self.expects: bool = False  # the client waits for 100 Continue
        self.closes: bool = False  # the connection ends with this response
        self.unread: bool = False  # rfile was closed before the client had sent all of its request
        self.read_closed: bool = False  # rfile was closed
        self.cut: bool = False  # the rest of the request is not read: it was refused, or nobody has read its head
        self.handed: bool = False  # the program has the descriptor, so nobody knows what it reads and sends
        self.given: bool = False  # it has got it within this request
        self.lent: bool = False  # it has got that of rfile
        self.around: Any = None  # the handler's rfile when the connection was left to the program
        self.by_hand: bool = False  # the program has read from the socket directly, so nobody knows what is left
        # its body
        self.framing: Any = 0
        self.body: BodyDecoder | None = None  # None: there is none
        self.waited: float = 0.0  # seconds that reads of the body have waited
        self.ready: Any = b""  # content, or checked bytes as they were sent, from `ready_at` on
        self.ready_at: int = 0
        self.body_file: Any = None  # a file with the content of a body that was read before the program was called

    @property
    def handler(self) -> Any:
        """The handler whose exchange this is."""
        return self.handler_ref()

    @property
    def writer(self) -> Any:
        """The handler's wfile; a writer that does nothing if the program no longer holds it."""
        writer = None if self.writer_ref is None else self.writer_ref()
        return NO_WRITER if writer is None else writer

    def log(self, what: str, detail: str) -> None:
        # Two arguments: Django's log_message() looks at the second, which http.server passes for requests and errors.
        if attribute(self.handler_ref(), "client_address") is not None:  # else it parses a text, without a client
            self.handler_ref().log_error("%s: %s", what, detail)

    # -------------------------------------------------------------------------------------------------------- the head

    def start_request(self) -> bool:
        """Prepare to read a request: whatever is left of the one before is over.

        Returns False if the request has been started already, because one handle_one_request() calls another.
        """
        if self.running:
            return False
        if self.state == HEAD and self.unparsed:  # a line that the program has read before it reads requests
            self.at += len(self.line)
            self.unparsed = False
            self.state = IDLE
        if self.state != IDLE:
            self.end()
        self.running = True
        return True

    def receive_head(self) -> bool:
        """Ask for more of a head; False at the end of the connection.

        Raises OSError, and TimeoutError if it waits too long; it is kept as `fault`, as it is the client's.
        """
        try:
            if self.strict:
                self._wait_for_head()
            return self.receive(0)
        except OSError as error:
            self.fault = error
            raise

    def before_request(self) -> tuple[Any, int, int]:
        """Do stream() before a request line is read, within the deadlines of a head."""
        try:
            if self.strict and self.at == len(self.buffer):
                self._wait_for_head()
            return self.stream()
        except TimeoutError as error:
            if not self.strict:
                raise
            self.connection_lost(error)
            return NOTHING

    def _wait_for_head(self) -> None:
        """Give the next read as much time as is left for the head. Raises TimeoutError."""
        if self.at == len(self.buffer):
            self.set_timeout(self.idle_timeout)
            return
        limit = self.settings.head_timeout
        if limit is not None:
            now = time.monotonic()
            if self.head_began is None:
                self.head_began = now
            limit += self.head_began - now
            if limit <= 0:
                raise TimeoutError("the head took too long")
        self.set_timeout(shorter(limit, self.timeout))

    def accept(self, command: str, framing: Any, body: BodyDecoder | None, expects: bool, upgrade: bool) -> None:
        """Note that the head is accepted and the buffer is at the body's first byte. body: None if there is no body."""
        self.state = BODY
        self.command = command
        self.framing = framing
        self.body = body
        self.expects = expects
        self.upgrade = upgrade
        self.origin = None
        self.head_began = None

    def give_up_framing(self) -> None:
        """Give up framing this connection: the field lines are not read by our parse_request()."""
        self.unparsed = False
        if self.line:  # else ours has read it
            report(self.handler_ref())
        self.at += len(self.line)
        self.foreign = True
        self.open()

    # -------------------------------------------------------------------------------------------------------- the body

    def content(self) -> tuple[Any, int, int]:
        """Return where the next body bytes are: buffer, start, stop (equal at the end). Waits for at least one."""
        if self.fault is not None:
            raise self.fault
        if self.ready_at < len(self.ready):
            return self.ready, self.ready_at, len(self.ready)
        if self.body_file is not None:
            self.ready = self.body_file.read(PIECE)
            self.ready_at = 0
            return self.ready, 0, len(self.ready)
        body = self.body
        if body is None or body.ended or self.state == CLOSED:
            return NOTHING
        if self.expects:
            self.send_continue()
        while not body.ended:
            if self.at == len(self.buffer) and not self._receive_body(body):
                break
            left = body.data_left
            if left:
                return self.buffer, self.at, min(self.at + left, len(self.buffer))
            data = self._framed(body)
            if data:
                self.ready = data
                self.ready_at = 0
                return data, 0, len(data)
        return NOTHING

    def _framed(self, body: BodyDecoder) -> bytes:
        """Take all that is buffered from within the chunked coding. Returns its content, or the bytes as sent."""
        start = self.at
        try:
            with memoryview(self.buffer) as view, view[start:] as rest:
                data = body.feed(rest) if self.decodes else bytes(rest[: body.check(rest)])
        except ParseError as error:
            self.refuse_body(error)
        self.at = start + body.consumed
        return data

    def took(self, size: int) -> None:
        """Note that `size` bytes of what content() or stream() has returned were read."""
        if self.ready_at < len(self.ready):
            self.ready_at += size
        elif size:
            self.at += size
            if self.state == IDLE:
                self.between = True
            elif self.state != OPEN:
                self.body.skip(size)  # type: ignore[union-attr]

    def _receive_body(self, body: BodyDecoder) -> bool:
        """Wait for more of a body; False at the end of a connection from which the program itself may have read."""
        limit = self.settings.body_timeout
        timed = self.strict and limit is not None
        before = 0.0
        if timed:
            limit += body.wire / self.settings.body_rate - self.waited  # type: ignore[operator]
            if limit <= 0:
                self.refuse_body(too_late(body.wire))
            before = time.monotonic()
        if self.strict:
            self.set_timeout(shorter(limit, self.timeout))
        try:
            if not self.receive(body.data_left or 0):
                if self.lent or self.given or self.by_hand:
                    self.body = None
                    return False
                body.feed_eof()
        except ParseError as error:
            self.refuse_body(error)
        except TimeoutError as error:
            if not self.strict:
                self.fault = error
                raise
            self.refuse_body(too_late(body.wire))
        except OSError as error:
            self.broken = True
            self.fault = error
            raise
        if timed:
            self.waited += time.monotonic() - before
        return True

    def send_continue(self) -> None:
        """Tell a client that waits to send the body (RFC 9110 10.1.1), unless a response has begun."""
        expected, self.expects = self.expects, False
        handler = self.handler_ref()
        responds = self.state != BODY or self.writer.begun or attribute(handler, "_headers_buffer")
        if expected and not responds and not self.was_written():
            write_past(handler, self.writer, handler.handle_expect_100)

    def trailers(self) -> Message | None:
        """Return the trailer section of a body whose content has been read to its end."""
        return None if self.body is None or self.ready_at < len(self.ready) else self.body.trailers

    def shared(self, use: str, start: bytes = b"") -> None:
        """Note that the program uses the socket itself, past rfile and wfile.

        use: "write" (of data that begins with `start`), "read" or "peek" by a method of the socket; "descriptor":
        others may use it from now on.
        """
        stay_refused(self, use)
        if use != "write":
            self.send_continue()
        clock = self.clock
        if self.sock is not None and clock.is_ours(self.sock.gettimeout()):
            # The last deadline of ours may be nearly over. A write gets a new one, a read none.
            if use == "write" and self.strict and self.state != OPEN and not clock.by_program:
                clock.set(self.write_timeout)
            else:
                clock.give_back()
        if use == "descriptor":
            self.handed = True
            self.drain_limit = -1  # the program may read what is left of a body, now or later
            self.given = self.given or BODY <= self.state <= RESPONDED
        elif use == "read" and BODY <= self.state <= RESPONDED:
            self.by_hand = self.closes = True
        elif use == "write" and self.upgrade and self.state == BODY and (self.body is None or self.body.ended):
            self.upgrade = not declines(self.command, start)  # else, a client could switch the deadlines off
            if self.upgrade:
                self.open()

    def fileno(self) -> int:
        """Return the file descriptor. The program may read from it, so what is left to read is no longer known."""
        self.send_continue()
        self.closes = self.lent = True
        self.clock.give_back()  # with our deadlines, a read that has to wait would fail
        stay_refused(self, "descriptor")
        number: int = unseen(self.key, self.file.fileno)()  # it is for reading
        return number

    # ---------------------------------------------------------------------------------------------------- the response

    def begin_response(self, status: int, framing: object, persists: bool | None) -> bool:
        """Note that the program has written a final response head. Returns True if the connection ends with it.

        status: 0 if there is no head. framing and persists: as response_head() returns them.
        """
        handler = self.handler_ref()
        if status == 101 or (self.command == "CONNECT" and 200 <= status < 300):
            self.open()
            return True
        if self.state == BODY:
            self.state = RESPONDING
        unframed = framing is False or (framing is None and self.command != "HEAD" and status not in (204, 304))
        # Content of the request that will not come, or too much of it to read in order to keep the connection.
        unread = (
            (body := self.body) is not None
            and not body.ended
            and (self.expects or self.fault is not None or (body.data_left or 0) > self.drain_limit)
        )
        if unframed or unread or persists is False:  # after "Connection: close", no request may be handled
            self.closes = True
        if self.closes:
            handler.close_connection = True
            return True
        return bool(handler.close_connection)

    def open(self) -> None:
        """Leave the connection to the program, in both directions; what is closed stays closed."""
        if self.state < OPEN:
            self.state = OPEN
            self.around = attribute(self.handler_ref(), "rfile")
        self.closes = True
        self.drop_content()
        self.clock.give_back()
        self.writer.open()

    def refuse_body(self, error: ParseError) -> NoReturn:
        """Refuse the request for its body, and raise the error."""
        forget_frames(error)  # the decoder may keep it, and its frames hold the decoder
        self.refuse(BodyError(*error.args))
        raise self.fault  # type: ignore[misc]

    def refuse(self, error: ParseError) -> None:
        """Answer the client with an error, unless part of a response has been sent, and end the connection.

        Any part of another response that is only buffered is dropped.
        """
        handler, writer, responds = self.handler_ref(), self.writer, self.state >= BODY
        self.state = CLOSED
        self.cut = self.closes = handler.close_connection = True
        if not self.broken:
            self.fault = None  # until the refusal is sent, a read of send_error() gets nothing, and a write may pass
        try:
            self.log("Request refused", str(error))
            past = self.was_written() or (responds and (self.handed or may_hide(attribute(handler, "wfile"))))
            if not (writer.has_sent or past):
                forget_headers(handler)
                writer.reset()
                write_past(handler, writer, handler.send_error, error.status, error.reason)
        except OSError as lost:
            if lost is not self.fault:  # send() has stored it
                raise
        finally:
            self.fault = error
            writer.drop()

    def connection_lost(self, error: OSError) -> None:
        """Note that the connection is broken, or has waited too long."""
        self.fault = error
        self.broken = True
        self.handler_ref().close_connection = True
        self.log("Request timed out" if isinstance(error, TimeoutError) else "Connection lost", repr(error))
        self.state = CLOSED
        self.writer.drop()

    # ------------------------------------------------------------------------------------------------------------- end

    def end(self) -> None:
        """End a request that the program has handled. What is left of it is read, or the connection ends."""
        handler = self.handler_ref()
        body = self.body
        self.running = False
        if self.state == IDLE or self.state == CLOSED:
            return
        if self.state == OPEN:
            if not self.foreign and (handler.rfile is self.around or getattr(handler.rfile, "exchange", None) is self):
                handler.close_connection = True  # else: it has other files now
            self.around = None
            return
        if self.state == HEAD:
            self.cut = self.closes = True
            report_unparsed(self)
        try:
            if self.broken or not self.writer.finish() or self.was_written():
                self.closes = True
            if body is not None and not (self.closes or handler.close_connection or body.ended):
                self.closes = self.expects or not self._drain(body)
        except OSError as error:
            if error is not self.fault:
                raise
            self.closes = True
        if self.closes or handler.close_connection:
            handler.close_connection = True
            self.state = CLOSED
            return
        self.state = IDLE
        self.given = self.between = False
        self.command = ""
        self.upgrade = False
        self.skips_empty = body is not None
        if body is not None:
            self.body = None
            self.waited = 0.0
            self.drop_content()
        self.turn += 1  # what is written from now on is the response to another request

    def _drain(self, body: BodyDecoder) -> bool:
        """Read and forget the rest of a body; False if it is longer than drain_limit."""
        end = body.wire + self.drain_limit
        while not body.ended:
            if body.wire + (body.data_left or 0) > end:
                return False
            _, start, stop = self.content()
            self.took(stop - start)
        return body.wire <= end

    def drop_content(self) -> None:
        """Forget what has been read of a body and not asked for."""
        self.ready = b""
        self.ready_at = 0
        if self.body_file is not None:
            self.body_file.close()
            self.body_file = None

    def close(self) -> None:
        """Close rfile: nothing more is read."""
        self.unread = not (self.state == OPEN or self.by_hand or self.given) and (
            self.cut
            or self.at < len(self.buffer)
            or self.state == HEAD
            or (self.body is not None and not self.body.ended)
            or self._more_has_come()
        )
        self.state = CLOSED
        self.read_closed = True
        if self.writer.closed:
            self.linger()
        else:  # the program may still write
            self.release_socket()
            self._forget_fault()
        self.around = None
        self.buffer = b""
        self.at = 0
        self.drop_content()
        if self.file is not None:
            self.file.close()
        handler = self.handler_ref()
        if handler is not None:
            handler.close_connection = True
            report_unparsed(self)  # if handle() calls parse_request() itself

    def _more_has_come(self) -> bool:
        """Return whether the client has sent more than was read, such as another request."""
        if self.was_written():  # the program uses the connection itself
            return False
        self.clock.lend()
        return has_unread(self.sock)

    def linger(self) -> None:
        """Once rfile and wfile are closed, read what the client still sends, so that it gets the response."""
        if self.unread and (self.turn or self.writer.has_sent) and not self.broken:
            # A client that was too slow has had its time.
            slow = getattr(self.fault, "status", 0) == 408
            self.clock.lend()
            seconds = shorter(self.settings.linger_timeout, _SHORTLY if slow else FOREVER)
            unseen(self.key, discard)(self.sock, seconds)
        self.unread = False
        if self.state == CLOSED:
            self.release_socket()
        if self.read_closed:
            self._forget_fault()

    def _forget_fault(self) -> None:
        """Drop the fault: its traceback holds the handler, which holds this exchange. Within run(), run() does it."""
        if not self.running:
            self.fault = self.body = None

    def release_socket(self) -> None:
        """Give the socket back in its original state."""
        self.watch.end()
        with contextlib.suppress(OSError):  # the program has closed it
            self.clock.give_back()
