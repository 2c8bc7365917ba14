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
