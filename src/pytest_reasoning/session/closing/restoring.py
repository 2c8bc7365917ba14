"""`--reasoning-culprits`: finds the blocks at which quantized variants lose the answers of their references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_reasoning.engine import ForcedText, restored_tokens
from pytest_reasoning.records import Gguf, LostAnswer, Outcome, RequestKey, RestoredToken
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.closing.divergence import Written, question_of, question_of_row
from pytest_reasoning.text.errors import ReasoningError


def lost_answers(
    asker: Asker, written: Mapping[str, Sequence[Written]], outcomes: Sequence[Outcome]
) -> tuple[list[LostAnswer], list[str]]:
    """Return the block that loses each case a variant loses, and one line for each variant not looked into.

    Args:
        asker: gives the models and engine settings.
        written: the references' completions, rows of `closing.divergence.written_rows`, by model.
        outcomes: outcomes of the run; only a case's first sample is looked at.
    """
    found: list[LostAnswer] = []
    trouble: list[str] = []
    facts = {model.name: model for model in asker.models if isinstance(model, Gguf)}
    for variant in facts.values():
        reference = facts.get(variant.variant_of or "")
        if reference is None:
            continue
        lost = _lost(outcomes, reference.name, variant.name)
        rows = [
            row for row in written.get(reference.name, ()) if row["sample"] == 0 and question_of_row(row) in lost
        ]
        if not rows:
            continue
        texts = [
            ForcedText(prompt=row["prompt"], prefix_chars=row["prefix_chars"], tokens=tuple(row["tokens"]))
            for row in rows
        ]
        asker.close_models()
        try:
            with asker.waiting_for(f"the blocks of {variant.name}") as on_progress:
                figures = restored_tokens(reference, variant, texts, asker.settings, on_progress=on_progress)
        except ReasoningError as error:
            trouble.append(f"What {variant.name} loses was not traced to its blocks: {error}")
            continue
        found += _first_of_each(rows, figures, lost, reference.name)
    return found, trouble


def _lost(outcomes: Sequence[Outcome], reference: str, variant: str) -> dict[RequestKey, Outcome]:
    """Return the variant's outcome of each case that the reference answers and the variant does not."""
    first = {(one.model, question_of(one)): one for one in outcomes if one.sample == 0}
    right = {key for (model, key), one in first.items() if model == reference and one.status == "correct"}
    return {
        key: one
        for (model, key), one in first.items()
        if model == variant and one.status not in ("correct", "error") and key in right
    }


def _first_of_each(
    rows: Sequence[Written], figures: Sequence[RestoredToken], lost: Mapping[RequestKey, Outcome], reference: str
) -> list[LostAnswer]:
    """Keep one of a case's completions, the first that the variant leaves; strategies may have two stages."""
    kept: dict[RequestKey, RestoredToken] = {}
    for row, own in zip(rows, figures, strict=True):
        key = question_of_row(row)
        if key not in kept or kept[key].place is None:
            kept[key] = own
    return [
        LostAnswer(
            model=lost[key].model,
            reference=reference,
            suite=key.suite,
            case=key.case,
            strategy=key.strategy,
            content=lost[key].fingerprints.get("content", ""),
            figures=own,
        )
        for key, own in kept.items()
    ]
