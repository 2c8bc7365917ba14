"""Chooses the engine that answers for a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_reasoning.engine.elsewhere.opening import open_elsewhere
from pytest_reasoning.engine.machine.shares import shares
from pytest_reasoning.engine.others.endpoint import endpoint_engine
from pytest_reasoning.engine.others.recorded import RecordedEngine
from pytest_reasoning.engine.process.machines import Machines
from pytest_reasoning.engine.process.replicas import Placing, ReplicatedEngine
from pytest_reasoning.engine.process.supervisor import OnDone, ProcessEngine
from pytest_reasoning.engine.protocol import Engine, EngineSettings, for_model
from pytest_reasoning.engine.store.cached import CachedEngine, Responses
from pytest_reasoning.engine.store.keys import model_key, request_key
from pytest_reasoning.engine.warm.place import WarmPlace
from pytest_reasoning.records import Completion, Endpoint, Gguf, Model, Recorded, Request


def open_engine(
    model: Model,
    settings: EngineSettings,
    *,
    responses: Responses | None = None,
    placing: Placing | None = None,
) -> Engine:
    """Return the engine for a model; it starts, reads or connects nothing before its first result.

    Args:
        model: a GGUF file, an endpoint, or recorded completions.
        settings: the run's settings; the model's own settings fill in what these leave open.
        responses: the response store to answer from; it keeps completions of GGUF files only.
        placing: which replica may answer what, and has; without effect where there is one.
    """
    own = for_model(settings, model.settings)
    if isinstance(model, Endpoint):
        return endpoint_engine(model.remote, own)
    if isinstance(model, Recorded):
        return RecordedEngine(Path(model.path))

    if own.elsewhere:
        return open_elsewhere(model, own, responses=responses, placing=placing)

    def make_engine(on_done: OnDone | None = None) -> Engine:
        machines = Machines(mixed=own.mixed_machines)
        replicas = [
            ProcessEngine(
                model.path,
                one.settings,
                on_done=on_done,
                memory=model.memory,
                variables=one.variables,
                machines=machines,
                warm=_warm(model, own, one.variables, number),
            )
            for number, one in enumerate(shares(own))
        ]
        return replicas[0] if len(replicas) == 1 else ReplicatedEngine(replicas, width=own.width, placing=placing)

    if responses is None:
        return make_engine()
    key = model_key(model.sha256, own, responses.hash_of)
    return CachedEngine(make_engine, responses.store, key, refresh=responses.refresh)


def _warm(model: Gguf, own: EngineSettings, variables: Mapping[str, str], number: int) -> WarmPlace | None:
    """Return what keeps a replica's child loaded between runs; None if it ends with the run."""
    if own.keep_warm_s is None:
        return None
    # Not a replica's own settings: its share of the memory follows what is free at the moment.
    return WarmPlace(model.sha256, own, number=number, variables=variables)


def stored_completions(
    model: Model, settings: EngineSettings, requests: Sequence[Request], *, responses: Responses | None
) -> list[Completion | None]:
    """Return the stored completion of each request, or None; nothing is started."""
    if responses is None or responses.refresh or not isinstance(model, Gguf):
        return [None] * len(requests)
    own = for_model(settings, model.settings)
    if own.elsewhere:  # only a process there could say which machine it is
        return [None] * len(requests)
    common = model_key(model.sha256, own, responses.hash_of)
    keys = [request_key(common, request) for request in requests]
    found = responses.store.get(keys)
    return [found.get(key) for key in keys]
