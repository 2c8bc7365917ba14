"""Recorded completions: samples, stages, why they ended, run-ons, and rows that match nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

SUITE = """
prompt: "{prompt}"
target: "{{{{ target }}}}"
scorer: {scorer}
{more}
cases:
  - {{id: one, q: "3 + 4", target: "7"}}
"""


def run(
    pytester: pytest.Pytester, rows: list[dict[str, Any]], *, prompt: str = "{{ q }}?", scorer: str = "number",
    more: str = "", args: tuple[str, ...] = (),
) -> pytest.RunResult:  # fmt: skip
    pytester.path.joinpath("made.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8"
    )
    text = SUITE.format(prompt=prompt, scorer=scorer, more=more)
    pytester.path.joinpath("sums.yaml").write_text(text, encoding="utf-8")
    return pytester.runpytest_inprocess(
        "sums.yaml", "--reasoning-models=completions:made.jsonl", "--reasoning-json=out.json", "-rA", *args
    )


def outcomes(pytester: pytest.Pytester) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(pytester.path.joinpath("out.json").read_text(encoding="utf-8"))[
        "outcomes"
    ]
    return found


ENDS = [
    ({"finish_reason": "stop"}, "7", "correct", "answered '7'"),
    ({"finish_reason": "length"}, "So", "truncated", "raise generation.max_tokens"),
    ({"status": "truncated"}, "So", "truncated", "raise generation.max_tokens"),
    ({"finish": "context"}, "So", "truncated", "the context was full"),
    ({"finish_reason": "content_filter"}, "So it", "truncated", "content filter ended the text"),
    ({"finish_reason": "content_filter"}, "", "unparsed", "content filter held the answer back"),
    ({"finish_reason": "refusal"}, "I can't say 7.", "unparsed", "the model refused"),
    ({"finish_reason": "tool_calls"}, "", "unparsed", "called a tool"),
]


@pytest.mark.parametrize(("why", "text", "status", "explanation"), ENDS)
def test_each_way_to_end_has_its_own_words(
    pytester: pytest.Pytester, why: dict[str, str], text: str, status: str, explanation: str
) -> None:
    run(pytester, [{"id": "one", "completion": text, **why}])
    (found,) = outcomes(pytester)
    assert found["status"] == status
    assert explanation in found["explanation"]


def test_rows_with_one_id_are_samples_in_their_order(pytester: pytest.Pytester) -> None:
    rows = [{"id": "one", "completion": text} for text in ("7", "8", "7")]
    run(pytester, rows, more="repeats: 3")
    assert [one["status"] for one in outcomes(pytester)] == ["correct", "wrong", "correct"]


def test_numbered_samples_may_stand_in_any_order(pytester: pytest.Pytester) -> None:
    rows = [{"id": "one", "sample": sample, "completion": text} for sample, text in ((1, "8"), (0, "7"))]
    run(pytester, rows, more="repeats: 2")
    assert [one["answer"] for one in outcomes(pytester)] == ["7", "8"]


def test_a_sample_that_was_not_recorded_is_an_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, [{"id": "one", "completion": "7"}], more="repeats: 2")
    result.stdout.fnmatch_lines(["*no completion recorded for sample 1 of case 'one' in made.jsonl: it has 1*"])


def test_rows_that_match_no_case_are_named(pytester: pytest.Pytester) -> None:
    rows = [{"id": "one", "completion": "7"}, {"id": "on", "completion": "7"}]
    run(pytester, rows).stdout.fnmatch_lines(
        ["*1 recorded question matched no case that ran: 'on' (correct the `id`)*"]
    )
    assert "matched no case" not in run(pytester, rows, args=("-k", "one")).stdout.str()


TWO = "strategies: [zero-shot-cot]"


@pytest.mark.parametrize(
    "rows",
    [
        [
            {"id": "one", "stage": 1, "completion": " 3 and 4."},
            {"id": "one", "stage": 2, "completion": " 7. Then 12."},
        ],
        [{"id": "one", "completion": " 3 and 4.\nTherefore, the answer is 7. Then 12."}],
        [{"id": "one", "completion": " 7. Then 12."}],
    ],
)
def test_two_stages_may_be_recorded_apart_or_as_one(pytester: pytest.Pytester, rows: list[dict[str, Any]]) -> None:
    run(pytester, rows, more=TWO)
    assert [one["status"] for one in outcomes(pytester)] == ["correct"]


RUN_ON = " 7.\n\nThere are 12 people and 5 leave.\nA: 12 - 5 = 7 people. The answer is 0."


def test_what_a_base_model_asks_itself_is_not_read_and_is_counted(pytester: pytest.Pytester) -> None:
    result = run(pytester, [{"id": "one", "completion": RUN_ON}])
    (found,) = outcomes(pytester)
    assert (found["status"], found["answer"], found["finish"]) == ("correct", "7", "next_question")
    result.stdout.fnmatch_lines(["*1 of 1 completion ran on into a next question, which was cut off*"])


def test_a_suite_can_switch_it_off(pytester: pytest.Pytester) -> None:
    result = run(pytester, [{"id": "one", "completion": RUN_ON}], more="generation: {stop_at_next_question: false}")
    (found,) = outcomes(pytester)
    assert (found["status"], found["answer"], found["finish"]) == ("wrong", "0", "stop")
    assert "ran on into a next question" not in result.stdout.str()


VOTE = "strategies: [{name: vote, samples: 5, temperature: 0.7}]"


def test_samples_vote_on_their_answers_whatever_the_target_is(pytester: pytest.Pytester) -> None:
    """Right answers that differ are no party: 7 and 8 are both allowed, and 9 is what most say."""
    rows = [{"id": "one", "completion": text} for text in ("9", "7", "The answer is 9.0.", "8", "nine")]
    run(pytester, rows, more=f"{VOTE}\n")
    (found,) = outcomes(pytester)
    assert found["status"] == "wrong"
    assert found["explanation"].startswith("3 of 5 samples: expected '7', answered '9'")


@pytest.mark.parametrize("scorer", ["contains", "regex", "{type: all, of: [number, exact]}"])
def test_a_scorer_without_an_answer_to_vote_on_is_refused(pytester: pytest.Pytester, scorer: str) -> None:
    result = run(pytester, [{"id": "one", "completion": "7"}], scorer=scorer, more=VOTE)
    kind = scorer.strip("{}").split(",")[0].removeprefix("type: ")
    result.stdout.fnmatch_lines(
        [f"*sums.yaml:*: case 'one': strategy 'vote': samples cannot vote on scorer '{kind}'*"]
    )


def test_a_worked_example_that_asks_a_cases_question_is_an_error(pytester: pytest.Pytester) -> None:
    more = 'fewshot:\n  - {q: "1 + 1", target: "2"}\n  - {q: "3 + 4", target: "7"}'
    result = run(pytester, [{"id": "one", "completion": "7"}], more=more)
    result.stdout.fnmatch_lines(
        ["*sums.yaml:9:*: case 'one': the worked example on line 7 asks the same question, with its answer*"]
    )


def test_a_marker_of_the_suite_introduces_the_answer(pytester: pytest.Pytester) -> None:
    rows = [{"id": "one", "completion": "3, then 4. My verdict: 7. That took 12 seconds."}]
    run(pytester, rows, more='markers: ["My verdict:"]')
    assert outcomes(pytester)[0]["status"] == "correct"


TARGETS = [
    ("He has 3 + 4 = <<3+4=7>>7.\\n#### 7", None),
    ("3 or 4", "*case 'one': the target '3 or 4' names several answers*"),
    ("seven-ish x7", "*case 'one': the target 'seven-ish x7' is no number*"),
]


@pytest.mark.parametrize(("target", "problem"), TARGETS)
def test_targets_are_read_by_the_rules_of_answers(
    pytester: pytest.Pytester, target: str, problem: str | None
) -> None:
    pytester.path.joinpath("made.jsonl").write_text('{"id": "one", "completion": "7"}\n', encoding="utf-8")
    suite = f'prompt: q\ntarget: "{target}"\nscorer: number\ncases: [{{id: one}}]\n'
    pytester.path.joinpath("sums.yaml").write_text(suite, encoding="utf-8")
    result = pytester.runpytest_inprocess("sums.yaml", "--reasoning-models=completions:made.jsonl")
    if problem is None:
        result.assert_outcomes(passed=1, skipped=1)
    else:
        result.stdout.fnmatch_lines([problem])
