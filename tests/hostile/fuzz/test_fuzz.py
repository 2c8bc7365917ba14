"""What others write, spoiled, is read or refused as promised, in time; `benchmarks/fuzz.py` tries more."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fuzz_target import Target
from fuzz_targets import TARGETS
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.slow

SLOWER = 4
"The machine of the tests may be so much slower than an idle one, in processor time too."


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name.replace(" ", "-"))
def test_what_is_spoiled_is_read_or_refused(target: Target) -> None:
    with target.open() as check:

        @settings(
            max_examples=target.examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(target.inputs)
        def try_one(data: Any) -> None:
            began = time.process_time()
            check(data)
            assert time.process_time() - began < SLOWER * target.limit_s

        try_one()
