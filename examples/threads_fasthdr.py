# SPDX-License-Identifier: MIT
"""Echo what clients send, a thread for each, with fasthdr: python examples/threads_fasthdr.py [PORT]"""

import socketserver
import sys

import fasthdr


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data = b""
        try:
            while (head := fasthdr.parse_request(data, strict=True)) or (more := self.request.recv(65536)):
                if head is None:
                    data += more
                    continue
                data = self.answer(head, data[head.consumed :])
                if not head.keep_alive:
                    return
        except EOFError:
            pass
        except fasthdr.ParseError as error:
            self.request.sendall(fasthdr.encode_response(error.status, {"Content-Length": "0", "Connection": "close"}))

    def answer(self, head, data):
        """Answer a request; data: what has followed its head. Returns what has followed its body."""
        decoder = fasthdr.BodyDecoder(head.framing)
        body = decoder.feed(data)
        if head.expect_continue and not body and not decoder.ended:
            self.request.sendall(fasthdr.encode_response(100))
        while not decoder.ended:
            data = self.request.recv(65536)
            if not data:
                raise EOFError
            body += decoder.feed(data)
        text = f"{head.method} {head.target} at {head.get('host', '')}: ".encode("latin-1") + body + b"\n"
        fields = {"Content-Length": str(len(text))} | ({} if head.keep_alive else {"Connection": "close"})
        self.request.sendall(fasthdr.encode_response(200, fields) + text)
        return data[decoder.consumed :]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8000), Echo).serve_forever()
