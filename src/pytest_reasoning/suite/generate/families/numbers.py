"""Tasks about numbers: arithmetic, number sorting, word problems with distractors, and object counting."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import NAMES, Drawn, Language, inserted, listed
from pytest_reasoning.suite.generate.random_stream import RandomStream

THINGS = (
    ("apples", "maçãs"), ("books", "livros"), ("pencils", "lápis"), ("stamps", "selos"), ("cookies", "biscoitos"),
    ("marbles", "bolinhas"), ("oranges", "laranjas"), ("cards", "cartas"), ("eggs", "ovos"), ("coins", "moedas"),
    ("flowers", "flores"), ("shells", "conchas"), ("buttons", "botões"), ("lemons", "limões"),
)  # fmt: skip
"Countable things, in both languages."
FRUIT = (0, 6, 13)
"The things that are fruit."
FEMININE = (0, 5, 6, 7, 9, 10, 11)
"The things whose Portuguese names are feminine."


def _thing(index: int, language: Language) -> str:
    return THINGS[index][language == "pt"]


def arithmetic(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a sum of two numbers, a sum and a difference of three, or a product in parentheses."""
    low, high = ((10, 99), (10, 99), (3, 30))[level - 1]
    a, b, c = (stream.between(low, high) for _ in range(3))
    factor = stream.between(2, 9)
    if level == 1:
        text, steps, result = f"{a} + {b}", [f"{a} + {b} = {a + b}."], a + b
    elif level == 2:
        text, result = f"{a} + {b} - {c}", a + b - c
        steps = [f"{a} + {b} = {a + b}.", f"{a + b} - {c} = {result}."]
    else:
        text, result = f"{factor} * ({a} + {b}) - {c}", factor * (a + b) - c
        steps = [f"{a} + {b} = {a + b}.", f"{factor} * {a + b} = {factor * (a + b)}."]
        steps.append(f"{factor * (a + b)} - {c} = {result}.")
    question = f"What is {text}?" if language == "en" else f"Quanto é {text}?"
    return Drawn(question=question, answer=str(result), rationale=" ".join(steps), facts=(text,))


def number_sorting(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw three, five or seven numbers to sort, from the smallest to the largest."""
    numbers = stream.sample(range(10, 100 if level < 3 else 1000), 2 * level + 1)
    text, ordered = ", ".join(map(str, numbers)), ", ".join(map(str, sorted(numbers)))
    if language == "en":
        question = f"Sort these numbers from the smallest to the largest: {text}."
        rationale = f"Put one number after the other in its place. {inserted(numbers, 'Then')}"
    else:
        question = f"Ordene estes números do menor para o maior: {text}."
        rationale = f"Ponha um número após o outro no seu lugar. {inserted(numbers, 'Depois')}"
    return Drawn(question=question, answer=ordered, rationale=rationale, facts=tuple(numbers))


def word_problem(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a story of what someone has, gets and gives away, with an irrelevant number at level 3."""
    name, friend = stream.sample(NAMES, 2)
    thing, other = stream.sample(range(len(THINGS)), 2)
    start, got, gave = stream.between(15, 60), stream.between(3, 40), stream.between(2, 14)
    distractor = stream.between(2, 40)
    end = start + got - (gave if level > 1 else 0)
    what, extra = _thing(thing, language), _thing(other, language)
    if language == "en":
        parts = [f"{name} has {start} {what}.", f"{friend} brings {name} {got} more {what}."]
        parts += [f"Then {name} gives away {gave} {what}."] if level > 1 else []
        parts += [f"{friend} also owns {distractor} {extra}."] if level > 2 else []
        question = f"{' '.join(parts)} How many {what} does {name} have now?"
        steps = [f"{name} starts with {start} and gets {got}: {start} + {got} = {start + got}."]
        steps += [f"{gave} are given away: {start + got} - {gave} = {end}."] if level > 1 else []
        steps += [f"The {extra} do not matter."] if level > 2 else []
    else:
        parts = [f"{name} tem {start} {what}.", f"{friend} traz mais {got} {what} para {name}."]
        parts += [f"Depois {name} dá {gave} {what}."] if level > 1 else []
        parts += [f"{friend} também possui {distractor} {extra}."] if level > 2 else []
        many = "Quantas" if thing in FEMININE else "Quantos"
        question = f"{' '.join(parts)} {many} {what} {name} tem agora?"
        steps = [f"{name} começa com {start} e recebe {got}: {start} + {got} = {start + got}."]
        steps += [f"Depois dá {gave}: {start + got} - {gave} = {end}."] if level > 1 else []
        steps += [f"{'As' if other in FEMININE else 'Os'} {extra} não importam."] if level > 2 else []
    facts = (name, friend, thing, other, start, got, gave, distractor)
    return Drawn(question=question, answer=str(end), rationale=" ".join(steps), facts=facts[: 6 + (level > 1)])


def object_counting(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw things on a table, and ask for the number of all of them or of the fruit alone."""
    name = stream.choice(NAMES)
    kinds = stream.sample([index for index in range(len(THINGS)) if index not in FRUIT], level)
    kinds = stream.sample([*kinds, *stream.sample(FRUIT, 2)], level + 2)
    counts = [stream.between(2, 9) for _ in kinds]
    counted = [count for kind, count in zip(kinds, counts, strict=True) if level == 1 or kind in FRUIT]
    things = [f"{count} {_thing(kind, language)}" for kind, count in zip(kinds, counts, strict=True)]
    total = " + ".join(map(str, counted)) + f" = {sum(counted)}"
    if language == "en":
        asked = "things are there in all" if level == 1 else "pieces of fruit are there"
        question = f"{name} puts {listed(things, language)} on the table. How many {asked}?"
        rationale = f"{'All things' if level == 1 else 'The fruit'}: {total}."
    else:
        asked = "coisas há ao todo" if level == 1 else "frutas há"
        question = f"{name} põe {listed(things, language)} na mesa. Quantas {asked}?"
        rationale = f"{'Todas as coisas' if level == 1 else 'As frutas'}: {total}."
    facts = (name, *kinds, *counts)
    return Drawn(question=question, answer=str(sum(counted)), rationale=rationale, facts=facts)
