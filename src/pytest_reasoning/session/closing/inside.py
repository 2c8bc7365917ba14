"""`--reasoning-lens`: looks into each model of the run after its cases have ended."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.engine import lens_figures
from pytest_reasoning.records import Gguf, LensProbe, LensView, Outcome
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.target_logprob import target_request
from pytest_reasoning.text.errors import ReasoningError

Asked = tuple[Outcome, LensProbe]


def look_inside(
    asker: Asker, items: Sequence[CaseItem], outcomes: Sequence[Outcome], *, skips: int
) -> tuple[list[LensView], list[str]]:
    """Return what the lens shows of every case that ran, and one line for each model that shows nothing.

    Only cases with the strategy `direct` are looked at: in them the target comes right after the prompt.
    """
    said = {outcome.nodeid: outcome for outcome in outcomes if outcome.sample == 0}
    views: list[LensView] = []
    trouble: list[str] = []
    for model in (model for model in asker.models if isinstance(model, Gguf)):
        asked = _asked([item for item in items if item.model.name == model.name], said, skips)
        if not asked:
            continue
        asker.close_models()
        try:
            with asker.waiting_for(f"the blocks of {model.name}") as on_progress:
                found = lens_figures(model, [probe for _, probe in asked], asker.settings, on_progress=on_progress)
        except ReasoningError as error:
            trouble.append(f"{model.name} could not be looked into: {error}")
            continue
        views += [
            LensView(
                model=outcome.model,
                suite=outcome.suite,
                case=outcome.case,
                strategy=outcome.strategy,
                status=outcome.status,
                figures=figures,
            )
            for (outcome, _), figures in zip(asked, found, strict=True)
        ]
    if not views and not trouble:
        trouble.append("Nothing was looked into: no case was asked with the strategy `direct` of a GGUF model.")
    return views, trouble


def _asked(items: Sequence[CaseItem], said: dict[str, Outcome], skips: int) -> list[Asked]:
    """Return the probes of the cases that ran."""
    found: list[Asked] = []
    taken: dict[tuple[str, str], int] = {}
    for item in items:
        outcome = said.get(item.nodeid)
        request = target_request(item.question) if outcome is not None and outcome.status != "error" else None
        if outcome is None or request is None:
            continue
        cell = (outcome.suite, outcome.strategy)
        taken[cell] = taken.get(cell, 0) + 1
        probe = LensProbe(
            prompt=request.prompt,
            target=request.choices[0],
            group=outcome.suite,
            skips=taken[cell] <= skips,
        )
        found.append((outcome, probe))
    return found
