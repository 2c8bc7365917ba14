"""Scores the completion of a case. This is the room's entry point."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_reasoning.records import Case, Completion, Score, ScorerSpec
from pytest_reasoning.scoring.combined import combined
from pytest_reasoning.scoring.explanations import cut_off
from pytest_reasoning.scoring.judge import judge
from pytest_reasoning.scoring.likelihood import choice_by_likelihood
from pytest_reasoning.scoring.mentions import contains, regex_
from pytest_reasoning.scoring.multiple_choice import choice
from pytest_reasoning.scoring.structured import json_
from pytest_reasoning.scoring.thinking import split_thinking
from pytest_reasoning.scoring.types import TYPES, reader_of, target_reading
from pytest_reasoning.scoring.where import Introduced, Said, WhyCut, last_line, without_run_on
from pytest_reasoning.text.errors import ScorerError
from pytest_reasoning.text.thinking import Formats
from pytest_reasoning.text.wording import counted

CustomScorer = Callable[..., Score | bool]
"""A scorer written in Python, registered through the hook `pytest_reasoning_scorers`: called with the text that
was said (without thinking), the tuple of targets, and its parameters by name."""

COMBINATIONS = ("all", "any", "weighted")
MOST_CHARS = 200_000
"Most characters that are read: half of them from the beginning and half from the end of a completion."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How the text to be scored was prompted."""

    introduction: str = ""
    "The end of the prompt: the strategy's trigger or extraction, or the last line of the question."
    introduced: Introduced = ""
    "See `where.Said.introduced`."
    next_question: tuple[str, ...] = ()
    "Texts with which the prompt layout would begin the next question."
    thinking_opened: bool = False
    "Whether the prompt ended within a thinking block."
    thinking_formats: Formats = ()
    "Texts that open and close thinking, besides the known ones."


def score_completion(
    case: Case,
    completion: Completion,
    stage: Stage = Stage(),
    *,
    registered: Mapping[str, CustomScorer] | None = None,
) -> Score:
    """Score one completion of a case; `registered` holds the scorers of plugins.

    Never raises: a scorer that fails gives status `error`.
    """
    ended = _not_to_be_read(completion)
    if ended is not None:
        return ended
    if case.choices:
        normalize = case.scorer.params.get("normalize", "none")
        return choice_by_likelihood(completion.choices, case.target, case.options, normalize)
    _, text, closed = split_thinking(completion.text, opened=stage.thinking_opened, formats=stage.thinking_formats)
    why_cut = CUTS.get(completion.finish)
    if not closed:
        return cut_off(why_cut or "itself", "within its thinking")
    read = without_run_on(text, stage.next_question, completion.stopped_by)
    said = Said(
        text=_bounded(read),
        cut=why_cut is not None and read == text,
        why_cut=why_cut or "max_tokens",
        introduction=stage.introduction,
        introduced=stage.introduced,
    )
    if completion.finish in NO_ANSWER and not read.strip():
        return Score(status="unparsed", answer=None, explanation=NO_ANSWER[completion.finish])
    if completion.finish in ("refusal", "tool_call"):
        return Score(status="unparsed", answer=None, explanation=NO_ANSWER[completion.finish])
    return _scored(case.scorer, said, case, registered or {})


CUTS: Mapping[str, WhyCut] = {"length": "max_tokens", "context": "n_ctx", "content_filter": "content_filter"}
"What cut a completion off, by `Completion.finish`."

NO_ANSWER: Mapping[str, str] = {
    "refusal": "the model refused to answer (ask otherwise, or leave the case out)",
    "tool_call": "the model called a tool instead of answering (offer it none, or ask for the answer in words)",
    "content_filter": "the server's content filter held the answer back (ask otherwise, or leave the case out)",
}
"Explanations for what a server may report instead of an answer."


