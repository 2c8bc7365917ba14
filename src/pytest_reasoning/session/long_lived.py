"""Spares Python's garbage collector the thousands of cases that live from their collection to the end of the run.

The collector looks at every object again and again while their number grows.
"""

from __future__ import annotations

import gc

import pytest


def spare_until_the_end(config: pytest.Config) -> None:
    """Let the objects that `spare` sets aside be looked at again before pytest's own last look for garbage."""
    config.add_cleanup(gc.unfreeze)


def spare() -> None:
    """Set aside what has been made so far."""
    gc.freeze()
