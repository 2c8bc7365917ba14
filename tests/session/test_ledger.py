"""What items write down and what arrives with reports, from this process or from workers."""

from __future__ import annotations

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Cell, EngineFacts, Expectation, Gate, ModelUsage, Outcome, Status
from pytest_reasoning.session.carried import (
    AskedPrompt,
    Property,
    attach,
    comparison_property,
    gate_property,
    outcomes_property,
)
from pytest_reasoning.session.ledger import Ledger
from pytest_reasoning.session.workers.handover import WorkerReport
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import Comparison, NoiseFloor
from pytest_reasoning.verdict.expectations import ExpectedSuite
from pytest_reasoning.verdict.quantization import QuantizationSettings

CELL = Cell("sums", "direct", "small")
GATE = Gate(
    nodeid="sums.yaml::pass-rate[small]", suite="sums", model="small", strategy="direct", correct=1, total=2,
    rate=0.5, interval=(0.1, 0.9), threshold={"min": 0.5}, verdict="passed", reason="why", can_be=(0.25, 0.75),
)  # fmt: skip
COMPARISON = Comparison(suite="sums", strategy="direct", model="small", verdict="failed", reason="1 lost")


def outcome(case: str, status: Status = "correct", **more: object) -> Outcome:
    given: dict[str, object] = {
        "nodeid": f"sums.yaml::{case}[small]", "suite": "sums", "case": case, "status": status,
        "target": ("3", "drei"), "answer": "3", "completion": " 3", "prompt_tokens": 5, "completion_tokens": 2,
        "elapsed_s": 0.5, "logprobs": (-0.5, -1.0), "ends": (1, 2),
    }  # fmt: skip
    return an_outcome(**given | more)


def report(*properties: Property, when: str = "setup", read_elsewhere: bool = True) -> pytest.TestReport:
    made = pytest.TestReport(
        nodeid="x", location=("x", 0, "x"), keywords={}, outcome="passed", longrepr=None,
        when=when,  # type: ignore[arg-type]
    )  # fmt: skip
    attach(made, properties, (), None, read_elsewhere=read_elsewhere)
    return made


@pytest.mark.parametrize("read_elsewhere", [True, False])
def test_reports_carry_what_was_measured(read_elsewhere: bool) -> None:
    ledger = Ledger()
    ledger.take_report(
        report(
            outcomes_property([outcome("one"), outcome("new", origin="fresh")]),
            gate_property(GATE),
            comparison_property("sums.yaml::baseline[small]", COMPARISON),
            read_elsewhere=read_elsewhere,
        )
    )
    results = ledger.measured([], QuantizationSettings())
    assert results.outcomes == (outcome("one"),)
    assert results.fresh == (outcome("new", origin="fresh"),)
    assert results.gates == (GATE,)
    assert results.comparisons == {"sums.yaml::baseline[small]": COMPARISON}


def test_later_phases_are_ignored_and_a_test_that_runs_again_replaces_its_outcome() -> None:
    ledger = Ledger()
    ledger.take_report(report(outcomes_property([outcome("one", "wrong")])))
    ledger.take_report(report(outcomes_property([outcome("two")]), when="call"))
    ledger.take_report(report(outcomes_property([outcome("one")])))
    assert ledger.arrived_outcomes == (outcome("one"),)


def test_prompts_and_expectations_survive_the_way_from_a_worker(pytestconfig: pytest.Config) -> None:
    hook = pytestconfig.hook
    ledger = Ledger()
    expected = ExpectedSuite(
        file="sums.yaml", suite="sums", strategy="direct", whole=True,
        expect=Expectation(monotone=True, emerges_between=("small", "large")),
    )  # fmt: skip
    for model in ("small", "large", "small"):
        sent = report()
        prompt = AskedPrompt(suite="sums", case="one", strategy="direct", model=model, text="Q")
        attach(sent, [outcomes_property([outcome("one")])], [prompt], expected if model == "large" else None)
        data = hook.pytest_report_to_serializable(config=pytestconfig, report=sent)
        ledger.take_report(hook.pytest_report_from_serializable(config=pytestconfig, data=data))
    assert ledger.expected == [expected]
    assert ledger.arrived_outcomes == (outcome("one"),)
    assert [prompt.models for prompt in ledger.measured([], QuantizationSettings()).prompts] == [("small", "large")]


def test_a_cell_is_complete_when_every_case_has_ended_without_error() -> None:
    ledger = Ledger()
    ledger.cells[CELL] = ("one", "two")
    ledger.record("one", [outcome("one")])
    assert ledger.cells_that_ended() == []
    ledger.record("two", [outcome("two", "error")])
    assert ledger.cells_that_ended() == []
    ledger.record("two", [outcome("two", "wrong")])
    assert ledger.cells_that_ended() == [CELL]
    assert [one.case for one in ledger.outcomes_of(["two", "none", "one"])] == ["two", "one"]


def test_two_files_cannot_have_suites_of_one_name() -> None:
    ledger = Ledger()
    ledger.claim_name("sums", "a.yaml")
    ledger.claim_name("sums", "a.yaml")
    with pytest.raises(ReasoningError, match=r"b\.yaml:1: suite 'sums' is also the name of a\.yaml"):
        ledger.claim_name("sums", "b.yaml")


def test_what_a_worker_tells_is_read_as_it_was_written() -> None:
    told = WorkerReport(
        usage=[ModelUsage(model="small", completion_tokens=7, engine=EngineFacts(threads=2))],
        complete=[CELL],
        noise={"small": NoiseFloor(compared=3, identical=2, first_token=4, margin=0.5)},
        written={"small": [{"key": "k", "sample": 0, "prompt": "\ufffd", "tokens": [1, 2]}]},
        notes=["certified small"],
        warnings=["beware"],
        errors=[],
    )
    assert WorkerReport.from_json(told.to_json()) == told


def test_the_costs_of_a_model_in_two_processes_add_up() -> None:
    ledger = Ledger()
    ledger.add_usage([ModelUsage(model="small", prompt_tokens=1, elapsed_s=0.5, engine=EngineFacts(threads=2))])
    ledger.add_usage([ModelUsage(model="small", prompt_tokens=2, elapsed_s=1.0)])
    assert ledger.measured([], QuantizationSettings()).usage["small"] == ModelUsage(
        model="small", prompt_tokens=3, elapsed_s=1.5, engine=EngineFacts(threads=2)
    )
