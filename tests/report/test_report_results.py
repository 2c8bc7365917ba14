"""What a run measured becomes the document that all reports are made from."""

from __future__ import annotations

import pytest

from kit.sample_report import SIZES, sample_report
from pytest_reasoning.records import Gguf, Verdict
from pytest_reasoning.report import comparison_summary, results_of, results_text
from pytest_reasoning.report.document import parse_results
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.markdown import markdown_report
from pytest_reasoning.report.results import Measured, ShownPrompt
from pytest_reasoning.verdict.baseline.comparison import Comparison, Flip

MODELS = tuple(
    Gguf(
        name=name, reference=name, path="", sha256=name, architecture="llama", n_params=n_params, n_layers=n_layers,
        n_embd=64, n_ctx_train=256, quantization="F16", size_bytes=2 * n_params,
    )
    for name, (n_params, n_layers) in SIZES.items()
)  # fmt: skip


def regression() -> Comparison:
    flip = Flip(
        case="case-3", target=("3",), before_status="correct", before_answer="3", before_correct=1,
        before_samples=1,
        now_status="wrong", now_answer="no", now_correct=0, now_samples=1,
    )  # fmt: skip
    return Comparison(
        suite="letters-2", strategy="direct", model="small", verdict="failed", reason="regression: 1 lost",
        pairs=20, before_correct=19, now_correct=18, lost=(flip,), difference=-0.05, interval=(-0.2, 0.1),
    )  # fmt: skip


def test_a_regression_reaches_every_report() -> None:
    sample = sample_report()
    prompt = ShownPrompt(suite="letters-2", case="case-3", strategy="direct", models=("small", "large"), text="Q")
    measured = Measured(
        models=MODELS,
        outcomes=sample.outcomes,
        gates=(),
        usage={},
        comparisons={"letters-2.yaml::baseline[small]": regression()},
        prompts=(prompt,),
    )
    found = results_of(measured, started_s=0.0, elapsed_s=1.0, batching="reproducible")
    report = parse_results(results_text(found), "a.json")
    assert report == found
    assert report.outcomes == sample.outcomes
    assert report.prompts[0].models == ("small", "large")
    assert report.comparisons == (regression(),)
    assert report.verdict == "failed"
    markdown = markdown_report(report)
    assert "- **regression** `letters-2 / direct [small]` regression: 1 lost" in markdown.splitlines()
    page = html_report(report)
    assert "1 regression against the baseline" in page
    assert "&#39;3&#39; → &#39;no&#39;" in page


def test_regressions_come_first() -> None:
    verdicts: tuple[Verdict, ...] = ("skipped", "passed", "undecided", "failed", "error")
    found = {
        f"cases/{verdict}.yaml": Comparison(
            suite=verdict, strategy="direct", model="m", verdict=verdict, reason="why"
        )
        for verdict in verdicts
    }
    assert comparison_summary(found, "default") == [
        "Against baseline default: 1 regression, 1 undecided, 1 in error, 1 without regression, 1 not compared.",
        "FAILED cases/failed.yaml: why",
        "UNDECIDED cases/undecided.yaml: why",
        "ERROR cases/error.yaml: why",
        "SKIPPED cases/skipped.yaml: why",
    ]


def test_what_right_answers_cost_is_in_the_report() -> None:
    report = sample_report()
    small = next(one for one in report.efficiency if one.model == "small")
    assert (small.rate, small.correct_per_s) == (0.8, 24.0)
    assert small.rate_per_million_params == pytest.approx(0.8 / 0.19)
    assert "| 250 | 24.0 | 4.21 |" in markdown_report(report)
