"""Baseline files: what is written, merged and kept, and what is refused so that nothing is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.records import Cell, cell_of
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import (
    Baseline,
    NoiseFloor,
    baseline_of,
    baseline_path,
    baseline_text,
    merged,
    parse_baseline,
    read_baseline,
    save_baseline,
    write_baseline,
)

FACTS = {"small": {"weights file": "aaaa", "llama.cpp": "b6789"}}
HEAD = "# pytest-reasoning baseline 2: written by --reasoning-save-baseline, not by hand"


def sorted_rows(baseline: Baseline) -> list[Any]:
    return sorted(baseline.rows, key=lambda row: (cell_of(row), row.case))


def test_the_text_is_what_people_and_git_read(outcome: Any) -> None:
    run = [outcome("larry-page"), outcome("ada", "wrong"), outcome("bob", "truncated", answer=None)]
    noise = {"small": NoiseFloor(compared=300, identical=298, first_token=12, margin=0.031)}
    assert baseline_text(baseline_of(run, facts=FACTS, noise=noise)) == (
        f"{HEAD}\n"
        'case\tletters\tdirect\tsmall\tada\tfdee430d40bd\tfdee430d\t8961d255\t8961d255\t8961d255\t98a27695\twrong\t"ey"\n'
        "case\tletters\tdirect\tsmall\tbob\t81b637d8fcd2\t81b637d8\t8961d255\t8961d255\t8961d255\t98a27695\ttruncated\t-\n"
        'case\tletters\tdirect\tsmall\tlarry-page\t6769d9d861f0\t6769d9d8\t8961d255\t8961d255\t8961d255\t4b2bb858\tcorrect\t"ye"\n'
        "fact\tsmall\tllama.cpp\tb6789\n"
        "fact\tsmall\tweights file\taaaa\n"
        "noise\tsmall\t300\t298\t12\t0.031\n"
    )


def test_the_order_of_the_run_does_not_matter(outcome: Any) -> None:
    run = [
        outcome(f"case-{i}", strategy=s, sample=n) for i in range(5) for s in ("cot", "direct") for n in range(2)
    ]
    shuffled = random.Random(6).sample(run, len(run))
    assert baseline_text(baseline_of(run, facts=FACTS)) == baseline_text(baseline_of(shuffled, facts=FACTS))


@pytest.mark.parametrize(
    "answer",
    [None, "", "-", "plain", 'with "quotes" and \\', "tab\tline\nreturn\r", "\x1b[31mred\x07", "ünï ✓ 数",
     "\u202eevil", "\ud800", "\u2028", "…", '"'],
)  # fmt: skip
def test_any_answer_survives(outcome: Any, answer: str | None) -> None:
    baseline = baseline_of([outcome("a", "wrong", answer=answer)], facts={})
    text = baseline_text(baseline)
    text.encode()
    assert len(text.split("\n")) == 3
    assert "\x1b" not in text
    assert parse_baseline(text, "f") == baseline


def test_repeats_are_one_line(outcome: Any) -> None:
    statuses = ("correct", "wrong", "unparsed", "unparsed", "correct")
    run = [outcome("a", status, sample=n, answer=f"{n}") for n, status in enumerate(statuses)]
    baseline = baseline_of(run, facts={})
    row = baseline.rows[0]
    assert (row.correct, row.samples, row.status, row.answer) == (2, 5, "unparsed", "1")
    assert "\t2/5 unparsed\t" in baseline_text(baseline)
    assert parse_baseline(baseline_text(baseline), "f") == baseline


def test_every_line_is_below_200_bytes_whatever_the_names(outcome: Any) -> None:
    long = "ein-sehr-langer-name-mit-ümläuten-" * 9
    run = [
        outcome(f"{long}{i}", "overflow", suite=long, strategy=long, model=f"./{long}.gguf", answer="✓\x00" * 500)
        for i in range(3)
    ]
    run += [outcome("tab\tin\nid\x1b", "wrong", answer="y" * 500, sample=n) for n in range(120)]
    baseline = baseline_of(run, facts={f"./{long}.gguf": {"cpu": long, "plugin": "0\t1"}})
    lines = baseline_text(baseline).split("\n")
    assert max(len(line.encode()) for line in lines) < 200
    assert len({line.split("\t")[4] for line in lines if line.startswith("case")}) == 4
    read = parse_baseline("\n".join(lines), "f")
    assert [replace(row, answer=None) for row in sorted_rows(read)] == [
        replace(row, answer=None) for row in sorted_rows(baseline)
    ]
    assert all(row.answer and row.answer.endswith("…") for row in read.rows)
    assert read.facts == baseline.facts


def test_a_case_in_error_has_no_line(outcome: Any) -> None:
    run = [outcome("a"), outcome("b", "error"), outcome("c", sample=0), outcome("c", "error", sample=1)]
    assert [row.case for row in baseline_of(run, facts={}).rows] == ["a"]


def test_a_file_is_written_whole_and_read_back(outcome: Any, tmp_path: Path) -> None:
    path = baseline_path(tmp_path, "v1")
    assert path == tmp_path / ".reasoning" / "baselines" / "v1.txt"
    baseline = baseline_of([outcome("a")], facts=FACTS)
    write_baseline(path, baseline)
    write_baseline(path, baseline)
    assert read_baseline(path) == baseline
    assert [file.name for file in path.parent.iterdir()] == ["v1.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_line_ends_of_another_system_are_read(outcome: Any) -> None:
    baseline = baseline_of([outcome("a")], facts=FACTS)
    assert parse_baseline(baseline_text(baseline).replace("\n", "\r\n"), "f") == baseline


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "-x"])
def test_a_baselines_name_is_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReasoningError) as caught:
        baseline_path(tmp_path, name)
    assert str(caught.value) == f"'{name}' cannot name a baseline (use up to 100 letters, digits, '.', '_' and '-')"


def test_a_missing_baseline_says_which_there_are(tmp_path: Path) -> None:
    path = baseline_path(tmp_path, "v2")
    with pytest.raises(ReasoningError) as caught:
        read_baseline(path)
    assert str(caught.value) == (f"{path}: there is no such baseline (make it with --reasoning-save-baseline=v2)")
    write_baseline(baseline_path(tmp_path, "v1"), Baseline(rows=()))
    with pytest.raises(ReasoningError) as caught:
        read_baseline(path)
    assert str(caught.value) == (
        f"{path}: there is no such baseline (there are: v1; or make it with --reasoning-save-baseline=v2)"
    )


def test_a_baseline_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / ".reasoning").write_text("in the way")
    path = baseline_path(tmp_path)
    with pytest.raises(ReasoningError) as caught:
        write_baseline(path, Baseline(rows=()))
    assert str(caught.value) == f"{path}: cannot be written: Not a directory (free the path or its disk)"


def test_a_baseline_of_bytes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReasoningError) as caught:
        read_baseline(path)
    assert str(caught.value) == (
        f"{path}: cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte "
        "(repair it, or delete it and save it again with --reasoning-save-baseline)"
    )


def test_another_version_is_refused() -> None:
    with pytest.raises(ReasoningError) as caught:
        parse_baseline("# pytest-reasoning baseline 2\n", "b.txt")
    assert str(caught.value) == (
        "b.txt:1: this is not a baseline of this version "
        "(repair it, or delete it and save it again with --reasoning-save-baseline)"
    )


GOOD = 'case\ts\td\tm\tc\t1\t1\t2\t3\t4\t5\tcorrect\t"a"'


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< HEAD",
        "=======",
        "case\ts",
        GOOD.replace("correct", "right"),
        GOOD.replace("correct", "6/5 wrong"),
        GOOD.replace("correct", "0/0 wrong"),
        GOOD.replace('"a"', "a"),
        GOOD.replace('"a"', '"'),
        GOOD.replace('"a"', '"\\q"'),
        GOOD + "\tmore",
        "noise\tm\tx\t1\t-\t-",
        "noise\tm",
        "fact\tm",
        GOOD + "\n" + GOOD,
    ],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    assert parse_baseline(f"{HEAD}\n{GOOD}\n", "b.txt").rows
    number = line.count("\n") + 2
    with pytest.raises(ReasoningError) as caught:
        parse_baseline(f"{HEAD}\n{line}\n", "b.txt")
    assert str(caught.value) == (
        f"b.txt:{number}: the line is damaged, or is the second one of its case "
        "(repair it, or delete it and save it again with --reasoning-save-baseline)"
    )


def test_saving_a_part_keeps_the_rest_of_the_same_models(outcome: Any) -> None:
    facts = {"small": {"weights file": "a"}, "nano": {"weights file": "n"}}
    old = baseline_of(
        [outcome("a"), outcome("b"), outcome("a", suite="sums"), outcome("a", model="nano")], facts=facts
    )
    part = baseline_of([outcome("b", "wrong")], facts={"small": {"weights file": "a"}})
    kept = merged(old, part, complete=())
    assert [(*cell_of(row), row.case, row.status) for row in sorted_rows(kept)] == [
        ("letters", "direct", "nano", "a", "correct"),
        ("letters", "direct", "small", "a", "correct"),
        ("letters", "direct", "small", "b", "wrong"),
        ("sums", "direct", "small", "a", "correct"),
    ]
    assert kept.facts == facts


def test_saving_a_whole_suite_forgets_its_removed_cases(outcome: Any) -> None:
    facts = {"small": {"weights file": "a"}}
    old = baseline_of([outcome("a"), outcome("b")], facts=facts)
    new = baseline_of([outcome("b")], facts=facts)
    assert [row.case for row in merged(old, new, complete={Cell("letters", "direct", "small")}).rows] == ["b"]


def test_saving_another_model_of_the_same_name_mixes_nothing(outcome: Any) -> None:
    noise = NoiseFloor(compared=1, identical=1)
    old = baseline_of(
        [outcome("a"), outcome("a", suite="sums")], facts={"small": {"weights file": "a"}}, noise={"small": noise}
    )
    new = baseline_of([outcome("a")], facts={"small": {"weights file": "b"}})
    letters, sums = (Cell(suite, "direct", "small") for suite in ("letters", "sums"))
    saved = merged(old, new, complete={letters, sums})
    assert [row.suite for row in saved.rows] == ["letters"]
    assert saved.facts == {"small": {"weights file": "b"}}
    assert saved.noise == {}


def test_rows_of_a_changed_model_that_did_not_run_whole_are_never_dropped(outcome: Any, tmp_path: Path) -> None:
    path = baseline_path(tmp_path)
    known = {"small": {"weights file": "a", "batching": "reproducible"}}
    save_baseline(path, baseline_of([outcome(f"c{i}") for i in range(60)], facts=known))
    before = path.read_bytes()
    part = baseline_of([outcome("c0")], facts={"small": {"weights file": "a", "batching": "fast"}})
    with pytest.raises(ReasoningError) as caught:
        save_baseline(path, part)
    assert str(caught.value) == (
        f"{path}: not saved: batching of small changed, and 60 rows of letters would be lost, which did not run "
        "whole and without errors (run them too, or save as --reasoning-save-baseline=NEW)"
    )
    assert path.read_bytes() == before


def test_facts_that_are_missing_prove_nothing(outcome: Any) -> None:
    """No engine was started, because the child was killed while it loaded the model."""
    known = {"small": {"weights file": "a", "llama.cpp": "b1", "batching": "reproducible"}}
    old = baseline_of([outcome("a"), outcome("b")], facts=known)
    crashed = baseline_of([outcome("a", "error"), outcome("b", "error")], facts={"small": {"weights file": "a"}})
    saved = merged(old, crashed, complete=())
    assert (sorted_rows(saved), saved.facts) == (sorted_rows(old), known)


def test_a_broken_new_file_under_the_old_name_empties_nothing(outcome: Any) -> None:
    old = baseline_of([outcome("a"), outcome("b")], facts={"small": {"weights file": "a"}})
    broken = baseline_of([outcome("a", "error"), outcome("b", "error")], facts={"small": {"weights file": "b"}})
    with pytest.raises(ReasoningError, match="2 rows of letters would be lost"):
        merged(old, broken, complete=())


def test_saving_says_what_it_did(outcome: Any, tmp_path: Path) -> None:
    path = baseline_path(tmp_path)
    facts = {"small": {"weights file": "a"}}
    first = baseline_of([outcome("a"), outcome("b")], facts=facts)
    assert save_baseline(path, first, left_out=1) == (
        f"Saved 2 cases of small to {path}; left out 1 that ended in error."
    )
    second = baseline_of([outcome("b", "wrong"), outcome("b", model="nano")], facts=facts)
    assert save_baseline(path, second) == f"Saved 2 cases of nano, small to {path}; kept 1 that did not run."
    assert len(read_baseline(path).rows) == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(b"\n", b"\n<<<<<<< HEAD\n", 1),
        lambda text: text[: len(text) // 2],
        lambda text: text + b"\xff\n",
        lambda text: text.replace(b"baseline 2", b"baseline 1"),
        lambda text: text[:0],
    ],
    ids=["conflict", "half", "byte", "version", "empty"],
)
def test_what_cannot_be_read_is_never_replaced(
    outcome: Any, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = baseline_path(tmp_path)
    save_baseline(path, baseline_of([outcome(f"c{i}") for i in range(5)], facts=FACTS))
    path.write_bytes(spoil(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(ReasoningError, match="repair it, or delete it and save it again"):
        save_baseline(path, baseline_of([outcome("a")], facts=FACTS))
    assert path.read_bytes() == before


_SAVE_OFTEN = """
import sys
from pathlib import Path
from pytest_reasoning.verdict import parse_baseline, save_baseline
run = parse_baseline(Path(sys.argv[2]).read_text(), "run")
for row in run.rows:
    save_baseline(Path(sys.argv[1]), type(run)(rows=(row,), facts=run.facts))
"""


@pytest.mark.slow
def test_runs_that_save_at_the_same_time_are_merged(outcome: Any, tmp_path: Path) -> None:
    path, processes = baseline_path(tmp_path), []
    for model in ("small", "nano"):
        run = baseline_of([outcome(f"c{i}", model=model) for i in range(30)], facts={model: {"weights file": "w"}})
        (tmp_path / f"{model}.txt").write_text(baseline_text(run))
        command = [sys.executable, "-c", _SAVE_OFTEN, str(path), str(tmp_path / f"{model}.txt")]
        processes.append(subprocess.Popen(command))
    assert [process.wait(60) for process in processes] == [0, 0]
    assert Counter(row.model for row in read_baseline(path).rows) == {"small": 30, "nano": 30}
