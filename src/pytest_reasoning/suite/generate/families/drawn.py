"""The record that a family of tasks draws, and the words that all families use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from pytest_reasoning.suite.generate.random_stream import RandomStream

Entry = TypeVar("Entry", int, str)
Language = Literal["en", "pt"]
LEVELS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One task drawn from a family: its question, answer and chain of thought."""

    question: str
    answer: str
    rationale: str
    "A worked chain of thought that ends before the answer is stated."
    facts: tuple[object, ...]
    "The content of the question, the same in every language, by which cases of two languages are paired."


Draw = Callable[[RandomStream, int, Language], Drawn]
"Draws a question of a level, 1 to 3; equal streams give the same content in every language."

NAMES = tuple(
    "Adriana Alberto Amanda Antonio Beatriz Bernardo Bruno Camila Carla Carlos Clara Cristina Daniel Diana Diego "
    "Eduardo Elena Emma Fernando Gabriel Gloria Hugo Irene Isabel Ivan Jorge Julia Laura Leonardo Lucas Marcos "
    "Maria Marina Miguel Nadia Natalia Oscar Patricia Paula Pedro Rafael Regina Ricardo Roberto Sandra Sara Silvia "
    "Sofia Teresa Tomas Valentina Vera Victor Viviana".split()
)
"First names that have the same spelling in both languages, without accents."
SURNAMES = tuple(
    "Alves Barbosa Bennett Braga Brown Campos Carter Castro Collins Costa Cruz Dias Duarte Edwards Evans Fischer "
    "Fonseca Foster Garcia Gomes Grant Harris Hughes Jensen Keller Lima Lopes Martin Mendes Miller Moreira Moreno "
    "Morgan Murphy Nunes Oliveira Parker Pereira Pinto Ramos Reed Ribeiro Rocha Romero Santos Scott Silva Soares "
    "Stewart Teixeira Turner Vargas Vieira Walker Watson Wilson".split()
)
PLACES = tuple(
    "Alicante Atlanta Austin Barcelona Basel Bergen Bilbao Bonn Boston Bristol Cambridge Caracas Chicago Dallas "
    "Denver Dresden Dublin Fortaleza Granada Havana Houston Kingston Lagos Leipzig Lille Lima Liverpool Luanda "
    "Lyon Manchester Manila Memphis Miami Nantes Natal Omaha Orlando Oslo Oxford Parma Phoenix Pisa Portland "
    "Quito Reno Salamanca Salvador Santiago Seattle Tampa Toledo Toronto Tulsa Vancouver Verona".split()
)
"Cities that have the same name in both languages, and no article in Portuguese: `mora em Lima`."
WORDS = tuple(
    "alga animal area arena aroma banana bar canal capital casual central cinema crucial cruel digital drama "
    "era euro extra fatal fauna final flora formal gala general global horizontal hospital hotel ideal jaguar "
    "karma lava local lunar manual material mental metal mineral moral motor musical nasal natural naval "
    "normal nuclear opera oral oval pagoda panda pasta penal piano pizza plaza plural popular propaganda puma "
    "radar radio regular rival rural safari saliva salsa sauna senior sensor similar singular soda social "
    "solar soprano superior tango tenor terror tiara total trauma tutor vertical virtual visual vocal vulgar "
    "zebra".split()
)
"Words that have the same spelling in both languages, without accents."


def novel_word(stream: RandomStream) -> str:
    """Return three letters, such as `zel`, that are hardly ever a word and never a palindrome."""
    return "".join(stream.choice(letters) for letters in ("jkvwxz", "aeiou", "bdflmnrst"))


def spelled(word: str) -> str:
    """Return a word with its letters separated: S-a-r-a."""
    return "-".join(word)


def listed(texts: Sequence[str], language: Language) -> str:
    """Return an enumeration such as `a, b and c` in a language."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {'and' if language == 'en' else 'e'} {texts[-1]}"


def counted(count: int, one: str, several: str) -> str:
    """Return a number with its noun: 1 day, 2 days."""
    return f"{count} {one if count == 1 else several}"


def inserted(entries: Sequence[Entry], then: str) -> str:
    """Return the steps of an insertion sort: each entry in turn, and after it the sorted ones so far."""
    steps = [f"{entries[0]}."]
    for place in range(1, len(entries)):
        steps.append(f"{then} {entries[place]}: {', '.join(map(str, sorted(entries[: place + 1])))}.")
    return " ".join(steps)
