"""The time of a run on many replicas and nodes: by a formula, and by a simulation of the scheduler.

The simulation follows `engine/process/replicas.py` request by request: the idlest replica gets runs of neighbors,
and has at most two batches; it decodes up to `WIDTH` sequences at a time, evaluates a prefix once, and may die.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.process.replicas import BATCHES

WIDTH = 32
SUITES, PREFIX, PROMPT, TOKENS, MOST_TOKENS = 20, 300, 60, 100, 256
"A workload: suites, and tokens of a suite's prefix, of a case's own prompt, of its completion, and of the longest."


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service times of one replica, in seconds."""

    params: float
    "Parameters of the model."
    start_s: float
    "From the start of a process to its first answer."
    prompt_s: float
    "For one token of a prompt."
    step_s: float
    "For one decoding step of any number of sequences; `row_s` comes on top for each."
    row_s: float

    def scaled(self, params: float) -> Service:
        """Return the times of a model of another size, in proportion to its parameters."""
        by = params / self.params
        return Service(
            params=params,
            start_s=self.start_s * max(1.0, by),
            prompt_s=self.prompt_s * by,
            step_s=self.step_s * by,
            row_s=self.row_s * by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is asked of one model."""

    tokens: npt.NDArray[np.int64]
    "Completion tokens of each request."
    prompt: int = PROMPT
    "A request's own prompt tokens."
    prefix: int = PREFIX
    "Tokens of the prefix that the requests of a suite share."
    suites: int = SUITES


def run_hours(
    completions: float,
    seconds_each: float,
    *,
    replicas: int = 1,
    nodes: int = 1,
    start_s: float = 0.0,
    prefixes_s: float = 0.0,
    tail_s: float = 0.0,
    restarts_per_hour: float = 0.0,
    restart_s: float = 0.0,
) -> float:
    """Return the hours that one model takes, from the start of all nodes to the last answer; they may be infinite.

    Args:
        completions: of all nodes together.
        seconds_each: that one replica needs for a completion, when it decodes as many together as it can.
        replicas: of each node.
        nodes: shards; the fullest one gets more than its share, because a hash divides the cases.
        start_s: until a replica has loaded the model.
        prefixes_s: for the prefixes of the suites that a replica meets.
        tail_s: in which the last completions end and no others begin.
        restarts_per_hour: of one replica.
        restart_s: until a replica that died is where it was.
    """
    share = completions / nodes
    fullest = share + math.sqrt(2 * math.log(nodes) * share)
    working_s = fullest * seconds_each / replicas + prefixes_s
    lost = restarts_per_hour * restart_s / 3600
    if lost >= 1:
        return math.inf
    return (start_s + working_s / (1 - lost) + tail_s) / 3600


def computed_s(
    service: Service, work: Work, *, replicas: int = 1, nodes: int = 1, deaths_per_h: float = 0.0
) -> float:
    """Return the seconds of a run by the formula of the page."""
    count, mean = len(work.tokens), float(work.tokens.mean())
    width = min(WIDTH, max(1, count / nodes / replicas))
    token_s = service.step_s / width + service.row_s
    each = work.prompt * service.prompt_s + mean * token_s
    # The longest of all that are decoded at the end, if their lengths are geometric.
    last = min(int(work.tokens.max()), mean * (math.log(width * replicas) + 0.58))
    # What a death finds done of a sequence: long ones are met more often, so it is not half of the mean.
    done = float(np.square(work.tokens).mean()) / (2 * mean)
    # A replica with few cases does not meet all suites.
    met = work.suites * -math.expm1(-count / nodes / replicas / work.suites)
    return 3600 * run_hours(
        count,
        each,
        replicas=replicas,
        nodes=nodes,
        start_s=service.start_s,
        prefixes_s=met * work.prefix * service.prompt_s,
        tail_s=(last - mean) * (service.step_s + width / 4 * service.row_s),
        restarts_per_hour=deaths_per_h,
        restart_s=service.start_s
        + work.prefix * service.prompt_s
        + width * (work.prompt * service.prompt_s + done * token_s),
    )


def simulated_s(
    service: Service, work: Work, *, replicas: int = 1, nodes: int = 1, deaths_per_h: float = 0.0, seed: int = 0
) -> float:
    """Return the seconds of a run by simulation; of several nodes the fullest is simulated, which is the last."""
    random = np.random.default_rng(seed)
    counts = random.multinomial(len(work.tokens), [1 / nodes] * nodes)
    count = int(counts.max())
    chosen = np.arange(count) if nodes == 1 else np.sort(random.choice(len(work.tokens), count, replace=False))
    per_suite = max(1, math.ceil(len(work.tokens) / work.suites))
    waiting = deque(zip((chosen // per_suite).tolist(), work.tokens[chosen].tolist(), strict=True))

    def lifetime() -> float:
        return float(random.exponential(3600 / deaths_per_h)) if deaths_per_h else math.inf

    each = [SimulatedReplica(service, work, dies_at=lifetime()) for _ in range(replicas)]
    events = [(service.start_s, place) for place in range(replicas)]
    ended = 0.0
    while events:
        now, place = heapq.heappop(events)
        one = each[place]
        if now >= one.dies_at:
            now = one.die(now) + service.start_s
            one.dies_at = now + lifetime()
            heapq.heappush(events, (now, place))
            continue
        one.finish()
        hand_out(each, waiting)
        after = one.go_on(now)
        if after is None:
            ended = max(ended, now)
        else:
            heapq.heappush(events, (min(after, one.dies_at), place))
    return ended


def hand_out(each: Sequence[SimulatedReplica], waiting: deque[tuple[int, int]]) -> None:
    """Give the idlest replica the next requests, as `ReplicatedEngine` does."""
    while waiting:
        one = min(each, key=lambda one: one.held)
        count = min(WIDTH, BATCHES * WIDTH - one.held, -(-len(waiting) // len(each)))
        if count <= 0:
            return
        one.queue.extend(waiting.popleft() for _ in range(count))


class SimulatedReplica:
    """One process: up to WIDTH sequences that are decoded together, and requests to go on with."""

    def __init__(self, service: Service, work: Work, *, dies_at: float) -> None:
        self._service, self._work = service, work
        self.dies_at = dies_at
        self.queue: deque[tuple[int, int]] = deque()
        "Requests that it was handed and has not begun: their suites and tokens."
        self._live: list[tuple[int, int, int]] = []
        "A heap: the step at which the sequence ends, its suite, and its tokens."
        self._steps = 0
        self._suite = -1

    @property
    def held(self) -> int:
        """Requests that it has not answered."""
        return len(self.queue) + len(self._live)

    def finish(self) -> None:
        """End the sequences that have all their tokens."""
        while self._live and self._live[0][0] <= self._steps:
            heapq.heappop(self._live)

    def go_on(self, now: float) -> float | None:
        """Begin sequences that there is room for, and return when the next one ends; None if none is left."""
        while self.queue and len(self._live) < WIDTH:
            suite, tokens = self.queue.popleft()
            if suite != self._suite:
                self._suite = suite
                now += self._work.prefix * self._service.prompt_s
            now += self._work.prompt * self._service.prompt_s
            heapq.heappush(self._live, (self._steps + tokens, suite, tokens))
        if not self._live:
            return None
        steps = self._live[0][0] - self._steps
        self._steps += steps
        rows = 4 * -(-len(self._live) // 4)  # a call has a multiple of 4 rows
        return now + steps * (self._service.step_s + rows * self._service.row_s)

    def die(self, now: float) -> float:
        """Lose what is being decoded, to be asked again first, and the prefix."""
        self.queue.extendleft((suite, tokens) for _, suite, tokens in self._live)
        self._live, self._suite = [], -1
        return now


def lengths(count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Return completion tokens: geometric, and cut by `max_tokens`."""
    return np.minimum(np.random.default_rng(seed).geometric(1 / TOKENS, count), MOST_TOKENS)
