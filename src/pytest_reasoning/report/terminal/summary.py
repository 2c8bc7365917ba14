"""The terminal summary: the pass rates, the gates that did not pass, the misses, time and speed of each model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.records import Gate, Model
from pytest_reasoning.report.results import ReportedModel, Results
from pytest_reasoning.report.tables.formats import label, percent, speed, tight_interval
from pytest_reasoning.report.tables.machines import machine_lines
from pytest_reasoning.report.tables.misses import miss_lines
from pytest_reasoning.report.tables.models import gates_passed
from pytest_reasoning.report.tables.verdicts import measured_text
from pytest_reasoning.report.terminal.console import literal, rendered
from pytest_reasoning.report.terminal.rates import kind_text, print_rates
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict import EarlierAnswers, PassRate, SampleSettings
from pytest_reasoning.verdict.sharding import Shard

if TYPE_CHECKING:
    from rich.console import Console

_MOST_NAMED = 5
"How many gates that lacked time are named."
_MOST_JUDGED = 10
"How many gates that did not pass are named, unless the summary is verbose."


_UNMEASURED = {"pinned": " (not yet measured on a GPU)"}
"What the header says of a kind of batching whose promise is not proved."


def header(
    models: Sequence[Model],
    batching: str,
    *,
    where: str = "",
    fresh_seed: int | None = None,
    limit: int | None = None,
    shard: Shard | None = None,
) -> str:
    """Return the line for pytest's header: the models, the kind of batching and the devices."""
    named = ", ".join(f"{printable(model.name)} ({kind_text(model)})" for model in models)
    again = f"; fresh instances, again with --reasoning-seed={fresh_seed}" if fresh_seed is not None else ""
    on = f", {where}" if where else ""
    of = f"; shard {shard}" if shard is not None else ""
    part = f"; a part: at most {counted(limit, 'case')} a suite" if limit is not None else ""
    return f"reasoning: {named}; {batching} batching{_UNMEASURED.get(batching, '')}{on}{of}{part}{again}"


def sample_lines(sample: SampleSettings | None, history: EarlierAnswers | None) -> list[str]:
    """Return the header's line on a random sample of each suite; none where all cases run."""
    if sample is None:
        return []
    by = f", sharpened by {printable(history.name)}" if history is not None else ""
    return [
        f"reasoning: a random sample of {counted(sample.size, 'case')} of each suite (seed {sample.seed}){by}: "
        "gates judge the interval of the pass rate over all cases"
    ]


def _sampled_lines(gates: Iterable[Gate]) -> list[str]:
    """Return a line for each gate of a sample: what it says of all cases."""
    return [
        f"{label(gate.suite, gate.strategy)}, {printable(gate.model)}: {percent(gate.rate)} "
        f"({gate.interval[0]:.2f}-{gate.interval[1]:.2f}) over all {counted(gate.sample_of, 'case')}, by a "
        f"sample of {gate.cases}"
        + (f", as narrow as of {gate.sample_alike} without {gate.sample_history}" if gate.sample_history else "")
        for gate in gates
        if gate.sample_of and gate.interval is not None
    ]


def summary(results: Results, *, width: int, color: bool, plain: bool, verbose: bool = False) -> str:
    """Return the summary as text that fits `width` columns.

    Args:
        results: results of the run, complete or not.
        width: width of the terminal in columns.
        color: whether ANSI colors may be used.
        plain: whether to use ASCII only, for a pipe or a log.
        verbose: whether to show intervals, every suite and every gate that did not pass.
    """

    def show(console: Console) -> None:
        if results.rates.rows:
            print_rates(console, results, plain=plain, verbose=verbose)
        lines = [*_gate_lines(results.gates, verbose=verbose), *left_out_lines(results.gates)]
        lines += _sampled_lines(results.gates)
        lines += [f"M{measured[1:]}."] if (measured := measured_text(results.gates)) else []
        lines += miss_lines(results)
        lines += [line for model in results.models if (line := _usage_line(model, results))]
        lines += [line for model in results.models if (line := _thinking_line(model, results))]
        lines += [line for model in results.models if (line := _run_on_line(model, results))]
        lines += machine_lines(results)
        for line in lines:
            console.print(literal(line), soft_wrap=True)

    return rendered(show, width=width, color=color, plain=plain)


