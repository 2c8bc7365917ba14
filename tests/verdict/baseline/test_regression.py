from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import pytest

from pytest_reasoning.records import Outcome
from pytest_reasoning.stats import drop_p_value, holm, mcnemar_exact, tango_interval
from pytest_reasoning.verdict import (
    Comparison,
    ComparisonSettings,
    baseline_of,
    baseline_text,
    compare_run,
    comparison_lines,
    parse_baseline,
)

BEFORE = {"small": {"weights file": "f16", "quantization": "F16", "llama.cpp": "b1"}}
NOW = {"small": {"weights file": "q4", "quantization": "Q4_0", "llama.cpp": "b1"}}
CAUSE = "weights file and quantization changed; prompts, scorers, sampling and llama.cpp did not"


def compared(
    before: Iterable[Outcome],
    now: Iterable[Outcome],
    facts: Mapping[str, Mapping[str, str]] = NOW,
    settings: ComparisonSettings | None = None,
    **more: Any,
) -> tuple[Comparison, ...]:
    saved = parse_baseline(baseline_text(baseline_of(before, facts=BEFORE)), "b.txt")
    return compare_run(saved, list(now), facts=facts, settings=settings or ComparisonSettings(), **more)


def suite_of(outcome: Any, statuses: str, **more: Any) -> list[Outcome]:
    """Return one outcome a letter: c is correct, w is wrong."""
    return [
        outcome(f"case-{i:02}", "correct" if letter == "c" else "wrong", **more)
        for i, letter in enumerate(statuses)
    ]


def test_the_same_completions_are_no_regression(outcome: Any) -> None:
    run = suite_of(outcome, "ccw" * 10)
    (found,) = compared(run, run)
    assert (found.verdict, found.identical, found.pairs, found.p_value) == ("passed", 30, 30, 1.0)
    assert found.reason == "no regression: all 30 cases answered as before, word for word"


def test_a_regression_names_figures_and_cause(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "c" * 46 + "wwww"), suite_of(outcome, "w" * 12 + "c" * 35 + "www"))
    assert found.verdict == "failed"
    assert (found.before_correct, found.now_correct) == (46, 35)
    assert (len(found.lost), len(found.gained)) == (12, 1)
    assert found.p_value == found.p_adjusted == mcnemar_exact(12, 1, "drop")
    assert found.interval == tango_interval(1, 12, 50)
    assert found.reason == (
        "regression: 46/50 correct before, 35/50 now (12 lost, 1 gained; difference -0.22, 95 % interval -0.36 to "
        f"-0.09; p 0.0017); {CAUSE}"
    )


def test_a_regression_shows_both_answers_of_each_flipped_case(outcome: Any) -> None:
    before = suite_of(outcome, "c" * 10 + "w")
    now = suite_of(outcome, "w" * 10 + "c")
    now[0] = outcome("case-00", "unparsed", answer=None, completion="", target=("ye", "YE"))
    now[1] = outcome("case-01", "wrong", answer="\x1b[31mey\n")
    (found,) = compared(before, now)
    lines = comparison_lines(found, most_flips=3)
    assert lines == (
        "lost 'case-00': expected 'ye' or 'YE', was 'ye' (correct), is nothing (unparsed)",
        "lost 'case-01': expected 'ye', was 'ye' (correct), is '\\x1b[31mey\\n' (wrong)",
        "lost 'case-02': expected 'ye', was 'ye' (correct), is 'ey' (wrong)",
        "lost 7 more",
        "gained 'case-10': expected 'ye', was 'ey' (wrong), is 'ye' (correct)",
    )


def test_a_drop_that_noise_explains_is_none(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "c" * 46 + "wwww"), suite_of(outcome, "www" + "c" * 44 + "www"))
    assert found.verdict == "passed"
    assert found.reason == (
        "no regression: 46/50 correct before, 44/50 now (3 lost, 1 gained; difference -0.04, 95 % interval "
        "-0.15 to +0.05; p 0.31); a drop of 0.17 would be detected in 80 % of runs"
    )


def test_few_cases_say_that_they_are_few(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "cccw"), suite_of(outcome, "wwwc"))
    assert found.reason == (
        "no regression: 3/4 correct before, 1/4 now (3 lost, 1 gained; difference -0.50, 95 % interval -0.91 to "
        "+0.40; p 0.31); 4 cases are too few to call any drop reliably"
    )


