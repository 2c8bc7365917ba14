"""Tokens saved by ending completions where their answer is final: `answered_tokens.py [--models …] [--cases N]`.

Every shipped suite is asked with its own scorer, with `contains`, and with `take: first`, each with and without
`generation: {stop_when_answered}`; scores must be equal. Prints a table in Markdown: tokens decoded of those that
decoding to the end takes.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.engine import Engine
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Case, ModelFacts, Score, ScorerSpec
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.suite import load_suite

CASES = Path(__file__).resolve().parent.parent / "cases"
RULES = ("own scorer", "contains", "take: first")


def with_rule(case: Case, rule: str) -> Case:
    """Return the case as another scorer reads it."""
    if rule == "contains":
        return replace(case, scorer=ScorerSpec(type="contains", params={"ignore_case": True, "words": True}))
    if rule == "take: first":
        return replace(case, scorer=replace(case.scorer, params={**case.scorer.params, "take": "first"}))
    return case


def to_the_end(case: Case) -> Case:
    """Return the case with its completions decoded to their own end."""
    return replace(case, generation=replace(case.generation, stop_when_answered=False))


def questions(model: ModelFacts, most: int) -> Iterator[Question]:
    """Yield the first cases of every shipped suite under each of its strategies."""
    for path in sorted(CASES.glob("*.yaml")):
        suite = load_suite(path)
        for name in suite.strategies:
            for case in suite.cases[:most]:
                yield Question(case=case, model=model, label=name, strategy=suite.strategy(name), chat=suite.chat)


def asked(engine: Engine, listed: list[Question]) -> list[tuple[Score, int]]:
    """Return each question's score and the tokens it took; every question has one completion."""
    tickets = [engine.submit(question.requests[0]) for question in listed]
    completions = [engine.result(ticket) for ticket in tickets]
    return [
        (question.answers([[completion]])[0][1], len(completion.tokens))
        for question, completion in zip(listed, completions, strict=True)
    ]


def measure(model: ModelFacts, most: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Return tokens with and without the rule, by rule and strategy; raises AssertionError if a score differs."""
    whole: Counter[tuple[str, str]] = Counter()
    ended: Counter[tuple[str, str]] = Counter()
    with Engine(model.path) as engine:
        for rule in RULES:
            with_it = [replace(one, case=with_rule(one.case, rule)) for one in questions(model, most)]
            without = [replace(one, case=to_the_end(one.case)) for one in with_it]
            for question, (score, tokens), (full_score, full_tokens) in zip(
                with_it, asked(engine, with_it), asked(engine, without), strict=True
            ):
                assert score == full_score, f"{question.case.suite}/{question.case.id}: {score} is not {full_score}"
                ended[rule, question.label] += tokens
                whole[rule, question.label] += full_tokens
    return {key: (ended[key], whole[key]) for key in whole}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="nano,small")
    parser.add_argument("--cases", type=int, default=1_000_000, help="of each suite")
    given = parser.parse_args()
    print("| model | rule | strategy | tokens to the end | tokens with the rule | saved |")
    print("|---|---|---|---|---|---|")
    for model in resolve(given.models.split(","), Path.cwd()):
        for (rule, strategy), (tokens, whole) in measure(model, given.cases).items():
            print(
                f"| {model.name} | {rule} | {strategy} | {whole} | {tokens} | {100 * (1 - tokens / whole):.0f} % |"
            )


if __name__ == "__main__":
    main()
