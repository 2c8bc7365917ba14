"""How far apart two models lay out what a suite is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDistance:
    """The distance of a model from the largest one of the run, on the stimuli of one suite."""

    model: str
    reference: str
    "The model of the run with the most parameters."
    suite: str
    stimuli: int
    "Quartets of questions whose words cancel and whose answers do not."
    wordings: int
    "In how many wordings each of them is asked; their effects are averaged."
    distance: float
    "1 - calibrated alignment at the best pair of blocks: 1 is no more alike than by chance, 0 is the same layout."
    interval: tuple[float, float]
    "95 % interval of it, from half-samples of the stimuli."
    blocks: tuple[int, int]
    "The best pair: block of the model and of the reference, counted from 1."
    alignment: float
    "Debiased linear CKA at that pair."
    chance: float
    "What the largest of all pairs of blocks exceeds in 5 % of the permutations of the stimuli."
    p_value: float
    "Of the hypothesis that no pair of blocks is aligned, by permutation of the stimuli for all pairs at once."
    neighbors: float
    "Largest share of nearest neighbors that both have, over all pairs of blocks."
    neighbors_chance: float
    "What that share exceeds in 5 % of the permutations."
    cka_map: tuple[tuple[float, ...], ...]
    "Debiased CKA, a row for each block of the model, (blocks, blocks of the reference)."
    neighbors_map: tuple[tuple[float, ...], ...]
    "Share of mutual nearest neighbors, likewise."
