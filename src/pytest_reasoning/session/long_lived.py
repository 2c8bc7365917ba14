"""Spares Python's garbage collector the thousands of cases that live from their collection to the end of the run.

The collector looks at every object again and again while their number grows, and the interpreter frees them one by
one before it exits.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.judge import Judge


def spare_until_the_end(config: pytest.Config) -> None:
    """Let the objects that `spare` sets aside be looked at again before pytest's own last look for garbage."""
    config.add_cleanup(gc.unfreeze)


def spare() -> None:
    """Set aside what has been made so far."""
    gc.freeze()


def spare_at_exit(items: Sequence[pytest.Item]) -> None:
    """Leave all objects to the operating system at exit, if the run had no tests but ours.

    The user's own tests may have files open that are written when they are freed.
    """
    atexit.unregister(gc.freeze)
    if items and all(isinstance(item, CaseItem | Judge) for item in items):
        atexit.register(gc.freeze)
