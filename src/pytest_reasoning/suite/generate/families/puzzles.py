"""Puzzles: shortest paths, 4 x 4 sudoku, commands, and finding a needle in a text."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import NAMES, PLACES, Drawn, Language, counted
from pytest_reasoning.suite.generate.random_stream import RandomStream

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
    ways = [_way(roads, start, end) for start in range(len(towns)) for end in range(len(towns)) if start != end]
    length = stream.choice(sorted({len(way) for way in ways}))  # drawn first, since most pairs are neighbors
    way = stream.choice([way for way in ways if len(way) == length])
    start, end = way[0], way[-1]
    names = " - ".join(towns[place] for place in way)
    count, rings = len(way) - 1, _rings(roads, start, len(way) - 1)
    reached = [", ".join(towns[place] for place in ring) for ring in rings]
    if language == "en":
        told = ", ".join(f"{towns[one]} and {towns[other]}" for one, other in shown)
        question = f"There are roads between these towns: {told}. How many roads does the shortest way from "
        question += f"{towns[start]} to {towns[end]} have?"
        steps = [f"With {counted(n, 'road', 'roads')}: {ring}." for n, ring in enumerate(reached, start=1)]
        rationale = f"From {towns[start]} one reaches these towns. {' '.join(steps)} The shortest way is {names}."
    else:
        told = ", ".join(f"{towns[one]} e {towns[other]}" for one, other in shown)
        question = f"Há estradas entre estas cidades: {told}. Quantas estradas tem o caminho mais curto de "
        question += f"{towns[start]} a {towns[end]}?"
        steps = [f"Com {counted(n, 'estrada', 'estradas')}: {ring}." for n, ring in enumerate(reached, start=1)]
        rationale = f"De {towns[start]} chega-se a estas cidades. {' '.join(steps)} O caminho mais curto é {names}."
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


def _rings(roads: set[tuple[int, int]], start: int, count: int) -> list[list[int]]:
    """Return the towns that are one road away, two roads away, and so on."""
    seen, rings = {start}, [[start]]
    for _ in range(count):
        near = {other for place in rings[-1] for road in roads if place in road for other in road}
        rings.append(sorted(near - seen))
        seen |= near
    return rings[1:]


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
    others = [", ".join(str(line[gap]) for place, line in enumerate(rows) if place != row) for gap in gaps]
    if language == "en":
        question = "Each row, column and 2 x 2 block of this grid holds 1, 2, 3 and 4 once. "
        question += f"The rows are: {' / '.join(grid)}. Write row {row + 1} in full."
        steps = [
            f"Column {gap + 1} holds {seen}, so {rows[row][gap]} is missing."
            for gap, seen in zip(gaps, others, strict=True)
        ]
    else:
        question = "Cada linha, coluna e bloco 2 x 2 desta grade contém 1, 2, 3 e 4 uma vez. "
        question += f"As linhas são: {' / '.join(grid)}. Escreva a linha {row + 1} completa."
        steps = [
            f"A coluna {gap + 1} contém {seen}, então falta {rows[row][gap]}."
            for gap, seen in zip(gaps, others, strict=True)
        ]
    return Drawn(question=question, answer=answer, rationale=" ".join(steps), facts=tuple(grid))


def commands(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw two, three or four repeated commands to write out, with turns at level 3 (after SCAN, Lake 2018)."""
    parts, most, turns = ((2, 4, 1), (3, 3, 1), (4, 3, 2))[level - 1]
    spec = [(stream.below(4), stream.between(1, most), stream.below(turns)) for _ in range(parts)]
    done, told, steps = [], [], []
    for move, count, turned in spec:
        turn = {"en": ("", " left"), "pt": ("", " à esquerda")}[language][turned]
        often = "" if count == 1 else f" {count} times" if language == "en" else f" {count} vezes"
        told.append(f"{MOVES[language][move]}{turn}{often}")
        one = ["LEFT" if language == "en" else "ESQUERDA"] * turned + [WORDS[language][move]]
        done += one * count
        steps.append(f"{told[-1]}: {' '.join(one * count)}.")
    if language == "en":
        question = '"jump 2 times" means JUMP JUMP, and "walk left" means LEFT WALK. '
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
