"""The plan of a run as a table: a row for each gate, then what it all comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pytest_reasoning.records import Cell
from pytest_reasoning.report.tables.formats import NONE, label
from pytest_reasoning.report.terminal.console import grid, literal, rendered
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.gating.plan import Cost, GatePlan, Speed, cases_for_margin, cost_of, drops_seen

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_HEADS = ("gate", "cases", "write", "score", "stored", "prompt", "tokens", "time", "drop")


def plan_text(
    plans: Sequence[GatePlan],
    speeds: Mapping[str, Speed | None],
    *,
    lengths: Mapping[Cell, float],
    margin: float,
    timeout_s: float | None,
    budget_s: float | None,
    width: int,
    plain: bool,
) -> str:
    """Return the plan as text: completions to write, prompts to score texts after, and what they come to.

    Args:
        plans: in the order of the run.
        speeds: by model.
        lengths: mean tokens of an answer in an earlier run, by cell.
        margin: the largest drop that does not matter, 0 to 1.
        timeout_s: longest time of one completion, None if there is no limit.
        budget_s: time that the whole run is given, None if there is no limit.
        width: of the terminal, in columns.
        plain: ASCII only.
    """
    waiting: dict[str, int] = {}
    for plan in plans:
        made = sum(one.stored is None and not one.scored for one in plan.requests)
        waiting[plan.cell.model] = waiting.get(plan.cell.model, 0) + made
    costs = [
        cost_of(plan, speeds.get(plan.cell.model), waiting=waiting[plan.cell.model], length=lengths.get(plan.cell))
        for plan in plans
    ]
    drops, whole = drops_seen(plans)

    def show(console: Console) -> None:
        used = _used_columns(costs)
        table = grid(plain=plain)
        for head in _HEADS:
            if head in used:
                side: Literal["left", "right"] = "left" if head == _HEADS[0] else "right"
                table.add_column(literal(head), justify=side, overflow="fold", no_wrap=side == "right")
        for model, speed in speeds.items():
            if len(speeds) > 1:
                table.add_row(literal(f"{printable(model)}:"))
            for plan, cost, drop in zip(plans, costs, drops, strict=True):
                if plan.cell.model == model:
                    table.add_row(*_cells(_row(plan, cost, speed, drop), used))
            table.add_section()
        table.add_row(*_cells(_total(plans, costs, speeds), used))
        console.print(table)
        for line in (
            *(f"{printable(model)}: {_speed(speed)}." for model, speed in speeds.items()),
            *(f"{printable(model)}: over all cases {_seen(drop)}." for model, drop in whole.items()),
            f"A margin of {margin:g} needs at least {counted(cases_for_margin(margin), 'case')} of a suite.",
            *_warnings(plans, costs, timeout_s, budget_s),
        ):
            console.print(literal(line), soft_wrap=True)

    return rendered(show, width=width, color=False, plain=plain)


def _used_columns(costs: Sequence[Cost]) -> frozenset[str]:
    """Return the heads of the columns that tell something: most runs score no texts, and many have none stored."""
    unused = {"score"} if not any(cost.scorings for cost in costs) else set()
    unused |= {"stored"} if not any(cost.stored for cost in costs) else set()
    return frozenset(_HEADS) - unused


def _cells(row: Sequence[str], used: frozenset[str]) -> list[Text]:
    return [literal(text) for head, text in zip(_HEADS, row, strict=True) if head in used]


def _row(plan: GatePlan, cost: Cost, speed: Speed | None, drop: float | None) -> list[str]:
    more = "+" if plan.more_stages else ""
    return [
        label(plan.cell.suite, plan.cell.strategy),
        f"{plan.cases:,}",
        f"{cost.completions:,}{more}",
        f"{cost.scorings:,}",
        f"{cost.stored:,}/{len(plan.requests):,}",
        f"{cost.prompt_tokens:,}",
        _tokens(cost.tokens, cost.at_most),
        _time(cost.seconds, guessed=speed is not None and speed.guessed),
        NONE if drop is None else _rate(drop),
    ]


def _total(plans: Sequence[GatePlan], costs: Sequence[Cost], speeds: Mapping[str, Speed | None]) -> list[str]:
    used = [speeds.get(plan.cell.model) for plan in plans]
    known = [cost.seconds for cost in costs if cost.seconds is not None]
    more = "+" * any(plan.more_stages for plan in plans)
    return [
        f"in all {counted(len(plans), 'gate')}",
        f"{sum(plan.cases for plan in plans):,}",
        f"{sum(cost.completions for cost in costs):,}{more}",
        f"{sum(cost.scorings for cost in costs):,}",
        f"{sum(cost.stored for cost in costs):,}/{sum(len(plan.requests) for plan in plans):,}",
        f"{sum(cost.prompt_tokens for cost in costs):,}",
        _tokens(sum(cost.tokens for cost in costs), any(cost.at_most for cost in costs)),
        _time(sum(known) if len(known) == len(costs) else None, guessed=any(one.guessed for one in used if one)),
        "",
    ]


def _speed(speed: Speed | None) -> str:
    if speed is None:
        return "nothing is known of its speed before it has run"
    prompts = f"{1 / speed.prompt_s:,.0f} prompt tokens/s, " if speed.prompt_s else ""
    step = f"{speed.step_s:.3g} s for a token of each case in a full batch, " if speed.step_s else ""
    return f"{prompts}{step}{speed.source}"


def _warnings(
    plans: Sequence[GatePlan], costs: Sequence[Cost], timeout_s: float | None, budget_s: float | None
) -> list[str]:
    lines = []
    longest = [(cost.longest_s or 0.0, plan) for plan, cost in zip(plans, costs, strict=True)]
    late = [(seconds, plan) for seconds, plan in longest if timeout_s is not None and seconds > timeout_s]
    if late:
        seconds, plan = max(late, key=lambda one: one[0])
        most = max(one.max_tokens for one in plan.requests)
        lines.append(
            f"WARNING: --reasoning-timeout={timeout_s:g} does not fit {counted(len(late), 'gate')}: "
            f"a completion of {printable(plan.nodeid)} takes about {_time(seconds)} in a full batch "
            f"if it has all its {counted(most, 'token')} (raise it, or lower max_tokens)"
        )
    known = [cost.seconds for cost in costs if cost.seconds is not None]
    if budget_s is not None and sum(known) > budget_s:
        lines.append(f"WARNING: the time budget of {_time(budget_s)} is less than {_time(sum(known))}")
    return lines


def _seen(drop: float | None) -> str:
    return "no drop is seen with 80 % power" if drop is None else f"a drop of {_rate(drop)} is seen with 80 % power"


def _rate(drop: float) -> str:
    return f"{drop:.3f}" if drop < 0.01 else f"{drop:.2f}"


def _tokens(tokens: int, at_most: bool) -> str:
    return f"{'≤ ' if at_most else ''}{tokens:,}"


def _time(seconds: float | None, *, guessed: bool = False) -> str:
    if seconds is None:
        return NONE
    mark = "?" if guessed and seconds else ""
    if seconds < 60:
        return f"{seconds:.1f} s{mark}"
    minutes, rest = divmod(round(seconds), 60)
    return (f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min") + mark
