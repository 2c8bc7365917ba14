"""Tasks about a changing state: coin flips, shuffled objects, and walks on a line."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import NAMES, Drawn, Language, counted, listed
from pytest_reasoning.suite.generate.random_stream import RandomStream

GIFTS = (
    ("a book", "um livro"), ("a ball", "uma bola"), ("a hat", "um chapéu"), ("a lamp", "uma lâmpada"),
    ("a key", "uma chave"), ("a clock", "um relógio"), ("a guitar", "uma guitarra"), ("a cup", "uma xícara"),
    ("a rope", "uma corda"), ("a mirror", "um espelho"),
)  # fmt: skip
"Things to hold, in both languages."
SWAPS = {"en": ("has", "swap what they have", "now has"), "pt": ("tem", "trocam o que têm", "agora tem")}


def coin_flips(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw two, four or six people, each of whom flips a coin or does not (Wei et al. 2022)."""
    people = stream.sample(NAMES, 2 * level)
    flips = [stream.below(2) for _ in people]
    up = sum(flips) % 2 == 0
    if language == "en":
        does = ("does not flip the coin", "flips the coin")
        acts = " ".join(f"{who} {does[flip]}." for who, flip in zip(people, flips, strict=True))
        question = f"A coin is heads up. {acts} Is the coin still heads up?"
        sides = ("heads up", "tails up")
        answer = "yes" if up else "no"
    else:
        does = ("não vira a moeda", "vira a moeda")
        acts = " ".join(f"{who} {does[flip]}." for who, flip in zip(people, flips, strict=True))
        question = f"Uma moeda está com a cara para cima. {acts} A moeda ainda está com a cara para cima?"
        sides = ("cara para cima", "coroa para cima")
        answer = "sim" if up else "não"
    shown, steps = 0, []
    for who, flip in zip(people, flips, strict=True):
        shown = (shown + flip) % 2
        steps.append(f"{who} {does[flip]}: {sides[shown]}.")
    return Drawn(question=question, answer=answer, rationale=" ".join(steps), facts=(*people, *flips))


def shuffled_objects(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw three people who each hold a thing and swap one, two or four times."""
    people = stream.sample(NAMES, 3)
    gifts = stream.sample(range(len(GIFTS)), 3)
    swaps = [stream.sample(range(3), 2) for _ in range((1, 2, 4)[level - 1])]
    asked, held = stream.below(3), list(gifts)
    names = [GIFTS[gift][language == "pt"] for gift in range(len(GIFTS))]
    verb, then, has = SWAPS[language]
    told, steps = [], []
    for one, other in swaps:
        held[one], held[other] = held[other], held[one]
        pair = listed([people[one], people[other]], language)
        told.append(f"{pair} {then}.")
        steps.append(f"{people[one]} {has} {names[held[one]]}, {people[other]} {has} {names[held[other]]}.")
    start = listed([f"{who} {verb} {names[gift]}" for who, gift in zip(people, gifts, strict=True)], language)
    what = f"What does {people[asked]} have now?" if language == "en" else f"O que {people[asked]} tem agora?"
    facts = (*people, *gifts, *(place for swap in swaps for place in swap), asked)
    return Drawn(
        question=f"{start}. {' '.join(told)} {what}",
        answer=names[held[asked]].split()[-1],
        rationale=" ".join(steps),
        facts=facts,
    )


def walks(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw two, four or six moves along a line, and ask for the final position."""
    name, start = stream.choice(NAMES), stream.between(20, 60)
    moves = [(stream.between(1, 9), stream.below(2)) for _ in range(2 * level)]
    place, told, steps = start, [], []
    for count, forward in moves:
        after = place + count if forward else place - count
        sign = "+" if forward else "-"
        steps.append(f"{place} {sign} {count} = {after}.")
        if language == "en":
            told.append(f"{counted(count, 'step', 'steps')} {'forward' if forward else 'back'}")
        else:
            told.append(f"{counted(count, 'passo', 'passos')} para {'a frente' if forward else 'trás'}")
        place = after
    if language == "en":
        question = f"{name} stands on step {start} of a long stair and goes {listed(told, language)}."
        question = f"{question} On which step is {name} now?"
    else:
        question = f"{name} está no degrau {start} de uma longa escada e dá {listed(told, language)}."
        question = f"{question} Em que degrau está {name} agora?"
    facts = (name, start, *(value for move in moves for value in move))
    return Drawn(question=question, answer=str(place), rationale=" ".join(steps), facts=facts)
