"""`--reasoning-lens` and `pytest-reasoning inside`: what is seen between the blocks of the embedded models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_reasoning.cli import main

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture
def mapping(pytester: pytest.Pytester) -> Path:
    """The suite that takes two blocks: one to find the place, one to look there."""
    path = pytester.path / "mapping.yaml"
    path.write_text((CASES / "symbol_mapping_4.yaml").read_text())
    return path


@pytest.mark.usefixtures("mapping")
def test_a_mapping_is_readable_after_the_second_block_only(pytester: pytest.Pytester) -> None:
    options = ["--reasoning-models=wide,small", "--reasoning-limit=12", "--reasoning-json=out.json"]
    result = pytester.runpytest("--reasoning-lens", "--reasoning-lens-skips=1", "mapping.yaml", *options)
    result.stdout.fnmatch_lines(
        ["Inside symbol-mapping-4 / direct of small: *in 12 of 12 correct answers from block 2 of 2*"]
    )
    views = json.loads((pytester.path / "out.json").read_text())["lenses"]
    small = [view["figures"] for view in views if view["model"] == "small"]
    wide = [view for view in views if view["model"] == "wide"]
    assert len(small) == len(wide) == 12
    assert {len(one["ranks"]) for one in small} == {2}
    assert all(one["ranks"][0] > 0 and one["ranks"][1] == 0 for one in small)
    assert all((view["figures"]["ranks"][-1] == 0) is (view["status"] == "correct") for view in wide)
    # without its second block the model has nothing to say of the answer
    assert [len(one["skipped"]) for one in small] == [1] + 11 * [0]
    assert small[0]["skipped"][0] < -2


@pytest.mark.usefixtures("mapping")
def test_one_process_looks(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    result = pytester.runpytest("--reasoning-models=small", "--reasoning-lens", "-n2")
    result.stderr.fnmatch_lines(["*--reasoning-lens: a single process looks into the models (leave out -n)"])
    result = pytester.runpytest("--reasoning-models=small", "--reasoning-lens", "--reasoning-lens-skips=-1")
    result.stderr.fnmatch_lines(["*--reasoning-lens-skips: -1 is too few (take at least 0)"])


def test_what_is_not_asked_directly_is_not_looked_into(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("c.jsonl").write_text('{"id": "c", "completion": "3"}\n')
    text = "prompt: What is 1 + 2?\nscorer: number\nthreshold: 0.5\ncases: [{id: c, target: 3}]\n"
    pytester.path.joinpath("s.yaml").write_text(text)
    result = pytester.runpytest("s.yaml", "--reasoning-models=completions:c.jsonl", "--reasoning-lens")
    result.stdout.fnmatch_lines(["*Nothing was looked into: no case was asked with the strategy `direct`*"])
    assert result.ret == 0


def test_the_command_draws(mapping: Path, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    mapping.write_text(mapping.read_text().replace("strategies: [direct]", "strategies: [direct, zero-shot-cot]"))
    options = ["--cases=4", "--figure=out.svg", "--json=out.json"]
    assert main(["inside", "nano", "small", str(mapping), *options]) == 0
    outcomes = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    assert {one["strategy"] for one in outcomes} == {"direct"}
    assert len(outcomes) == 8
    said = capsys.readouterr().out
    assert "Inside symbol-mapping-4 / direct of small: the target is the likeliest continuation in 4 of 4" in said
    assert "Figure: out.svg" in said
    drawn = (pytester.path / "out.svg").read_text()
    assert "symbol-mapping-4" in drawn
    assert "small, correct" in drawn


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--cases=0", "argument --cases: 0 is not a number of cases (take at least 1)"),
        ("--skips=-1", "argument --skips: -1 is not a number of cases (take 0 or more)"),
    ],
)
def test_counts_are_checked(option: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["inside", "small", "core", option])
    assert exit_.value.code == 2
    assert said in capsys.readouterr().err


def test_a_model_that_cannot_be_looked_into_is_told_once(
    pytester: pytest.Pytester, capfd: pytest.CaptureFixture[str]
) -> None:
    pytester.path.joinpath("c.jsonl").write_text('{"id": "c", "completion": "3"}\n')
    text = "prompt: What is 1 + 2?\nscorer: number\ncases: [{id: c, target: 3}]\n"
    pytester.path.joinpath("s.yaml").write_text(text)
    assert main(["inside", "completions:c.jsonl", "s.yaml", "--figure=out.svg"]) == 1
    said = capfd.readouterr()
    assert said.out.count("Nothing was looked into") == 1
    assert "draw" not in said.out + said.err


@pytest.mark.parametrize(
    ("names", "said"),
    [(["small"], "no suite (a YAML file, or a name of the library"), (["core"], "no model is named among core")],
)
def test_a_model_and_a_suite_are_needed(names: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inside", *names]) == 2
    assert said in capsys.readouterr().err
