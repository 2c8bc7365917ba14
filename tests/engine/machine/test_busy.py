from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from pytest_reasoning.engine.machine.busy import FreeProcessors
from pytest_reasoning.engine.process import waiting
from pytest_reasoning.engine.process.waiting import choose_waiting
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ModelSettings

TICKS = os.sysconf("SC_CLK_TCK")
ME, PARENT, SIBLING = os.getpid(), os.getppid(), 1 << 30


class Machine:
    """A file system with the kernel's files of four processors, of which this process may use three."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.now = root, 100.0
        self.cpus, self.used = [0.0] * 4, {ME: 0.0, PARENT: 0.0, SIBLING: 0.0}
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        monkeypatch.setattr("time.sleep", self.sleep)
        self.write()
        self.gauge = FreeProcessors(root, {0, 1, 2})

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def passes(self, seconds: float, cpus: list[float], used: dict[int, float]) -> None:
        """Let time pass in which processors and processes are busy to these shares."""
        self.now += seconds
        self.cpus = [busy + seconds * share for busy, share in zip(self.cpus, cpus, strict=True)]
        self.used = {pid: busy + seconds * used.get(pid, 0.0) for pid, busy in self.used.items()}
        self.write()

    def write(self) -> None:
        lines = ["cpu  1 2 3 4 5 6 7 8 9 10"]
        for number, busy in enumerate(self.cpus):
            lines.append(f"cpu{number} {int(busy * TICKS)} 0 0 {int((self.now - busy) * TICKS)} 50 0 0 0 0 0")
        self.put("proc/stat", "\n".join(lines))
        for pid, busy in self.used.items():
            self.put(f"proc/{pid}/stat", f"{pid} (a name) of) S 1 1 1 0 -1 4 0 0 0 0 {int(busy * TICKS)} 0 0 0 20")
        self.put(f"proc/{PARENT}/task/{PARENT}/children", f"{ME} {SIBLING}")

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_what_others_use_of_the_usable_processors_is_not_free(machine: Machine) -> None:
    machine.passes(2.0, [1.0, 0.5, 0.0, 1.0], {})
    assert machine.gauge.count(0.1, siblings=False) == pytest.approx(1.5, abs=0.02)


def test_what_this_process_and_its_parent_use_is_free(machine: Machine) -> None:
    machine.passes(2.0, [1.0, 1.0, 0.5, 1.0], {ME: 0.75, PARENT: 0.75})
    assert machine.gauge.count(0.1, siblings=False) == pytest.approx(2.0, abs=0.02)


def test_the_parent_s_other_children_are_free_only_if_they_count_already(machine: Machine) -> None:
    machine.passes(2.0, [1.0, 0.0, 0.0, 0.0], {SIBLING: 1.0})
    assert machine.gauge.count(0.1, siblings=False) == pytest.approx(2.0, abs=0.02)
    assert machine.gauge.count(0.1, siblings=True) == pytest.approx(3.0, abs=0.02)


def test_a_quota_is_the_most_that_can_be_free(machine: Machine) -> None:
    machine.put("proc/self/cgroup", "0::/box")
    machine.put("sys/fs/cgroup/box/cpu.max", "150000 100000")
    machine.passes(2.0, [0.5, 0.0, 0.0, 0.0], {})
    assert machine.gauge.count(0.1, siblings=False) == 1.5


def test_nothing_is_known_where_the_kernel_has_no_such_file(tmp_path: Path) -> None:
    assert FreeProcessors(tmp_path, {0}).count(0.0, siblings=False) is None


@pytest.mark.parametrize(
    ("threads", "replicas", "others", "expected"),
    [
        (3, 1, 0.0, "spin"),
        (3, 1, 0.2, "spin"),
        (3, 1, 0.5, "sleep"),
        (2, 1, 1.0, "spin"),
        (2, 2, 0.0, "sleep"),
        (1, 3, 0.0, "spin"),
    ],
)
def test_threads_spin_where_as_many_processors_are_free(
    threads: int, replicas: int, others: float, expected: str, machine: Machine
) -> None:
    machine.passes(2.0, [others, 0.0, 0.0, 0.0], {})
    settings = EngineSettings(model=ModelSettings(threads=threads, replicas=replicas))
    environ: dict[str, str] = {}
    assert choose_waiting(task_of(settings), machine.gauge, environ) == expected
    count = waiting.SPIN_COUNT if expected == "spin" else waiting.SLEEP_COUNT
    assert environ == {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": str(count)}


def test_threads_sleep_where_nothing_is_known(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    one = EngineSettings(model=ModelSettings(threads=1))
    assert choose_waiting(task_of(one), FreeProcessors(tmp_path, {0}), environ) == "sleep"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
        ({"GOMP_SPINCOUNT": "9"}, {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "9"}),
    ],
)
def test_the_user_s_own_variables_win(own: dict[str, str], expected: dict[str, str], machine: Machine) -> None:
    environ = dict(own)
    assert choose_waiting(task_of(EngineSettings()), machine.gauge, environ) == "set"
    assert environ == expected


def task_of(settings: EngineSettings) -> dict[str, object]:
    return {"op": "serve", "settings": asdict(settings)}
