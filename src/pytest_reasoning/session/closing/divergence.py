"""Measures how far the next-token probabilities of quantized variants are from those of their reference.

Both models evaluate the reference's prompts and completions (teacher forcing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pytest_reasoning.engine import ForcedText, token_figures
from pytest_reasoning.records import Divergence, Gguf, Model, Outcome, RequestKey, TokenFigures
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.witness import Exchange, Witness
from pytest_reasoning.text.errors import ReasoningError

Written = Mapping[str, Any]
"""A completion of a reference as a mapping that JSON can hold: `suite`, `case`, `strategy`, `sample`, `prompt`,
`prefix_chars`, `tokens` and `text`."""


def reference_witness(models: Sequence[Model]) -> Witness | None:
    """Return a witness that records the references of the variants in this run; None if there are no variants."""
    names = {model.name for model in models}
    references = {model.variant_of for model in models if isinstance(model, Gguf) and model.variant_of is not None}
    return Witness(references & names) if references & names else None


def written_rows(seen: Iterable[Exchange]) -> list[Written]:
    """Return the completions that have tokens as rows that a worker can send; scored choices have no tokens."""
    return [
        {
            **asdict(request.key),
            "sample": request.sample,
            "prompt": request.prompt,
            "prefix_chars": request.prefix_chars,
            "tokens": list(completion.tokens),
            "text": completion.text,
        }
        for request, completion in seen
        if completion.tokens
    ]


def measure(
    asker: Asker, written: Mapping[str, Sequence[Written]], outcomes: Sequence[Outcome]
) -> tuple[list[Divergence], list[str]]:
    """Return the divergences of every variant that ran, and one line for each variant that could not be measured.

    Args:
        asker: gives the models, engine settings and response store.
        written: rows of `written_rows`, by reference model.
        outcomes: outcomes of the run; a variant is measured only on suites that it ran.
    """
    found: list[Divergence] = []
    trouble: list[str] = []
    facts = {model.name: model for model in asker.models if isinstance(model, Gguf)}
    for variant in facts.values():
        reference = facts.get(variant.variant_of or "")
        ran = {(one.suite, one.strategy) for one in outcomes if one.model == variant.name}
        if reference is None or not ran:
            continue
        texts = [
            (place, row["sample"], _forced(row, answer))
            for row, place, answer in _placed(written.get(reference.name, ()), reference.name, outcomes)
            if (place.suite, place.strategy) in ran
        ]
        if not texts:
            continue
        try:
            figures = _token_figures(asker, reference, variant, [text for _, _, text in texts])
        except ReasoningError as error:
            trouble.append(f"The KL divergence of {variant.name} from {reference.name} was not measured: {error}")
            continue
        found += [
            Divergence(
                model=variant.name,
                reference=reference.name,
                suite=place.suite,
                case=place.case,
                strategy=place.strategy,
                sample=sample,
                figures=own,
            )
            for (place, sample, _), own in zip(texts, figures, strict=True)
        ]
    return found, trouble


def question_of(outcome: Outcome) -> RequestKey:
    """Return the question that an outcome answers."""
    return RequestKey(suite=outcome.suite, case=outcome.case, strategy=outcome.strategy)


def question_of_row(row: Written) -> RequestKey:
    """Return the question that a completion answers."""
    return RequestKey(suite=row["suite"], case=row["case"], strategy=row["strategy"])


def _token_figures(asker: Asker, reference: Gguf, variant: Gguf, texts: Sequence[ForcedText]) -> list[TokenFigures]:
    """Close all models, then evaluate each text with both models; raises EngineError or ModelError."""
    asker.close_models()
    with asker.waiting_for(f"{variant.name} against {reference.name}") as on_progress:
        return token_figures(
            reference, variant, texts, asker.settings, responses=asker.responses, on_progress=on_progress
        )


def _placed(
    written: Sequence[Written], reference: str, outcomes: Iterable[Outcome]
) -> Iterator[tuple[Written, RequestKey, str | None]]:
    """Yield each completion with its question's key and, if it was judged correct by itself, its answer."""
    answers = {(question_of(one), one.sample): one for one in outcomes if one.model == reference}
    judged = {key for key, _ in answers}
    keys = [question_of_row(row) for row in written]
    last_samples: dict[RequestKey, int] = {}
    for row, key in zip(written, keys, strict=True):
        last_samples[key] = max(row["sample"], last_samples.get(key, 0))
    for row, key in zip(written, keys, strict=True):
        if key not in judged:
            continue
        # Where a strategy votes, a single completion is neither correct nor wrong.
        alone = (key, last_samples[key]) in answers
        outcome = answers.get((key, row["sample"])) if alone else None
        yield row, key, outcome.answer if outcome is not None and outcome.status == "correct" else None


def _forced(row: Written, answer: str | None) -> ForcedText:
    text = row["text"].encode("utf-8")
    said = answer.encode("utf-8") if answer else b""
    start = text.rfind(said) if said else -1
    return ForcedText(
        prompt=row["prompt"],
        prefix_chars=row["prefix_chars"],
        tokens=tuple(row["tokens"]),
        answer=(start, start + len(said)) if start >= 0 else None,
    )
