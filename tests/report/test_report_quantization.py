"""The quantisation report in terminal, Markdown, page, JSON and table, from one run made by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.cli import main
from pytest_reasoning.records import Divergence, EngineFacts, Gguf, ModelUsage, TokenFigures
from pytest_reasoning.report import merged_results, quantization_summary, results_of, results_text
from pytest_reasoning.report.document import parse_results
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.html.pareto import pareto_points
from pytest_reasoning.report.markdown import markdown_report
from pytest_reasoning.report.results import Measured, Results
from pytest_reasoning.report.table_file import table_file
from pytest_reasoning.verdict.quantization import QuantizationSettings

SIZES = (("m", "F16", 2_000_000), ("m@Q8_0", "Q8_0", 1_062_500), ("m@Q4_0", "Q4_0", 562_500))
HOSTILE = "sums<b>|\x1b[31m"


def measured(suite: str = "sums") -> Measured:
    """One hundred cases of a reference and two variants, the smaller of which loses twenty."""
    models = tuple(
        Gguf(
            name=name, reference=name, path="", sha256=name, architecture="llama", n_params=1_000_000, n_layers=2,
            n_embd=64, n_ctx_train=256, quantization=kind, size_bytes=size,
            variant_of=None if name == "m" else "m", bits_per_weight=size * 8e-6,
        )
        for name, kind, size in SIZES
    )  # fmt: skip
    outcomes = tuple(
        an_outcome(
            nodeid=f"{suite}::{case}[{model.name}]", suite=suite, case=str(case), model=model.name, strategy="cot",
            status="wrong" if model.quantization == "Q4_0" and case < 20 else "correct", completion_tokens=2,
            elapsed_s=0.1,
        )
        for model in models
        for case in range(100)
    )  # fmt: skip
    divergences = tuple(
        Divergence(
            model=name, reference="m", suite=suite, case=str(case), strategy="cot", sample=0,
            figures=TokenFigures(
                tokens=10, kl=kl * (1 + case % 3), agreed=10 - (case % 10 == 0), written_change=-kl,
                target_before=0.9, target_now=0.9 - kl,
            ),
        )
        for name, kl in (("m@Q8_0", 0.001), ("m@Q4_0", 0.1))
        for case in range(100)
    )  # fmt: skip
    usage = {
        model.name: ModelUsage(
            model=model.name, elapsed_s=1.0, engine=EngineFacts(tokens_per_s=200.0, peak_bytes=60_000_000)
        )
        for model in models
    }
    return Measured(
        models=models, outcomes=outcomes, gates=(), usage=usage, divergences=divergences,
        quantization_settings=QuantizationSettings(margin=0.1, confidence=0.9),
    )  # fmt: skip


def report(suite: str = "sums") -> Results:
    found = results_of(measured(suite), started_s=0.0, elapsed_s=1.0, batching="reproducible")
    return parse_results(results_text(found), "out.json")


RECOMMENDATION = (
    "take m@Q8_0: the smallest that is no worse than m by more than 0.1 (100 cases, 90 % confidence), 53 % of its "
    "size; m@Q4_0 is a regression (-0.20, -0.27 to -0.14)"
)


def test_the_terminal_shows_two_tables_and_what_follows() -> None:
    text = quantization_summary(report().quantization, width=100, color=False, plain=True)
    assert text.isascii()
    assert text.splitlines()[0] == "quantized variants of m, 100 paired cases, margin 0.1, 90 % intervals"
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    assert ["m@Q4_0", "562 kB", "80.0 %", "20 lost", "-0.200", "regression"] in rows
    assert ["Q4_0", "4.50 bits", "0.727-0.857", "0 gained", "-0.273 to -0.143", "p 1.9e-06"] in rows
    assert ["m@Q8_0", "0.0002", "99.00 %", "-0.0010", "200", "60 MB"] in rows
    tail = " ".join(line.strip() for line in text.splitlines()[-8:])
    assert (
        "m@Q4_0 is a regression in sums / cot: 100 -> 80 of 100 (20 lost, 0 gained; -0.20, -0.273 to -0.143; "
        "p 1.9e-06 by Holm) size against pass rate: m@Q4_0 (562 kB, 80.0 %) -> m@Q8_0 (1.06 MB, 100.0 %); a "
        "smaller file equals m (2 MB, 100.0 %) recommendation: " + RECOMMENDATION
    ) in tail


def test_no_line_is_wider_than_the_terminal() -> None:
    text = quantization_summary(report().quantization, width=80, color=False, plain=True)
    assert max(len(line) for line in text.splitlines()) <= 80


def test_quiet_is_the_recommendation_alone() -> None:
    text = quantization_summary(report().quantization, width=80, color=False, plain=True, quiet=True)
    assert text == f"m: {RECOMMENDATION}"


def test_json_holds_it_and_makes_it_again() -> None:
    first = report()
    assert [one.recommended for one in first.quantization] == ["m@Q8_0"]
    assert parse_results(results_text(first), "again.json") == first


def test_shards_are_judged_together() -> None:
    merged = merged_results([report("a"), report("b")], ["a.json", "b.json"])
    (found,) = merged.quantization
    assert found.variants[0].overall is not None
    assert found.variants[0].overall.pairs == 200
    assert found.variants[0].fidelity is not None
    assert found.variants[0].fidelity.completions == 200
    assert found.margin == 0.1


def test_markdown_has_tables_and_the_recommendation_with_all_text_escaped() -> None:
    text = markdown_report(report(HOSTILE))
    assert "### Quantization of m\n" in text
    assert "| m&#64;Q8\\_0 | non-inferior | 1.06 MB | 8.50 |" in text
    assert "recommendation: take m&#64;Q8\\_0: the smallest" in text
    assert "sums&lt;b" in text
    assert "sums<b" not in text.partition("outcomes not correct")[0]  # code spans, which are text, come later
    assert "\x1b" not in text


def test_the_page_has_the_section_and_the_frontier() -> None:
    text = html_report(report(HOSTILE))
    assert '<section id="quantization"' in text
    assert "recommendation: take m@Q8_0: the smallest that is no worse than m by more than 0.1" in text
    assert "sums&lt;b&gt;" in text
    assert "sums<b>" not in text
    assert '<section id="pareto"' in text
    assert [(point.name, point.frontier) for point in pareto_points(report())] == [
        ("m", False), ("m@Q8_0", True), ("m@Q4_0", True),
    ]  # fmt: skip


def test_the_table_has_kl_beside_each_outcome_of_a_variant() -> None:
    rows = list(csv.DictReader(io.StringIO(table_file(report(), Path("out.csv")).decode())))
    (row,) = [one for one in rows if one["model"] == "m@Q4_0" and one["case"] == "10"]
    assert (row["variant_of"], row["same_top"]) == ("m", "0.9")
    assert float(row["kl"]) == pytest.approx(0.02)
    assert {one["kl"] for one in rows if one["model"] == "m"} == {""}


def test_the_command_shows_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.json"
    path.write_text(results_text(report()), encoding="utf-8")
    main(["report", str(path)])
    assert "recommendation: take m@Q8_0" in capsys.readouterr().out
