"""Summarizes the divergence of a variant from its reference over many completions, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pytest_reasoning.records import Divergence
from pytest_reasoning.stats import clustered_interval, clustered_mean
from pytest_reasoning.verdict.quantization.records import Fidelity


def fidelity_of(divergences: Iterable[Divergence], confidence: float = 0.95) -> Fidelity | None:
    """Return the mean KL, agreement and changes of probability of one variant, with cases as clusters.

    Returns None if no token was compared.
    """
    by_case: dict[tuple[str, str], list[Divergence]] = {}
    for one in divergences:
        if one.figures.tokens:
            by_case.setdefault((one.suite, one.case), []).append(one)
    if not by_case:
        return None
    cases = list(by_case.values())
    sizes = [sum(one.figures.tokens for one in case) for case in cases]
    agreed = [sum(one.figures.agreed for one in case) for case in cases]
    kl, kl_interval = clustered_mean(
        [math.fsum(one.figures.kl for one in case) for case in cases], sizes, confidence, positive=True
    )
    changes = [found for case in cases if (found := _target_changes(case))]
    target = (
        clustered_mean([math.fsum(found) for found in changes], [len(found) for found in changes], confidence)
        if changes
        else (None, None)
    )
    total = sum(sizes)
    return Fidelity(
        completions=sum(len(case) for case in cases),
        tokens=total,
        kl=kl,
        kl_interval=kl_interval,
        agreement=sum(agreed) / total,
        agreement_interval=clustered_interval(list(zip(agreed, sizes, strict=True)), confidence),
        written_change=math.fsum(one.figures.written_change for case in cases for one in case) / total,
        targets=sum(len(found) for found in changes),
        target_change=target[0],
        target_change_interval=target[1],
    )


def _target_changes(case: Sequence[Divergence]) -> list[float]:
    return [
        one.figures.target_now - one.figures.target_before
        for one in case
        if one.figures.target_now is not None and one.figures.target_before is not None
    ]
