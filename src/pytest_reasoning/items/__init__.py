"""The pytest nodes: a suite file, its cases and its gates, and the run they share."""

from pytest_reasoning.items.case import OUTCOMES_PROPERTY, CaseItem
from pytest_reasoning.items.certify import Certificate, Witness
from pytest_reasoning.items.comparison import COMPARISON_PROPERTY, ComparisonItem, Comparisons
from pytest_reasoning.items.expectations import ExpectationReporter, expected_suites
from pytest_reasoning.items.fidelity import measure, written_rows
from pytest_reasoning.items.gate import GATE_PROPERTY, GateItem
from pytest_reasoning.items.history import HISTORY_FILE, History
from pytest_reasoning.items.named_model import NamedModel
from pytest_reasoning.items.no_worse import ModelComparisons, NoWorseItem
from pytest_reasoning.items.order import in_model_order, submissions
from pytest_reasoning.items.pace_options import pace_settings
from pytest_reasoning.items.pacing import paced
from pytest_reasoning.items.planned import planned
from pytest_reasoning.items.provenance import provenance
from pytest_reasoning.items.reporting import ItemReports
from pytest_reasoning.items.run import Run
from pytest_reasoning.items.shown_prompts import shown_prompts
from pytest_reasoning.items.suite_file import RUN, SuiteFile
from pytest_reasoning.items.urgency import most_telling_first

__all__ = [
    "COMPARISON_PROPERTY",
    "GATE_PROPERTY",
    "HISTORY_FILE",
    "OUTCOMES_PROPERTY",
    "RUN",
    "CaseItem",
    "Certificate",
    "ComparisonItem",
    "Comparisons",
    "ExpectationReporter",
    "GateItem",
    "History",
    "ItemReports",
    "ModelComparisons",
    "NamedModel",
    "NoWorseItem",
    "Run",
    "SuiteFile",
    "Witness",
    "expected_suites",
    "in_model_order",
    "measure",
    "most_telling_first",
    "pace_settings",
    "paced",
    "planned",
    "provenance",
    "shown_prompts",
    "submissions",
    "written_rows",
]
