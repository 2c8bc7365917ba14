"""Logic tasks: boolean expressions, truth tellers, syllogisms and family relations."""

from __future__ import annotations

from itertools import pairwise

from pytest_reasoning.suite.generate.families.drawn import NAMES, Drawn, Language, counted
from pytest_reasoning.suite.generate.random_stream import RandomStream

KINDS = (
    ("poets", "poetas"), ("dancers", "dançarinos"), ("farmers", "agricultores"), ("pilots", "pilotos"),
    ("singers", "cantores"), ("painters", "pintores"), ("doctors", "médicos"), ("bakers", "padeiros"),
    ("teachers", "professores"), ("swimmers", "nadadores"), ("writers", "escritores"), ("sailors", "marinheiros"),
)  # fmt: skip
"Kinds of people, in both languages."
YES_NO = {"en": ("no", "yes"), "pt": ("não", "sim")}


TRUTH = {"en": ("False", "True"), "pt": ("Falso", "Verdadeiro")}
OPERATORS = {"en": ("or", "and", "not", "is"), "pt": ("ou", "e", "não", "é")}


def boolean_expressions(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a nested expression of two, three or four truth values with `and`, `or` and `not`."""
    words, (either, both, negation, verb) = TRUTH[language], OPERATORS[language]
    value = stream.below(2) == 1
    text, steps = words[value], []
    facts = [int(value)]
    for _ in range(level + 1):
        negated, every, operand = stream.below(2) == 1, stream.below(2) == 1, stream.below(2) == 1
        right = f"{negation} {words[operand]}" if negated else words[operand]
        used, operator = operand != negated, both if every else either
        after = (value and used) if every else (value or used)
        steps.append(f"{words[value]} {operator} {right} {verb} {words[after]}.")
        text, value = f"({text} {operator} {right})", after
        facts += [int(negated), int(every), int(operand)]
    if language == "en":
        question = f"Is the value of this expression True or False? {text[1:-1]}"
    else:
        question = f"O valor desta expressão é Verdadeiro ou Falso? {text[1:-1]}"
    return Drawn(question=question, answer=words[value], rationale=" ".join(steps), facts=tuple(facts))


def truth_tellers(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw two, three or four people, each of whom says whether the previous one tells the truth."""
    people = stream.sample(NAMES, level + 1)
    honest = [stream.below(2) == 1 for _ in people]
    told, steps = [], []
    begins = {"en": ("lies", "tells the truth"), "pt": ("mente", "diz a verdade")}[language]
    says = "says that" if language == "en" else "diz que"
    so = "so" if language == "en" else "então"
    told.append(f"{people[0]} {begins[honest[0]]}.")
    for place in range(1, len(people)):
        claim = honest[place - 1] == honest[place]  # a liar says the opposite of the truth
        told.append(f"{people[place]} {says} {people[place - 1]} {begins[claim]}.")
        known = f"{people[place - 1]} {begins[honest[place - 1]]}"
        steps.append(f"{known}, {so} {people[place]} {begins[honest[place]]}.")
    if language == "en":
        question = f"Each person either always tells the truth or always lies. {' '.join(told)}"
        question = f"{question} Does {people[-1]} tell the truth?"
    else:
        question = f"Cada pessoa ou sempre diz a verdade ou sempre mente. {' '.join(told)}"
        question = f"{question} {people[-1]} diz a verdade?"
    answer = YES_NO[language][honest[-1]]
    return Drawn(question=question, answer=answer, rationale=" ".join(steps), facts=(*people, *map(int, honest)))


def syllogisms(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a chain of statements `all … are …`, and ask whether another statement follows from it."""
    places = stream.sample(range(len(KINDS)), level + 3)
    name, follows, stranger = stream.choice(NAMES), stream.below(2) == 1, stream.below(2) == 1
    kinds = [KINDS[place][language == "pt"] for place in places]
    chain, other = kinds[: level + 1], kinds[-1]
    start, end = chain[0], chain[-1]
    if not follows:  # the rules say nothing of the first kind, or they would have to be read backwards
        start, end = (other, end) if stranger else (end, start)
    among = "is one of the" if language == "en" else "está entre os"
    every = "All" if language == "en" else "Todos os"
    verb, so = ("are", "so") if language == "en" else ("são", "então")
    rules = [f"{every} {one} {verb} {two}." for one, two in pairwise(chain)]
    asked = "Does it follow that" if language == "en" else "Segue-se que"
    question = f"{' '.join(rules)} {name} {among} {start}. {asked} {name} {among} {end}?"
    if follows:
        steps = [f"{every} {one} {verb} {two}, {so} {name} {among} {two}." for one, two in pairwise(chain)]
    elif stranger and language == "en":
        steps = [f"{name} {among} {start}. No rule says what all {start} are."]
    elif stranger:
        steps = [f"{name} {among} {start}. Nenhuma regra diz o que todos os {start} são."]
    elif language == "en":
        steps = [f"{name} {among} {start}. The rules lead from {end} to {start}, and not back."]
    else:
        steps = [f"{name} {among} {start}. As regras levam de {end} a {start}, e não de volta."]
    facts = (name, *places, int(follows), int(stranger))
    return Drawn(question=question, answer=YES_NO[language][follows], rationale=" ".join(steps), facts=facts)


MALE = tuple(
    "Bruno Carlos Daniel Diego Eduardo Fernando Gabriel Hugo Jorge Leonardo Lucas Marcos Miguel Oscar "
    "Pedro Rafael Ricardo Roberto Victor".split()
)
FEMALE = tuple(
    "Adriana Amanda Beatriz Camila Carla Clara Diana Elena Emma Gloria Irene Isabel Julia Laura Maria "
    "Marina Nadia Paula Sandra Sara Sofia".split()
)
UP = {
    "en": (("father", "mother"), ("grandfather", "grandmother"), ("great-grandfather", "great-grandmother")),
    "pt": (("pai", "mãe"), ("avô", "avó"), ("bisavô", "bisavó")),
}
DOWN = {
    "en": (("son", "daughter"), ("grandson", "granddaughter"), ("great-grandson", "great-granddaughter")),
    "pt": (("filho", "filha"), ("neto", "neta"), ("bisneto", "bisneta")),
}


def family_relations(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a chain of parents and children, listed in random order, and ask how two of them are related."""
    sexes = [stream.below(2) for _ in range(level + 2)]
    males, females = stream.sample(MALE, len(sexes)), stream.sample(FEMALE, len(sexes))
    line = [(males, females)[sex][place] for place, sex in enumerate(sexes)]
    order = stream.sample(range(len(line) - 1), len(line) - 1)
    upwards, apart = stream.below(2) == 1, min(level, 2) if level < 3 else 2 + stream.below(2)
    apart = min(apart, 3)
    from_, to = (0, apart) if upwards else (apart, 0)
    parents = UP[language][0]
    if language == "en":
        facts = [f"{line[i]} is the {parents[sexes[i]]} of {line[i + 1]}." for i in order]
        question = f"{' '.join(facts)} What is {line[from_]} to {line[to]}?"
    else:
        facts = [f"{line[i]} é {('o', 'a')[sexes[i]]} {parents[sexes[i]]} de {line[i + 1]}." for i in order]
        question = f"{' '.join(facts)} O que {line[from_]} é de {line[to]}?"
    answer = (UP if upwards else DOWN)[language][apart - 1][sexes[from_]]
    steps = pairwise(line[: apart + 1])
    sex = sexes[from_]
    if language == "en":
        parts = [f"{one} is a parent of {two}." for one, two in steps]
        way = f"{counted(apart, 'generation', 'generations')} {'up' if upwards else 'down'}"
        parts.append(
            f"From {line[to]} to {line[from_]} it is {way}, and {line[from_]} is {('male', 'female')[sex]}."
        )
    else:
        parts = [f"{two} descende de {one}." for one, two in steps]
        way = f"{counted(apart, 'geração', 'gerações')} para {'cima' if upwards else 'baixo'}"
        who = ("um homem", "uma mulher")[sex]
        verb = "é" if apart == 1 else "são"
        parts.append(f"De {line[to]} a {line[from_]} {verb} {way}, e {line[from_]} é {who}.")
    return Drawn(
        question=question,
        answer=answer,
        rationale=" ".join(parts),
        facts=(*line, *order, from_, to),
    )