def test_other_words_with_the_same_verdicts_are_no_regression(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "c" * 20), suite_of(outcome, "c" * 20, completion=" YE"))
    assert (found.verdict, found.identical) == ("passed", 0)
    assert found.reason.startswith("no regression: 20/20 correct before, 20/20 now (0 lost, 0 gained;")


def test_holm_spans_every_comparison_of_the_run(outcome: Any) -> None:
    good, bad = "c" * 30, "w" * 6 + "c" * 24
    names = [f"suite-{i}" for i in range(4)]
    before = [one for name in names for one in suite_of(outcome, good, suite=name)]
    now = [one for name in names for one in suite_of(outcome, bad if name == "suite-0" else good, suite=name)]
    found = compared(before, now)
    p_value = mcnemar_exact(6, 0, "drop")
    assert found[0].p_value == p_value < 0.05 < 4 * p_value
    assert [c.p_adjusted for c in found] == list(holm([p_value, 1, 1, 1]))
    assert [c.verdict for c in found] == ["passed"] * 4
    assert "p 0.016, by Holm over 4 comparisons 0.062" in found[0].reason
    (alone,) = compared(before[:30], now[:30])
    assert alone.verdict == "failed"
    (elsewhere,) = compared(before[:30], now[:30], family=4)
    assert elsewhere == found[0]


def test_a_changed_prompt_is_said_and_is_no_regression_of_the_model(outcome: Any) -> None:
    (found,) = compared(
        suite_of(outcome, "c" * 50), suite_of(outcome, "w" * 20 + "c" * 30, prompt="shorter"), facts=BEFORE
    )
    assert (found.verdict, found.p_value, found.p_adjusted) == ("skipped", None, None)
    assert found.reason == (
        "asked in another way (prompt changed in all 50 cases): 50/50 correct before, 30/50 now (20 lost, 0 "
        "gained; difference -0.40, 95 % interval -0.54 to -0.28; p 9.5e-07); whether the model is the cause is "
        "not judged (judge it with --reasoning-across-prompts, or save the baseline again to compare from here)"
    )


def test_a_changed_scorer_is_said_beside_a_changed_model(outcome: Any) -> None:
    (found,) = compared(
        suite_of(outcome, "c" * 5), suite_of(outcome, "w" * 5, scorer="strict", sampling="longer"), facts=NOW
    )
    assert found.reason == (
        "asked in another way (scorer and sampling changed in all 5 cases): 5/5 correct before, 0/5 now (5 lost, 0 "
        "gained; difference -1.00, 95 % interval -1.00 to -0.13; p 0.031); whether the model is the cause is "
        "not judged; weights file and quantization changed; llama.cpp did not (judge it with "
        "--reasoning-across-prompts, or save the baseline again to compare from here)"
    )


def test_cases_asked_in_another_way_are_left_out_of_the_figures(outcome: Any) -> None:
    before = suite_of(outcome, "c" * 30)
    altered = [outcome(f"case-{i:02}", "wrong", prompt="shorter") for i in range(10)]
    edited = [outcome("case-10", "wrong", question="harder")]
    now = altered + edited + suite_of(outcome, "c" * 30)[11:29] + [outcome("brand-new", "wrong")]
    (found,) = compared(before, now)
    assert (found.verdict, found.pairs, found.lost) == ("passed", 18, ())
    assert found.reason == (
        "no regression: all 18 cases answered as before, word for word; "
        "left out: 10 asked in another way (10 correct before, 0 now, p 0.00098), 1 changed, 1 new, 1 removed"
    )
    assert comparison_lines(found, most_flips=2) == (
        "prompt changed: 'case-00', 'case-01' and 8 more",
        "question or target changed: 'case-10'",
        "new: 'brand-new'",
        "removed: 'case-29'",
    )


def test_a_suite_of_which_no_case_is_left_is_not_compared(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "cc"), [outcome("x"), outcome("y")])
    assert (found.verdict, found.reason) == (
        "skipped",
        "no case of the baseline is left; left out: 2 new, 2 removed (save it again to compare from here)",
    )


