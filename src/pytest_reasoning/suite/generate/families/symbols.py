"""Tasks with rules for symbols: novel words, ciphers, sorting, brackets, lists and palindromes."""

from __future__ import annotations

from pytest_reasoning.suite.generate.families.drawn import (
    NAMES,
    SURNAMES,
    WORDS,
    Drawn,
    Language,
    inserted,
    novel_word,
    spelled,
)
from pytest_reasoning.suite.generate.random_stream import RandomStream

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
PAIRS = ("()", "[]", "{}")


def symbol_mapping(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw novel words that stand for numbers, and ask for the sum of one, two or three of them."""
    words: list[str] = []  # such as kabex: no word of either language begins and ends like that
    while len(words) < level + 2:
        word = "".join(stream.choice(letters) for letters in ("kz", "aeo", "bdlmnrv", "aeo", "xz"))
        words += [word] if word not in words else []
    values = stream.sample(range(1, 10), len(words))
    asked = stream.sample(range(len(words)), level)
    rules = ", ".join(f"{word} = {value}" for word, value in zip(words, values, strict=True))
    text, numbers = " + ".join(words[index] for index in asked), [values[index] for index in asked]
    total = sum(numbers)
    question = f"{rules}. What is {text}?" if language == "en" else f"{rules}. Quanto é {text}?"
    verb = "is" if language == "en" else "é"
    steps = [f"{words[index]} {verb} {values[index]}." for index in asked]
    steps += [" + ".join(map(str, numbers)) + f" = {total}."] if level > 1 else []
    facts = (*words, *values, *asked)
    return Drawn(question=question, answer=str(total), rationale=" ".join(steps), facts=facts)


def caesar(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a novel word of three letters or a word of up to six; ask to shift its letters by one place or two."""
    words = [word.lower() for word in (*NAMES, *SURNAMES, *WORDS) if len(word) < 7]
    word, by = novel_word(stream) if level == 1 else stream.choice(words), 2 if level == 3 else 1
    answer = "".join(ALPHABET[(ALPHABET.index(letter) + by) % 26] for letter in word)
    steps = ", ".join(f"{before} -> {after}" for before, after in zip(word, answer, strict=True))
    if language == "en":
        places = "one place" if by == 1 else f"{by} places"
        question = f'Move each letter of "{word}" {places} forward in the alphabet. Which word do you get?'
    else:
        places = "uma posição" if by == 1 else f"{by} posições"
        question = f'Avance cada letra de "{word}" {places} no alfabeto. Que palavra você obtém?'
    return Drawn(question=question, answer=answer, rationale=f"{steps}.", facts=(word, by))


def number_cipher(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a novel word of three letters, a word of up to six or a compound of two, to write in numbers."""
    words = [word.lower() for word in (*NAMES, *SURNAMES, *WORDS) if len(word) < 7]
    word = novel_word(stream) if level == 1 else stream.choice(words)
    word += stream.choice([short for short in words if len(short) < 5]) if level == 3 else ""
    numbers = [str(ALPHABET.index(letter) + 1) for letter in word]
    verb = "is" if language == "en" else "é"
    steps = ", ".join(f"{letter} {verb} {number}" for letter, number in zip(word, numbers, strict=True))
    if language == "en":
        question = f'In a cipher a is 1, b is 2, and so on up to z, which is 26. Write "{word}" in this cipher.'
    else:
        question = f'Em uma cifra, a é 1, b é 2, e assim por diante até z, que é 26. Escreva "{word}" nesta cifra.'
    return Drawn(question=question, answer=", ".join(numbers), rationale=f"{steps}.", facts=(word,))


def word_sorting(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw three, five or seven names to sort alphabetically."""
    names = stream.sample(NAMES, 2 * level + 1)
    firsts = sorted(names)
    if language == "en":
        question = f"Sort these names alphabetically: {', '.join(names)}."
        rationale = f"Put one name after the other in its place. {inserted(names, 'Then')}"
    else:
        question = f"Ordene estes nomes em ordem alfabética: {', '.join(names)}."
        rationale = f"Ponha um nome após o outro no seu lugar. {inserted(names, 'Depois')}"
    return Drawn(question=question, answer=", ".join(firsts), rationale=rationale, facts=tuple(names))


def dyck(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw the beginning of a bracket sequence in which two, three or four brackets are still open."""
    opened: list[str] = []
    text = ""
    while len(opened) < level + 1 or len(text) < 3 * level + 2:
        if opened and (len(opened) > level + 1 or stream.below(3) == 0):
            text += opened.pop()[1]
        else:
            opened.append(stream.choice(PAIRS))
            text += opened[-1][0]
    answer = "".join(pair[1] for pair in reversed(opened))
    still, steps = " ".join(pair[0] for pair in opened), []
    before: list[str] = []
    nothing = "nothing" if language == "en" else "nada"
    for sign in text:
        before = [*before, sign] if sign in "([{" else before[:-1]
        steps.append(f"{sign} -> {' '.join(before) or nothing}")
    if language == "en":
        question = f"Close the brackets that are still open: {text}"
        rationale = f"Open after each sign: {'; '.join(steps)}. Still open are {still} . The last is closed first."
    else:
        question = f"Feche os parênteses, colchetes e chaves que ainda estão abertos: {text}"
        rationale = f"Abertos depois de cada sinal: {'; '.join(steps)}. "
        rationale += f"Ainda abertos estão {still} . O último fecha-se primeiro."
    return Drawn(question=question, answer=answer, rationale=rationale, facts=(text,))


def list_operations(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a list of four, three or five numbers and one or two operations to apply to it in turn."""
    numbers = [stream.between(1, 20) for _ in range((4, 3, 5)[level - 1])]
    doing = stream.sample(range(4), min(level, 2))
    after, steps = list(numbers), []
    told = {
        "en": ("remove the first number", "remove the last number", "reverse the list", "add 1 to each number"),
        "pt": ("remova o primeiro número", "remova o último número", "inverta a lista", "some 1 a cada número"),
    }[language]
    for what in doing:
        after = (after[1:], after[:-1], after[::-1], [number + 1 for number in after])[what]
        steps.append(f"{told[what].capitalize()}: {', '.join(map(str, after))}.")
    then = ", then " if language == "en" else ", depois "
    begin = "Take the list" if language == "en" else "Considere a lista"
    asked = "Which list do you get?" if language == "en" else "Que lista você obtém?"
    orders = then.join(told[what] for what in doing)
    return Drawn(
        question=f"{begin} {', '.join(map(str, numbers))}. {orders[0].upper()}{orders[1:]}. {asked}",
        answer=", ".join(map(str, after)),
        rationale=" ".join(steps),
        facts=(*numbers, *doing),
    )


def nested_lists(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a list whose entries are numbers and one or two other lists, or a list in a list in a list.

    Each list stands for its largest number, its smallest or its sum, as in ListOps (Nangia and Bowman 2018).
    """
    told = {
        "en": ("the largest of", "the smallest of", "the sum of"),
        "pt": ("o maior de", "o menor de", "a soma de"),
    }[language]
    steps: list[str] = []
    facts: list[object] = []

    def of(*entries: tuple[str, int]) -> tuple[str, int]:
        """Return the text and the value of one list; its entries are mixed, and its step is noted."""
        what, order = stream.below(3), stream.sample(range(len(entries)), len(entries))
        texts, values = [entries[index][0] for index in order], [entries[index][1] for index in order]
        value = (max(values), min(values), sum(values))[what]
        step = f"{told[what]} ({', '.join(map(str, values))}) {'is' if language == 'en' else 'é'} {value}."
        steps.append(f"{step[0].upper()}{step[1:]}")
        facts.extend((what, *values))
        return f"{told[what]} ({', '.join(texts)})", value

    singles = [(str(number), number) for number in (stream.between(1, 9) for _ in range(5))]
    match level:
        case 1:
            text, value = of(singles[0], of(*singles[1:3]))
        case 2:
            text, value = of(singles[0], of(*singles[1:3]), of(*singles[3:]))
        case _:
            text, value = of(singles[0], of(singles[1], of(*singles[2:4])), singles[4])
    question = f"What is {text}?" if language == "en" else f"Qual é {text}?"
    return Drawn(question=question, answer=str(value), rationale=" ".join(steps), facts=tuple(facts))


def palindromes(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a word of four, six or eight letters, and ask whether it is a palindrome."""
    half = "".join(stream.choice("abcdefgh") for _ in range(level + 1))
    same, place = stream.below(2) == 0, stream.below(level + 1)
    end = half[::-1]
    if not same:
        other = stream.choice([letter for letter in "abcdefgh" if letter != end[place]])
        end = f"{end[:place]}{other}{end[place + 1 :]}"
    word = half + end
    if language == "en":
        question = f'Does "{word}" read the same backwards?'
        rationale = f"Forwards it is {spelled(word)}, backwards {spelled(word[::-1])}. "
        rationale += "These are the same." if same else "These differ."
        answer = "yes" if same else "no"
    else:
        question = f'A palavra "{word}" fica igual quando lida de trás para a frente?'
        rationale = f"Na ordem normal é {spelled(word)}, de trás para a frente é {spelled(word[::-1])}. "
        rationale += "São iguais." if same else "São diferentes."
        answer = "sim" if same else "não"
    return Drawn(question=question, answer=answer, rationale=rationale, facts=(word,))
