"""`--reasoning-distance`: compares the models of the run inside, on the stimuli of each suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_reasoning.engine import residual_streams
from pytest_reasoning.records import Gguf, ModelDistance
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.suite_file import SuiteFile
from pytest_reasoning.session.items.target_logprob import target_request
from pytest_reasoning.stats.least import LEAST_STIMULI
from pytest_reasoning.suite.stimuli import Stimulus
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import counted

if TYPE_CHECKING:
    from pytest_reasoning.verdict.distances import Doubles


def model_distances(asker: Asker, items: Sequence[CaseItem]) -> tuple[list[ModelDistance], list[str]]:
    """Return how far each model lies from the largest one, suite by suite, and a line for each thing not measured.

    Only suites that generate their cases have stimuli, and only the strategy `direct` is looked at: there the
    answer comes right after the prompt.
    """
    models = sorted(
        (model for model in asker.models if isinstance(model, Gguf)), key=lambda model: model.n_params, reverse=True
    )
    if len(models) < 2:
        return [], ["No distance was measured: that takes two GGUF models at least."]
    found: list[ModelDistance] = []
    trouble: list[str] = []
    for suite, asked in _asked(items).items():
        parent = next(iter(asked.values())).parent
        stimuli = parent.stimuli if isinstance(parent, SuiteFile) else ()
        if len(stimuli) < LEAST_STIMULI:
            said = counted(len(stimuli), "stimulus", "stimuli")
            trouble.append(f"No distance in {suite}: it generates {said}, and at least {LEAST_STIMULI} are needed.")
            continue
        try:
            found += _of_suite(asker, suite, [model for model in models if model.name in asked], asked, stimuli)
        except ReasoningError as error:
            trouble.append(f"No distance in {suite}: {error}")
    return found, trouble


def _asked(items: Sequence[CaseItem]) -> dict[str, dict[str, CaseItem]]:
    """Return a case of each suite and model that shows how its questions are put."""
    found: dict[str, dict[str, CaseItem]] = {}
    for item in items:
        if item.strategy == "direct":
            found.setdefault(item.question.case.suite, {}).setdefault(item.model.name, item)
    return found


def _of_suite(
    asker: Asker, suite: str, models: Sequence[Gguf], asked: dict[str, CaseItem], stimuli: Sequence[Stimulus]
) -> list[ModelDistance]:
    from pytest_reasoning.verdict.distances import Together, distance_of  # loads numpy and scipy

    whole: dict[str, Together] = {}
    for model in models:
        asker.close_models()
        rows = _streams(asker, model, asked[model.name], stimuli)
        whole[model.name] = Together(model=model.name, effects=rows)
    if len(whole) < 2:
        return []
    largest, *others = whole.values()
    wordings = len(stimuli[0].forms)
    return [distance_of(suite, one, largest, wordings=wordings) for one in others]


def _streams(asker: Asker, model: Gguf, item: CaseItem, stimuli: Sequence[Stimulus]) -> Doubles:
    """Return what the two changes of each stimulus do together, float64 (blocks, stimuli, n_embd)."""
    from pytest_reasoning.verdict.distances import together

    requests = []
    for case in (case for stimulus in stimuli for form in stimulus.forms for case in form):
        request = target_request(replace(item.question, case=case))
        if request is None:
            raise ReasoningError(f"the answers of {model.name} do not come right after the prompt")
        requests.append(request)
    with asker.waiting_for(f"the stimuli of {item.question.case.suite} in {model.name}") as on_progress:
        rows = residual_streams(
            model,
            [request.prompt for request in requests],
            asker.settings,
            targets=[request.choices[0] for request in requests],
            on_progress=on_progress,
        )
        return together(rows, wordings=len(stimuli[0].forms))
