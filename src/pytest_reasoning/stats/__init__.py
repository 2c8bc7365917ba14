"""Confidence intervals, tests and corrections on plain numbers; pure functions that load numpy and scipy on use."""

from pytest_reasoning.stats.bounded_means import mean_above_p_value, mean_interval
from pytest_reasoning.stats.clusters import (
    Cluster,
    clustered_interval,
    clustered_standard_error,
    effective_sample_size,
)
from pytest_reasoning.stats.corrections import gatekept, holm
from pytest_reasoning.stats.independent import difference_interval, newcombe_interval
from pytest_reasoning.stats.intervals import (
    Interval,
    IntervalMethod,
    clopper_pearson_interval,
    jeffreys_interval,
    proportion_interval,
    wilson_interval,
)
from pytest_reasoning.stats.margin_planning import cases_to_show_margin, changes_to_show_margin, margin_power
from pytest_reasoning.stats.mean_changes import MeanChange, mean_change
from pytest_reasoning.stats.means import clustered_mean
from pytest_reasoning.stats.paired import (
    cluster_changes,
    margin_p_values,
    paired_interval,
    tango_interval,
    tango_z,
)
from pytest_reasoning.stats.planning import (
    cases_to_decide,
    cases_to_exclude,
    cases_to_see_drop,
    decision_power,
    drop_power,
    visible_drop,
    visible_drop_of_changes,
)
from pytest_reasoning.stats.sampled import SampledRate, Stratum, cases_alike, sampled_rate
from pytest_reasoning.stats.sequential import plausible_totals, possible_totals
from pytest_reasoning.stats.shrinkage import Pooled, paired_errors, pooled_differences, pooled_rates
from pytest_reasoning.stats.sign_flips import (
    SignFlipTest,
    drop_p_value,
    mcnemar_exact,
    repeats_p_value,
    sign_flip_test,
)
from pytest_reasoning.stats.total_tests import AtLeastTest

__all__ = [
    "AtLeastTest",
    "Cluster",
    "Interval",
    "IntervalMethod",
    "MeanChange",
    "Pooled",
    "SampledRate",
    "SignFlipTest",
    "Stratum",
    "cases_alike",
    "cases_to_decide",
    "cases_to_exclude",
    "cases_to_see_drop",
    "cases_to_show_margin",
    "changes_to_show_margin",
    "clopper_pearson_interval",
    "cluster_changes",
    "clustered_interval",
    "clustered_mean",
    "clustered_standard_error",
    "decision_power",
    "difference_interval",
    "drop_p_value",
    "drop_power",
    "effective_sample_size",
    "gatekept",
    "holm",
    "jeffreys_interval",
    "margin_p_values",
    "margin_power",
    "mcnemar_exact",
    "mean_above_p_value",
    "mean_change",
    "mean_interval",
    "newcombe_interval",
    "paired_errors",
    "paired_interval",
    "plausible_totals",
    "pooled_differences",
    "pooled_rates",
    "possible_totals",
    "proportion_interval",
    "repeats_p_value",
    "sampled_rate",
    "sign_flip_test",
    "tango_interval",
    "tango_z",
    "visible_drop",
    "visible_drop_of_changes",
    "wilson_interval",
]
