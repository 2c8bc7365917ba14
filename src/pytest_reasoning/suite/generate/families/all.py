"""The table of all families by name."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families import calendars, letters, logic, numbers, puzzles, symbols, tracking
from pytest_reasoning.suite.generate.families.drawn import Draw

DRAWS: dict[str, Draw] = {
    "last-letters": letters.last_letters,
    "letter-count": letters.letter_count,
    "spell-backwards": letters.spell_backwards,
    "symbol-mapping": symbols.symbol_mapping,
    "caesar": symbols.caesar,
    "number-cipher": symbols.number_cipher,
    "word-sorting": symbols.word_sorting,
    "brackets": symbols.dyck,
    "list-operations": symbols.list_operations,
    "nested-lists": symbols.nested_lists,
    "palindromes": symbols.palindromes,
    "arithmetic": numbers.arithmetic,
    "number-sorting": numbers.number_sorting,
    "word-problems": numbers.word_problem,
    "object-counting": numbers.object_counting,
    "coin-flips": tracking.coin_flips,
    "shuffled-objects": tracking.shuffled_objects,
    "walks": tracking.walks,
    "boolean-expressions": logic.boolean_expressions,
    "truth-tellers": logic.truth_tellers,
    "syllogisms": logic.syllogisms,
    "family-relations": logic.family_relations,
    "shortest-path": puzzles.shortest_path,
    "sudoku": puzzles.sudoku,
    "weekdays": calendars.weekdays,
    "dates": calendars.dates,
    "commands": puzzles.commands,
    "needle": puzzles.needle,
}
