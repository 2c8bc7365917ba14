"""pytest-xdist: keeps the items of one model on one worker, and leaves all other tests to the user's scheduler."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

ENOUGH = 2
"Items a worker must hold to run the first of them: it waits until it knows the next one, or that there is none."


class ModelScheduling:
    """Gives every model whole to one worker, and has the scheduler of `--dist` spread the other tests.

    The user's scheduler sees only the other tests, through one `Lane` per worker. A worker runs its items in the
    order in which both have sent them, which is kept here: it tells which item a dead worker was running.
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
            users: not used yet.
            workers: how many there are at the beginning.
            models: names, in the order in which they shall begin.
            compared: pairs of models that are compared with each other and so must share a worker.
            log: of xdist.
        """
        self._users = users
        self._workers = workers
        self._leaders = leaders(models, compared)
        self._log = log
        self._lanes: dict[WorkerController, Lane] = {}
        self._collections: dict[WorkerController, Sequence[str]] = {}
        self._collection: Sequence[str] | None = None
        "What all workers have collected; None before anything was sent."
        self._others: list[int] = []
        "Places in the collection of the tests that ask no model: those of the user's scheduler."
        self._waiting: deque[list[int]] = deque()
        "Places of the items of each model that no worker has yet."

    @property
    def nodes(self) -> list[WorkerController]:
        """The workers that are there."""
        return list(self._lanes)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every worker of the beginning has collected."""
        return len(self._collections) >= self._workers

    @property
    def tests_finished(self) -> bool:
        """Whether no worker has more than the item it runs; then xdist tells all of them to end."""
        if not self.collection_is_completed or self._waiting or (self._others and not self._users.tests_finished):
            return False
        return all(len(lane.sent) < ENOUGH for lane in self._lanes.values())

    @property
    def has_pending(self) -> bool:
        """Whether there are items that have not ended."""
        return bool(self._waiting) or any(lane.sent for lane in self._lanes.values()) or self._users.has_pending

    def add_node(self, node: WorkerController) -> None:
        """Take a worker that has started, at the beginning or in place of a dead one."""
        self._lanes[node] = Lane(node)

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Take what a worker has collected."""
        if self._collection is None:
            self._collections[node] = tuple(collection)
        elif tuple(collection) != self._collection:
            self._log(f"{node.gateway.id} collected other tests than the worker that it replaces: not used")
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
        """Note that an item has ended, and send what may follow."""
        lane = self._lanes[node]
        lane.sent.remove(item_index)
        if item_index in lane.own:
            lane.own.remove(item_index)
        else:
            self._users.mark_test_complete(lane, lane.others[item_index], duration)
        self._send()

    def mark_test_pending(self, item: str) -> None:
        """Have an item run once more, as plugins ask for it that handle crashes."""
        assert self._collection is not None
        place = self._collection.index(item)
        if place in self._others:
            self._users.mark_test_pending(item)
        else:
            self._waiting.appendleft([place])
        self._send()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Hand back what a worker returned because the user's scheduler wants to give it to another one."""
        lane = self._lanes[node]
        for place in indices:
            lane.sent.remove(place)
        self._users.remove_pending_tests_from_node(lane, [lane.others[place] for place in indices])
        self._send()

    def remove_node(self, node: WorkerController) -> str | None:
        """Take leave of a worker, and return the item that it was running if it died.

        That item is lost. What else the worker had to do is done by others, each item once.
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
                # The user's scheduler cannot know that one of our items was before the first of its own.
                self._waiting.append([self._place(lost)])
        self._send()
        return None if running is None else self._name(running)

    def _begin(self) -> None:
        """Split what was collected between the user's scheduler and this one."""
        collections = [self._collections[node] for node in self._lanes if node in self._collections]
        self._collection = collections[0]
        groups: dict[str, list[int]] = {leader: [] for leader in self._leaders.values()}
        self._others = []
        # Workers that collected different tests are an error that every scheduler of xdist reports in its own way.
        alike = all(other == self._collection for other in collections)
        for place, nodeid in enumerate(self._collection):
            owner = owner_of(nodeid, self._leaders) if alike else None
            (self._others if owner is None else groups[self._leaders[owner]]).append(place)
        self._waiting.extend(places for places in groups.values() if places)
        self._send()  # before the other tests: nothing takes longer
        for node in list(self._collections):
            self._join(node)
        if self._others:
            self._users.schedule()

    def _join(self, node: WorkerController) -> None:
        """Make a worker known to the user's scheduler, if there is anything for it to spread."""
        lane = self._lanes[node]
        collection = self._collections[node]
        places = self._others if collection == self._collection else range(len(collection))
        lane.places = list(places)
        lane.others = {place: number for number, place in enumerate(lane.places)}
        if self._others:
            self._users.add_node(lane)
            self._users.add_node_collection(lane, [collection[place] for place in lane.places])

    def _send(self) -> None:
        """Give the next model to each worker that has none, and end workers for which nothing is left."""
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
    """A worker as the user's scheduler sees it: only the tests that ask no model, numbered from 0."""

    def __init__(self, node: WorkerController) -> None:
        """Take the worker."""
        self.node = node
        self.sent: list[int] = []
        "Places in the collection of all that the worker has not ended yet, in the order in which it runs them."
        self.own: deque[int] = deque()
        "Of them, those that ask a model."
        self.places: list[int] = []
        "Place in the collection of each test that the user's scheduler knows."
        self.others: dict[int, int] = {}
        "And back."
        self.told_to_end = False
        "Whether the user's scheduler has nothing more for this worker."

    @property
    def gateway(self) -> object:
        """The worker's, by which schedulers name and match workers."""
        return self.node.gateway

    @property
    def shutting_down(self) -> bool:
        """Whether no more tests may be sent."""
        return self.told_to_end or self.node.shutting_down

    def send(self, places: Sequence[int], *, own: bool = False) -> None:
        """Have the worker run the items at these places of the collection."""
        self.sent.extend(places)
        if own:
            self.own.extend(places)
        self.node.send_runtest_some(places)

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Have the worker run these tests."""
        self.send([self.places[number] for number in indices])

    def send_runtest_all(self) -> None:
        """Have the worker run every test."""
        self.send(self.places)

    def send_steal(self, indices: Sequence[int]) -> None:
        """Ask the worker to return these tests."""
        self.node.send_steal([self.places[number] for number in indices])

    def shutdown(self) -> None:
        """Take note that nothing more comes from the user's scheduler."""
        self.told_to_end = True


def owner_of(nodeid: str, models: Iterable[str]) -> str | None:
    """Return the model in the brackets a node id ends with, alone or before a strategy; None for other tests."""
    _, bracket, label = nodeid.removesuffix("]").rpartition("[")
    if not bracket:
        return None
    owners = [name for name in models if label == name or label.startswith(f"{name}-")]
    return max(owners, key=len, default=None)


def leaders(models: Sequence[str], compared: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return for every model the one whose worker it shares: itself, unless they are compared."""
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
    """Return the scheduler of a run; `users` is the one that `--dist` names."""
    from xdist.workermanage import parse_tx_spec_config

    workers = len(parse_tx_spec_config(config))
    return ModelScheduling(users, workers=workers, models=models, compared=compared, log=log)
