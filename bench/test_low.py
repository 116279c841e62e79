# SPDX-License-Identifier: MIT
"""The programs below the suite, with the least that they can be asked for: each asserts its results itself."""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import pytest

from bench import core, counted, floor, growth, imports, instructions, profiles
from bench.documents import Document, section
from bench.interleave import BATCH
from bench.payloads import PICOHTTPPARSER, REQUESTS

needs_valgrind = pytest.mark.skipif(counted.missing() is not None, reason=str(counted.missing()))
needs_compiler = pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler")


@pytest.fixture(scope="module")
def stages():
    return core.stages()


@needs_compiler
@pytest.mark.parametrize("name", core.PAYLOADS)
def test_every_variant_finds_the_spans_that_a_head_was_written_from(stages, name):
    assert {case.peer for case in core.cases(stages, {}, name)} == set(stages.variants())


@needs_compiler
def test_other_spans_are_not_timed(stages, monkeypatch):
    monkeypatch.setitem(core.PAYLOADS, "curl", [PICOHTTPPARSER, *REQUESTS[:1]])
    heads = stages.Heads([b"GET / HTTP/1.1\r\nA : b\r\n\r\n", PICOHTTPPARSER.data])
    for variant in stages.variants():
        refused, found = heads.spans_of_ours(variant.encode())
        assert refused is None
        assert found[0] == b"GET"
        assert len(found[3]) == 9


@needs_compiler
def test_core_leaves_its_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PICOHTTPPARSER_DIR", raising=False)
    core.main(["--rounds", "2", "--payload", "curl", "--json", str(tmp_path / "core.json")])
    about = json.loads((tmp_path / "core.json").read_text())
    assert about["name"] == "core"
    assert all(result["median_ns"] > 0 for result in about["results"])
    assert "not compared" in capsys.readouterr().out


def test_picohttpparser_finds_the_same(stages):
    folder = os.environ.get("PICOHTTPPARSER_DIR")
    if not folder:
        pytest.skip("PICOHTTPPARSER_DIR names no folder of picohttpparser's source")
    functions = core.libraries(pathlib.Path(folder))
    assert {case.peer for case in core.cases(stages, functions, "mixed")} >= functions.keys()


@needs_compiler
@pytest.mark.parametrize("payload", REQUESTS, ids=str)
def test_the_floor_gives_what_fasthdr_gives(payload):
    module = floor.objects()
    floor.heads(module, payload).verify()
    floor.requests(module, payload).verify()


@pytest.mark.parametrize("name", growth.SHAPES)
def test_each_shape_is_read_by_the_core_at_each_size(name):
    shape = growth.SHAPES[name]
    for size in growth.SIZES:
        shape.call(shape.input(size * shape.n))


@pytest.mark.parametrize(
    ("costs", "expected"),
    [([10, 20, 30, 50], 4), ([10, 20, 50, 170], 16), ([1000, 1001, 1002, 1003], 1)],
)
def test_growth_is_without_what_n_does_not_change(costs, expected):
    assert growth.growth(costs) == expected


@pytest.mark.parametrize("name", instructions.cases())
def test_each_counted_call_is_right(name):
    comparison, case = instructions.cases()[name]()
    case.verify(comparison.expected)
    assert len(case.items) == BATCH


@needs_valgrind
def test_a_count_that_has_grown_fails(tmp_path, capsys):
    name, simd = "message[name]", "sse2"
    key = instructions.combination(simd)
    arguments = ["--simd", simd, "--case", name, "--json", str(tmp_path / "counts.json")]
    baseline = tmp_path / "baseline.json"
    assert instructions.main([*arguments, "--update", "--baseline", str(baseline)]) == 0
    count = json.loads(baseline.read_text())[key][name]
    assert count > 0
    assert instructions.main([*arguments, "--check", "--baseline", str(baseline)]) == 0
    baseline.write_text(json.dumps({key: {name: int(count / 1.05)}}))
    assert instructions.main([*arguments, "--check", "--baseline", str(baseline)]) == 1
    assert "above the baseline" in capsys.readouterr().out


DUMP = """\
ob=(1) /lib/fasthdr/_core.so
fl=(1) core.c
fn=(1) fh_classify_avx2.part.0
10 5
+2 7
cob=(2) /lib/libpython.so
cfn=(2) PyUnicode_New'2
calls=3 11
* 900
+1 1
ob=(2)
fn=(2)
20 30
fn=(3) never_heard_of
* 4
"""


def test_instructions_are_those_of_the_function_itself():
    found = profiles.functions(DUMP)
    assert found == {
        ("fh_classify_avx2", "/lib/fasthdr/_core.so"): 13,
        ("PyUnicode_New", "/lib/libpython.so"): 30,
        ("never_heard_of", "/lib/libpython.so"): 4,
    }
    result = profiles.result_of("call", found)
    assert result["instructions"] == 47
    assert {name: share for name, share in result["share"].items() if share != "0%"} == {
        "stage 1": "28%",
        "strings and bytes": "64%",
        "the rest": "9%",
    }
    assert result["most"].startswith("PyUnicode_New 64%, fh_classify_avx2 28%")


@needs_valgrind
def test_profiles_leave_their_figures(tmp_path, capsys):
    name = "message[name]"
    profiles.main(["--case", name, "--json", str(tmp_path / "profile.json")])
    about = json.loads((tmp_path / "profile.json").read_text())
    (result,) = about["results"]
    assert result["operation"] == name
    assert result["instructions"] > 0
    assert result["share"]["the rest of the extension"] != "0%"
    assert name in capsys.readouterr().out
    assert result["most"] in section(Document(about["name"], about))


def test_without_a_baseline_nothing_is_compared(tmp_path, capsys):
    assert instructions.main(["--check", "--baseline", str(tmp_path / "none.json")]) == 0
    assert "no baseline for" in capsys.readouterr().out


def test_the_modules_that_an_import_adds_are_found(monkeypatch):
    found = imports.modules()
    assert "fasthdr" in found
    assert "http.client" not in found
