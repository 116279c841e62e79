# SPDX-License-Identifier: MIT
"""The output of `curl -v` as input."""

from __future__ import annotations

from tests.inspect.memory import document, inspect

CAPTURE = b"""\
*   Trying 127.0.0.1:80...
* Connected to h (127.0.0.1) port 80 (#0)
> POST /x HTTP/1.1\r
> Host: h\r
> Expect: 100-continue\r
> Content-Length: 7\r
> \r
< HTTP/1.1 100 Continue\r
} [7 bytes data]
* We are completely uploaded and fine
< HTTP/1.1 200 OK\r
< Content-Length: 2\r
< \r
{ [2 bytes data]
* Connection #0 to host h left intact
> HEAD /y HTTP/1.1\r
> Host: h\r
> \r
< HTTP/1.1 200 OK\r
< Content-Length: 9\r
< X : y\r
< \r
"""


def test_every_head_of_a_capture() -> None:
    found = document(CAPTURE)
    assert [(each["kind"], each["line"], each["accepted"]) for each in found["messages"]] == [
        ("request", 3, True),
        ("response", 8, True),
        ("response", 11, True),
        ("request", 16, True),
        ("response", 19, False),
    ]
    assert [each["body"]["framing"] for each in found["messages"]] == ["length", "none", "length", "none", "none"]
    assert found["bytes"] == len(CAPTURE)
    assert found["messages"][4]["faults"][0]["offset"] == 37  # counted from the start of its head
    code, text = inspect(CAPTURE)
    assert code == 1
    assert "request, line 3 of the capture\n" in text


def test_a_capture_that_a_terminal_gave() -> None:
    """A terminal loses the CRs and the blanks at line ends; the capture stands between a shell's prompt and a body."""
    lines = [line.rstrip() for line in CAPTURE.splitlines()]
    data = b"$ curl -v http://h/\n" + b"\n".join(lines[:15]) + b"\n<p>a body\n"
    found = document(data)
    assert [(each["line"], each["accepted"]) for each in found["messages"]] == [(4, True), (9, True), (12, True)]
    assert inspect(data)[0] == 0


def test_the_progress_meter_comes_first() -> None:
    meter = b"  % Total    % Received % Xferd\n\r  0     0    0     0\n"
    assert len(document(meter + CAPTURE)["messages"]) == 5


def test_http_2_is_said() -> None:
    data = b"* using HTTP/2\n> GET / HTTP/2\r\n> Host: h\r\n> \r\n< HTTP/2 200 \r\n< server: x\r\n< \r\n"
    found = document(data)
    assert [(each["version"], each["accepted"]) for each in found["messages"]] == [("HTTP/2", True)] * 2
    assert "request, line 2 of the capture, HTTP/2 in the form of HTTP/1.1\n" in inspect(data)[1]


def test_a_head_that_is_cut_off() -> None:
    found = document(b"> GET / HTTP/1.1\n> Host: h\n")
    assert found["messages"][0]["head_end"] is None
    assert inspect(b"> GET / HTTP/1.1\n> Host: h\n")[0] == 1
    assert len(document(b"> GET / HTTP/1.1\n> Host: h\n< HTTP/1.1 200 OK\n<\n")["messages"]) == 2


def test_what_is_none() -> None:
    """Not a capture: a request whose body or method looks like one, and any input whose kind is asked for."""
    data = b"POST / HTTP/1.0\r\nContent-Length: 18\r\n\r\n\n> GET / HTTP/1.1\n"
    assert [each["line"] for each in document(data)["messages"]] == [None]
    assert document(CAPTURE, "--request")["messages"][0]["line"] is None
    assert document(b"* / HTTP/1.0\r\n\r\n")["messages"][0]["line"] is None
