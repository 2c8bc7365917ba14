"""The least numbers that statistics need, apart from the modules that load numpy."""

from __future__ import annotations

LEAST_STIMULI = 8
"Stimuli for a distance: fewer have no half-samples in which the debiased estimator is steady."
LEAST_GROUPS = 4
"Groups for a rank correlation: fewer have too few different resamples for an interval."
