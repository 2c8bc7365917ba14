"""Completions of real models, labelled by hand before any status was seen, read as the person read them."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kit.model_facts import model_facts
from pytest_reasoning.records import Case, Completion, Score
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.suite import Suite, load_suite

FOLDER = Path(__file__).parent / "labelled"
BAR = 0.98
"Share of a model's completions whose status and answer must be those of the label."
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
CHAT_MODELS = ("SmolLM2-135M-Instruct.Q4_1",)

Row = dict[str, Any]


def rows_of(name: str) -> list[Row]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


ROWS = rows_of("labelled.jsonl")
MODELS = sorted({row["model"] for row in ROWS})


@cache
def suite_and_cases(file: str) -> tuple[Suite, dict[str, Case]]:
    suite = load_suite(FOLDER / "suites" / file)
    return suite, {case.id: case for case in suite.cases}


def read(row: Row) -> Score:
    """Read a row as a run does, which knows what was asked and how."""
    suite, cases = suite_and_cases(row["suite"])
    strategy = suite.strategy(row["strategy"])
    chat_template = CHAT_TEMPLATE if row["model"] in CHAT_MODELS else None
    question = Question(
        case=cases[row["case"]],
        model=model_facts(row["model"], chat_template),
        label=strategy.name,
        strategy=strategy,
        chat=suite.chat,
    )
    last = completion(row["completion"], row["finish"])
    stages = (completion(row["before"], "eos"), last) if strategy.extraction else (last,)
    ((_, score),) = question.answers([stages])
    return score


def completion(text: str, finish: Any) -> Completion:
    return Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=0)


def disagreements(model: str) -> list[Row]:
    found = []
    for row in (row for row in ROWS if row["model"] == model):
        score = read(row)
        if score.status != row["label_status"] or not same_answer(row, score):
            place = {key: row[key] for key in ("model", "suite", "case", "strategy")}
            label = {"label_status": row["label_status"], "label_answer": row["label_answer"]}
            found.append({**place, **label, "status": score.status, "answer": score.answer})
    return found


def same_answer(row: Row, score: Score) -> bool:
    """Whether the answer is the one that is read of the labelled answer standing alone.

    Most answers of small models are wrong, so that a right status alone shows little. `contains` is left out: it
    shows the statement in which it looked, which is longer than the answer.
    """
    if row["scorer"] == "contains" or score.status not in ("correct", "wrong"):
        return True
    alone = read({**row, "completion": f" {row['label_answer']}", "finish": "eos"})
    return alone.answer == score.answer


@pytest.mark.parametrize("model", MODELS)
def test_the_reading_of_a_real_model_agrees_with_a_person(model: str) -> None:
    found = disagreements(model)
    total = sum(row["model"] == model for row in ROWS)
    listing = "\n".join(json.dumps(row, ensure_ascii=False) for row in found)
    assert len(found) <= (1 - BAR) * total, f"{len(found)} of {total} disagree:\n{listing}"


def test_the_disagreements_are_those_that_are_listed() -> None:
    found = [row for model in MODELS for row in disagreements(model)]
    assert found == rows_of("known_disagreements.jsonl")


@pytest.mark.parametrize("model", MODELS)
def test_enough_completions_of_enough_suites_are_labelled(model: str) -> None:
    per_suite = Counter(row["suite"] for row in ROWS if row["model"] == model)
    assert per_suite.total() >= 200
    assert len(per_suite) >= 4


def test_a_row_holds_what_its_suite_says() -> None:
    for row in ROWS:
        suite, cases = suite_and_cases(row["suite"])
        case, strategy = cases[row["case"]], suite.strategy(row["strategy"])
        assert row["target"] == list(case.target)
        assert row["options"] == list(case.options)
        assert row["scorer"] == case.scorer.type
        assert row["introduction"] == (strategy.extraction or strategy.trigger)
