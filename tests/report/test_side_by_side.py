"""Several runs in one document: models with the letters of their runs, and what changed between two columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit.two_runs import GAINED, LOST, compared_runs, first_run, second_run
from pytest_reasoning.cli import main
from pytest_reasoning.report import ReportError, Results, results_text
from pytest_reasoning.report.side_by_side import RunPair, overlap, side_by_side
from pytest_reasoning.verdict import ComparisonSettings


def only(pairs: tuple[RunPair, ...], kind: str, suite: str, strategy: str, model: str) -> RunPair:
    (found,) = [
        pair
        for pair in pairs
        if (pair.kind, pair.comparison.suite, pair.comparison.strategy, pair.comparison.model)
        == (kind, suite, strategy, model)
    ]
    return found


def test_every_model_has_the_letter_of_its_run_and_stands_beside_itself() -> None:
    results = compared_runs().results
    assert [model.name for model in results.models][:4] == ["nano (A)", "nano (B)", "small (A)", "small (B)"]
    assert len(results.outcomes) == 2 * len(first_run().outcomes)
    rates = {(row.suite, row.strategy): row.cells for row in results.rates.rows}
    direct = rates["letters-2", "direct"]
    assert (direct["small (A)"].rate, direct["small (B)"].rate) == (0.9, 0.4)
    assert results.prompts[0].models[:2] == ("nano (A)", "small (A)")
    assert {"nano (A)", "nano (B)"} <= set(results.prompts[0].models)


def test_a_later_run_is_compared_with_the_first_both_ways() -> None:
    compared = compared_runs()
    lost = only(compared.pairs, "runs", "letters-2", "direct", "small (B)")
    assert lost.before == "small (A)"
    assert {flip.case for flip in lost.comparison.lost} == LOST
    assert lost.comparison.difference == pytest.approx(-0.5)
    assert lost.comparison.interval is not None
    assert lost.comparison.interval[1] < 0
    gained = only(compared.pairs, "runs", "letters-4", "direct", "small (B)")
    assert {flip.case for flip in gained.comparison.gained} == GAINED
    assert only(compared.pairs, "runs", "", "", "small (B)").comparison.n_lost == len(LOST)
    assert compared.results.comparisons == tuple(p.comparison for p in compared.pairs if p.kind == "runs")


def test_models_and_prompts_of_a_run_are_compared_too() -> None:
    pairs = compared_runs().pairs
    model = only(pairs, "models", "letters-2", "direct", "wide (A)")
    assert (model.before, model.comparison.n_lost, model.comparison.n_gained) == ("small (A)", 14, 0)
    prompt = only(pairs, "prompts", "letters-2", "cot", "small (B)")
    assert (prompt.before, prompt.comparison.n_lost, prompt.comparison.n_gained) == ("direct", 0, 12)
    assert prompt.comparison.across_prompts


def test_single_models_of_two_runs_are_compared_whatever_their_names_are() -> None:
    first = _of("small", first_run())
    other = _renamed(_of("small", second_run()), "small-tuned")
    (pair, *_) = side_by_side([first, other], ["a", "b"], ComparisonSettings()).pairs
    assert (pair.before, pair.comparison.model) == ("small (A)", "small-tuned (B)")
    assert pair.comparison.n_lost == len(LOST)


def test_runs_overlap_and_shards_do_not() -> None:
    run = first_run()
    half = len(run.outcomes) // 2
    shards = [replace(run, outcomes=run.outcomes[:half]), replace(run, outcomes=run.outcomes[half:])]
    assert not overlap(shards)
    assert overlap([run, second_run()])
    with pytest.raises(ReportError, match=r"27 reports are too many to compare \(at most 26\)"):
        side_by_side([run] * 27, ["x"] * 27, ComparisonSettings())


def test_the_command_compares_reports_that_share_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    for name, run in zip(names, (first_run(), second_run()), strict=True):
        Path(name).write_text(results_text(run), encoding="utf-8")
    page = tmp_path / "page.html"
    assert main(["report", *names, "--html", str(page)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A: old.json, started 2026-11-23T12:00:00+00:00"
    assert any(line.startswith("FAILED letters-2 / direct [small (B) against small (A)]: ") for line in lines)
    assert not any(line.startswith("PASSED letters-2 / direct [wide") for line in lines), "nothing flipped there"
    assert 'id="to-compare"' in page.read_text(encoding="utf-8")
    assert main(["report", *names, "--against", names[0]]) == 2
    assert "--against takes one run" in capsys.readouterr().err


def _of(model: str, run: Results) -> Results:
    return replace(
        run,
        models=tuple(one for one in run.models if one.name == model),
        outcomes=tuple(one for one in run.outcomes if one.model == model),
        gates=(),
    )


def _renamed(run: Results, name: str) -> Results:
    return replace(
        run,
        models=tuple(replace(one, name=name) for one in run.models),
        outcomes=tuple(replace(one, model=name) for one in run.outcomes),
    )