def test_a_suite_that_is_not_in_the_baseline_is_not_compared(outcome: Any) -> None:
    found = compared(suite_of(outcome, "cc"), suite_of(outcome, "cc", suite="sums") + suite_of(outcome, "cc"))
    assert [(c.suite, c.verdict) for c in found] == [("sums", "skipped"), ("letters", "passed")]
    assert found[0].reason == "it is not in the baseline (save it again to include it)"


def test_what_could_not_be_judged_is_not_compared(outcome: Any) -> None:
    run = suite_of(outcome, "cc")
    why = {("letters", "direct", "small"): ("error", "1 of 2 outcomes arrived")}
    (found,) = compared(run, run[:1], not_judged=why)
    assert (found.verdict, found.reason, found.family) == ("error", "1 of 2 outcomes arrived", 0)


def test_an_error_stops_the_comparison_instead_of_leaving_the_case_out(outcome: Any) -> None:
    run = suite_of(outcome, "cc")
    (found,) = compared(run, [run[0], outcome("case-01", "error", explanation="the engine died")])
    assert (found.verdict, found.reason) == (
        "error", "1 of 2 outcomes ended in error, first case 'case-01': the engine died",
    )  # fmt: skip


def test_outcomes_that_cannot_be_paired_are_an_error(outcome: Any) -> None:
    run = suite_of(outcome, "cc")
    (found,) = compared(run, suite_of(outcome, "cc", fingerprints={}))
    assert (found.verdict, found.reason) == ("error", "its outcomes have no fingerprints (run it again)")


def test_long_names_find_their_baseline(outcome: Any) -> None:
    model = "./a/very/long/path/to/some/fine-tuned-model-q4_k_m.gguf"
    run = [outcome(f"{'case' * 20}-{i}", model=model, strategy="zero-shot-chain-of-thought") for i in range(8)]
    (found,) = compared(run, run, facts={model: {}})
    assert (found.model, found.pairs, found.identical) == (model, 8, 8)


def test_unchanged_facts_are_said_of_a_regression_too(outcome: Any) -> None:
    (found,) = compared(suite_of(outcome, "c" * 20), suite_of(outcome, "w" * 9 + "c" * 11), facts=BEFORE)
    assert found.reason.endswith("; nothing recorded changed")


@pytest.mark.parametrize(
    ("cases", "now", "verdict", "said"),
    [
        (100, "c" * 100, "passed", "a drop of more than 0.05 is ruled out, p 0.0059"),
        (
            40, "c" * 40, "undecided",
            "a drop of more than 0.05 is not ruled out, p 0.13; if nothing changed, about 59 cases would rule it "
            "out",
        ),
        (
            100, "w" * 4 + "c" * 96, "undecided",
            "-0.10 to -0.00; p 0.84 of a drop beyond the margin); a drop of more than 0.05 is not ruled out, "
            "p 0.44; if nothing changed, about 150 cases would rule it out",
        ),
        (100, "w" * 20 + "c" * 80, "failed", "the drop is more than 0.05"),
    ],
)  # fmt: skip
def test_a_margin_makes_it_three_valued(outcome: Any, cases: int, now: str, verdict: str, said: str) -> None:
    (found,) = compared(
        suite_of(outcome, "c" * cases),
        suite_of(outcome, now, completion="in other words"),
        settings=ComparisonSettings(margin=0.05),
    )
    assert found.verdict == verdict
    assert said in found.reason


def test_with_a_margin_a_handful_of_flips_is_no_regression(outcome: Any) -> None:
    # the score test of Tango would call 2 of 10 lost beyond a margin of 0.01
    (found,) = compared(
        suite_of(outcome, "c" * 10), suite_of(outcome, "ww" + "c" * 8), settings=ComparisonSettings(margin=0.01)
    )
    assert found.verdict == "undecided"
    assert found.p_value == pytest.approx(0.276, abs=5e-4)


