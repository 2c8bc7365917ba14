"""What base models write behind `A:`: rounds of speakers, questions of their own, lists in one line, no answer."""

# ruff: noqa: E501 - completions stand whole

from __future__ import annotations

import pytest

from pytest_reasoning.records import Case, Completion, Generation, ScorerSpec
from pytest_reasoning.scoring import score_completion
from pytest_reasoning.scoring.score import Stage

OPTIONS = ("a cart", "a ship", "a plane", "a bike")
DIALOG = ("\nQuestion:", "\nWhich of them flies?")
PLAIN = Stage(introduction="Which of them flies?", introduced="perhaps", next_question=DIALOG)
YES_OR_NO = Stage(introduction="Therefore, the answer (Yes or No) is", introduced="surely", next_question=("\nB:",))
ASKED = Stage(introduction='What is the opposite of "wet"?', introduced="perhaps", next_question=("\nQ:", "\nB:"))
SUM = Stage(introduction="How many are left?", introduced="perhaps", next_question=("\nQ:", "\nA:", "\nB:"))

ROWS = [
    # rounds of speakers: one answer only if all agree
    ("choice", "C", PLAIN, " A plane.\nB: A plane.\nC: A plane.\nD: A plane.\nA: A plane.", "stop", "correct"),
    ("choice", "B", PLAIN, " A plane.\nB: A plane.\nC: A plane.\nD: A plane.\nA: A plane.", "stop", "wrong"),
    ("choice", "C", PLAIN, " The answer is A.\nB: The answer is C.\nC: The answer is C.\nD: The answer is D.", "stop", "unparsed"),
    ("choice", "D", PLAIN, " The answer is A.\nB: The answer is B.\nC: The answer is C.\nD: The answer is D.\nA:", "length", "unparsed"),
    ("choice", "C", PLAIN, " a cart\nB: a ship\nC: a plane\nD: a bike\nThe answer is C.", "stop", "correct"),
    ("choice", "B", PLAIN, " a cart\nB: a ship\nC: a plane\nD: a bike\nThe answer is C.", "stop", "wrong"),
    # a letter at the cut is the beginning of anything
    ("choice", "D", PLAIN, " It is fast.\nB: It is slow.\nC: It is big.\nD", "length", "truncated"),
    ("choice", "D", PLAIN, " It is fast.\nD", "stop", "correct"),
    # the question once more begins the next question
    ("choice", "C", PLAIN, " C\nWhich of them flies?\nA: D", "stop", "correct"),
    ("choice", "D", PLAIN, " C\nWhich of them flies?\nA: D", "stop", "wrong"),
    # a question of the model's own before any answer
    ("exact", "dry", ASKED, '\nQ: What is the opposite of "dark"?\nA: dry', "stop", "unparsed"),
    ("exact", "dry", ASKED, "\n\nB: dry\nC: dry", "stop", "unparsed"),
    ("exact", "dry", ASKED, "\ndry\n", "stop", "correct"),
    ("exact", "dark", ASKED, "\ndry\n", "stop", "wrong"),
    # no answer at all
    ("contains", "dry", ASKED, " I'm not sure.", "stop", "unparsed"),
    ("contains", "dry", ASKED, " I don't know, but it could be dry.", "stop", "correct"),
    ("exact", "dry", ASKED, ' What is the opposite of "wet"?', "stop", "unparsed"),
    ("exact", "I don't know", ASKED, " I don't know.", "stop", "correct"),
    ("exact", "dry", ASKED, " não sei", "stop", "unparsed"),
    # where yes or no was asked for, something else is none, and what is said later answers something else
    ("boolean", "yes", YES_OR_NO, " A.\nA: Yes, I can open it.", "stop", "unparsed"),
    ("boolean", "yes", YES_OR_NO, " Yes.\nA: No, I cannot.", "stop", "correct"),
    ("boolean", "no", YES_OR_NO, " Yes.\nA: No, I cannot.", "stop", "wrong"),
    ("boolean", "yes", YES_OR_NO, ":\n\nYes", "stop", "correct"),
    # two claims of one kind of thing are two answers
    ("number", "11", SUM, " The number of cups on the first shelf is 11 and the number of cups on the second shelf is 16.", "stop", "unparsed"),
    ("number", "16", SUM, " The number of cups on the first shelf is 11 and the number of cups on the second shelf is 16.", "stop", "unparsed"),
    ("number", "16", SUM, " There are 11 cups, so the number of cups is 16.", "stop", "correct"),
    # figures alone are an answer; what follows behind the next label is another
    ("list", "2, 4, 9", SUM, " 2, 4, 9\nA: 9, 4, 2", "stop", "correct"),
    ("list", "9, 4, 2", SUM, " 2, 4, 9\nA: 9, 4, 2", "stop", "wrong"),
    # a sentence is no list; items in one line are
    ("list", "ant, cat", SUM, " ant is the first word, cat is the last", "stop", "unparsed"),
    ("list", "A", SUM, " A. dog B. cat C. ant D. dog, cat, ant", "stop", "unparsed"),
    ("list", "1", SUM, " 1. Red: 2. Blue: 3. Green: 4", "length", "truncated"),
    ("list", "ant, cat", SUM, " ant, cat", "stop", "correct"),
]  # fmt: skip


@pytest.mark.parametrize(("scorer", "target", "stage", "text", "finish", "status"), ROWS)
def test_what_base_models_write(
    scorer: str, target: str, stage: Stage, text: str, finish: str, status: str
) -> None:
    options = OPTIONS if scorer == "choice" else ()
    case = Case(
        suite="s", id="c", file="s.yaml", line=1, prompt="Q", target=(target,), scorer=ScorerSpec(type=scorer),
        generation=Generation(), options=options,
    )  # fmt: skip
    completion = Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=1)  # type: ignore[arg-type]
    score = score_completion(case, completion, stage)
    assert score.status == status, score
