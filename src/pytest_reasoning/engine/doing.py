"""What a child process can do: the `op` of its first message, and the function that does the task."""

from __future__ import annotations

from pytest_reasoning.engine.process.serve import serve
from pytest_reasoning.engine.tasks.divergence.child import compare
from pytest_reasoning.engine.tasks.inside.child import look, stream
from pytest_reasoning.engine.tasks.quantize.child import quantize
from pytest_reasoning.engine.tasks.restoring.child import restore

TASKS = {
    "serve": serve, "compare": compare, "quantize": quantize, "lens": look, "streams": stream, "restore": restore
}  # fmt: skip
