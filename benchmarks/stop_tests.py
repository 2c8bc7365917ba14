"""Outcomes that the tests of early stopping need, by going through all orders: `stop_tests.py [--write PAGE]`.

Beside the limits that reject soonest it computes those of the likelihood ratio, which larger suites use.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from document import put_section
from pytest_reasoning.stats import AtLeastTest, total_tests

TOTAL, ERROR = 102, 0.05
HYPOTHESES, FEWER = (30, 60, 80, 98), (5, 10, 20, 30, 60)


def outcomes(test: AtLeastTest, correct: int) -> tuple[float, float]:
    """Return the probability that a test ever rejects if so many outcomes are correct, and how many it needs."""
    chance, needed = {0: 1.0}, 0.0
    for seen in range(TOTAL):
        needed += sum(chance.values())
        after: dict[int, float] = {}
        for number, share in chance.items():
            hit = (correct - number) / (TOTAL - seen)
            for then, part in ((number + 1, share * hit), (number, share * (1 - hit))):
                if part > 0 and not test.rejects(then, seen + 1):
                    after[then] = after.get(then, 0.0) + part
        chance = after
    return 1 - sum(chance.values()), needed


@contextmanager
def only_ratios() -> Iterator[None]:
    """Let all tests made meanwhile use the likelihood ratio."""
    exact_to, total_tests.EXACT_TO = total_tests.EXACT_TO, 0
    try:
        yield
    finally:
        total_tests.EXACT_TO = exact_to


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"| at least K of {TOTAL} | limits | error at K | {' | '.join(f'{fewer} fewer' for fewer in FEWER)} |"
    yield f"|--:|---|{'--:|' * (len(FEWER) + 1)}"
    for least in HYPOTHESES:
        soonest = AtLeastTest(least, TOTAL, ERROR)
        with only_ratios():
            ratio = AtLeastTest(least, TOTAL, ERROR)
        for name, test in (("that reject soonest", soonest), ("of the ratio", ratio)):
            error, _ = outcomes(test, least)
            cells = " | ".join(
                f"{outcomes(test, least - fewer)[1]:.1f}" if fewer <= least else "" for fewer in FEWER
            )
            yield f"| {least} | {name} | {error:.3f} | {cells} |"


def main() -> None:
    """Print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of the documentation")
    given = parser.parse_args()
    text = "\n".join(table())
    print(text)
    if given.write:
        put_section(given.write, "stop tests", text)


if __name__ == "__main__":
    main()
