"""Chooses how llama.cpp's threads wait for each other: they spin if there are processors free for all of them.

A spinning thread goes on at once, but where threads outnumber the free processors it keeps those from running for
which it waits. libgomp reads the variables when llama.cpp is loaded, so the choice comes before that.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from pytest_reasoning.engine.machine.busy import FreeProcessors
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Waiting

POLICY, COUNT = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"
SPIN_COUNT = 10_000
"""Some tenths of a millisecond: longer than the waits between free processors. With 30 times as many, libgomp's own
count, a run is many times slower once another program takes a processor that was free at first."""
SLEEP_COUNT = 400
"Some microseconds: most waits are over by then, and waking a thread takes longer."
LEAST_S = 0.1
"Seconds over which the free processors are measured; the kernel counts in hundredths."
NEARLY = 0.25
"A thread's processor counts as free if other programs take less of it than this."


def choose_waiting(task: Message, free: FreeProcessors, environ: MutableMapping[str, str]) -> Waiting:
    """Set the variables that say how threads wait; return the choice.

    Args:
        task: the task of this process. All replicas that its settings name are taken to run on this machine.
        free: a measurement that has begun.
        environ: this process's variables; where one of the two is there, the user has chosen.
    """
    if POLICY in environ:
        return "set"
    # Otherwise idle threads would spin for ever between two calls.
    environ[POLICY] = "passive"
    if COUNT in environ:
        return "set"
    settings = from_wire(EngineSettings, task["settings"]) if "settings" in task else EngineSettings()
    threads = (settings.model.threads or physical_cores()) * settings.replicas
    # Other replicas are being loaded now; their threads are in the sum already.
    count = free.count(LEAST_S, siblings=settings.replicas > 1)
    spins = count is not None and count > threads - NEARLY
    environ[COUNT] = str(SPIN_COUNT if spins else SLEEP_COUNT)
    return "spin" if spins else "sleep"
