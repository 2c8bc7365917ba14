"""Logic tasks: boolean expressions, truth tellers, syllogisms and family relations."""

from __future__ import annotations

from itertools import pairwise

from pytest_reasoning.suite.generate.families.drawn import NAMES, Drawn, Language
from pytest_reasoning.suite.generate.random_stream import RandomStream

KINDS = (
    ("poets", "poetas"), ("dancers", "dançarinos"), ("farmers", "agricultores"), ("pilots", "pilotos"),
    ("singers", "cantores"), ("painters", "pintores"), ("doctors", "médicos"), ("bakers", "padeiros"),
    ("teachers", "professores"), ("swimmers", "nadadores"), ("writers", "escritores"), ("sailors", "marinheiros"),
)  # fmt: skip
"Kinds of people, in both languages."
YES_NO = {"en": ("no", "yes"), "pt": ("não", "sim")}


def _word(value: bool) -> str:
    return "True" if value else "False"


def boolean_expressions(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a nested expression of two, three or four truth values with `and`, `or` and `not`."""
    first = stream.below(2) == 1
    text, value, steps = _word(first), first, []
    for _ in range(level + 1):
        negated, both, operand = stream.below(2) == 1, stream.below(2) == 1, stream.below(2) == 1
        right = f"not {_word(operand)}" if negated else _word(operand)
        used = operand != negated
        after = (value and used) if both else (value or used)
        operator = "and" if both else "or"
        steps.append(f"{_word(value)} {operator} {right} is {_word(after)}.")
        text, value = f"({text} {operator} {right})", after
    text = text[1:-1]
    if language == "en":
        question = f"Is the value of this expression True or False? {text}"
    else:
        question = f"O valor desta expressão é True ou False? {text}"
        steps = [step.replace(" is ", " é ") for step in steps]
    return Drawn(question=question, answer=_word(value), rationale=" ".join(steps), facts=(text,))


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
    kinds = [KINDS[index][language == "pt"] for index in stream.sample(range(len(KINDS)), level + 3)]
    name, follows, wrong_way = stream.choice(NAMES), stream.below(2) == 1, stream.below(2) == 1
    chain = kinds[: level + 1]
    if language == "en":
        rules = [f"All {one} are {other}." for one, other in pairwise(chain)]
        who = [f"{name} is one of the {chain[0] if not wrong_way or follows else kinds[-1]}."]
        question = f"{' '.join(rules + who)} Does it follow that {name} is one of the {chain[-1]}?"
    else:
        rules = [f"Todos os {one} são {other}." for one, other in pairwise(chain)]
        who = [f"{name} é um dos {chain[0] if not wrong_way or follows else kinds[-1]}."]
        question = f"{' '.join(rules + who)} Segue-se que {name} é um dos {chain[-1]}?"
    if not follows and not wrong_way:
        question = question.replace(who[0], who[0].replace(chain[0], chain[-1]))
        question = f"{question[: question.rindex(chain[-1])]}{chain[0]}?"
    if follows:
        arrow = " -> ".join(chain)
        why = f"{arrow}: the chain leads there." if language == "en" else f"{arrow}: a cadeia leva até lá."
    else:
        why = "No rule leads there." if language == "en" else "Nenhuma regra leva até lá."
    facts = (name, *(index for kind in kinds for index in (_kind(kind),)), int(follows), int(wrong_way))
    return Drawn(question=question, answer=YES_NO[language][follows], rationale=why, facts=facts)


def _kind(word: str) -> int:
    return next(index for index, pair in enumerate(KINDS) if word in pair)


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
    chain = " -> ".join(line[: apart + 1])
    words = "from parent to child" if language == "en" else "de pai ou mãe para filho"
    return Drawn(
        question=question,
        answer=answer,
        rationale=f"{chain}, {words}.",
        facts=(*line, *order, from_, to),
    )
