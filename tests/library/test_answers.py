"""The answers of the families, found again from the questions alone by another rule."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from itertools import permutations, product

import pytest

from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.suite.generate.families.drawn import Drawn, Language
from pytest_reasoning.suite.generate.random_stream import RandomStream


def quoted(text: str) -> str:
    return text[text.index('"') + 1 : text.rindex('"')]


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def letter_count(drawn: Drawn) -> str:
    match = re.fullmatch(r'How many times does the letter "(.)" appear in "(.*)"\?', drawn.question)
    assert match is not None
    return str(sum(letter == match[1] for letter in match[2].lower()))


def symbol_mapping(drawn: Drawn) -> str:
    values = {word: int(value) for word, value in re.findall(r"(\w+) = (\d)", drawn.question)}
    asked = drawn.question.partition("What is ")[2].rstrip("?").split(" + ")
    return str(sum(values[word] for word in asked))


def caesar(drawn: Drawn) -> str:
    step = drawn.facts[1]
    assert isinstance(step, int)
    return "".join(chr((ord(letter) - 97 + step) % 26 + 97) for letter in quoted(drawn.question))


def number_cipher(drawn: Drawn) -> str:
    return ", ".join(str(ord(letter) - 96) for letter in quoted(drawn.question))


def nested_lists(drawn: Drawn) -> str:
    """Replace lists by their values from the innermost on."""
    text, pattern = drawn.question, re.compile(r"the (largest|smallest|sum) of \(([\d, ]+)\)")
    worth: dict[str, Callable[[list[int]], int]] = {"largest": max, "smallest": min, "sum": sum}
    while (match := pattern.search(text)) is not None:
        text = text.replace(match[0], str(worth[match[1]](numbers(match[2]))), 1)
    return text.removeprefix("What is ").rstrip("?")


def brackets(drawn: Drawn) -> str:
    text = drawn.question.partition(": ")[2]
    while (shorter := re.sub(r"\(\)|\[\]|\{\}", "", text)) != text:
        text = shorter
    return text[::-1].translate(str.maketrans("([{", ")]}"))


def list_operations(drawn: Drawn) -> str:
    first, *orders = re.split(r"\. |, then ", drawn.question.rpartition(". ")[0])
    found = numbers(first)
    for order in orders:
        match order.lower():
            case "remove the first number":
                del found[0]
            case "remove the last number":
                found.pop()
            case "reverse the list":
                found.reverse()
            case _:
                found = [number + 1 for number in found]
    return ", ".join(map(str, found))


def object_counting(drawn: Drawn) -> str:
    kinds = r"apples|oranges|lemons" if "fruit" in drawn.question else r"\w+"
    return str(sum(int(number) for number in re.findall(rf"(\d+) (?:{kinds})", drawn.question)))


def word_problem(drawn: Drawn) -> str:
    start, got, *gave = numbers(drawn.question)
    return str(start + got - (gave[0] if gave else 0))


def coin(drawn: Drawn) -> str:
    return "no" if len(re.findall(r"\bflips\b", drawn.question)) % 2 else "yes"


def walk(drawn: Drawn) -> str:
    start = numbers(drawn.question)[0]
    moves = re.findall(r"(\d+) steps? (\w+)", drawn.question)
    return str(start + sum(int(count) if way == "forward" else -int(count) for count, way in moves))


def shuffled(drawn: Drawn) -> str:
    held: dict[str, str] = dict(re.findall(r"(\w+) has an? (\w+)", drawn.question))
    for one, other in re.findall(r"(\w+) and (\w+) swap", drawn.question):
        held[one], held[other] = held[other], held[one]
    asked = re.search(r"What does (\w+) have", drawn.question)
    assert asked is not None
    return held[asked[1]]


def boolean(drawn: Drawn) -> str:
    """Read the expression from its innermost parentheses on."""
    text = drawn.question.partition("? ")[2]
    value = r"(?:not )?(?:True|False)"
    pattern = re.compile(rf"\(?({value}) (and|or) ({value})\)?")
    worth = {"True": True, "False": False, "not True": False, "not False": True}
    while (match := pattern.search(text)) is not None:
        one, other = worth[match[1]], worth[match[3]]
        text = text.replace(match[0], str(one and other if match[2] == "and" else one or other), 1)
    return text


def truth(drawn: Drawn) -> str:
    """Try every way of who lies; exactly one fits what was said."""
    said = drawn.question.partition("lies. ")[2]
    people = list(dict.fromkeys(re.findall(r"[A-Z]\w+(?= (?:says|lies|tells))", said)))
    claims = re.findall(r"(\w+) says that (\w+) (lies|tells)", said)
    start = re.match(r"(\w+) (lies|tells)", said)
    assert start is not None
    fits = []
    for worlds in product([False, True], repeat=len(people)):
        honest = dict(zip(people, worlds, strict=True))
        if honest[start[1]] == (start[2] == "tells") and all(
            honest[who] == (honest[whom] == (what == "tells")) for who, whom, what in claims
        ):
            fits.append(honest)
    (only,) = fits
    return "yes" if only[people[-1]] else "no"


def syllogism(drawn: Drawn) -> str:
    rules = re.findall(r"All (\w+) are (\w+)\.", drawn.question)
    member, asked = re.findall(r"is one of the (\w+)", drawn.question)
    known = {member}
    for _ in rules:
        known |= {other for one, other in rules if one in known}
    return "yes" if asked in known else "no"


def relation(drawn: Drawn) -> str:
    told = re.findall(r"(\w+) is the (father|mother) of (\w+)\.", drawn.question)
    parent = {child: who for who, _, child in told}
    asked = re.search(r"What is (\w+) to (\w+)\?", drawn.question)
    assert asked is not None
    women = {
        "Adriana",
        "Amanda",
        "Beatriz",
        "Camila",
        "Carla",
        "Clara",
        "Diana",
        "Elena",
        "Emma",
        "Gloria",
        "Irene",
    }
    women |= {"Isabel", "Julia", "Laura", "Maria", "Marina", "Nadia", "Paula", "Sandra", "Sara", "Sofia"}
    for one, other, words in (
        (asked[1], asked[2], ("father", "mother")),
        (asked[2], asked[1], ("son", "daughter")),
    ):
        steps, place = 0, other
        while place in parent and place != one:
            place, steps = parent[place], steps + 1
        if place == one:
            return ("", "", "grand", "great-grand")[steps] + words[asked[1] in women]
    raise AssertionError(drawn.question)


def path(drawn: Drawn) -> str:
    roads = re.findall(r"(\w+) and (\w+)", drawn.question.partition(": ")[2].partition(". ")[0])
    ends = re.search(r"from (\w+) to (\w+) have", drawn.question)
    assert ends is not None
    reached, steps = {ends[1]}, 0
    while ends[2] not in reached:
        reached |= {other for road in roads for other in road if reached & set(road)}
        steps += 1
    return str(steps)


def sudoku(drawn: Drawn) -> str:
    """Try every filling of the row that is asked for; exactly one is a solution."""
    grid = [line.split() for line in drawn.question.partition("are: ")[2].partition(". ")[0].split(" / ")]
    row = numbers(drawn.question)[-1] - 1
    found = []
    for digits in permutations("1234"):
        full = [list(digits) if place == row else line for place, line in enumerate(grid)]
        kept = all(old in ("_", new) for old, new in zip(grid[row], digits, strict=True))
        columns = [list(column) for column in zip(*full, strict=True)]
        blocks = [[full[y + dy][x + dx] for dy in (0, 1) for dx in (0, 1)] for y in (0, 2) for x in (0, 2)]
        if kept and all(sorted(group) == list("1234") for group in (*full, *columns, *blocks)):
            found.append(" ".join(digits))
    (only,) = found
    return only


def weekday(drawn: Drawn) -> str:
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    (start,) = [place for place, day in enumerate(days) if day in drawn.question]
    for _ in range(numbers(drawn.question)[0]):
        start += -1 if "ago" in drawn.question else 1
    return days[start % 7]


def date(drawn: Drawn) -> str:
    match = re.fullmatch(r"What is the date (\d+) days (after|before) (.*)\?", drawn.question)
    assert match is not None
    found = datetime.datetime.strptime(match[3], "%B %d, %Y")
    for _ in range(int(match[1])):
        found += datetime.timedelta(days=1 if match[2] == "after" else -1)
    return f"{found:%B} {found.day}, {found.year}"


def commands(drawn: Drawn) -> str:
    said = drawn.question.partition("Write out: ")[2].strip('".')
    done: list[str] = []
    for part in said.split(" and then "):
        move = ["LEFT"] * ("left" in part) + [part.split()[0].upper()]
        done += move * (numbers(part) or [1])[0]
    return " ".join(done)


def needle(drawn: Drawn) -> str:
    who = drawn.question.partition("number of ")[2].partition("'")[0]
    match = re.search(rf"{who} lives in \w+ and has ticket (\d+)", drawn.question)
    assert match is not None
    return match[1]


def after_colon(text: str) -> list[str]:
    return text.partition(": ")[2].rstrip(".").split(", ")


AGAIN: dict[str, Callable[[Drawn], str]] = {
    "last-letters": lambda drawn: "".join(re.findall(r"\w\b", quoted(drawn.question))),
    "letter-count": letter_count,
    "spell-backwards": lambda drawn: "".join(reversed(quoted(drawn.question))),
    "symbol-mapping": symbol_mapping,
    "caesar": caesar,
    "number-cipher": number_cipher,
    "word-sorting": lambda drawn: ", ".join(sorted(after_colon(drawn.question))),
    "brackets": brackets,
    "list-operations": list_operations,
    "nested-lists": nested_lists,
    "palindromes": lambda drawn: "yes" if quoted(drawn.question) == quoted(drawn.question)[::-1] else "no",
    "arithmetic": lambda drawn: str(eval(drawn.question[8:-1])),  # noqa: S307 - of our own expression
    "number-sorting": lambda drawn: ", ".join(map(str, sorted(numbers(drawn.question)))),
    "word-problems": word_problem,
    "object-counting": object_counting,
    "coin-flips": coin,
    "shuffled-objects": shuffled,
    "walks": walk,
    "boolean-expressions": boolean,
    "truth-tellers": truth,
    "syllogisms": syllogism,
    "family-relations": relation,
    "shortest-path": path,
    "sudoku": sudoku,
    "weekdays": weekday,
    "dates": date,
    "commands": commands,
    "needle": needle,
}


@pytest.mark.parametrize("name", DRAWS)
def test_another_rule_finds_the_same_answers(name: str) -> None:
    for number in range(150):
        for level in (1, 2, 3):
            drawn = DRAWS[name](RandomStream("answers", number), level, "en")
            assert AGAIN[name](drawn) == drawn.answer, drawn.question


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("name", DRAWS)
def test_sums_in_chains_of_thought_are_right_and_no_plural_follows_one(name: str, language: Language) -> None:
    for number in range(50):
        for level in (1, 2, 3):
            drawn = DRAWS[name](RandomStream("sums", number), level, language)
            for left, right in re.findall(r"((?:-?\d+ [-+*] )+-?\d+) = (-?\d+)", drawn.rationale):
                assert eval(left) == int(right), drawn.rationale  # noqa: S307 - of our own sum
            assert not re.search(r"\b1 (?:days|weeks|steps|times|roads|dias|semanas|passos|vezes)\b", str(drawn))
