"""Puzzles: shortest paths, 4 x 4 sudoku, days of the week, commands, and finding a needle in a text."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import NAMES, PLACES, Drawn, Language
from pytest_reasoning.suite.generate.random_stream import RandomStream

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
}
MOVES = {"en": ("walk", "run", "jump", "look"), "pt": ("ande", "corra", "pule", "olhe")}
WORDS = {"en": ("WALK", "RUN", "JUMP", "LOOK"), "pt": ("ANDAR", "CORRER", "PULAR", "OLHAR")}


def shortest_path(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw towns joined by roads, and ask for the number of roads on the shortest path."""
    towns = stream.sample(PLACES, level + 3)
    roads = {(stream.below(place), place) for place in range(1, len(towns))}
    for _ in range(level):
        one, other = sorted(stream.sample(range(len(towns)), 2))
        roads.add((one, other))
    shown = stream.sample(sorted(roads), len(roads))
    start, end = stream.sample(range(len(towns)), 2)
    way = _way(roads, start, end)
    names = " - ".join(towns[place] for place in way)
    count = len(way) - 1
    if language == "en":
        told = ", ".join(f"{towns[one]} and {towns[other]}" for one, other in shown)
        question = f"There are roads between these towns: {told}. How many roads does the shortest way from "
        question += f"{towns[start]} to {towns[end]} have?"
        rationale = f"The shortest way is {names}."
    else:
        told = ", ".join(f"{towns[one]} e {towns[other]}" for one, other in shown)
        question = f"Há estradas entre estas cidades: {told}. Quantas estradas tem o caminho mais curto de "
        question += f"{towns[start]} a {towns[end]}?"
        rationale = f"O caminho mais curto é {names}."
    facts = (*towns, *(place for road in shown for place in road), start, end)
    return Drawn(question=question, answer=str(count), rationale=rationale, facts=facts)


def _way(roads: set[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the first shortest path that a breadth-first search finds."""
    ways = [[start]]
    for way in ways:  # the list grows while the loop reads it
        if way[-1] == end:
            return way
        near = sorted({other for road in roads if way[-1] in road for other in road})
        ways += [[*way, place] for place in near if place not in way]
    raise AssertionError("unreachable: every town is joined to an earlier one")


def sudoku(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a 4 x 4 sudoku with one, two or three empty cells in one row, and ask for that row."""
    first, second = (stream.sample(range(4), 4) for _ in range(2))
    digits = [value + 1 for value in first]
    swapped = stream.below(2)
    rows = [digits, [*digits[2:], *digits[:2]]]
    low = [digits[1], digits[0], digits[3], digits[2]]
    rows += [low, [*low[2:], *low[:2]]] if swapped else [[*low[2:], *low[:2]], low]
    row = stream.below(4)
    gaps = sorted(second[: level + 1])
    grid = [
        " ".join("_" if place == row and column in gaps else str(value) for column, value in enumerate(line))
        for place, line in enumerate(rows)
    ]
    answer = " ".join(map(str, rows[row]))
    missing = ", ".join(str(rows[row][column]) for column in gaps)
    if language == "en":
        question = "Each row, column and 2 x 2 block of this grid holds 1, 2, 3 and 4 once. "
        question += f"The rows are: {' / '.join(grid)}. Write row {row + 1} in full."
        rationale = f"The columns leave {missing} for the empty cells."
    else:
        question = "Cada linha, coluna e bloco 2 x 2 desta grade contém 1, 2, 3 e 4 uma vez. "
        question += f"As linhas são: {' / '.join(grid)}. Escreva a linha {row + 1} completa."
        rationale = f"As colunas deixam {missing} para as células vazias."
    return Drawn(question=question, answer=answer, rationale=rationale, facts=tuple(grid))


def weekdays(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a day of the week, and ask for the day a number of days earlier or later."""
    name, start, later = stream.choice(NAMES), stream.below(7), stream.below(2) == 1
    count = stream.between(*((2, 6), (7, 30), (31, 99))[level - 1])
    days, rest = DAYS[language], count % 7
    answer = days[(start + count if later else start - count) % 7]
    if language == "en":
        question = f"Today is {days[start]}, the birthday of {name}. Which day of the week "
        question += f"{'will it be in' if later else 'was it'} {count} days{'' if later else ' ago'}?"
        rationale = f"{count} days are {count // 7} weeks and {rest} days. {rest} days "
        rationale += f"{'after' if later else 'before'} {days[start]} is {answer}."
    else:
        question = f"Hoje é {days[start]}, o aniversário de {name}. Que dia da semana "
        question += f"{'será daqui a' if later else 'foi há'} {count} dias?"
        rationale = f"{count} dias são {count // 7} semanas e {rest} dias. {rest} dias "
        rationale += f"{'depois' if later else 'antes'} de {days[start]} é {answer}."
    return Drawn(question=question, answer=answer, rationale=rationale, facts=(name, start, int(later), count))


def commands(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw one, two or three commands with repetitions to write out (after SCAN, Lake and Baroni 2018)."""
    spec = [(stream.below(4), stream.between(1, 4), stream.below(2)) for _ in range(level + 1)]
    done, told, steps = [], [], []
    for move, count, turned in spec:
        turn = {"en": ("", " left"), "pt": ("", " à esquerda")}[language][turned]
        often = "" if count == 1 else f" {count} times" if language == "en" else f" {count} vezes"
        told.append(f"{MOVES[language][move]}{turn}{often}")
        one = ["LEFT" if language == "en" else "ESQUERDA"] * turned + [WORDS[language][move]]
        done += one * count
        steps.append(f"{told[-1]}: {' '.join(one * count)}.")
    if language == "en":
        question = '"jump twice" means JUMP JUMP, and "walk left" means LEFT WALK. '
        question += f'Write out: "{" and then ".join(told)}".'
    else:
        question = '"pule 2 vezes" significa PULAR PULAR, e "ande à esquerda" significa ESQUERDA ANDAR. '
        question += f'Escreva por extenso: "{" e depois ".join(told)}".'
    facts = tuple(value for one in spec for value in one)
    return Drawn(question=question, answer=" ".join(done), rationale=" ".join(steps), facts=facts)


def needle(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a text about who lives where and with how many people, and ask for one of its facts."""
    people = stream.sample(NAMES, (4, 8, 16)[level - 1])
    places = [stream.choice(PLACES) for _ in people]
    codes = [stream.between(100, 999) for _ in people]
    asked = stream.below(len(people))
    rows = zip(people, places, codes, strict=True)
    if language == "en":
        text = " ".join(f"{who} lives in {place} and has ticket {code}." for who, place, code in rows)
        question = f"{text} What is the number of {people[asked]}'s ticket?"
        rationale = f"{people[asked]} lives in {places[asked]} and has ticket {codes[asked]}."
    else:
        text = " ".join(f"{who} mora em {place} e tem o bilhete {code}." for who, place, code in rows)
        question = f"{text} Qual é o número do bilhete de {people[asked]}?"
        rationale = f"{people[asked]} mora em {places[asked]} e tem o bilhete {codes[asked]}."
    facts = (*people, *places, *codes, asked)
    return Drawn(question=question, answer=str(codes[asked]), rationale=rationale, facts=facts)
