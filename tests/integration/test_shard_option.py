"""--reasoning-shard: the shards of a run, merged, are the run: outcomes, verdicts, corrections and exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main

CASES = Path(__file__).parents[2] / "cases"
COUNT = 12
TIMES = ("elapsed_s", "cached", "started", "efficiency", "environment")
"What differs from run to run."
Report = dict[str, Any]
Merge = Callable[..., tuple[int, Report]]


def timeless(value: Any) -> Any:
    """Return a report without times."""
    if isinstance(value, dict):
        return {name: timeless(one) for name, one in value.items() if name not in TIMES}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def read(path: Path) -> Report:
    report: Report = json.loads(path.read_text(encoding="utf-8"))
    return report


def same(merged: Report, whole: Report, *, ordered: bool = True) -> None:
    """Compare part by part, so that a difference is shown where it is."""
    for one in (merged, whole):
        # a skipped case has a prompt, but no outcome by which it could be placed
        one["prompts"].sort(key=lambda prompt: [prompt["suite"], prompt["strategy"], prompt["case"]])
        for model in one["models"]:  # each shard evaluates the common prefix again, in a context of its own size
            del model["prompt_tokens"], model["engine"]
        if not ordered:
            one["outcomes"].sort(key=lambda outcome: [outcome["nodeid"], outcome["sample"]])
    for name in whole:
        assert timeless({name: merged[name]}) == timeless({name: whole[name]})


@pytest.fixture
def merge(pytester: pytest.Pytester) -> Merge:
    """Return a function that runs all shards and merges them; status and report of the merged run."""

    def run(*arguments: str, count: int = 3, more: tuple[str, ...] = ()) -> tuple[int, Report]:
        names = [f"shard-{index}.json" for index in range(1, count + 1)]
        for index, name in enumerate(names, 1):
            pytester.runpytest(*arguments, f"--reasoning-shard={index}/{count}", f"--reasoning-json={name}")
        status = main(["report", *reversed(names), "--json", "merged.json", *more])
        return status, read(pytester.path / "merged.json")

    return run


@pytest.fixture
def project(pytester: pytest.Pytester, suite: Write, recorded: Record) -> tuple[str, ...]:
    """Suites of all kinds, a model, and one that must be no worse; the arguments of the run."""
    rows = "".join(f"  - {{id: n{number}, a: 0, b: {number}, target: {number}}}\n" for number in range(COUNT))
    right: dict[str, str | list[str]] = {f"n{number}": [f" {number}"] * 2 for number in range(COUNT)}
    missed = {"n0": [" 99", " 99"], "n7": [" 99", " 7"], "n9": [" 99", " 99"]}
    suite("passes", extra="threshold: 0.7\n", cases=rows)
    suite("fails", extra="threshold: 0.9\nconfidence: 0.95\n", cases=rows)
    suite(
        "musts", extra="threshold: 0.1\nrepeats: 2\n", cases=rows.replace("{id: n7,", "{id: n7, must_pass: true,")
    )
    suite("measured", extra="threshold: {other: 0.5}\n", cases=rows.replace("{id: n3,", "{id: n3, skip: broken,"))
    recorded("ref", right)
    recorded("now", right | missed)
    (pytester.path / "reasoning-models.yaml").write_text(
        "ref: ./ref.jsonl\nnow: {completions: ./now.jsonl, no_worse_than: {model: ref, margin: 0.4}}\n"
    )
    return ("--reasoning-models=ref,now", "-p", "no:cacheprovider")


def test_all_verdicts_are_those_of_the_whole_run(
    pytester: pytest.Pytester, project: tuple[str, ...], merge: Merge, capsys: pytest.CaptureFixture[str]
) -> None:
    now = (pytester.path / "now.jsonl").read_bytes()
    (pytester.path / "now.jsonl").write_bytes((pytester.path / "ref.jsonl").read_bytes())
    pytester.runpytest(*project, "-k", "passes or fails", "--reasoning-save-baseline")
    (pytester.path / "now.jsonl").write_bytes(now)
    whole = pytester.runpytest(*project, "--reasoning-baseline", "--reasoning-json=whole.json")
    status, merged = merge(*project, "--reasoning-baseline")
    same(merged, expected := read(pytester.path / "whole.json"))
    assert (status, whole.ret) == (1, 1)
    verdicts = {gate["nodeid"]: gate["verdict"] for gate in merged["gates"]}
    assert verdicts["cases/passes.yaml::pass-rate[now]"] == "passed"
    assert verdicts["cases/fails.yaml::pass-rate[now]"] == "undecided"
    assert verdicts["cases/musts.yaml::pass-rate[now]"] == "failed"
    assert {one["verdict"] for one in expected["comparisons"]} >= {"passed", "undecided"}
    assert [one for one in expected["comparisons"] if not one["suite"]], "whole runs are compared too"
    assert (merged["environment"]["shards"], merged["shard"]) == (3, None)
    parts = [read(pytester.path / f"shard-{index}.json") for index in (1, 2, 3)]
    assert all({gate["verdict"] for gate in part["gates"]} == {"skipped"} for part in parts)
    missed = [sum(o["status"] == "wrong" for o in part["outcomes"] if o["suite"] == "passes") for part in parts]
    asked = [sum(o["suite"] == "passes" and o["model"] == "now" for o in part["outcomes"]) for part in parts]
    assert any(1 - wrong / of < 0.7 for wrong, of in zip(missed, asked, strict=True)), "no shard fails by itself"
    assert sum(asked) == COUNT
    said = capsys.readouterr().out
    assert "judged when the shards are merged" not in said.split("UNDECIDED")[-1]


@pytest.mark.parametrize(
    "more",
    [
        ("--reasoning-limit=10", "--reasoning-undecided=pass"),
        ("--reasoning-sample=6", "-k", "passes"),
        ("cases/passes.yaml::pass-rate[now]", "cases/passes.yaml::no-worse-than-ref[now]"),
    ],
    ids=["limit", "sample", "judges-alone"],
)
def test_what_the_run_selects_is_divided(
    pytester: pytest.Pytester, project: tuple[str, ...], merge: Merge, more: tuple[str, ...]
) -> None:
    whole = pytester.runpytest(*project, *more, "--reasoning-json=whole.json")
    status, merged = merge(*project, *more, count=2)
    same(merged, read(pytester.path / "whole.json"), ordered=not more[0].startswith("cases/"))
    assert status == int(whole.ret)


def test_a_shard_says_what_it_is_and_leaves_the_verdicts(
    pytester: pytest.Pytester, project: tuple[str, ...]
) -> None:
    result = pytester.runpytest(*project, "--reasoning-shard=2/3", "--reasoning-json=two.json", "-rs", "-n2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["reasoning: ref (recorded), now (recorded); reproducible batching; shard 2/3"])
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED*judged when the shards are merged (pytest-reasoning report)",
            "Reasoning: nothing judged. Shard 2/3, *",
        ]
    )
    report = read(pytester.path / "two.json")
    assert report["environment"]["shard"] == "2/3"
    asked = {(o["suite"], o["model"], o["case"]) for o in report["outcomes"]}
    assert {case for _, model, case in asked if model == "ref"} == {
        case for _, model, case in asked if model == "now"
    }
    listed = pytester.runpytest(*project, "--reasoning-shard=2/3", "--collect-only", "-q")
    lines = [line for line in listed.outlines if "cases/passes.yaml::n" in line and "no-worse" not in line]
    assert len(lines) == sum(suite == "passes" for suite, _, _ in asked)


def test_a_shard_that_stopped_leaves_no_verdict_behind(suite: Write, recorded: Record, merge: Merge) -> None:
    suite("plain")
    suite("zz", extra="threshold: 0.9\n")
    model = f"--reasoning-models={recorded('m', {'one': ' 3', 'two': ' 99', 'three': ' 8'})}"
    status, merged = merge(model, "-x", count=2)
    assert status == 1
    reasons = {gate["nodeid"]: gate["reason"] for gate in merged["gates"]}
    assert " ended before it" in reasons["cases/zz.yaml::pass-rate[m]"]


@pytest.fixture
def halves(pytester: pytest.Pytester, suite: Write, recorded: Record) -> Callable[..., None]:
    """Return a function that runs one of two shards."""

    def run(index: int, *arguments: str, extra: str = "threshold: 0.5\n", answer: str = " 3", of: int = 2) -> None:
        suite(extra=extra)
        model = recorded("m", {"one": answer, "two": " 4", "three": " 8"})
        shard = (f"--reasoning-shard={index}/{of}", f"--reasoning-json={index}.json")
        pytester.runpytest(f"--reasoning-models={model}", *shard, *arguments)

    return run


def refused(capsys: pytest.CaptureFixture[str], *names: str) -> str:
    """Merge, and return the error."""
    capsys.readouterr()
    assert main(["report", *names]) == 2
    return capsys.readouterr().err


def test_what_is_missing_doubled_or_of_another_run_is_named(
    pytester: pytest.Pytester, halves: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    halves(1)
    halves(2)
    assert main(["report", "1.json", "2.json"]) == 0
    assert refused(capsys, "1.json") == (
        "pytest-reasoning: 1.json: 1 shard missing, 2/2 (name all reports of the run)\n"
    )
    (pytester.path / "again.json").write_bytes((pytester.path / "1.json").read_bytes())
    assert "again.json: is shard 1/2, and so is 1.json (leave one out)" in refused(capsys, "1.json", "again.json")
    halves(2, "--reasoning-confidence=0.9")
    assert "2.json: --reasoning-confidence is 0.9, but not set in 1.json" in refused(capsys, "1.json", "2.json")
    halves(2, extra="threshold: 0.6\n")
    assert "2.json: cases/sums.yaml::pass-rate[m] is judged otherwise" in refused(capsys, "1.json", "2.json")
    halves(2, extra="threshold: 0.5\nsystem: Be brief.\n")
    assert "2.json: suite 'sums' is another than in 1.json" in refused(capsys, "1.json", "2.json")
    halves(2, answer=" 5")
    assert "2.json: model 'm' is " in refused(capsys, "1.json", "2.json")
    halves(2, of=3)
    assert "2.json: is shard 2/3, but 1.json is 1/2 (of another run)" in refused(capsys, "1.json", "2.json")
    halves(2, "--deselect", "cases/sums.yaml::pass-rate[m]")
    assert "2.json: cases/sums.yaml::pass-rate[m] is not in it, but in 1.json" in refused(
        capsys, "1.json", "2.json"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--reasoning-shard=0/4",), "--reasoning-shard: '0/4' is not a part (write 1/4 to 4/4 for four parts)"),
        (("--reasoning-shard=5/4",), "--reasoning-shard: '5/4' is not a part *"),
        (("--reasoning-shard=1/2",), "--reasoning-shard: reports are what is merged (add --reasoning-json=*"),
        (("--reasoning-shard=1/2", "--reasoning-seed=fresh"), "--reasoning-shard with --reasoning-seed: *"),
        (("--reasoning-shard=1/2", "--reasoning-stop=certain"), "--reasoning-shard with --reasoning-stop: *"),
        (("--reasoning-shard=1/2", "--reasoning-save-baseline"), "--reasoning-shard with --reasoning-save-base*"),
    ],
)  # fmt: skip
def test_what_cannot_be_divided_is_refused(
    pytester: pytest.Pytester, recorded: Record, options: tuple[str, ...], message: str
) -> None:
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_shards_of_embedded_models_give_the_bits_of_the_whole_run(pytester: pytest.Pytester, merge: Merge) -> None:
    (pytester.path / "cases").mkdir()
    for name in ("last_letters_2", "symbol_mapping_2"):
        head, _, rows = (CASES / f"{name}.yaml").read_text(encoding="utf-8").partition("cases:\n")
        few = "".join(rows.splitlines(keepends=True)[:10])
        text = f"{head}expect: {{monotone: true}}\ncases:\n{few}"
        (pytester.path / "cases" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (pytester.path / "cases" / "drawn.yaml").write_text(
        "suite: drawn\nprompt: 'Q: What is {{ a }} plus {{ b }}?'\ntarget: '{{ a + b }}'\nscorer: number\n"
        "repeats: 2\ngeneration: {temperature: 0.7, max_tokens: 8}\nthreshold: {min: 0.1}\n"
        "generate: {count: 8, seed: 1, vars: {a: {integer: [1, 9]}, b: {integer: [1, 9]}}}\n",
        encoding="utf-8",
    )
    run = ("--reasoning-models=nano,small", "--reasoning-seed=5", "--reasoning-store=off", "-p", "no:cacheprovider")
    whole = pytester.runpytest(*run, "--reasoning-json=whole.json")
    status, merged = merge(*run, count=4)
    same(merged, expected := read(pytester.path / "whole.json"))
    assert status == int(whole.ret)
    assert len([gate for gate in expected["gates"] if "::expect-monotone[" in gate["nodeid"]]) == 3
    assert len(expected["fresh"]) == 2 * 8 * 2
