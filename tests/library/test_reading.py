"""The scorers of the library's suites read right answers as right, in the forms in which models give them."""

from __future__ import annotations

import pytest

from pytest_reasoning.library import FAMILIES, LANGUAGES, Family
from pytest_reasoning.records import Case, Completion
from pytest_reasoning.scoring import score_completion
from pytest_reasoning.suite import load_suite

CONCLUSION = {"en": "The answer is", "pt": "A resposta é"}
FORMS = (
    " {answer}",
    "{answer}.",
    "{answer}\n",
    "{rationale} {conclusion} {answer}.",
    "{rationale}\n{conclusion}: {answer}",
)


def status(case: Case, text: str) -> str:
    completion = Completion(text=text, tokens=(1,), logprobs=(0.0,), finish="stop", prompt_tokens=1)
    return score_completion(case, completion).status


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_right_answer_is_read_as_right_and_another_cases_answer_as_wrong(family: Family, language: str) -> None:
    cases = load_suite(family.path(language)).cases[::11]
    for case, other in zip(cases, [*cases[1:], cases[0]], strict=True):
        rationale = case.variables["case"]["rationale"]
        for form in FORMS:
            said = {"rationale": rationale, "conclusion": CONCLUSION[language]}
            right = form.format(answer=case.target[0], **said)
            assert status(case, right) == "correct", right
            if case.target != other.target:
                wrong = form.format(answer=other.target[0], **said)
                assert status(case, wrong) == "wrong", wrong
