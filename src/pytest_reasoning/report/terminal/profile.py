"""The profile that `pytest-reasoning check` prints: a row for each family, then what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.report.results import ReportedModel, Results
from pytest_reasoning.report.tables.formats import NONE, percent, speed, tight_interval
from pytest_reasoning.report.terminal.console import grid, literal, rendered
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.profile import GUESSED, FamilyProfile, LevelRates, guessable, profile_of

if TYPE_CHECKING:
    from rich.console import Console

ABOUT = {
    "direct": "direct asks for the answer at once",
    "cot": "cot shows worked examples that reason step by step (chain of thought)",
}
"What the strategies of the library are, for those who meet them here first."
MANY_TRUNCATED = 0.1
"Share of completions from which on it is said where they were cut off."


def profile_text(results: Results, *, width: int, color: bool, plain: bool) -> str:
    """Return the profile of every model of a run as text; arguments as for `summary`."""

    def show(console: Console) -> None:
        for model in results.models:
            families = profile_of(results.rates, model.name)
            if families:
                _show_model(console, model, families, results, plain=plain)

    return rendered(show, width=width, color=color, plain=plain)


def _show_model(
    console: Console, model: ReportedModel, families: Sequence[FamilyProfile], results: Results, *, plain: bool
) -> None:
    strategies = list(dict.fromkeys(ladder.strategy for family in families for ladder in family.ladders))
    console.print(literal(f"\n{printable(model.name)}: pass rate in % at each level, the easiest first"))
    table = grid(plain=plain)
    table.add_column("family", overflow="fold")
    for name in strategies:
        table.add_column(literal(printable(name)), justify="right")
    for head in ("reached", "pass rate there"):
        table.add_column(head)
    for family in families:
        of = {ladder.strategy: ladder for ladder in family.ladders}
        shown = [_rates(of[name]) if name in of else NONE for name in strategies]
        table.add_row(*map(literal, [printable(family.family), *shown, *_reached(family)]))
    console.print(table)
    for line in (*_lines(model, families, results), *_next(model, families, results)):
        console.print(literal(line), soft_wrap=True)


def _rates(ladder: LevelRates) -> str:
    return " ".join(NONE if one.rate is None else f"{100 * one.rate:.0f}".rjust(3) for one in ladder.levels)


def _reached(family: FamilyProfile) -> tuple[str, str]:
    """Return the level that was reached, and the pass rate with its interval there, or at the first level."""
    best = family.best
    level = best.levels[max(best.reached, 1) - 1]
    name = f"level {best.reached} ({printable(best.strategy)})" if best.reached else "none"
    bounds = f", {tight_interval(level.interval)}" if level.interval is not None else ""
    return name, f"{percent(level.rate)}{bounds}"


def _lines(model: ReportedModel, families: Sequence[FamilyProfile], results: Results) -> list[str]:
    outcomes = results.outcomes_of(model.name)
    sizes = sorted({level.total for family in families for ladder in family.ladders for level in ladder.levels})
    cases = counted(sizes[0], "case") if sizes[0] == sizes[-1] else f"{sizes[0]} to {sizes[-1]} cases"
    lines = [
        f"A level is reached where at least half was right, there and below; {cases} a level and strategy, "
        f"95 % intervals."
    ]
    about = [ABOUT[name] for name in dict.fromkeys(one.strategy for one in outcomes) if name in ABOUT]
    if about:
        lines.append(f"{'; '.join(about)}.")
    half = [printable(family.family) for family in families if family.family in guessable(outcomes)]
    if half:
        lines.append(f"Guessing alone gets {percent(GUESSED)} or more right in {', '.join(half)}.")
    truncated = sum(family.count("truncated") for family in families)
    where = ""
    if truncated > MANY_TRUNCATED * len(outcomes):
        most = max(families, key=lambda one: one.count("truncated"))
        where = f", most in {printable(most.family)}: the model writes on, or needs more"
    lines.append(f"{truncated} of {counted(len(outcomes), 'completion')} were cut off at max_tokens{where}.")
    errors = sum(family.count("error") for family in families)
    if errors:
        lines.append(f"{counted(errors, 'case')} ended in an error of the engine and count nowhere.")
    cached = sum(one.cached for one in outcomes)
    if cached == len(outcomes):
        lines.append("All of it was answered before, and came from the response store.")
        return lines
    rate = speed(model.completion_tokens, model.elapsed_s) if model.elapsed_s else "0"
    tokens = counted(model.completion_tokens, "token")
    there = f" {counted(cached, 'completion')} came from the response store." if cached else ""
    lines.append(f"{tokens} in {model.elapsed_s:.0f} s: {rate} tokens/s, prompts included.{there}")
    return lines


def _next(model: ReportedModel, families: Sequence[FamilyProfile], results: Results) -> list[str]:
    """Return what to do next; the family that tells most is one that the model half knows and cannot guess."""
    guessed = guessable(results.outcomes_of(model.name))

    def tells_little(family: FamilyProfile) -> tuple[bool, bool, float]:
        from_half = min(abs((level.rate or 0.0) - 0.5) for level in family.best.levels)
        return from_half == 0.5, family.family in guessed, from_half

    name = printable(min(families, key=tells_little).family)
    reference = printable(model.reference)
    return [
        "Next:",
        f"  pytest-reasoning new {name}    # own and edit the suite that tells most about this model",
        f"  pytest cases/{name}.yaml --reasoning-models={reference} --reasoning-json=run.json",
        "  pytest-reasoning calibrate run.json --plain-tests    # from now on it is a test",
    ]
