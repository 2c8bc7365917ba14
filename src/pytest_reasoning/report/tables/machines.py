"""Lines that say which models were answered by several classes of machine, and what is compared across classes."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.baseline.comparison import Comparison


def machine_lines(results: Results) -> list[str]:
    """Return a line for each model whose answers come from several classes of machine."""
    lines = []
    for model in results.models:
        engine = model.engine_facts
        if engine is not None and len(engine.machines) > 1:
            named = "; ".join(printable(str(one)) for one in engine.machines)
            lines.append(
                f"{printable(model.name)}: answered by {len(engine.machines)} classes of machine, between which "
                f"the last bits of answers may differ: {named}."
            )
    return lines


def mixed_text(results: Results) -> str:
    """Return the same as one clause, without the machines' names; empty if no model was answered by several."""
    facts = {model.name: model.engine_facts for model in results.models}
    mixed = [name for name, engine in facts.items() if engine is not None and len(engine.machines) > 1]
    return f"several classes of machine answered for {', '.join(map(printable, mixed))}" if mixed else ""


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
