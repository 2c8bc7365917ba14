"""The suites of the trained tasks, with the number of cases of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """One file of `cases/`, drawn from the held-out split of one task."""

    task: str
    size: int | None = None
    "Number of words, digits, pairs or hops; None if the task draws it."
    sizes: tuple[int, ...] = ()
    "If given, the cases cycle through these sizes."
    shown_size: int | None = None
    "Size of the worked examples, if it differs."
    description: str
    tags: tuple[str, ...]
    strategies: tuple[str, ...] = ("direct",)
    scorer: str = "exact"
    count: int = 50
    max_tokens: int = 16


BOTH = ("direct", "cot")

SUITES: dict[str, SuitePlan] = {
    **{
        f"last_letters_{count}": SuitePlan(
            task="last-letters",
            size=count,
            description=f"Join the last letters of {count} words (Wei et al. 2022, symbolic reasoning).",
            tags=("letters",),
            strategies=BOTH,
            max_tokens=32 + 24 * count,
        )
        for count in (2, 3, 4)
    },
    "last_letters": SuitePlan(
        task="last-letters",
        sizes=(2, 3, 4),
        shown_size=3,
        description="Join the last letters of 2 to 4 words (Wei et al. 2022, symbolic reasoning).",
        tags=("letters",),
        strategies=BOTH,
        max_tokens=128,
    ),
    **{
        f"symbol_mapping_{count}": SuitePlan(
            task="symbol-mapping",
            size=count,
            description=f"Look one of {count} symbols up in a mapping given in the question; "
            f"guessing a value shown gives {100 / count:.0f} %.",
            tags=("symbols",),
        )
        for count in (2, 4, 8)
    },
    **{
        f"chained_mapping_{hops}": SuitePlan(
            task="chained-mapping",
            size=hops,
            description=f"Follow {hops} arrow{'s' * (hops > 1)} through a mapping given in the question.",
            tags=("symbols",),
            strategies=BOTH,
            max_tokens=48,
        )
        for hops in (1, 2, 3)
    },
    **{
        f"{task}_{digits}_digit{'s' * (digits > 1)}": SuitePlan(
            task=task,
            size=digits,
            description=f"{verb} whole numbers of {most}.",
            tags=("arithmetic",),
            strategies=BOTH,
            scorer="number",
            max_tokens=32 + 32 * digits,
        )
        for task, verb in (("addition", "Add"), ("subtraction", "Subtract"))
        for digits, most in ((1, "one digit and one or two"), (2, "up to two digits"), (3, "up to three digits"))
        if task == "addition" or digits > 1
    },
    "coin_flips": SuitePlan(
        task="coin-flips",
        sizes=(2, 3, 4),
        shown_size=3,
        description="Is a coin still heads up after 2 to 4 people flip it or not (Wei et al. 2022).",
        tags=("state",),
        strategies=BOTH,
        max_tokens=160,
    ),
    "coin_flips_6": SuitePlan(
        task="coin-flips",
        size=6,
        shown_size=3,
        description="The coin after 6 people: longer than anything the embedded models were trained on.",
        tags=("state", "longer"),
        strategies=BOTH,
        max_tokens=240,
    ),
    "reverse": SuitePlan(
        task="reverse",
        sizes=(4, 5, 6),
        shown_size=5,
        description="Write a word backwards.",
        tags=("letters",),
    ),
    "repeat": SuitePlan(
        task="repeat",
        sizes=(1, 2, 3),
        shown_size=2,
        description="Say the same words again: the least that in-context copying can do.",
        tags=("letters",),
        max_tokens=32,
    ),
    "count_letters": SuitePlan(
        task="count-letters",
        sizes=(4, 5, 6, 7, 8),
        shown_size=5,
        description="Count the letters of a word.",
        tags=("letters",),
        strategies=BOTH,
        scorer="number",
        max_tokens=96,
    ),
    "sort_letters": SuitePlan(
        task="sort-letters",
        sizes=(3, 4, 5),
        shown_size=4,
        description="Sort the letters of a word.",
        tags=("letters",),
    ),
    "next_letters": SuitePlan(
        task="next-letters",
        sizes=(3, 4, 5),
        shown_size=4,
        description="Move every letter of a word one place on in the alphabet.",
        tags=("letters",),
        strategies=BOTH,
        max_tokens=64,
    ),
    "boolean": SuitePlan(
        task="boolean",
        sizes=(3, 4),
        shown_size=3,
        description="Evaluate a nested expression of True, False, and, or, not (after Suzgun et al. 2022).",
        tags=("logic",),
        strategies=BOTH,
        max_tokens=80,
    ),
}
