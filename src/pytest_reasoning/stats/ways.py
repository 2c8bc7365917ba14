"""Numbers of ways to choose, as logarithms, so that large ones do not overflow."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def log_ways(whole: npt.NDArray[np.int64], part: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the logarithm of the number of ways to take `part` of `whole`; -inf where there is none."""
    import numpy as np

    whole, part = np.broadcast_arrays(whole, part)
    inside = (part >= 0) & (part <= whole)
    some = np.where(inside, part, 0)
    log_factorial = _log_factorials(int(whole.max()))
    return np.where(inside, log_factorial[whole] - log_factorial[some] - log_factorial[whole - some], -np.inf)


@lru_cache(maxsize=16)
def _log_factorials(largest: int) -> npt.NDArray[np.float64]:
    """Return log(0!), log(1!), … as float64 (largest + 1,)."""
    import numpy as np

    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])
