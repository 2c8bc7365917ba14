"""Certification: runs every request again in another batch layout, to find a model's noise floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_reasoning.engine import EngineFacts, EngineProgress, EngineSettings, Placing, open_engine
from pytest_reasoning.records import Model
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.witness import Exchange, Witness
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import NoiseFloor, noise_floor

WIDTHS = (32, 16)
"""Batch widths to choose from: the second run takes the first one that differs from the first run's. Under pinned
batching it keeps the width, which decides there in which row a request runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The agreement of a model's second run with its first."""

    floor: NoiseFloor
    how: str
    "What differed in the second run, as one clause."

    def __str__(self) -> str:
        """Return one clause for the summary."""
        return f"{self.floor} ({self.how})"


def certificates(asker: Asker, witness: Witness) -> Iterator[tuple[str, Certificate | ReasoningError]]:
    """Close all models, run the requests of each one again, and yield its name with a certificate or an error."""
    asker.close_models()
    for model in asker.models:
        seen = witness.seen.get(model.name)
        if not seen:
            continue
        try:
            with asker.waiting_for(model.name) as on_progress:
                found = certify(
                    model,
                    seen,
                    engine=asker.facts(model),
                    placing=witness.placing.get(model.name, Placing()),
                    settings=asker.settings,
                    on_progress=on_progress,
                )
        except ReasoningError as error:
            yield model.name, error
        else:
            yield model.name, found


def certify(
    model: Model,
    seen: Sequence[Exchange],
    *,
    engine: EngineFacts | None,
    placing: Placing,
    settings: EngineSettings,
    on_progress: Callable[[EngineProgress], None],
) -> Certificate:
    """Run every request of a model again and compare the completions.

    The response store is not used: a stored completion would always agree with itself.

    Args:
        model: a GGUF file.
        seen: the exchanges that the `Witness` recorded.
        engine: what the engine of the first run reported about itself.
        placing: which replica was given which request in the first run; another one is asked now.
        settings: engine settings of the first run.
        on_progress: called with the progress of the second run.

    Raises:
        ModelError: the model cannot be loaded again.
    """
    threads = engine.threads if engine is not None else 1
    width = engine.width if engine is not None else settings.width
    other_threads = 1 if threads > 1 else 2
    pinned = engine is not None and engine.batching == "pinned"
    other_width = width if pinned else next(other for other in WIDTHS if other != width)
    others = replace(settings.model, threads=other_threads, width=other_width)
    other = Placing(elsewhere=placing.given)
    again = open_engine(model, replace(settings, model=others, keep_warm_s=None), placing=other)
    try:
        order = range(len(seen) - 1, -1, -1)
        tickets = {place: again.submit(seen[place][0]) for place in order}
        completions = {str(place): again.result(ticket, on_progress) for place, ticket in tickets.items()}
    finally:
        again.close()
    moved = sum(other.given.get(one, at) != at for one, _ in seen if (at := placing.given.get(one)) is not None)
    first = {str(place): completion for place, (_, completion) in enumerate(seen)}
    clauses = ["again in reverse order"]
    if moved:
        clauses.append(f"{'each' if moved == len(seen) else moved} by another replica than before")
    machines = again.facts.machines if again.facts is not None else ()
    if engine is not None and engine.machines and machines and set(machines) != set(engine.machines):
        clauses.append(f"on another class of machine ({'; '.join(map(str, machines))})")
    clauses.append(f"threads {threads} -> {other_threads}")
    if other_width != width:
        clauses.append(f"batch width {width} -> {other_width}")
    return Certificate(floor=noise_floor(first, [completions]), how=", ".join(clauses))
