"""Two runs of one model that should be the same: how many completions are, and where the others part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDifference:
    """Where two completions of one request part."""

    key: str
    "Names the request."
    token: int
    "0-based index of the first token that differs; the length of the shorter where one goes on."
    margin: float | None
    "Logit of the first run's token minus that of its best rival, at that token; None where unknown."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """How far two runs of one model agreed that differ only in order, batch width and threads."""

    compared: int
    identical: int
    first_token: int | None = None
    "Earliest token at which any pair parts; None where all are identical."
    margin: float | None = None
    "Largest margin at a first difference, in logits: smaller ones can flip by noise. None where unknown."

    def __str__(self) -> str:
        """One clause: how many are identical, where the first parts, at which margin."""
        if self.identical == self.compared:
            return f"all {self.compared} completions are identical"
        parted = f"{self.compared - self.identical} of {self.compared} completions differ"
        margin = "" if self.margin is None else f", logit margins there up to {self.margin:.3g}"
        return f"{parted}, the earliest at token {self.first_token}{margin}"


def first_differences(
    first: Mapping[str, Completion],
    second: Mapping[str, Completion],
    margins: Mapping[str, Sequence[float]] | None = None,
) -> tuple[FirstDifference, ...]:
    """Return where completions differ, in the order of the first run.

    Args:
        first: by request, of one run.
        second: the same requests, of the other run.
        margins: per token of the first run's completions: its logit minus its best rival's.

    Raises:
        ValueError: the runs hold different requests.
    """
    if first.keys() != second.keys():
        raise ValueError(f"{len(first.keys() ^ second.keys())} requests are in one of the runs only")
    found = []
    for key, completion in first.items():
        one, other = completion.tokens, second[key].tokens
        if one == other and completion.text == second[key].text:
            continue
        shared = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        known = (margins or {}).get(key, ())
        found.append(FirstDifference(key=key, token=shared, margin=known[shared] if shared < len(known) else None))
    return tuple(found)


def noise_floor(compared: int, differences: Sequence[FirstDifference]) -> NoiseFloor:
    """Return the figure that is kept with a baseline."""
    margins = [difference.margin for difference in differences if difference.margin is not None]
    return NoiseFloor(
        compared=compared,
        identical=compared - len(differences),
        first_token=min((difference.token for difference in differences), default=None),
        margin=max(margins, default=None),
    )
