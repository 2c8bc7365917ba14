"""A model is answered by one class of machine, unless it may be several; then its engine names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.machine.cores import processor
from pytest_reasoning.engine.process.machines import Machines
from pytest_reasoning.engine.process.replicas import ReplicatedEngine
from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.records import Generation, MachineClass, Request, RequestKey
from pytest_reasoning.text.errors import ModelError


class Elsewhere(ProcessEngine):
    """A process that says that it runs on a machine of another class."""

    def _take(self, message: Message) -> None:
        for machine in message.get("facts", {}).get("machines", ()):
            machine["cpu"] = "abacus 12345678"
        super()._take(message)


def replicas(model: Path, settings: EngineSettings) -> ReplicatedEngine:
    machines = Machines(mixed=settings.mixed_machines)
    return ReplicatedEngine(
        [kind(model, settings, machines=machines) for kind in (ProcessEngine, Elsewhere)], width=4
    )


def ask_both(engine: ReplicatedEngine) -> None:
    asked = [
        Request(
            key=RequestKey(case=str(number)),
            prompt=f"{number}:",
            prefix_chars=0,
            generation=Generation(max_tokens=4),
        )
        for number in range(16)
    ]
    for ticket in [engine.submit(one) for one in asked]:
        assert engine.result(ticket).error is None


def test_the_class_is_that_of_this_machine(tiny_llama: Path) -> None:
    with ProcessEngine(tiny_llama, settings_of(threads=1, gpu_layers=0)) as engine:
        engine.result(engine.submit(Request(
            key=RequestKey(case="a"), prompt="a", prefix_chars=0, generation=Generation(max_tokens=1)
        )))  # fmt: skip
        facts = engine.facts
    assert facts is not None
    (machine,) = facts.machines
    assert (machine.cpu, machine.gpu, machine.backend) == (processor(), "", "cpu")
    assert (machine.llama_cpp, machine.llama_cpp_python) == (facts.llama_cpp, facts.llama_cpp_python)


def test_a_replica_on_another_class_is_an_error(tiny_llama: Path) -> None:
    engine = replicas(tiny_llama, settings_of(threads=1, replicas=2))
    try:
        with pytest.raises(ModelError, match="one of its processes runs on another class of machine") as caught:
            ask_both(engine)
        assert "abacus 12345678" in str(caught.value)
        assert str(caught.value).endswith("(let all run on machines alike, or add --reasoning-mixed-machines)")
    finally:
        engine.close()


def test_classes_that_may_mix_are_named(tiny_llama: Path) -> None:
    engine = replicas(tiny_llama, settings_of(threads=1, replicas=2, mixed_machines=True))
    try:
        ask_both(engine)
        facts = engine.facts
    finally:
        engine.close()
    assert facts is not None
    assert {one.cpu for one in facts.machines} == {processor(), "abacus 12345678"}


def test_a_restart_on_another_class_is_an_error_too() -> None:
    here, there = MachineClass(cpu="a"), MachineClass(cpu="a", gpu="b")
    one = Machines()
    assert (one.refusal([here]), one.refusal([here])) == ("", "")
    assert "(b, a) than those before it (a)" in one.refusal([there])
    assert one.seen == (here,)
