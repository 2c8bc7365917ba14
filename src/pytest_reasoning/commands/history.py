"""`pytest-reasoning history`: pass rates night by night, alarms for drops, and cases that flip by themselves."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pytest_reasoning.report.history_file import read_history
from pytest_reasoning.report.tables.formats import label, percent
from pytest_reasoning.report.terminal.console import ascii_of
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.trends import Trend, trend

_BARS, _DIGITS = "▁▂▃▄▅▆▇█", "0123456789"
_MOST_NIGHTS = 40
_MOST_FLAKY = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", type=Path, metavar="PATH", help="the file that --reasoning-history wrote")
    parser.add_argument(
        "--error",
        type=_error,
        default=0.05,
        metavar="SHARE",
        help="highest probability that a series which never changes ever has an alarm (default 0.05)",
    )


def run(options: argparse.Namespace) -> int:
    """Print each series, alarms first; return 1 if there is an alarm.

    Raises:
        ReportError: the file cannot be read.
    """
    trends = [trend(*cell, nights, error=options.error) for cell, nights in read_history(options.file).items()]
    trends.sort(key=lambda one: one.watched.alarm is None)
    plain = not sys.stdout.isatty()
    for one in trends:
        for line in _lines(one, plain=plain):
            print(ascii_of(line) if plain else line)
    alarms = sum(one.watched.alarm is not None for one in trends)
    print(f"{counted(len(trends), 'series', 'series')}, {counted(alarms, 'alarm')}.")
    return 1 if alarms else 0


def _lines(one: Trend, *, plain: bool) -> list[str]:
    shown = one.nights[-_MOST_NIGHTS:]
    bars = "".join(_sign(night.rate, plain=plain) for night in shown)
    name = label(one.suite, one.strategy, one.model)
    mean = f"mean {percent(one.mean(0))} of {counted(len(one.nights), 'night')}"
    lines = [f"{name}: {percent(one.nights[-1].rate)}, {mean}  {bars}"]
    if one.watched.alarm is not None and one.watched.change is not None:
        change = one.watched.change
        before, since = percent(one.mean(0, change)), percent(one.mean(change))
        lines.append(
            f"  ALARM: the pass rate fell, most likely from {_day(one, change)} on: {before} before, {since} since "
            f"(called {_day(one, one.watched.alarm)})."
        )
    if len(one.machines) > 1:
        named = "; ".join(f"from {printable(start[:10])} {printable(machine)}" for machine, start in one.machines)
        lines.append(f"  Across {len(one.machines)} classes of machine, so answers' last bits may differ: {named}.")
    if one.flaky:
        named = ", ".join(f"{printable(case)} {counted(count, 'time')}" for case, count in one.flaky[:_MOST_FLAKY])
        more = f" and {len(one.flaky) - _MOST_FLAKY} more" if len(one.flaky) > _MOST_FLAKY else ""
        lines.append(f"  Flipped though nothing changed: {named}{more}.")
    return lines


def _sign(rate: float, *, plain: bool) -> str:
    return _DIGITS[min(9, int(10 * rate))] if plain else _BARS[int(7 * rate + 0.5)]


def _day(one: Trend, night: int) -> str:
    return printable(one.nights[night].started[:10])


def _error(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
