"""The scheduler for pytest-xdist: one worker per model, and the user's `--dist` scheduler for all other tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.text.wording import counted

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

ENOUGH = 2
"Items a worker must hold before it runs the first: xdist workers wait until they know the next item, or the end."


def idle_workers_line(workers: object, models: int) -> list[str]:
    """Return the header's line on workers that no model is left for; none if there are none.

    Args:
        workers: the number of workers, as pytest-xdist has it; whatever is no number says that there are none.
        models: the number of models.
    """
    if not isinstance(workers, int) or not 0 < models < workers:
        return []
    each = "one worker runs it all" if models == 1 else "one worker runs all of a model"
    return [
        f"reasoning: {counted(models, 'model')} and {workers} workers: {each}; --reasoning-replicas=N divides the "
        "requests of a model, with or without -n"
    ]


class ModelScheduling:
    """Gives all items of a model to one worker, and lets the `--dist` scheduler distribute the other tests.

    The user's scheduler sees only the other tests, through one `Lane` per worker. Each lane records the order in
    which both schedulers sent items to its worker, and so knows which item a dead worker was running.
    """

    def __init__(
        self,
        users: Scheduling,
        *,
        workers: int,
        models: Sequence[str],
        compared: Iterable[tuple[str, str]] = (),
        log: Producer,
    ) -> None:
        """Take the scheduler of `--dist` and the models.

        Args:
            users: the user's scheduler, which has no workers yet.
            workers: number of workers at the start.
            models: names of the models, in the order in which they start.
            compared: pairs of models that are compared with each other and so must share a worker.
            log: the log of xdist.
        """
        self._users = users
        self._workers = workers
        self._leaders = leaders(models, compared)
        self._log = log
        self._lanes: dict[WorkerController, Lane] = {}
        self._collections: dict[WorkerController, Sequence[str]] = {}
        self._collection: Sequence[str] | None = None
        "The node ids that all workers collected; None before anything was sent."
        self._others: list[int] = []
        "Indices in the collection of the tests that use no model; the user's scheduler distributes them."
        self._waiting: deque[list[int]] = deque()
        "For each model that no worker has yet, the indices of its items."

    @property
    def nodes(self) -> list[WorkerController]:
        """The current workers."""
        return list(self._lanes)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every initial worker has collected."""
        return len(self._collections) >= self._workers

    @property
    def tests_finished(self) -> bool:
        """Whether no worker has items left beside the one it runs; xdist then shuts all workers down."""
        if not self.collection_is_completed or self._waiting or (self._others and not self._users.tests_finished):
            return False
        return all(len(lane.sent) < ENOUGH for lane in self._lanes.values())

    @property
    def has_pending(self) -> bool:
        """Whether there are unfinished items."""
        return bool(self._waiting) or any(lane.sent for lane in self._lanes.values()) or self._users.has_pending

    def add_node(self, node: WorkerController) -> None:
        """Add a worker that has started, at the start of the run or in place of a dead one."""
        self._lanes[node] = Lane(node)

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Take the node ids that a worker collected."""
        if self._collection is None:
            self._collections[node] = tuple(collection)
        elif tuple(collection) != self._collection:
            self._log(f"{node.gateway.id} collected other tests than the worker that it replaces; it is not used")
        else:
            self._collections[node] = self._collection
            self._join(node)

    def schedule(self) -> None:
        """Send the first items to every worker, or to those that are new."""
        if self._collection is None:
            self._begin()
        elif self._others:
            self._users.schedule()
        self._send()

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Record that an item has finished, and send the next items."""
        lane = self._lanes[node]
        lane.sent.remove(item_index)
        if item_index in lane.own:
            lane.own.remove(item_index)
        else:
            self._users.mark_test_complete(lane, lane.others[item_index], duration)
        self._send()

    def mark_test_pending(self, item: str) -> None:
        """Run an item again, as requested by plugins that handle crashes."""
        assert self._collection is not None
        place = self._collection.index(item)
        if place in self._others:
            self._users.mark_test_pending(item)
        else:
            self._waiting.appendleft([place])
        self._send()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Return to the user's scheduler the tests that it took back from a worker to give them to another."""
        lane = self._lanes[node]
        for place in indices:
            lane.sent.remove(place)
        self._users.remove_pending_tests_from_node(lane, [lane.others[place] for place in indices])
        self._send()

    def remove_node(self, node: WorkerController) -> str | None:
        """Remove a worker, and return the item that it was running if it died.

        That item is lost. The worker's other items are run by other workers, each once.
        """
        lane = self._lanes.pop(node)
        running = lane.sent[0] if lane.sent else None
        if lane.own and lane.own[0] == running:
            lane.own.popleft()
        if lane.own:
            self._waiting.appendleft(list(lane.own))
        if lane in self._users.nodes:
            lost = self._users.remove_node(lane)
            if lost is not None and (running is None or lost != self._name(running)):
                # The user's scheduler cannot know that the worker was running one of our items, not its first one.
                self._waiting.append([self._place(lost)])
        self._send()
        return None if running is None else self._name(running)

    def _begin(self) -> None:
        """Divide the collected tests between the user's scheduler and this one."""
        collections = [self._collections[node] for node in self._lanes if node in self._collections]
        self._collection = collections[0]
        groups: dict[str, list[int]] = {leader: [] for leader in self._leaders.values()}
        self._others = []
        # If workers collected different tests, the user's scheduler gets all of them and reports the error.
        alike = all(other == self._collection for other in collections)
        for place, nodeid in enumerate(self._collection):
            owner = owner_of(nodeid, self._leaders) if alike else None
            (self._others if owner is None else groups[self._leaders[owner]]).append(place)
        self._waiting.extend(places for places in groups.values() if places)
        self._send()  # models first, because they take longest
        for node in list(self._collections):
            self._join(node)
        if self._others:
            self._users.schedule()

    def _join(self, node: WorkerController) -> None:
        """Add a worker to the user's scheduler, if there are tests for it to distribute."""
        lane = self._lanes[node]
        collection = self._collections[node]
        places = self._others if collection == self._collection else range(len(collection))
        lane.places = list(places)
        lane.others = {place: number for number, place in enumerate(lane.places)}
        if self._others:
            self._users.add_node(lane)
            self._users.add_node_collection(lane, [collection[place] for place in lane.places])

    def _send(self) -> None:
        """Give the next model to each worker that has none, and shut down workers for which nothing is left."""
        for lane in self._lanes.values():
            if lane.node.shutting_down or lane.node not in self._collections or self._collection is None:
                continue
            while self._waiting and len(lane.own) < ENOUGH:
                lane.send(self._waiting.popleft(), own=True)
            if not self._waiting and (lane.told_to_end or not self._others):
                lane.node.shutdown()

    def _name(self, place: int) -> str:
        assert self._collection is not None
        return self._collection[place]

    def _place(self, nodeid: str) -> int:
        assert self._collection is not None
        return self._collection.index(nodeid)


