# SPDX-License-Identifier: MIT
"""Echo what clients send, a thread for each, with h11: python examples/threads_h11.py [PORT]"""

import socketserver
import sys

import h11


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        connection = h11.Connection(h11.SERVER)
        try:
            while type(request := self.next_event(connection)) is h11.Request:
                self.answer(connection, request)
                if connection.our_state is h11.MUST_CLOSE:
                    return
                connection.start_next_cycle()
        except h11.RemoteProtocolError as error:
            if connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                fields = [("Content-Length", "0"), ("Connection", "close")]
                self.send(connection, h11.Response(status_code=error.error_status_hint, headers=fields))

    def next_event(self, connection):
        while (event := connection.next_event()) is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                self.send(connection, h11.InformationalResponse(status_code=100, headers=[]))
            connection.receive_data(self.request.recv(65536))
        return event

    def answer(self, connection, request):
        body = b""
        while type(event := self.next_event(connection)) is h11.Data:
            body += event.data
        host = next((value for name, value in request.headers if name == b"host"), b"")
        text = b"%b %b at %b: %b\n" % (request.method, request.target, host, body)
        response = h11.Response(status_code=200, headers=[("Content-Length", str(len(text)))])
        self.send(connection, response, h11.Data(text), h11.EndOfMessage())

    def send(self, connection, *events):
        self.request.sendall(b"".join([connection.send(event) for event in events]))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8000), Echo).serve_forever()
