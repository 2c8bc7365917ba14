"""Splits the answers that were not correct by how they failed, with what to do about it."""

from __future__ import annotations

from collections import Counter

from pytest_reasoning.records import Status
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import listed, printable

_KINDS: dict[Status, tuple[str, str]] = {
    "wrong": ("wrong", ""),
    "truncated": ("cut off", "raise max_tokens"),
    "unparsed": ("without an answer", "--reasoning-show=all names them"),
    "overflow": ("too long for the context", "raise n_ctx"),
}
"Words for each status that counts as a miss, and the advice."
_WORTH_ADVICE = 0.1
"Smallest share of a model's misses for which advice is given."


def miss_lines(results: Results) -> list[str]:
    """Return one sentence per model that missed other than by wrong answers: `m missed 17 of 50: 8 cut off (…).`"""
    lines = []
    for model in results.rates.models:
        found, total = _misses(results, model)
        if not found.keys() - {"wrong"}:  # the table says how many are wrong
            continue
        kinds = [
            f"{count:,} {_KINDS[status][0]}" + (f" ({advice})" if (advice := _advice(status, found)) else "")
            for status, count in found.items()
        ]
        lines.append(f"{printable(model)} missed {found.total():,} of {total:,}: {listed(kinds)}.")
    return lines


def main_advice(results: Results) -> str:
    """Return the advice for the kind of miss, other than a wrong answer, that cost a model most; empty if none."""
    most = (0, "")
    for model in results.rates.models:
        found, _ = _misses(results, model)
        for status, count in found.items():
            if count > most[0] and (advice := _advice(status, found)):
                said = f"{_KINDS[status][0]}: {advice}."
                if found.total() == 1:
                    most = count, f"The only answer that {printable(model)} missed was {said}"
                else:
                    share = f"{count:,} of the {found.total():,} answers that {printable(model)} missed"
                    most = count, f"{share} {'was' if count == 1 else 'were'} {said}"
    return most[1]


def _misses(results: Results, model: str) -> tuple[Counter[Status], int]:
    """Return how often each kind of miss occurred, in fixed order, and how many outcomes counted."""
    own = [one.status for one in results.outcomes if one.model == model and one.status != "error"]
    return Counter({status: own.count(status) for status in _KINDS if status in own}), len(own)


def _advice(status: Status, found: Counter[Status]) -> str:
    return _KINDS[status][1] if found[status] >= _WORTH_ADVICE * found.total() else ""
