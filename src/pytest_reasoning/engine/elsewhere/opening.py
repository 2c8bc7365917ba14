"""Opens a model whose processes run on other machines."""

from __future__ import annotations

from pytest_reasoning.engine.elsewhere.cluster import cluster
from pytest_reasoning.engine.elsewhere.files import groups_of
from pytest_reasoning.engine.elsewhere.kept import PlacedStore
from pytest_reasoning.engine.elsewhere.launch import Launcher
from pytest_reasoning.engine.process.machines import Machines
from pytest_reasoning.engine.process.replicas import Placing, ReplicatedEngine
from pytest_reasoning.engine.process.supervisor import Elsewhere, ProcessEngine
from pytest_reasoning.engine.protocol import Engine, EngineSettings
from pytest_reasoning.engine.store.cached import CachedEngine, OnDone, Responses
from pytest_reasoning.engine.store.keys import model_key, place_key
from pytest_reasoning.records import Completion, Gguf, Request


def open_elsewhere(
    model: Gguf, settings: EngineSettings, *, responses: Responses | None, placing: Placing | None
) -> Engine:
    """Return the engine of a model with a launcher, or in a run with an executor; it starts nothing yet.

    Even one replica has its requests handed out by `ReplicatedEngine`, so that few are under way at a time.
    """
    groups = groups_of(model, settings)
    place: Elsewhere
    if settings.model.launch:
        place = Launcher(settings.model.launch, settings.model.launch_python, groups)
    else:
        assert settings.executor is not None
        place = cluster(settings.executor).place(settings, groups)
    replicas: list[ProcessEngine] = []

    def opened(on_done: OnDone | None = None) -> Engine:
        machines = Machines(mixed=settings.mixed_machines)
        for number in range(settings.replicas):
            keep = None if on_done is None else _kept(replicas, number, on_done)
            replicas.append(
                ProcessEngine(
                    model.path, settings, on_done=keep, memory=model.memory, machines=machines, place=place
                )
            )
        return ReplicatedEngine(replicas, width=settings.width, placing=placing)

    if responses is None:
        return opened()
    store = PlacedStore(
        responses.store,
        place_key(responses.hash_of),
        lambda: replicas[0].place_key,
        lambda: replicas[0].ask_place(),
    )
    key = model_key(model.sha256, settings, responses.hash_of)
    return CachedEngine(opened, store, key, refresh=responses.refresh)


def _kept(replicas: list[ProcessEngine], number: int, on_done: OnDone) -> OnDone:
    """Return what keeps completions of one replica, if its machine is like the first one's."""

    def keep(request: Request, completion: Completion) -> None:
        if replicas[number].place_key == replicas[0].place_key:
            on_done(request, completion)

    return keep
