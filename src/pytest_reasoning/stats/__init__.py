"""Intervals, tests and corrections on plain numbers; pure, and importing it imports no numpy or scipy."""

from pytest_reasoning.stats.intervals import Interval, IntervalMethod, wilson_interval

__all__ = ["Interval", "IntervalMethod", "wilson_interval"]
