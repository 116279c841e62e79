# SPDX-License-Identifier: MIT
"""Echo what clients send, in one thread, with httptools: python examples/asyncio_httptools.py [PORT]"""

import asyncio
import sys

import httptools


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data):
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self):
        self.target = self.body = b""
        self.fields = {}

    def on_url(self, target):
        self.target += target

    def on_header(self, name, value):
        self.fields[name.lower()] = value

    def on_headers_complete(self):
        if self.fields.get(b"expect", b"").lower() == b"100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        method, host = self.parser.get_method(), self.fields.get(b"host", b"")
        text = b"%b %b at %b: %b\n" % (method, self.target, host, self.body)
        keep_alive = self.parser.should_keep_alive()
        close = b"" if keep_alive else b"Connection: close\r\n"
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(text), close, text))
        if not keep_alive:
            self.transport.close()


async def main():
    port = int(sys.argv[1]) if sys.argv[1:] else 8000
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
