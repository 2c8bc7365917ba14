"""Many gates in one run: p-values corrected so that the run, not each gate, keeps its false alarm rate."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], family: int | None = None) -> tuple[float, ...]:
    """Return the p-values adjusted by Holm (1979), in the order given.

    Comparing them with alpha keeps the chance of any false alarm in the run at alpha, whatever the
    dependence between the gates.

    Args:
        p_values: those known here.
        family: how many there are in the whole run, if more than are known here; those elsewhere are taken
            to be 1, which can only make the adjusted ones larger.
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

    The graphical procedure of Bretz, Maurer, Brannath and Posch (2009, Statistics in Medicine 28:586) with half of
    the error level on the whole and half on the parts, which share theirs by Holm's steps. If the whole is rejected
    its half goes to the parts, and if all parts are, theirs goes to the whole. So a broad loss is called that no
    part can show, a loss in one part is called that drowns in the whole, and parts are named at the full level
    where the whole fell. Compared with alpha, the adjusted p-values keep the chance of any false alarm among all of
    these tests at alpha, whatever the dependence between them.

    Args:
        whole: p-value of the test over all parts.
        parts: p-values of the parts. A single part is the whole, and needs no procedure.
        share: of the error level of the run that all this has, 0..1; the rest belongs to other models.
    """
    if len(parts) == 1:
        return min(1.0, whole / share), (min(1.0, parts[0] / share),)
    stepped = [min(1.0, p_value) for p_value in holm(parts)]
    all_parts = max(stepped, default=1.0)
    of_whole = min(2 * whole, max(whole, 2 * all_parts))
    of_parts = (min(2 * p_value, max(p_value, 2 * whole)) for p_value in stepped)
    return min(1.0, of_whole / share), tuple(min(1.0, p_value / share) for p_value in of_parts)
