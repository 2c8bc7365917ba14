"""Intervals, tests and corrections on plain numbers; pure, and importing it imports no numpy or scipy."""

from pytest_reasoning.stats.clusters import (
    Cluster,
    clustered_interval,
    clustered_standard_error,
    effective_sample_size,
)
from pytest_reasoning.stats.corrections import holm
from pytest_reasoning.stats.independent import difference_interval, newcombe_interval
from pytest_reasoning.stats.intervals import (
    Interval,
    IntervalMethod,
    clopper_pearson_interval,
    jeffreys_interval,
    proportion_interval,
    wilson_interval,
)
from pytest_reasoning.stats.means import clustered_mean
from pytest_reasoning.stats.paired import (
    drop_p_value,
    effective_flips,
    margin_p_values,
    mcnemar_exact,
    tango_interval,
    tango_z,
)
from pytest_reasoning.stats.planning import (
    cases_to_exclude,
    cases_to_see_drop,
    cases_to_show_margin,
    cases_to_show_no_worse,
    drop_power,
    visible_drop,
)
from pytest_reasoning.stats.sequential import plausible_totals, possible_totals

__all__ = [
    "Cluster",
    "Interval",
    "IntervalMethod",
    "cases_to_exclude",
    "cases_to_see_drop",
    "cases_to_show_margin",
    "cases_to_show_no_worse",
    "clopper_pearson_interval",
    "clustered_interval",
    "clustered_mean",
    "clustered_standard_error",
    "difference_interval",
    "drop_p_value",
    "drop_power",
    "effective_flips",
    "effective_sample_size",
    "holm",
    "jeffreys_interval",
    "margin_p_values",
    "mcnemar_exact",
    "newcombe_interval",
    "plausible_totals",
    "possible_totals",
    "proportion_interval",
    "tango_interval",
    "tango_z",
    "visible_drop",
    "wilson_interval",
]
