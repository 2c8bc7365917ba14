"""Step one of scoring: finds the places of a completion in which the answer may be."""

from pytest_reasoning.scoring.where.denials import without_denials
from pytest_reasoning.scoring.where.markers import Language, languages
from pytest_reasoning.scoring.where.places import Introduced, Place, Said, WhyCut, last_line, opening, places
from pytest_reasoning.scoring.where.run_ons import without_run_on

__all__ = [
    "Introduced",
    "Language",
    "Place",
    "Said",
    "WhyCut",
    "languages",
    "last_line",
    "opening",
    "places",
    "without_denials",
    "without_run_on",
]
