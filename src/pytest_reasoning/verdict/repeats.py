"""pass@k and pass^k of repeated cases: the chance that at least one, or that all, of k samples are correct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Cell, Gate, Outcome, by_cell, cell_of
from pytest_reasoning.scoring import pass_at_k, pass_hat_k
from pytest_reasoning.stats import Interval, wilson_interval
from pytest_reasoning.text.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAtK:
    """pass@k and pass^k of one cell for one k, over the cases with at least k samples."""

    suite: str
    strategy: str
    model: str
    k: int
    cases: int
    pass_at_k: float | None
    "Mean over cases of the chance that at least one of k samples is correct, 0..1 (Chen et al. 2021)."
    pass_at_k_interval: Interval | None
    """95 % Wilson interval with each case counted once. It is conservative: the values of cases lie in 0..1, and so
    vary at most as much as values of 0 and 1 with the same mean."""
    pass_hat_k: float | None
    "pass^k: mean over cases of the chance that all of k samples are correct, 0..1 (Yao et al. 2024)."
    pass_hat_k_interval: Interval | None
    reason: str = ""
    "Why there is no estimate; empty if there is one."


def passes_at_k(outcomes: Iterable[Outcome], gates: Iterable[Gate] = ()) -> tuple[PassAtK, ...]:
    """Return one record for each cell with repeated cases and each k: 1, 2, 4 … and all samples.

    Args:
        outcomes: outcomes of the run.
        gates: gates of the run; suites that stopped early get no estimate, because their cases are a biased part.
    """
    stopped = {cell_of(gate) for gate in gates if gate.not_run}
    found: list[PassAtK] = []
    for cell, own in by_cell(outcomes).items():
        cases: dict[str, list[Outcome]] = {}
        for outcome in own:
            cases.setdefault(outcome.case, []).append(outcome)
        most = max(len(samples) for samples in cases.values())
        if most > 1:
            reason = "stopped early" if cell in stopped else _errors(own)
            found += [_at(k, cell, list(cases.values()), reason) for k in _ks(most)]
    return tuple(found)


def _ks(most: int) -> list[int]:
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def _errors(outcomes: Sequence[Outcome]) -> str:
    errors = sum(outcome.status == "error" for outcome in outcomes)
    return f"{errors} of {counted(len(outcomes), 'outcome')} ended in error" if errors else ""


def _at(k: int, cell: Cell, cases: Sequence[Sequence[Outcome]], reason: str) -> PassAtK:
    counts = [
        (sum(outcome.status == "correct" for outcome in samples), len(samples))
        for samples in cases
        if len(samples) >= k
    ]
    once = [pass_at_k(correct, samples, k) for correct, samples in counts]
    always = [pass_hat_k(correct, samples, k) for correct, samples in counts]
    return PassAtK(
        **cell._asdict(),
        k=k,
        cases=len(counts),
        pass_at_k=None if reason else sum(once) / len(once),
        pass_at_k_interval=None if reason else wilson_interval(sum(once), len(once)),
        pass_hat_k=None if reason else sum(always) / len(always),
        pass_hat_k_interval=None if reason else wilson_interval(sum(always), len(always)),
        reason=reason,
    )
