"""The catalog of the library: every family of tasks with its tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "pt")
FOLDER = Path(__file__).with_name("suites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family of tasks, with one suite in each language; all of them have the same cases."""

    name: str
    about: str
    "A short description of the task."
    topic: str
    "A tag shared by related families."
    core: bool = False
    "Whether it is one of the families that give a first profile of a model."

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its suites; each suite also has its language as a tag."""
        return (*(("core",) if self.core else ()), self.name, self.topic)

    def path(self, language: str) -> Path:
        """Return the file of the suite in a language."""
        return FOLDER / language / f"{self.name}.yaml"

    def suite(self, language: str) -> str:
        """Return the name of the suite in a language."""
        return self.name if language == "en" else f"{self.name}-{language}"


FAMILIES = (
    Family(name="last-letters", about="put the last letters of words together", topic="letters", core=True),
    Family(name="letter-count", about="count a letter in names of places", topic="letters", core=True),
    Family(name="spell-backwards", about="spell a word backwards", topic="letters"),
    Family(name="symbol-mapping", about="add novel words that stand for numbers", topic="symbols", core=True),
    Family(name="caesar", about="move each letter of a word on in the alphabet", topic="symbols"),
    Family(name="word-sorting", about="sort names alphabetically", topic="sorting", core=True),
    Family(name="brackets", about="close the brackets that are still open", topic="symbols"),
    Family(name="list-operations", about="do one thing after the other with a list of numbers", topic="symbols"),
    Family(name="palindromes", about="tell whether a word reads the same backwards", topic="letters"),
    Family(name="arithmetic", about="add, subtract and multiply numbers", topic="numbers", core=True),
    Family(name="number-sorting", about="sort numbers from the smallest to the largest", topic="sorting"),
    Family(name="word-problems", about="solve a story about numbers of things", topic="numbers", core=True),
    Family(name="object-counting", about="count things, or the fruit among them", topic="numbers", core=True),
    Family(name="coin-flips", about="tell whether a coin is still heads up", topic="tracking", core=True),
    Family(name="shuffled-objects", about="tell who has which thing after some swaps", topic="tracking"),
    Family(name="walks", about="tell on which step of a stair someone ends", topic="tracking"),
    Family(name="boolean-expressions", about="evaluate and, or and not", topic="logic", core=True),
    Family(name="truth-tellers", about="tell whether the last of some people tells the truth", topic="logic"),
    Family(name="syllogisms", about="tell whether a statement follows from others", topic="logic", core=True),
    Family(name="family-relations", about="tell what two people of a family are to each other", topic="logic"),
    Family(name="shortest-path", about="count the roads of the shortest way between two towns", topic="puzzles"),
    Family(name="sudoku", about="complete a row of a 4 x 4 sudoku", topic="puzzles"),
    Family(name="weekdays", about="tell the day of the week some days before or after", topic="puzzles", core=True),
    Family(name="commands", about="write out commands with repetitions", topic="puzzles"),
    Family(name="needle", about="find one thing that a text tells", topic="puzzles", core=True),
)

SUITES = {family.suite(language): family.path(language) for family in FAMILIES for language in LANGUAGES}
"The file of every suite of the library by the suite's name."
