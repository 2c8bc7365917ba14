"""The data that test reports carry from the process that ran a test to the one that reports; written and read here.

All of it is an attribute of the report, which a worker of pytest-xdist sends along. User properties would do the
same, but JUnit XML shows every one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pytest

from pytest_reasoning.records import Expectation, Gate, Outcome
from pytest_reasoning.text.unicode import json_of
from pytest_reasoning.verdict import Comparison
from pytest_reasoning.verdict.docket.briefs import Docket
from pytest_reasoning.verdict.expectations import ExpectedSuite

OUTCOMES, GATE, COMPARISON = "reasoning_outcomes", "reasoning_gate", "reasoning_comparison"
DOCKET = "reasoning_docket"
DATA, PROMPTS, EXPECTED = "reasoning_data", "reasoning_prompts", "reasoning_expected"
SELECTED = "reasoning_selected"
_OUTCOME_FIELDS = tuple(field.name for field in fields(Outcome))

Property = tuple[str, object]
_CARRIED = pytest.StashKey[list[Property]]()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrompt:
    """The prompt text that one model was given for one case."""

    suite: str
    case: str
    strategy: str
    model: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The data read from one report."""

    outcomes: tuple[Outcome, ...] = ()
    gates: tuple[Gate, ...] = ()
    comparisons: Mapping[str, Comparison]
    "By node id."
    dockets: tuple[Docket, ...] = ()
    "What a shard leaves to be judged."
    prompts: tuple[AskedPrompt, ...] = ()
    expected: ExpectedSuite | None = None


def outcomes_property(outcomes: Iterable[Outcome]) -> Property:
    """Return the property that carries outcomes; they become text in reports that are read elsewhere."""
    return OUTCOMES, tuple(outcomes)


def gate_property(gate: Gate) -> Property:
    """Return the property that carries a gate."""
    return GATE, json.dumps(asdict(gate))


def comparison_property(nodeid: str, comparison: Comparison) -> Property:
    """Return the property that carries a comparison."""
    return COMPARISON, json.dumps({"nodeid": nodeid, **asdict(comparison)})


def docket_property(docket: Docket) -> Property:
    """Return the property that carries what a shard leaves to be judged."""
    return DOCKET, json.dumps(asdict(docket))


def carry(item: pytest.Item, *properties: Property) -> None:
    """Note data that the item's report shall carry."""
    item.stash.setdefault(_CARRIED, []).extend(properties)


def carried_by(item: pytest.Item) -> list[Property]:
    """Return the data noted for the item's report."""
    return item.stash.get(_CARRIED, [])


def forget_carried(item: pytest.Item) -> None:
    """Give back the data noted for the item's report, which has been made."""
    if _CARRIED in item.stash:
        del item.stash[_CARRIED]


def attach(
    report: pytest.TestReport,
    data: Iterable[Property],
    prompts: Iterable[AskedPrompt],
    expected: ExpectedSuite | None,
    *,
    read_elsewhere: bool = True,
) -> None:
    """Add to a report its item's data and prompts, and its gate's part of what the suite expects of all models.

    `read_elsewhere` tells whether another plugin or another process is given the report.
    """
    attributes = vars(report)
    if carried := [[name, _text(value) if read_elsewhere else value] for name, value in data]:
        attributes[DATA] = carried
    if expected is not None:
        attributes[EXPECTED] = asdict(expected)
    if rows := [asdict(prompt) for prompt in prompts]:
        attributes[PROMPTS] = rows


def attach_selected(report: pytest.TestReport, cases: int) -> None:
    """Add to a report how many cases its process selected; the controller of pytest-xdist collects none itself."""
    vars(report)[SELECTED] = cases


def selected_in(report: pytest.TestReport) -> int | None:
    """Return how many cases the process of a report selected, or None if the report does not say so."""
    return getattr(report, SELECTED, None)


def unload(report: pytest.TestReport) -> None:
    """Take off a report what it carried, once that has been read."""
    for name in (DATA, EXPECTED, PROMPTS, SELECTED):
        vars(report).pop(name, None)


def arrived(report: pytest.TestReport, known: Mapping[str, tuple[Outcome, ...]]) -> Arrived:
    """Read the data from a report, made in this process or in a worker of pytest-xdist.

    Args:
        report: the report of a test's setup.
        known: the outcomes of this process's own cases by node id, which need not be read from text again.
    """
    outcomes: list[Outcome] = []
    gates: list[Gate] = []
    comparisons: dict[str, Comparison] = {}
    dockets: list[Docket] = []
    for name, value in getattr(report, DATA, ()):
        if name == OUTCOMES:
            own = value if isinstance(value, tuple) else known.get(report.nodeid)
            outcomes += own if own is not None else [_outcome(row) for row in json_of(str(value))]
        elif name == GATE:
            gates.append(_gate(json_of(str(value))))
        elif name == COMPARISON:
            row = json_of(str(value))
            comparisons[row.pop("nodeid")] = _comparison(row)
        elif name == DOCKET:
            dockets.append(_docket(json_of(str(value))))
    expected = getattr(report, EXPECTED, None)
    return Arrived(
        outcomes=tuple(outcomes),
        gates=tuple(gates),
        comparisons=comparisons,
        dockets=tuple(dockets),
        prompts=tuple(AskedPrompt(**row) for row in getattr(report, PROMPTS, ())),
        expected=None if expected is None else _expected(expected),
    )


def _text(value: object) -> str:
    """Return the text of a property; that of outcomes is made here, the others are texts already."""
    if not isinstance(value, tuple):
        return str(value)
    # Like asdict but without its deep copy, which takes a tenth of the time that a case costs.
    return json.dumps([{name: getattr(outcome, name) for name in _OUTCOME_FIELDS} for outcome in value])


def _outcome(row: Mapping[str, Any]) -> Outcome:
    lists = {name: tuple(row[name]) for name in ("target", "logprobs", "ends")}
    return Outcome(**{**row, **lists})


def _gate(row: Mapping[str, Any]) -> Gate:
    pairs = {name: tuple(row[name]) if row[name] else None for name in ("interval", "can_be")}
    return Gate(**{**row, **pairs})


def _comparison(row: Mapping[str, Any]) -> Comparison:
    from pydantic import TypeAdapter  # imported here because only runs with comparisons need it

    return TypeAdapter(Comparison).validate_python(row)


def _docket(row: Mapping[str, Any]) -> Docket:
    from pydantic import TypeAdapter  # imported here because only shards need it

    return TypeAdapter(Docket).validate_python(row)


def _expected(row: Mapping[str, Any]) -> ExpectedSuite:
    between = row["expect"]["emerges_between"]
    expect = Expectation(monotone=row["expect"]["monotone"], emerges_between=tuple(between) if between else None)
    return ExpectedSuite(**{**row, "expect": expect})
