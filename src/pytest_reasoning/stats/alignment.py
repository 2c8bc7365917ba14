"""How alike two models lay out the same stimuli, block by block, against what chance alone would give.

Import it where it is used: it loads numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]

NEIGHBORS = 5
LEVEL = 0.05
PERMUTATIONS = 199
HALF_SAMPLES = 100
SEED = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """One measure of likeness for all pairs of blocks of two models."""

    values: Doubles
    "float64 (blocks of the first model, blocks of the second); 1 is the same layout."
    best: tuple[int, int]
    "The pair of blocks with the largest value, counted from 0."
    chance: float
    "95 % quantile of the largest value over all pairs of blocks if the stimuli of one model are permuted."
    p_value: float
    "Share of permutations whose largest value is at least as large, the data themselves counted as one."

    @property
    def calibrated(self) -> float:
        """How far the best value is from chance towards 1; 0 if chance alone gives as much."""
        return calibrated(float(self.values[self.best]), self.chance)


def centered_similarities(streams: Doubles) -> Doubles:
    """Return the similarities of stimuli in each block, so that inner products of them are debiased linear CKA.

    The similarity of each two stimuli is the product of their rows. Diagonals are left out and sums are corrected
    for it (U-centering), which makes the inner product the unbiased estimator of HSIC (Song et al. 2012, "Feature
    selection via dependence maximization"; Murphy et al. 2024, "Correcting biased centered kernel alignment
    measures in biological and artificial neural networks").

    Args:
        streams: float64 (blocks, stimuli, n_embd); at least 4 stimuli.

    Returns:
        float64 (blocks, stimuli, stimuli), each block of length 1, or 0 where all stimuli are the same.
    """
    rows = streams - streams.mean(axis=1, keepdims=True)
    count = rows.shape[1]
    found = rows @ rows.transpose(0, 2, 1)
    diagonal = np.arange(count)
    found[:, diagonal, diagonal] = 0
    sums = found.sum(axis=2) / (count - 2)
    found -= sums[:, :, None] + sums[:, None, :]
    found += (sums.sum(axis=1) / (count - 1))[:, None, None]
    found[:, diagonal, diagonal] = 0
    return _of_length_1(found)


def neighbors(streams: Doubles, count: int = NEIGHBORS) -> Doubles:
    """Return which stimuli are the nearest of each in each block, so that inner products are the shared part.

    Nearest by the cosine (Huh et al. 2024, "The Platonic representation hypothesis": mutual k-nearest neighbors).

    Args:
        streams: float64 (blocks, stimuli, n_embd).
        count: how many neighbors; fewer if there are not as many other stimuli.

    Returns:
        float64 (blocks, stimuli, stimuli), each block of length 1.
    """
    rows = streams - streams.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(rows, axis=2, keepdims=True)
    rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    cosines = rows @ rows.transpose(0, 2, 1)
    diagonal = np.arange(rows.shape[1])
    cosines[:, diagonal, diagonal] = -np.inf
    nearest = np.argsort(-cosines, axis=2, kind="stable")[:, :, : min(count, rows.shape[1] - 1)]
    found = np.zeros_like(cosines)
    np.put_along_axis(found, nearest, 1.0, axis=2)
    return _of_length_1(found)


def aligned(first: Doubles, second: Doubles, *, seed: int = SEED, permutations: int = PERMUTATIONS) -> Alignment:
    """Compare all pairs of blocks of two models; both arguments from `centered_similarities` or `neighbors`.

    The stimuli of one model are permuted once for all pairs, and the largest values are compared: the largest of
    many pairs is larger than any one of them by chance (arXiv 2602.14486).
    """
    values = alignments(first, second)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    best = float(values[row, column])
    random = np.random.default_rng(seed)
    orders = (random.permutation(first.shape[1]) for _ in range(permutations))
    largest = np.array([alignments(first, _in_order(second, order)).max() for order in orders])
    # the value itself is one of the permutations, so a quantile of all of them keeps the level exactly
    chance = float(np.quantile(np.append(largest, best), 1 - LEVEL, method="higher"))
    return Alignment(
        values=values,
        best=(int(row), int(column)),
        chance=chance,
        p_value=float(1 + (largest >= best).sum()) / (1 + permutations),
    )


def alignments(first: Doubles, second: Doubles) -> Doubles:
    """Return the inner products of all pairs of blocks, (blocks of the first, blocks of the second)."""
    return np.asarray(first.reshape(len(first), -1) @ second.reshape(len(second), -1).T)


def calibrated(value: float, chance: float) -> float:
    """Return how far a value is from chance towards 1, 0 to 1."""
    return min(1.0, max(0.0, (value - chance) / (1 - chance))) if chance < 1 else 0.0


def distance_interval(
    first: Doubles, second: Doubles, found: Alignment, *, level: float = 1 - LEVEL, seed: int = SEED
) -> tuple[float, float]:
    """Return an interval of 1 - calibrated alignment at the best pair of blocks, from half-samples of the stimuli.

    A half-sample has half of the stimuli, each once: its figure varies about as much as that of all stimuli would
    from one set to another (McCarthy 1969, "Pseudo-replication: half samples"). The bootstrap of Efron draws
    stimuli twice, and a stimulus is the nearest neighbor of its own copy.

    Args:
        first: streams of the one model, float64 (blocks, stimuli, n_embd).
        second: streams of the other.
        found: their alignment by `centered_similarities`, which names pair of blocks and chance.
        level: confidence level.
        seed: seed of the half-samples.
    """
    one, other = first[found.best[0]][None], second[found.best[1]][None]
    random = np.random.default_rng(seed)
    count = one.shape[1]
    whole = float(found.values[found.best])
    halves = (random.permutation(count)[: count // 2] for _ in range(HALF_SAMPLES))
    drawn = np.array(
        [
            float(alignments(centered_similarities(one[:, half]), centered_similarities(other[:, half]))[0, 0])
            for half in halves
        ]
    )
    spread = np.quantile(drawn - drawn.mean(), ((1 - level) / 2, (1 + level) / 2))
    low, high = (1 - calibrated(whole - float(step), found.chance) for step in spread)
    return min(low, high), max(low, high)


def _of_length_1(found: Doubles) -> Doubles:
    lengths = np.sqrt(np.einsum("bij,bij->b", found, found))
    # a block whose stimuli are all the same leaves only rounding
    sound = lengths > 1e-12 * max(1e-300, float(lengths.max(initial=0.0)))
    return np.where(sound, 1.0, 0.0)[:, None, None] * found / np.where(sound, lengths, 1.0)[:, None, None]


def _in_order(found: Doubles, order: Order) -> Doubles:
    return found[:, order[:, None], order[None, :]]
