# SPDX-License-Identifier: MIT
"""Echo what clients send, in one thread, with fasthdr: python examples/asyncio_fasthdr.py [PORT]"""

import asyncio
import sys

import fasthdr


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.data, self.head = b"", None

    def data_received(self, data):
        try:
            if self.head is None:
                data = self.data + data
            while data and not self.transport.is_closing():
                data = self.step(data)
        except fasthdr.ParseError as error:
            self.transport.write(fasthdr.encode_response(error.status, {"Content-Length": "0", "Connection": "close"}))
            self.transport.close()

    def step(self, data):
        """Take a head, and what has come of its body. Returns the bytes after that, which have not been read."""
        if self.head is None:
            self.head = head = fasthdr.parse_request(data, strict=True)
            if head is None:
                self.data = data
                return b""
            self.decoder, self.body, self.data = fasthdr.BodyDecoder(head.framing), b"", b""
            data = data[head.consumed :]
            if head.expect_continue:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body += self.decoder.feed(data)
        if self.decoder.ended:
            self.answer(self.head, self.body)
            self.head = None
        return data[self.decoder.consumed :]

    def answer(self, head, body):
        start = f"{head.method} {head.target} at {head.get('host', '')}: ".encode("latin-1")
        close = b"" if head.keep_alive else b"Connection: close\r\n"
        text = b"%b%b\n" % (start, body)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(text), close, text))
        if not head.keep_alive:
            self.transport.close()


async def main():
    port = int(sys.argv[1]) if sys.argv[1:] else 8000
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
