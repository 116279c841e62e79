# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect`: what is seen of a head, and what strict mode would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.processes import run

pytest.importorskip("rich", reason="rich is not installed here")

GOOD = b"POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-red: caf\xe9 [bold]\r\n\r\nabc"
BAD = b"GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n"


def inspect(tmp_path: Path, data: bytes) -> tuple[int, str]:
    (tmp_path / "head").write_bytes(data)
    done = run("-m", "fasthdr", "inspect", "head", cwd=tmp_path)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_good_request(tmp_path: Path) -> None:
    code, text = inspect(tmp_path, GOOD)
    assert code == 0
    size = len(GOOD) - 3
    for part in (
        f"as the standard library: accepted, {size} bytes", "method: 'POST'", "target: '/a?b'", "content_length: 3",
        "Host", "20+4", "26+1", "X-red", "caf\\xe9 [bold]", f"strict: accepted, {size} bytes",
    ):  # fmt: skip
        assert part in text, part


def test_what_strict_refuses(tmp_path: Path) -> None:
    code, text = inspect(tmp_path, BAD)
    assert code == 1
    assert "as the standard library: accepted" in text
    assert "read by the standard library's own code" in text
    assert "MissingHeaderBodySeparatorDefect" in text
    assert "strict: 400 White space in a field name (RFC 9112 5.1, byte 26)" in text
    shown, caret = text.splitlines()[-2:]
    assert shown[caret.index("^") :].startswith(" : y")


def test_a_response(tmp_path: Path) -> None:
    code, text = inspect(tmp_path, b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n")
    assert code == 0
    assert "status: 404" in text
    assert "reason: 'Not Found'" in text


def test_a_refusal_of_both(tmp_path: Path) -> None:
    code, text = inspect(tmp_path, b"GET / HTTP/9.9\r\n\r\n")
    assert code == 1
    assert "as the standard library: 505 " in text
    assert "strict: 505 HTTP version not supported" in text


def test_incomplete(tmp_path: Path) -> None:
    code, text = inspect(tmp_path, b"GET / HT")
    assert code == 1
    assert "strict: incomplete" in text


def test_without_rich(tmp_path: Path) -> None:
    """It says what to install, and ends as a wrong command does."""
    (tmp_path / "head").write_bytes(GOOD)
    code = (
        "import sys; sys.modules['rich.console'] = None; from fasthdr._cli.run import main; main(['inspect', 'head'])"
    )
    done = run("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "fasthdr[inspect]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_stdin_and_no_file(tmp_path: Path) -> None:
    done = run("-m", "fasthdr", "inspect", "-", cwd=tmp_path, stdin="GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert done.returncode == 0
    assert "target: '/'" in done.stdout
    done = run("-m", "fasthdr", "inspect", "absent", cwd=tmp_path)
    assert done.returncode == 2
    assert "absent" in done.stderr
