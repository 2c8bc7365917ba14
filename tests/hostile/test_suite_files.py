"""What YAML and rows hold that would be read as something else, or would read more than the suite may."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_reasoning.models import resolve
from pytest_reasoning.suite import Suite, load_suite
from pytest_reasoning.text.errors import ModelError, SuiteError

HEAD = "prompt: 'Q: {{ q }}'\n"


def read(folder: Path, text: str, within: Path | None = None) -> Suite:
    path = folder / "t.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, display="t.yaml", within=within)


def refused(folder: Path, text: str, within: Path | None = None) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        read(folder, text, within)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("True", "True"),
        ("true", "true"),
        ("FALSE", "FALSE"),
        ("-0", "-0"),
        ("0", "0"),
        ("1.50", "1.50"),
        ("'~'", "~"),
    ],
)
def test_a_target_keeps_its_writing(tmp_path: Path, written: str, target: str) -> None:
    assert read(tmp_path, f"{HEAD}cases: [{{q: x, target: {written}}}]\n").cases[0].target == (target,)
    assert read(tmp_path, f"{HEAD}target: [{written}, x]\ncases: [{{q: x}}]\n").cases[0].target == (target, "x")


def test_options_keep_their_writing(tmp_path: Path) -> None:
    text = f"{HEAD}scorer: choice\noptions: [True, False]\ntarget: 'True'\ncases: [{{q: x}}]\n"
    assert read(tmp_path, text).cases[0].options == ("True", "False")


def test_a_boolean_variable_stays_a_boolean(tmp_path: Path) -> None:
    text = "prompt: '{% if flag %}yes{% else %}no{% endif %}'\ntarget: x\ncases: [{flag: False}, {flag: True}]\n"
    assert [case.prompt for case in read(tmp_path, text).cases] == ["no", "yes"]


def test_a_name_with_a_line_feed_stays_on_the_line_of_its_problem(tmp_path: Path) -> None:
    for text in ('"a\\nb": 1', 'dataset: {file: "a\\nb"}', 'scorer: "\\e[2J\\nb"'):
        (problem,) = refused(tmp_path, f"{HEAD}target: 1\n{text}\ncases: [{{q: x}}]\n")
        assert "\\nb" in problem
        assert "\x1b" not in problem


def test_a_merge_key_is_named(tmp_path: Path) -> None:
    text = f"{HEAD}cases:\n  - &first {{q: x, target: 1}}\n  - {{<<: *first, q: y}}\n"
    assert refused(tmp_path, text) == [
        "t.yaml:4:6: the merge key '<<' is not read (write the keys out, or put them into a file to `include`)"
    ]
    assert read(tmp_path, f"{HEAD}target: '<<'\ncases: [{{q: <<}}]\n").cases[0].prompt == "Q: <<"


@pytest.mark.parametrize("written", ["null", "~", ""])
def test_a_null_that_was_read_is_said(tmp_path: Path, written: str) -> None:
    (problem,) = refused(tmp_path, f"{HEAD}cases: [{{q: x, target: {written}}}]\n")
    assert "no target (null was read for it; quote it if the text null is meant)" in problem


ROWS = '{"q": "a", "t": 1}\n{"q": "b"}\nnot json\n{"q": "c", "t": 3}\n[1]\n'


def test_all_faulty_rows_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(ROWS)
    problems = refused(tmp_path, HEAD + "target: '{{ t }}'\ndataset: {file: x.jsonl}\n")
    assert [problem.split(": ", 2)[2].split(": ")[0] for problem in problems] == ["x.jsonl:3", "x.jsonl:5"]
    (tmp_path / "x.jsonl").write_text('{"q": "a"}\n{"q": "b"}\n{"q": "c", "t": 3}\n')
    problems = refused(tmp_path, HEAD + "target: '{{ t }}'\ndataset: {file: x.jsonl}\n")
    assert [problem.split(": ", 1)[1].split(": ")[0] for problem in problems] == ["x.jsonl:1", "x.jsonl:2"]


def test_faulty_rows_can_be_left_out_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(ROWS)
    suite = read(tmp_path, HEAD + "target: '{{ t }}'\ndataset: {file: x.jsonl, on_error: skip}\n")
    assert [case.target for case in suite.cases] == [("1",), ("3",)]
    assert len(suite.notes) == 1
    assert suite.notes[0].startswith("3 faulty rows of x.jsonl left out, the first: x.jsonl:3: not valid JSON")


def test_many_faulty_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"q": "a"}\n' * 30)
    problems = refused(tmp_path, HEAD + "target: '{{ t }}'\ndataset: {file: x.jsonl}\n")
    assert len(problems) == 21
    assert problems[-1].endswith("x.jsonl: 10 more rows are faulty")


def test_a_file_that_says_json_is_json(tmp_path: Path) -> None:
    rows = {"examples": [{"input": "x", "target": "y"}]}
    (tmp_path / "x.json").write_text(json.dumps(rows))
    text = "prompt: '{{ prefix }}{{ input }}'\ntarget: '{{ target }}'\n"
    assert len(read(tmp_path, text + "dataset: {file: x.json}\n").cases) == 1
    (problem,) = refused(tmp_path, text + "dataset: {file: x.json, format: json}\n")
    assert "the JSON is not a list of rows" in problem


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'\xef\xbb\xbf{"q": "a"}\n')
    assert read(tmp_path, HEAD + "target: 1\ndataset: {file: x.jsonl}\n").cases[0].prompt == "Q: a"


def test_files_outside_the_root_are_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.yaml").write_text("password: [1\n")
    (tmp_path / "rows.jsonl").write_text('{"q": "a"}\n')
    outside = "lies outside root (move it there, or set `reasoning_allow_outside`)"
    for name in ("../secret.yaml", str(tmp_path / "secret.yaml")):
        (problem,) = refused(root, f"include: {name}\n{HEAD}target: 1\ncases: [{{q: x}}]\n", within=root)
        assert problem.endswith(f"include: '{name}' {outside}")
        assert "password" not in problem
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (problem,) = refused(root, f"include: link.yaml\n{HEAD}target: 1\ncases: [{{q: x}}]\n", within=root)
    assert problem.endswith(outside)
    text = HEAD + "target: 1\ndataset: {file: ../rows.jsonl}\n"
    (problem,) = refused(root, text, within=root)
    assert problem.endswith(f"dataset: '../rows.jsonl' {outside}")
    assert len(read(root, text).cases) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    for name in ("x.gguf", "x.jsonl", "x.yaml"):
        os.mkfifo(tmp_path / name)
    for reference in ("./x.gguf", "completions:x.jsonl", "/dev/zero"):
        with pytest.raises(ModelError) as caught:
            resolve([reference], tmp_path)
        assert str(caught.value) == f"model {reference!r}: is a pipe or a device (name a regular file)"
    with pytest.raises(SuiteError, match=r"x\.yaml: is no regular file \(name a file of text\)"):
        load_suite(tmp_path / "x.yaml", display="x.yaml")
    (problem,) = refused(tmp_path, HEAD + "target: 1\ndataset: {file: x.jsonl}\n")
    assert "there is no such file" in problem


def test_half_a_pair_in_a_row_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"q": "a\\ud800b"}\n')
    assert read(tmp_path, HEAD + "target: 1\ndataset: {file: x.jsonl}\n").cases[0].prompt == "Q: a\ufffdb"
