"""What arrives in test reports becomes the document that all reports are made from."""

from __future__ import annotations

import json
from dataclasses import asdict

from sample_report import sample_report

from pytest_reasoning.report.document import parse_report
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.json_report import json_report
from pytest_reasoning.report.markdown import markdown_report
from pytest_reasoning.report.results import Recorder
from pytest_reasoning.verdict.comparison import Comparison, Flip


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
    recorder = Recorder("outcomes", "gate", "comparison")
    outcomes = json.dumps([asdict(outcome) for outcome in sample.outcomes])
    comparison = json.dumps({"nodeid": "letters-2.yaml::baseline[small]", **asdict(regression())})
    prompt = {"suite": "letters-2", "case": "case-3", "strategy": "direct", "text": "Q"}
    recorder.add_report(
        "setup", [("outcomes", outcomes), ("comparison", comparison)], [prompt | {"model": "small"}]
    )
    recorder.add_report("setup", [], [prompt | {"model": "large"}])
    recorder.add_report("call", [("outcomes", "[]")])
    results = recorder.results(sample.facts)
    text = json_report(results, started_s=0.0, elapsed_s=1.0, batching="reproducible")
    report = parse_report(text, "a.json")
    assert report.outcomes == sample.outcomes
    assert report.prompts[0].models == ("small", "large")
    assert report.comparisons == (regression(),)
    assert report.verdict == "failed"
    markdown = markdown_report(report)
    assert "- **regression** `letters-2 / direct [small]` regression: 1 lost" in markdown.splitlines()
    page = html_report(report)
    assert "1 regressions against the baseline" in page
    assert "&#39;3&#39; → &#39;no&#39;" in page
