"""Rows of differences on the same cases: by model size, by strategy, by length of the instances."""

from __future__ import annotations

from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.formats import Row, percent, signed, signed_interval
from pytest_reasoning.text.wording import printable


def contrast_rows(results: Results) -> list[Row]:
    """Return one row per suite and strategy that compares the smallest with the largest model."""
    return [
        {
            "suite": printable(one.suite),
            "strategy": printable(one.strategy),
            "first": printable(one.first),
            "second": printable(one.second),
            "first_rate": percent(one.first_rate),
            "second_rate": percent(one.second_rate),
            "difference": signed(one.difference),
            "interval": signed_interval(one.interval),
        }
        for one in results.size_contrasts
    ]


def gap_rows(results: Results) -> list[Row]:
    """Return one row per family, strategy and model with its loss on longer instances."""
    return [
        {
            "family": printable(gap.family),
            "strategy": printable(gap.strategy),
            "model": printable(gap.model),
            "rates": ", ".join(f"{n}: {percent(rate)}" for n, rate in zip(gap.lengths, gap.rates, strict=True)),
            "lost": signed(gap.lost),
            "interval": signed_interval(gap.interval),
        }
        for gap in results.length_gaps
    ]


def lift_rows(results: Results) -> list[Row]:
    """Return one row per suite, strategy and model with the lift of the strategy over `direct`."""
    return [
        {
            "suite": printable(lift.suite),
            "strategy": printable(lift.strategy),
            "model": printable(lift.first),
            "direct_rate": percent(lift.first_rate),
            "rate": percent(lift.second_rate),
            "lift": signed(lift.difference),
            "interval": signed_interval(lift.interval),
        }
        for lift in results.lifts
    ]
