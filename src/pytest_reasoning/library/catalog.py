"""The catalog of the library: every family of tasks with its tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "pt")
FOLDER = Path(__file__).with_name("suites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family of tasks, with one suite in each language; all of them have the same cases."""

    name: str
    about: str
    "A short description of the task."
    about_pt: str
    "The same in Portuguese."
    topic: str
    "A tag shared by related families."
    core: bool = False
    "Whether it is one of the families that give a first profile of a model."

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its suites; each suite also has its language as a tag."""
        return (*(("core",) if self.core else ()), self.name, self.topic)

    def path(self, language: str) -> Path:
        """Return the file of the suite in a language."""
        return FOLDER / language / f"{self.name}.yaml"

    def suite(self, language: str) -> str:
        """Return the name of the suite in a language."""
        return self.name if language == "en" else f"{self.name}-{language}"


FAMILIES = (
    Family(
        name="last-letters",
        about="put the last letters of words together",
        about_pt="juntar as últimas letras de palavras",
        topic="letters",
        core=True,
    ),
    Family(
        name="letter-count",
        about="count a letter in names of places",
        about_pt="contar uma letra em nomes de lugares",
        topic="letters",
        core=True,
    ),
    Family(
        name="spell-backwards",
        about="spell a word backwards",
        about_pt="soletrar uma palavra de trás para a frente",
        topic="letters",
    ),
    Family(
        name="symbol-mapping",
        about="add novel words that stand for numbers",
        about_pt="somar palavras inventadas que valem números",
        topic="symbols",
        core=True,
    ),
    Family(
        name="caesar",
        about="move each letter of a word on in the alphabet",
        about_pt="avançar cada letra de uma palavra no alfabeto",
        topic="symbols",
    ),
    Family(
        name="number-cipher",
        about="write a word in numbers, a as 1 up to z as 26",
        about_pt="escrever uma palavra em números, de a como 1 a z como 26",
        topic="symbols",
    ),
    Family(
        name="word-sorting",
        about="sort names alphabetically",
        about_pt="ordenar nomes em ordem alfabética",
        topic="sorting",
        core=True,
    ),
    Family(
        name="brackets",
        about="close the brackets that are still open",
        about_pt="fechar os parênteses, colchetes e chaves ainda abertos",
        topic="symbols",
    ),
    Family(
        name="list-operations",
        about="do one thing after the other with a list of numbers",
        about_pt="aplicar uma operação após a outra a uma lista de números",
        topic="symbols",
    ),
    Family(
        name="nested-lists",
        about="find the largest, the smallest or the sum of lists in lists",
        about_pt="achar o maior, o menor ou a soma de listas dentro de listas",
        topic="symbols",
    ),
    Family(
        name="palindromes",
        about="tell whether a word reads the same backwards",
        about_pt="dizer se uma palavra fica igual de trás para a frente",
        topic="letters",
    ),
    Family(
        name="arithmetic",
        about="add, subtract and multiply numbers",
        about_pt="somar, subtrair e multiplicar números",
        topic="numbers",
        core=True,
    ),
    Family(
        name="number-sorting",
        about="sort numbers from the smallest to the largest",
        about_pt="ordenar números do menor para o maior",
        topic="sorting",
    ),
    Family(
        name="word-problems",
        about="solve a story about numbers of things",
        about_pt="resolver uma história sobre quantidades",
        topic="numbers",
        core=True,
    ),
    Family(
        name="object-counting",
        about="count things, or the fruit among them",
        about_pt="contar coisas, ou só as frutas entre elas",
        topic="numbers",
        core=True,
    ),
    Family(
        name="coin-flips",
        about="tell whether a coin is still heads up",
        about_pt="dizer se uma moeda ainda está com a cara para cima",
        topic="tracking",
        core=True,
    ),
    Family(
        name="shuffled-objects",
        about="tell who has which thing after some swaps",
        about_pt="dizer quem tem o quê depois de algumas trocas",
        topic="tracking",
    ),
    Family(
        name="walks",
        about="tell on which step of a stair someone ends",
        about_pt="dizer em que degrau de uma escada alguém termina",
        topic="tracking",
    ),
    Family(
        name="boolean-expressions",
        about="evaluate and, or and not",
        about_pt="avaliar e, ou e não",
        topic="logic",
        core=True,
    ),
    Family(
        name="truth-tellers",
        about="tell whether the last of some people tells the truth",
        about_pt="dizer se a última de várias pessoas diz a verdade",
        topic="logic",
    ),
    Family(
        name="syllogisms",
        about="tell whether a statement follows from others",
        about_pt="dizer se uma afirmação se segue de outras",
        topic="logic",
        core=True,
    ),
    Family(
        name="family-relations",
        about="tell what two people of a family are to each other",
        about_pt="dizer o parentesco entre duas pessoas",
        topic="logic",
    ),
    Family(
        name="shortest-path",
        about="count the roads of the shortest way between two towns",
        about_pt="contar as estradas do caminho mais curto entre duas cidades",
        topic="puzzles",
    ),
    Family(
        name="sudoku",
        about="complete a row of a 4 x 4 sudoku",
        about_pt="completar uma linha de um sudoku 4 x 4",
        topic="puzzles",
    ),
    Family(
        name="weekdays",
        about="tell the day of the week some days before or after",
        about_pt="dizer o dia da semana alguns dias antes ou depois",
        topic="puzzles",
        core=True,
    ),
    Family(
        name="dates",
        about="tell the date some days before or after",
        about_pt="dizer a data alguns dias antes ou depois",
        topic="puzzles",
    ),
    Family(
        name="commands",
        about="write out commands with repetitions",
        about_pt="escrever por extenso comandos com repetições",
        topic="puzzles",
    ),
    Family(
        name="needle",
        about="find one thing that a text tells",
        about_pt="achar uma informação em um texto",
        topic="puzzles",
        core=True,
    ),
)

SUITES = {family.suite(language): family.path(language) for family in FAMILIES for language in LANGUAGES}
"The file of every suite of the library by the suite's name."
