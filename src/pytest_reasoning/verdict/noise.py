"""The noise floor of a model: how many completions of two runs agree, and where the others first differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDifference:
    """The first difference between two completions of one request."""

    key: str
    "Key of the request."
    token: int
    "0-based index of the first differing token; the shorter one's length if one is a beginning of the other."
    margin: float | None
    """Difference of the two tokens' logits, estimated (up to the noise itself) by that of the log-probabilities
    that each run gave its own token after the same text. None if one of the completions ends there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """The agreement of runs of one model that differ only in order, batch width and number of threads."""

    compared: int
    identical: int
    first_token: int | None = None
    "Index of the earliest token at which any pair differs; None if all are identical."
    margin: float | None = None
    "Largest margin at a first difference, in logits: noise can flip a smaller one. None if unknown."

    def __str__(self) -> str:
        """Return one clause: how many are identical, where the first one differs, and at which margin."""
        if self.identical == self.compared:
            one = self.compared == 1
            return "the only completion is identical" if one else f"all {self.compared} completions are identical"
        parted = f"{self.compared - self.identical} of {self.compared} completions differ"
        margin = "" if self.margin is None else f", logit margins there up to {self.margin:.3g}"
        return f"{parted}, the earliest at token {self.first_token}{margin}"


def first_differences(
    first: Mapping[str, Completion], second: Mapping[str, Completion]
) -> tuple[FirstDifference, ...]:
    """Return where the completions of two runs differ, by request, in the order of the first run.

    Raises:
        ValueError: the runs hold different requests.
    """
    if first.keys() != second.keys():
        raise ValueError(f"{len(first.keys() ^ second.keys())} requests are in one of the runs only")
    found = []
    for key, one in first.items():
        other = second[key]
        if one.tokens == other.tokens and one.text == other.text:
            continue
        both = zip(one.tokens, other.tokens, strict=False)
        at = next((at for at, (a, b) in enumerate(both) if a != b), min(len(one.tokens), len(other.tokens)))
        known = at < min(len(one.logprobs), len(other.logprobs))
        margin = abs(one.logprobs[at] - other.logprobs[at]) if known else None
        found.append(FirstDifference(key=key, token=at, margin=margin))
    return tuple(found)


def noise_floor(first: Mapping[str, Completion], others: Sequence[Mapping[str, Completion]]) -> NoiseFloor:
    """Return the noise floor of a model, which is kept with its baseline.

    Args:
        first: completions of the first run, by key of the request.
        others: completions of the same requests in further runs, each with another order, batch width or number of
            threads; all are compared with the first run.

    Raises:
        ValueError: the runs hold different requests.
    """
    compared = len(first) * len(others)
    differences = [difference for other in others for difference in first_differences(first, other)]
    margins = [difference.margin for difference in differences if difference.margin is not None]
    return NoiseFloor(
        compared=compared,
        identical=compared - len(differences),
        first_token=min((difference.token for difference in differences), default=None),
        margin=max(margins, default=None),
    )
