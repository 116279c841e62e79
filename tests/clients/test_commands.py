# SPDX-License-Identifier: MIT
"""curl, wget and Node upload to every server that takes uploads, in every way to switch on strict or framed_body."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.uploads import TIMEOUT, UPLOADS, environment_of_programs, form, seen
from tests.integration.processes import needs_signals
from tests.matrix.farm import Farm, Running
from tests.matrix.servers import Cell, missing
from tests.programs import OLD_NODE, needs

pytestmark = needs_signals

NODE = Path(__file__).with_name("node_client.mjs")


def run(*command: str | Path, cwd: Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment_of_programs(),
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT,
    )
    if done.returncode == OLD_NODE:
        pytest.skip("this Node has no fetch()")
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def url_of(cell: Cell, running: Running, path: str = "/first") -> str:
    return f"{running.url}{cell.server.prefix}{path}"


# HTTP/1.0 has no 100 Continue, and curl should not wait a second for it.
CURL = ("curl", "--silent", "--show-error", "--fail", "--max-time", TIMEOUT, "--expect100-timeout", 0.02)


def curl(*arguments: str, cwd: Path, stdin: bytes = b"") -> bytes:
    return run(*map(str, CURL), *arguments, cwd=cwd, stdin=stdin)


@needs("curl")
def test_curl_puts_what_it_reads(cell: Cell, running: Running, files: Path) -> None:
    """The length is unknown, so curl sends the body chunked and with Expect."""
    method = ("--request", "POST") if cell.name == "CGI" else ()  # it has no PUT
    answer = curl("--upload-file", "-", *method, url_of(cell, running), cwd=files, stdin=UPLOADS["lines"])
    assert answer == seen(cell, UPLOADS["lines"], True)


@needs("curl")
def test_curl_posts_3_megabytes(cell: Cell, running: Running, files: Path) -> None:
    """For a body of more than a megabyte curl sends Expect."""
    assert curl("--data-binary", "@large", url_of(cell, running), cwd=files) == UPLOADS["large"]


@needs("curl")
def test_curl_posts_over_http_10(cell: Cell, running: Running, files: Path) -> None:
    assert curl("--http1.0", "--data-binary", "@binary", url_of(cell, running), cwd=files) == UPLOADS["binary"]


@needs("curl")
def test_curl_asks_for_a_head_and_for_two_pages(cell: Cell, running: Running, files: Path) -> None:
    """All on one connection, if the server keeps it open."""
    first, last = url_of(cell, running), url_of(cell, running, "/last")
    written = ("--write-out", "%{http_code} %{num_connects}\n")
    head = (*written, "--head", "--output", "/dev/null", first)
    options = curl(*head, "--next", "--silent", "--fail", *written, first, last, cwd=files)
    connections = [1, 0, 0] if cell.server.persists else [1, 1, 1]
    assert options.decode().split("\n") == [*(f"200 {made}" for made in connections), ""]


@needs("curl")
def test_curl_sends_a_form(cell: Cell, running: Running, files: Path) -> None:
    answer = curl(
        "--form", "upload=@binary;type=application/octet-stream", url_of(cell, running, "/first?files"), cwd=files
    )
    assert form(cell, "upload", UPLOADS["binary"], answer)


@needs("wget")
def test_wget_posts_a_file(cell: Cell, running: Running, files: Path) -> None:
    options = ("--quiet", "--tries=1", "--no-proxy", f"--timeout={TIMEOUT}", "--output-document=-")
    answer = run("wget", *options, "--post-file=binary", url_of(cell, running), cwd=files)
    assert answer == UPLOADS["binary"]


@pytest.fixture(scope="module")
def node(farm: Farm, files: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The results of one run of Node for all servers, by URL."""
    items = [item for item in request.session.items if "node" in getattr(item, "fixturenames", ())]
    cells = dict.fromkeys(item.callspec.params["cell"] for item in items)
    urls = {url_of(cell, farm[cell]): cell.server.minor for cell in cells if not missing(cell.name)}
    return json.loads(run("node", NODE, cwd=files, stdin=json.dumps(urls).encode()))  # type: ignore[no-any-return]


@needs("node")
def test_node(cell: Cell, running: Running, node: dict[str, Any]) -> None:
    """fetch() with a stream, a form and a sized body; http.request() sized, chunked, with Expect, and with an Agent."""
    found = node[url_of(cell, running)]
    lines, binary = UPLOADS["lines"], UPLOADS["binary"]
    answers = {name: bytes.fromhex(answer["content"]) for name, answer in found.items() if "content" in answer}
    assert [answer for answer in found.values() if answer.get("status") != 200] == []
    upload = answers.pop("fetch, form")
    assert form(cell, "upload", binary, upload)
    assert answers == {
        "fetch, stream": seen(cell, lines, True),
        "fetch, sized": binary,
        "http, sized": binary,
        "http, chunked": seen(cell, lines, True),
        "http, Expect": binary,
        "http, first of an Agent": binary,
        "http, second of an Agent": binary,
    }
    assert found["http, second of an Agent"]["reused"] == cell.server.persists