def test_repeats_are_compared_by_case(outcome: Any) -> None:
    def run(rates: list[int]) -> list[Outcome]:
        return [
            outcome(f"case-{i}", "correct" if sample < correct else "wrong", sample=sample)
            for i, correct in enumerate(rates)
            for sample in range(5)
        ]

    (found,) = compared(run([5] * 8), run([2, 3, 3, 4, 4, 4, 5, 5]))
    changes = [one.now_correct - one.before_correct for one in found.lost]
    assert (found.pairs, found.now_correct, changes) == (8, 6.0, [-3, -2, -2, -1, -1, -1])
    assert found.p_value == 2**-6
    assert (
        comparison_lines(found)[0] == "lost 'case-0': expected 'ye', was 'ye' (5/5 correct), is 'ey' (2/5 correct)"
    )
    assert found.p_value == drop_p_value([Fraction(change, 5) for change in changes])


def test_comparisons_are_json(outcome: Any) -> None:
    found = compared(suite_of(outcome, "c" * 20), suite_of(outcome, "w" * 9 + "c" * 11))
    row = json.loads(json.dumps([asdict(c) for c in found]))[0]
    assert row["verdict"] == "failed"
    assert row["lost"][0]["case"] == "case-00"
    assert row["cause"]["changed"] == ["weights file", "quantization"]


def test_with_a_margin_the_same_words_need_no_number_of_cases(outcome: Any) -> None:
    run = suite_of(outcome, "c" * 10)
    (found,) = compared(run, run, settings=ComparisonSettings(margin=0.05))
    assert (found.verdict, found.reason) == (
        "passed", "no regression: all 10 cases answered as before, word for word",
    )  # fmt: skip


def test_the_same_words_judged_otherwise_are_no_regression_of_the_model(outcome: Any) -> None:
    before = suite_of(outcome, "c" * 20, completion=" ye")
    now = suite_of(outcome, "w" * 20, completion=" ye")
    (found,) = compared(before, now, facts=BEFORE)
    assert found.verdict == "skipped"
    assert found.reason.startswith(
        "asked in another way (scoring changed in all 20 cases): 20/20 correct before, 0/20 now (20 lost, 0 "
    )
    (judged,) = compared(before, now, facts=BEFORE, settings=ComparisonSettings(across_prompts=True))
    assert judged.verdict == "failed"  # though word for word the same


def test_across_prompts_another_prompt_is_judged_and_said_to_be_one(outcome: Any) -> None:
    settings = ComparisonSettings(across_prompts=True)
    now = suite_of(outcome, "w" * 20 + "c" * 10, prompt="shorter") + suite_of(outcome, "c" * 50)[30:]
    (found,) = compared(suite_of(outcome, "c" * 50), now, facts=BEFORE, settings=settings)
    assert (found.verdict, found.pairs, found.across_prompts) == ("failed", 50, True)
    assert found.reason == (
        "regression, asked in another way (prompt changed in 30 of 50 cases): 50/50 correct before, 30/50 now "
        "(20 lost, 0 gained; difference -0.40, 95 % interval -0.54 to -0.28; p 9.5e-07); nothing recorded changed"
    )
    (found,) = compared(suite_of(outcome, "c" * 50), suite_of(outcome, "c" * 50), facts=BEFORE, settings=settings)
    assert found.reason == "no regression: all 50 cases answered as before, word for word"


def test_a_reworded_template_is_shown_with_both_rates_and_judged_only_if_asked_for(outcome: Any) -> None:
    """Every question is another one, but about the same variables and targets."""

    def asked(wording: str, statuses: str) -> list[Outcome]:
        return [
            outcome(
                f"{wording}-{i}", "correct" if one == "c" else "wrong", question=f"{wording} {i}?", about=f"{i}",
                prompt=wording,
            )
            for i, one in enumerate(statuses)
        ]  # fmt: skip

    before, now = asked("What is", "c" * 43 + "w" * 57), asked("Say", "c" * 20 + "w" * 80)
    (found,) = compared(before, now, facts=BEFORE)
    assert (found.verdict, found.pairs, found.new, found.removed) == ("skipped", 100, (), ())
    assert found.reason.startswith(
        "asked in another way (question changed in all 100 cases): 43/100 correct before, 20/100 now (23 lost, 0 "
        "gained; difference -0.23,"
    )
    assert found.p_altered == mcnemar_exact(23, 0, "drop")
    (judged,) = compared(before, now, facts=BEFORE, settings=ComparisonSettings(across_prompts=True))
    assert judged.verdict == "failed"
