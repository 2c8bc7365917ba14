"""The exceptions a user can meet; every message is one line (or one line per problem) and ends with the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_reasoning.text.wording import visible


class ReasoningError(Exception):
    """Base of the errors that this plugin raises on purpose; they are shown without a traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem in a text file: where it is and what to do about it."""

    file: str
    line: int
    "1-based; 0 where the problem has no line (an unreadable file)."
    message: str
    column: int = 0
    "1-based; 0 where unknown."

    def __str__(self) -> str:
        """Return the problem on one line, whatever keys and names of the file it holds."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return visible(f"{place}: {self.message}")


class FileError(ReasoningError):
    """A text file that cannot be used, with every problem found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SuiteError(FileError):
    """A suite file (or a file it names) that cannot be used."""


class ModelError(ReasoningError):
    """A model that was named but cannot be found, read or loaded."""


class ModelsFileError(FileError, ModelError):
    """A models file that cannot be used."""


class EngineError(ReasoningError):
    """A completion could not be made; this is a failure of the engine, not a wrong answer."""


class ScorerError(ReasoningError):
    """A completion could not be scored; this is a failure of the scorer, not a wrong answer."""
