"""Corrections for multiple testing: adjusted p-values that keep the false alarm rate of a whole run."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], family: int | None = None) -> tuple[float, ...]:
    """Return the p-values adjusted by Holm (1979), in the order given.

    Comparing them with alpha keeps the probability of any false alarm in the run at alpha, whatever the dependence
    between the tests.

    Args:
        p_values: the known p-values.
        family: number of tests in the whole run, if it is larger; the unknown p-values are taken as 1, which can
            only make the adjusted ones larger.
    """
    count = max(family or 0, len(p_values))
    adjusted = [0.0] * len(p_values)
    so_far = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        so_far = max(so_far, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = so_far
    return tuple(adjusted)


def gatekept(whole: float, parts: Sequence[float], share: float = 1.0) -> tuple[float, tuple[float, ...]]:
    """Return the adjusted p-values of a test over everything and of the tests of its parts: (whole, parts).

    This is the graphical procedure of Bretz, Maurer, Brannath and Posch (2009, Statistics in Medicine 28:586). Half
    of the error level is on the whole and half on the parts, which share theirs by Holm's steps. If the whole is
    rejected, its half goes to the parts; if all parts are rejected, their half goes to the whole. It therefore
    finds a loss that is spread thinly over all parts as well as a loss in one part, and once the whole is rejected
    the parts are tested at the full level. Comparing the adjusted p-values with alpha keeps the probability of any
    false alarm among all these tests at alpha, whatever the dependence between them.

    Args:
        whole: p-value of the test over all parts.
        parts: p-values of the parts; a single part is the same as the whole and needs no procedure.
        share: share of the run's error level that these tests get, 0..1; the rest belongs to other models.
    """
    if len(parts) == 1:
        return min(1.0, whole / share), (min(1.0, parts[0] / share),)
    stepped = [min(1.0, p_value) for p_value in holm(parts)]
    all_parts = max(stepped, default=1.0)
    of_whole = min(2 * whole, max(whole, 2 * all_parts))
    of_parts = (min(2 * p_value, max(p_value, 2 * whole)) for p_value in stepped)
    return min(1.0, of_whole / share), tuple(min(1.0, p_value / share) for p_value in of_parts)
