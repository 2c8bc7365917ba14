"""One-sided sequential tests of a suite's whole result, for outcomes that are drawn in random order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_reasoning.stats.soonest_limits import soonest_limits
from pytest_reasoning.stats.ways import log_ways

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EXACT_TO = 1000
"Largest total whose limits are found by following all orders; the time grows with its square."


class AtLeastTest:
    """Tests, at every look, the hypothesis that at least `least` of all `total` outcomes are correct.

    Up to `EXACT_TO` outcomes its limits are those that reject soonest (`soonest_limits`). Beyond, the evidence is a
    likelihood ratio: the probability of the outcomes so far if fewer are correct, all such numbers being equally
    likely, divided by their probability if exactly `least` are. That is the prior-posterior ratio of Waudby-Smith
    and Ramdas (2020, "Confidence sequences for sampling without replacement", NeurIPS), against one side only.
    Under the hypothesis it is a nonnegative martingale that starts at 1, so by Ville's inequality it ever reaches
    1 / error with a probability of at most `error`.

    Either way, few correct outcomes reject, and no further correct one ever makes that likelier. So the error is
    largest if exactly `least` outcomes are correct.
    """

    def __init__(self, least: int, total: int, error: float) -> None:
        """Take the hypothesis and the level.

        Args:
            least: number of correct outcomes, 1..total.
            total: number of all outcomes.
            error: greatest probability, 0..1 exclusive, that a true hypothesis is ever rejected.
        """
        self._least = least
        self._total = total
        self._log_limit = math.log(1 / error)
        self._few = list(soonest_limits(least, total, error)) if total <= EXACT_TO else [-1]
        "For each number of outcomes, the most correct ones that reject; -1 if none do. It grows on demand."

    def rejects(self, correct: int, seen: int) -> bool:
        """Return whether `correct` among the first `seen` outcomes, 0..total, are too few for the hypothesis."""
        while len(self._few) <= seen:
            # A correct outcome never adds evidence, so the bound grows by at most 1 a look.
            number = self._few[-1] + 1
            evidence = _log_evidence(self._least, self._total, len(self._few))[number]
            self._few.append(number if evidence >= self._log_limit else number - 1)
        return correct <= self._few[seen]


def _log_evidence(least: int, total: int, seen: int) -> npt.NDArray[np.float64]:
    """Return the log-evidence against `least` of `total` after `seen` outcomes.

    Returns:
        float64 (seen + 1,): one for each number of correct ones; inf where the hypothesis is impossible, -inf
        where its contrary is.
    """
    import numpy as np

    correct = np.arange(seen + 1)

    def log_chance(correct: npt.NDArray[np.int64], seen: int, size: int) -> npt.NDArray[np.float64]:
        """Hypergeometric probability of so many correct among `seen` of `size`, of which `least` are correct."""
        return log_ways(least, correct) + log_ways(size - least, seen - correct) - log_ways(size, seen)

    # With all totals equally likely, the total is below `least` with the probability that more than `correct` of
    # the `least` lowest are among `seen` + 1 of `total` + 1 places: the outcomes' and that of the border itself.
    tail = np.exp(log_chance(correct + 1, seen + 1, total + 1))
    with np.errstate(divide="ignore"):
        contrary = np.log(np.cumsum(tail[::-1])[::-1])
    exactly = log_chance(correct, seen, total)
    scale = math.log((total + 1) / (least * (seen + 1)))
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(contrary), scale + contrary - exactly, -np.inf)