class Lane:
    """A worker as the user's scheduler sees it: with only the tests that use no model, numbered from 0."""

    def __init__(self, node: WorkerController) -> None:
        """Take the worker."""
        self.node = node
        self.sent: list[int] = []
        "Indices in the collection of the worker's unfinished items, in the order in which it runs them."
        self.own: deque[int] = deque()
        "Those of them that use a model."
        self.places: list[int] = []
        "The index in the collection of each test that the user's scheduler knows, by its number there."
        self.others: dict[int, int] = {}
        "The inverse of `places`: index in the collection to number."
        self.told_to_end = False
        "Whether the user's scheduler has no more tests for this worker."

    @property
    def gateway(self) -> object:
        """The worker's gateway, by which schedulers name and match workers."""
        return self.node.gateway

    @property
    def shutting_down(self) -> bool:
        """Whether no more tests may be sent."""
        return self.told_to_end or self.node.shutting_down

    def send(self, places: Sequence[int], *, own: bool = False) -> None:
        """Send the worker the items at these indices of the collection."""
        self.sent.extend(places)
        if own:
            self.own.extend(places)
        self.node.send_runtest_some(places)

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Send the worker some tests, by the numbers of the user's scheduler."""
        self.send([self.places[number] for number in indices])

    def send_runtest_all(self) -> None:
        """Send the worker every test of the user's scheduler."""
        self.send(self.places)

    def send_steal(self, indices: Sequence[int]) -> None:
        """Ask the worker to return some tests, by the numbers of the user's scheduler."""
        self.node.send_steal([self.places[number] for number in indices])

    def shutdown(self) -> None:
        """Record that the user's scheduler has no more tests for this worker."""
        self.told_to_end = True


def owner_of(nodeid: str, models: Iterable[str]) -> str | None:
    """Return the model named in the brackets at the end of a node id, with or without a strategy; else None."""
    _, bracket, label = nodeid.removesuffix("]").rpartition("[")
    if not bracket:
        return None
    owners = [name for name in models if label == name or label.startswith(f"{name}-")]
    return max(owners, key=len, default=None)


def leaders(models: Sequence[str], compared: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return for every model the one whose worker it shares: itself, unless it is compared with another."""
    found = {model: model for model in models}
    for one, other in compared:
        if one in found and other in found:
            first, second = found[one], found[other]
            found = {model: first if leader == second else leader for model, leader in found.items()}
    return found


def model_scheduling(
    config: pytest.Config,
    log: Producer,
    users: Scheduling,
    models: Sequence[str],
    compared: Iterable[tuple[str, str]] = (),
) -> ModelScheduling:
    """Return the scheduler of a run; `users` is the one named by `--dist`."""
    from xdist.workermanage import parse_tx_spec_config

    workers = len(parse_tx_spec_config(config))
    return ModelScheduling(users, workers=workers, models=models, compared=compared, log=log)