def _not_to_be_read(completion: Completion) -> Score | None:
    if completion.finish == "deadline":
        why = completion.error or "the time was up"
        remedy = "" if why.endswith(")") else " (raise --reasoning-timeout)"
        return Score(status="error", answer=None, explanation=f"{why}{remedy}")
    if completion.finish == "error":
        return Score(status="error", answer=None, explanation=completion.error or "the engine failed")
    if completion.finish == "overflow":
        what = f"the prompt of {counted(completion.prompt_tokens, 'token')} does not fit"
        return Score(status="overflow", answer=None, explanation=f"{what} (raise n_ctx or shorten the prompt)")
    return None


_LONG_RUNS = re.compile(r"[ \t\u00a0\u3000\n](?:(?<=\n)\n{8,}|(?<!\n)[ \t\u00a0\u3000]{8,})")
"Its first character is matched alone, because `re` searches for one of a few characters quickly."
_IN_LONG_RUNS = (" " * 9, "\n" * 9, "\t", "\u00a0", "\u3000")
"Every long run holds one of these, and few texts do."


def _bounded(text: str) -> str:
    """Return a text of bounded length, in which no run of white space is long."""
    if any(run in text for run in _IN_LONG_RUNS):
        text = _LONG_RUNS.sub(lambda run: "\n" * 8 if run[0][0] == "\n" else " " * 8, text)
    if len(text) <= MOST_CHARS:
        return text
    return f"{text[: MOST_CHARS // 2]}\n{text[-MOST_CHARS // 2 :]}"


def _scored(spec: ScorerSpec, said: Said, case: Case, registered: Mapping[str, CustomScorer]) -> Score:
    name = spec.type
    if name in COMBINATIONS:
        parts: Sequence[ScorerSpec] = spec.params["of"]
        scores = [_scored(part, said, case, registered) for part in parts]
        weights = spec.params.get("weights") or [1.0] * len(scores)
        return combined(name, scores, weights, spec.params.get("at_least", 1.0))
    try:
        if name in registered:
            return _custom(registered[name], said, case, spec.params)
        return _built_in(spec, said, case)
    except ScorerError as error:
        return Score(status="error", answer=None, explanation=str(error))
    except Exception as error:  # a plugin's scorer may raise anything; it must not end the run
        what = f"scorer '{name}' failed: {type(error).__name__}: {error}"
        return Score(status="error", answer=None, explanation=" ".join(what.split()))


def _built_in(spec: ScorerSpec, said: Said, case: Case) -> Score:
    params = dict(spec.params)
    first = params.pop("take", "last") == "first"
    if spec.type == "choice":
        return choice(said, case.target, case.options, own=case.markers, first=first)
    if spec.type in TYPES:
        reader = reader_of(spec)
        targets = [reading for text in case.target if (reading := target_reading(spec, text)) is not None]
        rules = TYPES[spec.type].rules
        return judge(said, reader, targets, rules, target_texts=case.target, own=case.markers, first=first)
    if spec.type in ("contains", "regex"):
        search = contains if spec.type == "contains" else regex_
        return search(said, case.target, own=case.markers, **params)
    if spec.type == "json":
        return json_(said, case.target, **params)
    return Score(
        status="error", answer=None, explanation=f"unknown scorer '{spec.type}' (register it in conftest.py)"
    )


SCORERS = frozenset({"choice", "contains", "json", "regex", *TYPES})
"Scorers that a suite can name, without the ones that combine others."


def _custom(scorer: CustomScorer, said: Said, case: Case, params: Mapping[str, Any]) -> Score:
    result = scorer(said.text, case.target, **params)
    if isinstance(result, Score):
        return result
    last = last_line(said)
    answer = last.text if last is not None else None
    if result:
        return Score(status="correct", answer=answer, explanation=f"scorer '{case.scorer.type}' says so")
    if said.cut:
        return cut_off(said.why_cut, "before the end", answer=answer)
    return Score(status="wrong", answer=answer, explanation=f"scorer '{case.scorer.type}' says so")