def quiet_summary(results: Results) -> str:
    """Return one line per model, its pass rate over all suites and how its gates ended, and what was not judged."""
    lines = []
    for model in results.rates.models:
        total = results.rates.totals.get(model)
        if total is None:
            continue
        passed = gates_passed(results, model)
        judged = f", {passed} {'gate' if passed.endswith(' of 1') else 'gates'} passed" if passed else ""
        lines.append(f"{printable(model)}: {_rate_line(total)}{judged}")
    lines += [f"M{measured[1:]}."] if (measured := measured_text(results.gates)) else []
    return "\n".join(lines)


def left_out_lines(gates: Collection[Gate]) -> list[str]:
    """Return lines about cases that did not run because their gate was settled, or for lack of time."""
    settled = [gate for gate in gates if gate.not_run and gate.verdict != "skipped"]
    late = [gate for gate in gates if gate.not_run and gate.verdict == "skipped"]
    lines = []
    if settled:
        lines.append(f"Stopped early: {_not_run(settled)}")
    if late:
        named = ", ".join(
            f"{printable(gate.nodeid)} ({gate.total} of {gate.total + gate.not_run})" for gate in late[:_MOST_NAMED]
        )
        more = f" and {len(late) - _MOST_NAMED} more" if len(late) > _MOST_NAMED else ""
        lines.append(f"No time left: {_not_run(late)}: {named}{more}")
    return [f"{line}; totals count only suites that ran whole." for line in lines]


def _not_run(gates: Sequence[Gate]) -> str:
    return f"{counted(len(gates), 'gate')}, {counted(sum(gate.not_run for gate in gates), 'outcome')} not run"


def _rate_line(rate: PassRate) -> str:
    errors = f", {counted(rate.statuses['error'], 'error')}" if rate.statuses["error"] else ""
    bounds = f", 95 % interval {tight_interval(rate.interval)}" if rate.interval is not None else ""
    part = f", a part: {rate.cases} of {counted(rate.of_cases, 'case')}" if rate.is_part else ""
    return f"{percent(rate.rate)} correct ({rate.correct}/{rate.total}{bounds}){part}{errors}"


def _gate_lines(gates: Iterable[Gate], *, verbose: bool) -> list[str]:
    lines = [
        f"{gate.verdict.upper()} {printable(gate.nodeid)}: {printable(gate.reason)}"
        for gate in gates
        if gate.verdict in ("failed", "undecided", "error")
    ]
    if verbose or len(lines) <= _MOST_JUDGED:
        return lines
    left = counted(len(lines) - _MOST_JUDGED, "more gate")
    return [*lines[:_MOST_JUDGED], f"And {left} did not pass (-v names every one)."]


def _usage_line(model: ReportedModel, results: Results) -> str:
    """Return a model's tokens, time and speed; empty for a model that was never used."""
    outcomes = results.outcomes_of(model.name)
    if not outcomes and not model.elapsed_s:
        return ""
    name, cached = printable(model.name), sum(outcome.cached for outcome in outcomes)
    if cached and cached == len(outcomes):
        return f"{name}: {counted(cached, 'completion')}, all from the store."
    there = f" ({cached} from the store)" if cached else ""
    rate = speed(model.completion_tokens, model.elapsed_s) if model.elapsed_s else "0"
    took, tokens = f"in {model.elapsed_s:.1f} s", counted(model.completion_tokens, "token")
    if not outcomes:  # Python tests alone have used it
        return f"{name}: {tokens} {took}, {rate} tokens/s."
    return f"{name}: {counted(len(outcomes), 'completion')}{there} {took}, {tokens} at {rate} tokens/s."


def _thinking_line(model: ReportedModel, results: Results) -> str:
    """Return the share of a model's completion tokens that is thinking; empty if there is none."""
    if not model.thinking_tokens:
        return ""
    tokens = sum(one.completion_tokens for one in results.outcomes_of(model.name))
    share = percent(model.thinking_tokens / max(tokens, model.thinking_tokens))
    of_all = f"{model.thinking_tokens:,} of {counted(tokens, 'completion token')} are thinking ({share})"
    return f"{printable(model.name)}: {of_all}."


def _run_on_line(model: ReportedModel, results: Results) -> str:
    """Return how many completions of a model ran on into a question of its own; empty if none did."""
    own = results.outcomes_of(model.name)
    cut = sum(one.finish == "next_question" for one in own)
    if not cut:
        return ""
    what = f"{cut:,} of {counted(len(own), 'completion')} ran on into a next question, which was cut off"
    return f"{printable(model.name)}: {what}."
