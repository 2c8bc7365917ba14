"""What every run of the tests starts with; the fixtures themselves are in `kit/fixtures.py`."""

from __future__ import annotations

import gguf  # noqa: F401
import httpcore  # noqa: F401
import httpx  # noqa: F401
import rich.table  # noqa: F401
import scipy.optimize
import scipy.stats  # noqa: F401

# pytester forgets what a run in process imported; modules with native parts do not survive a second import.
import pytest_reasoning.models
import pytest_reasoning.report
import pytest_reasoning.session.run  # noqa: F401

pytest_plugins = ["pytester", "kit.fixtures"]
