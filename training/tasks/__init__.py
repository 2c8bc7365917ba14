"""The tasks: each draws questions with their answers and chains of thought."""

from training.tasks.arithmetic import ADDITION, SUBTRACTION
from training.tasks.instance import Instance, Task
from training.tasks.letters import COUNT_LETTERS, LAST_LETTERS, NEXT_LETTERS, REPEAT, REVERSE, SORT_LETTERS
from training.tasks.logic import BOOLEAN, COIN_FLIPS
from training.tasks.symbols import CHAINED_MAPPING, SYMBOL_MAPPING

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        LAST_LETTERS,
        SYMBOL_MAPPING,
        CHAINED_MAPPING,
        ADDITION,
        SUBTRACTION,
        COIN_FLIPS,
        REVERSE,
        REPEAT,
        COUNT_LETTERS,
        SORT_LETTERS,
        NEXT_LETTERS,
        BOOLEAN,
    )
}

__all__ = ["TASKS", "Instance", "Task"]
