"""Numbers of ways to choose, as logarithms, so that large ones do not overflow."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def log_ways(whole: int | npt.NDArray[np.int64], part: int | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the logarithm of the number of ways to take `part` of `whole`; -inf where there is none."""
    import numpy as np

    all_, some = np.broadcast_arrays(whole, part)
    inside = (some >= 0) & (some <= all_)
    some = np.where(inside, some, 0)
    log_factorial = _log_factorials(int(all_.max()).bit_length())
    return np.where(inside, log_factorial[all_] - log_factorial[some] - log_factorial[all_ - some], -np.inf)


@lru_cache(maxsize=16)
def _log_factorials(bits: int) -> npt.NDArray[np.float64]:
    """Return log(0!), log(1!), … for all numbers of so many bits: float64 (2 ** bits,)."""
    import numpy as np

    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, 1 << bits)))])
