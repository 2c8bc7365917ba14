"""Tasks about the letters of names: last letters (Wei et al. 2022), letter counting and spelling backwards."""

from __future__ import annotations

from string import ascii_lowercase

from pytest_reasoning.suite.generate.families.drawn import (
    NAMES,
    PLACES,
    SURNAMES,
    WORDS,
    Drawn,
    Language,
    counted,
    novel_word,
    spelled,
)
from pytest_reasoning.suite.generate.random_stream import RandomStream


def last_letters(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a name of two, three or four words, and ask for the last letters of the words."""
    words = [stream.choice(NAMES), *stream.sample(SURNAMES, level)]
    name, answer = " ".join(words), "".join(word[-1] for word in words)
    if language == "en":
        question = f'Take the last letter of each word in "{name}" and put them together.'
        steps = [f'The last letter of "{word}" is "{word[-1]}".' for word in words]
        end = f'Together they are "{answer}".'
    else:
        question = f'Pegue a última letra de cada palavra em "{name}" e junte-as.'
        steps = [f'A última letra de "{word}" é "{word[-1]}".' for word in words]
        end = f'Juntas, elas são "{answer}".'
    return Drawn(question=question, answer=answer, rationale=" ".join([*steps, end]), facts=tuple(words))


def letter_count(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw one, two or three place names, and ask how often a letter occurs in them.

    The count is drawn before the letter, since most letters occur once and some answer must not be right too often.
    """
    words = stream.sample(PLACES, level)
    letters = {letter: "".join(words).lower().count(letter) for letter in ascii_lowercase}
    wanted = stream.choice(sorted(set(letters.values())))
    letter = stream.choice([letter for letter, count in letters.items() if count == wanted])
    counts = [word.lower().count(letter) for word in words]
    text, total = " ".join(words), sum(counts)
    added = " + ".join(map(str, counts)) + f" = {total}" if level > 1 else f"{total}"
    if language == "en":
        question = f'How many times does the letter "{letter}" appear in "{text}"?'
        steps = [
            f"{spelled(word.lower())}: {counted(count, 'time', 'times')}."
            for word, count in zip(words, counts, strict=True)
        ]
        end = f"In all: {added}."
    else:
        question = f'Quantas vezes a letra "{letter}" aparece em "{text}"?'
        steps = [
            f"{spelled(word.lower())}: {counted(count, 'vez', 'vezes')}."
            for word, count in zip(words, counts, strict=True)
        ]
        end = f"No total: {added}."
    return Drawn(question=question, answer=str(total), rationale=" ".join([*steps, end]), facts=(letter, *words))


def spell_backwards(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw what to spell backwards: a novel word of three letters, a word of up to six, or a compound of two."""
    words = [word.lower() for word in (*NAMES, *SURNAMES, *PLACES, *WORDS) if len(word) < 7]
    short = [word for word in words if len(word) < 5]
    word = novel_word(stream) if level == 1 else stream.choice(words)
    word += stream.choice(short) if level == 3 else ""
    answer = word[::-1]
    if language == "en":
        question = f'Spell the word "{word}" backwards.'
        rationale = f"Its letters are {spelled(word)}. From last to first they are {spelled(answer)}."
    else:
        question = f'Soletre a palavra "{word}" de trás para a frente.'
        rationale = f"As letras são {spelled(word)}. Da última à primeira são {spelled(answer)}."
    return Drawn(question=question, answer=answer, rationale=rationale, facts=(word,))
