"""What is in the library: each family of tasks with its tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "pt")
FOLDER = Path(__file__).with_name("suites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family of tasks; it has a suite in each language, with the same cases."""

    name: str
    about: str
    "What is asked, in a few words."
    topic: str
    "A tag that some families share."
    core: bool = False
    "Whether it belongs to the families that give a first profile of a model."

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of its suites; each has its language as one more."""
        return (*(("core",) if self.core else ()), self.name, self.topic)

    def path(self, language: str) -> Path:
        """Return the suite's file."""
        return FOLDER / language / f"{self.name}.yaml"

    def suite(self, language: str) -> str:
        """Return the suite's name."""
        return self.name if language == "en" else f"{self.name}-{language}"


FAMILIES = (
    Family(
        name="last-letters",
        about="put together the last letters of a name's words",
        topic="letters",
        core=True,
    ),
    Family(name="letter-count", about="count a letter in names of places", topic="letters", core=True),
    Family(name="spell-backwards", about="spell a word backwards", topic="letters"),
)
