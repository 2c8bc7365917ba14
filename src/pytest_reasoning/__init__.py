"""Reasoning regression tests for local language models, as pytest tests.

The names below are for `conftest.py` files, plugins, tests in Python and notebooks. Each is imported on first use,
so that the installed plugin costs no start-up time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_reasoning.commands.check import check
    from pytest_reasoning.engine import Executor
    from pytest_reasoning.prompting import Conversation, CustomStrategy
    from pytest_reasoning.records import Case, Completion, Generation, Message, Request, Score, Strategy
    from pytest_reasoning.report import Report, ReportError, read_report
    from pytest_reasoning.scoring import CustomScorer
    from pytest_reasoning.session.items.fixture import NamedModel
    from pytest_reasoning.suite import Generator, RandomStream
    from pytest_reasoning.text.errors import ReasoningError

_HOMES = {
    "Case": "records",
    "Completion": "records",
    "Conversation": "prompting",
    "CustomScorer": "scoring",
    "CustomStrategy": "prompting",
    "Executor": "engine",
    "Generation": "records",
    "Generator": "suite",
    "Message": "records",
    "NamedModel": "session.items.fixture",
    "RandomStream": "suite",
    "ReasoningError": "text.errors",
    "Report": "report",
    "ReportError": "report",
    "Request": "records",
    "Score": "records",
    "Strategy": "records",
    "check": "commands.check",
    "read_report": "report",
}
"The module, below this package, of each public name."

__all__ = [
    "Case",
    "Completion",
    "Conversation",
    "CustomScorer",
    "CustomStrategy",
    "Executor",
    "Generation",
    "Generator",
    "Message",
    "NamedModel",
    "RandomStream",
    "ReasoningError",
    "Report",
    "ReportError",
    "Request",
    "Score",
    "Strategy",
    "check",
    "read_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *__all__})
