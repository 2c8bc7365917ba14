"""Every family by its name."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import Draw
from pytest_reasoning.suite.generate.families.letters import last_letters, letter_count, spell_backwards

FAMILIES: dict[str, Draw] = {
    "last-letters": last_letters,
    "letter-count": letter_count,
    "spell-backwards": spell_backwards,
}
