"""Lines that say which models were answered by several classes of machine, and what is compared across classes."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import MachineClass
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.baseline.comparison import Comparison


def machine_lines(results: Results) -> list[str]:
    """Return a line for each model whose answers come from several classes of machine."""
    return [
        f"{name}: answered by {len(machines)} classes of machine, between which the last bits of answers may "
        f"differ: {'; '.join(printable(str(one)) for one in machines)}."
        for name, machines in _mixed(results)
    ]


def mixed_text(results: Results) -> str:
    """Return the same as one clause, without the machines' names; empty if no model was answered by several."""
    names = ", ".join(name for name, _ in _mixed(results))
    return f"several classes of machine answered for {names}" if names else ""


def _mixed(results: Results) -> list[tuple[str, tuple[MachineClass, ...]]]:
    found = ((printable(model.name), model.engine_facts) for model in results.models)
    return [(name, facts.machines) for name, facts in found if facts is not None and len(facts.machines) > 1]


def across_lines(comparisons: Iterable[Comparison]) -> list[str]:
    """Return a line for each way in which comparisons are across classes of machine."""
    found: dict[str, int] = {}
    for one in comparisons:
        if one.across_machines and one.suite:
            found[one.across_machines] = found.get(one.across_machines, 0) + 1
    return [
        f"{counted(count, 'comparison')} {printable(how)}; the last bits of answers may differ for that alone."
        for how, count in found.items()
    ]
