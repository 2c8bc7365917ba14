"""How items are spread over workers: models stay whole, other tests go where `--dist` says, every run ends."""

from __future__ import annotations

import random
from collections import Counter, deque
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import EachScheduling, LoadScheduling, WorkStealingScheduling

from pytest_reasoning.session.workers.scheduling import ModelScheduling, leaders, owner_of

MODELS = ("small", "small-x", "large")
CASES = [f"cases/a.yaml::case{n}[{model}]" for model in MODELS for n in range(7)]
TESTS = [f"test_a.py::test_{n}" for n in range(25)]


class Worker:
    """Runs its items in the order it gets them, each only once the next one is known, as xdist's workers do."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name, spec="popen")
        self.queue: deque[int] = deque()
        self.shutting_down = False
        self.steals: list[list[int]] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.shutting_down
        self.queue.extend(indices)

    def send_runtest_all(self) -> None:
        raise AssertionError("the worker holds more tests than the scheduler knows")

    def send_steal(self, indices: list[int]) -> None:
        self.steals.append(indices)

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def can_run(self) -> bool:
        return len(self.queue) > 1 or (self.shutting_down and bool(self.queue))

    def steal(self) -> list[int]:
        wanted = self.steals.pop(0)
        waiting = list(self.queue)[2:]  # one runs and the next one is known
        if not set(wanted) <= set(waiting):
            return []
        self.queue = deque(place for place in self.queue if place not in set(wanted))
        return wanted


class Session:
    """What xdist's controller does, in one process and in an order drawn from a seed."""

    def __init__(self, kind: Any, collection: list[str], workers: int, seed: int, crashes: set[str]) -> None:
        config: Any = SimpleNamespace(
            getvalue=lambda _: [f"{workers}*popen"],
            getoption=lambda _: None,
            option=SimpleNamespace(loadscopereorder=True),
        )
        log = Producer("test", enabled=False)
        self.scheduler = ModelScheduling(
            kind(config, log), workers=workers, models=MODELS, compared=[("large", "small")], log=log
        )
        self.collection = collection
        self.random = random.Random(seed)
        self.crashes = set(crashes)
        self.ran: list[tuple[str, str]] = []
        self.lost: list[str] = []
        self.workers: list[Worker] = []
        for number in range(workers):
            self.start(f"gw{number}")

    def start(self, name: str) -> None:
        worker: Any = Worker(name)
        self.workers.append(worker)
        self.scheduler.add_node(worker)
        self.scheduler.add_node_collection(worker, self.collection)
        if self.scheduler.collection_is_completed:
            self.scheduler.schedule()

    def run(self) -> None:
        for _ in range(20 * len(self.collection)):
            if self.scheduler.tests_finished:
                for worker in self.workers:
                    worker.shutdown()
            able = [worker for worker in self.workers if worker.can_run or worker.steals]
            if not able:
                break
            self.step(self.random.choice(able))
        assert not any(worker.queue for worker in self.workers), "it never ends"
        assert all(worker.shutting_down for worker in self.workers)

    def step(self, worker: Any) -> None:
        if worker.steals:
            self.scheduler.remove_pending_tests_from_node(worker, worker.steal())
            return
        place = worker.queue[0]
        name = self.collection[place]
        if name in self.crashes:
            self.crashes.remove(name)
            self.workers.remove(worker)
            assert self.scheduler.remove_node(worker) == name
            self.lost.append(name)
            self.start(f"{worker.gateway.id}'")
            return
        worker.queue.popleft()
        self.ran.append((name, worker.gateway.id))
        self.scheduler.mark_test_complete(worker, place, 0.0)


@pytest.mark.parametrize("kind", [LoadScheduling, WorkStealingScheduling])
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("collection", [CASES + TESTS, TESTS + CASES, CASES, TESTS, CASES[:1], TESTS[:1], []])
def test_every_item_runs_once_and_models_stay_whole(kind: Any, workers: int, collection: list[str]) -> None:
    for seed in range(5):
        session = Session(kind, collection, workers, seed, set())
        session.run()
        assert Counter(name for name, _ in session.ran) == Counter(collection)
        for model in MODELS:
            ran = [(name, worker) for name, worker in session.ran if owner_of(name, MODELS) == model]
            assert [name for name, _ in ran] == [name for name in collection if owner_of(name, MODELS) == model]
            assert len({worker for _, worker in ran}) <= 1
        compared = {worker for name, worker in session.ran if owner_of(name, MODELS) in ("small", "large")}
        assert len(compared) <= 1


@pytest.mark.parametrize("kind", [LoadScheduling, WorkStealingScheduling])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_worker_that_dies_costs_one_item_and_the_run_ends(kind: Any, workers: int) -> None:
    collection = [*TESTS[:12], *CASES, *TESTS[12:]]
    for seed in range(60):
        crashes = set(random.Random(seed).sample(collection, 1 + seed % 3))
        session = Session(kind, collection, workers, seed, crashes)
        session.run()
        assert set(session.lost) == crashes
        assert Counter(name for name, _ in session.ran) == Counter(set(collection) - crashes)


def test_each_runs_other_tests_on_every_worker_and_models_once() -> None:
    session = Session(EachScheduling, CASES + TESTS, 3, 0, set())
    session.run()
    counts = Counter(name for name, _ in session.ran)
    assert {counts[name] for name in CASES} == {1}
    assert {counts[name] for name in TESTS} == {3}


def test_a_node_id_names_its_model() -> None:
    assert owner_of("cases/a.yaml::one[small-x-cot]", MODELS) == "small-x"
    assert owner_of("cases/a.yaml::one[small-cot]", MODELS) == "small"
    assert owner_of("test_a.py::test_it[smaller]", MODELS) is None
    assert owner_of("small-tests/test_a.py::test_it", ["small"]) is None


def test_compared_models_share_a_worker() -> None:
    assert leaders("abcd", [("b", "a"), ("d", "b"), ("c", "elsewhere")]) == {
        "a": "d", "b": "d", "c": "c", "d": "d"
    }  # fmt: skip
