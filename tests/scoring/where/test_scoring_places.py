"""Step one: where the answer stands, in what words it is introduced, and where it ends."""

from __future__ import annotations

import pytest

from pytest_reasoning.scoring.where import Said, last_line, places, without_denials, without_run_on

STATED = [
    # English: a noun and a verb, with what may stand between
    ("The answer is 7.", "7"),
    ("ANSWER IS 7", "7"),
    ("My final answer would be 7.", "7"),
    ("The answer to the second question is 7.", "7"),
    ("The answer (in cm, rounded) is 7.", "7"),
    ("The correct answer must therefore be 7.", "7"),
    ("The most likely answer, then, is 7.", "7"),
    ("So the answer is clearly 7.", "7"),
    ("The answer seems to be 7.", "7"),
    ("The answer turns out to be 7, as 3 + 4.", "7, as 3 + 4"),
    ("The answer's 7.", "7"),
    ("Thus, the result is 7.", "7"),
    # labels
    ("Answer: 7", "7"),
    ("Final answer = 7", "7"),
    ("**Answer:** 7", "7"),
    ("**Answer: 7**", "7"),
    ("- Answer: 7", "7"),
    ("Answer (a number): 7", "7"),
    ("I add them. Answer: 7", "7"),
    ("Answer:\n\n7", "7"),
    ("Wrong.\nFalse\nAnswer: 7", "7"),
    # taken back
    ("The answer is 6. No wait, it is 7.", "7"),
    ("The answer is 6. Actually, it should be 7.", "7"),
    ("The answer is 7. Wait, that was quick.", "7"),
    ("The answer is 6. Wait, it is 7, not 6.", "7, not 6"),
    ("The answer is 7. Wait, it is 8. No, it is 7.", "7"),
    ("The answer is 7. Wait, it is 8 if we count the cat.", "7"),
    ("The answer is 7. Hmm, it is 8?", "7"),
    ("The answer is 7. Actually, it is 8 minutes past noon.", "7"),
    ("The answer is 7. No, it is never 8.", "7"),
    ("The answer is 7. Wait, it is 8 that is wrong.", "7"),
    ("Die Antwort ist 6. Nein, es ist 7.", "7"),
    ("La réponse est 6. Non, c'est 7.", "7"),
    ("A resposta é 6. Não, é 7.", "7"),
    ("A resposta é 7. Não é 8.", "7"),
    # lists and orders
    ("The sorted list is: 7, 8", "7, 8"),
    ("The words in alphabetical order are: a, b", "a, b"),
    ("A lista ordenada é: 7, 8", "7, 8"),
    ("I asked my mother.\nMother answer: 7", "7"),
    ("### Answer\n7", "7"),
    ("**Final Answer**\n7 apples", "7 apples"),
    ("The answer is:\n7", "7"),
    ("A: 7", "7"),
    # boxes and tags
    (r"So \boxed{7}.", "7"),
    (r"So \boxed{\frac{1}{2}} remains.", r"\frac{1}{2}"),
    (r"So \boxed 7", "7"),
    (r"\fbox{7}", "7"),
    ("#### 7", "7"),
    ("<answer>7</answer>", "7"),
    ("<final_answer>\n7\n</final_answer>", "7"),
    ('{"answer": "7"}', "7"),
    ('{"reason": "3 + 4", "answer": 7}', "7"),
    # other languages
    ("A resposta final é 7.", "7"),
    ("Resposta: 7", "7"),
    ("La respuesta correcta es 7.", "7"),
    ("Por lo tanto, la respuesta es 7.", "7"),
    ("Donc la réponse est 7.", "7"),
    ("La bonne réponse est donc 7.", "7"),
    ("Réponse : 7", "7"),
    ("Die Antwort lautet 7.", "7"),
    ("Die richtige Antwort ist also 7.", "7"),
    ("Ergebnis: 7", "7"),
    ("La risposta corretta è 7.", "7"),
    ("Risposta: 7", "7"),
    ("Jawabannya adalah 7.", "7"),
    ("Jawaban akhir: 7", "7"),
    ("所以答案是7。", "7"),
    ("最终答案为：7", "7"),
    ("答：7", "7"),
    ("答えは7です。", "7"),
    ("したがって、正解は「東京」です。", "「東京」"),
    ("정답은 7입니다.", "7"),
    ("최종 답변: 7", "7"),
    ("सही उत्तर 7 है।", "7"),
    ("उत्तर: 7", "7"),
    ("الإجابة الصحيحة هي 7.", "7"),
    ("الجواب: 7", "7"),
    # where a sentence ends
    ("The answer is 7. She needs 6 hours.", "7"),
    ("The answer is 3.5 kg.", "3.5 kg"),
    ("The answer is St. Louis. It lies on a river.", "St. Louis"),
    ("The answer is J. R. R. Tolkien. He wrote it.", "J. R. R. Tolkien"),
    ("The answer is 5. März 2024.", "5. März 2024"),
    ('The answer is "yes."', '"yes."'),
    ("(The answer is 7.)", "7"),
    ("The answer is 7; the others are wrong.", "7"),
    # several: the last one
    ("The answer is 5. Wait, no. The answer is 7.", "7"),
    (r"\boxed{5} is wrong, \boxed{7} is right.", "7"),
    ("Answer: 7\n\nThe result was checked.", "7"),
    # a result on the way is none
    ("The result is 12. Then we take 5 away, which leaves 7.", None),
    ("Solution: First, we add 3 and 4.\nThen 7.", None),
    # denied, supposed, somebody else's
    ("The answer is not 12 but 7.", "7"),
    ("The answer isn't 12.", None),
    ("La réponse n'est pas 12.", None),
    ("Die Antwort ist nicht 12, sondern 7.", "7"),
    ("答案不是12，而是7。", "7"),
    ("If the answer is 12, two are left over.", None),
    ("Check whether the answer is 12.", None),
    ("A common wrong answer is 12.", None),
    ("You might think the answer is 12.", None),
    ("His answer was 12.", None),
    # no statement
    ("What is the answer?", None),
    ("#### Step 1: add 3 and 4", None),
    ("I answered 7.", None),
    ("The answers differ.", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "stated"), STATED)
def test_what_is_stated(text: str, stated: str | None) -> None:
    found = [place for place in places(Said(text=text)) if not place.denied]
    assert (found[0].text if found else None) == stated


def test_the_first_statement_where_that_is_asked_for() -> None:
    said = Said(text="The answer is 5. Wait, no. The answer is 7.")
    assert next(places(said, first=True)).text == "5"


INTRODUCED = [
    ("Therefore, the answer (arabic numerals) is", "surely", " 7.\n\nI hope this helps!", "7"),
    ("Therefore, the answer is", "surely", " 18. She needs 6 hours.", "18"),
    ("The answer is", "", " 7.\n\nThere are 12 eggs in a box.", "7"),
    ("The answer is (", "", "B) green", "(B) green"),
    ("The answer is \\boxed{", "", "7}. Done.", "7"),
    ("Answer:", "", " 7. Now 12.", "7"),
    ("So, in one word", "surely", ": yes. Not no.", "yes"),
    ("Therefore, the answer is", "surely", "\nThe answer is 7.", "7"),
    ("La réponse est", "", " 7.", "7"),
    ("答案是", "", "7。", "7"),
]


@pytest.mark.parametrize(("introduction", "introduced", "text", "answer"), INTRODUCED)
def test_what_the_strategy_says_introduces_the_answer(
    introduction: str, introduced: str, text: str, answer: str
) -> None:
    said = Said(text=text, introduction=introduction, introduced=introduced)  # type: ignore[arg-type]
    place = next(places(said))
    assert (place.kind, place.text) == ("introduced", answer)


LAST = [
    ("3 and 4.\nSo 7 apples.", "So 7 apples"),
    ("So 7 apples.\n\nI hope this helps!", "So 7 apples"),
    ("So 7. Let me know if you have questions.", "So 7"),
    ("7\n\n---\n", "7"),
    ("```\n7\n```", "7"),
    ("7\n\nFeel free to ask!\n\nThank you.", "7"),
    ("...", "..."),
    ("→ ★", "→ ★"),
    ("7<|im_end|>", "7"),
]


@pytest.mark.parametrize(("text", "line"), LAST)
def test_the_last_line_that_says_something(text: str, line: str) -> None:
    place = last_line(Said(text=text))
    assert place is not None
    assert place.text == line


DENIED = [
    ("It is not 12.", "It is"),
    ("It was not 12, but 14.", "but 14."),
    ("It is 14, not 12.", "It is 14,"),
    ("12 is wrong. 14 is right.", "14 is right."),
    ("Nicht 12, sondern 14.", "sondern 14."),
    ("不是12，而是14。", "而是14。"),
    ("There are 14.", "There are 14."),
]


@pytest.mark.parametrize(("text", "left"), DENIED)
def test_what_is_denied_is_taken_out(text: str, left: str) -> None:
    assert without_denials(text).strip() == left


RUN_ONS = [
    (" 6.\n\nThere are 12 people.\nA: 0.", ("\nA:",), "", " 6."),
    (" 6.\nHow many are 12 people?\nA: 0.", ("\nA:",), "", " 6."),
    (" 6.\n\nThere are 12 people.", ("\nA:",), "\nA:", " 6."),
    (" 6.\n\nQ: And 7?\nA: 0.", ("\nQ:", "\nA:"), "", " 6.\n"),
    ("\n\nQ: What is it?\nA: 6", ("\nA:",), "", "\n\nQ: What is it?\nA: 6"),
    ("A: 6", ("\nA:",), "", "A: 6"),
    (" 6", (), "", " 6"),
]


@pytest.mark.parametrize(("text", "next_question", "stopped_by", "read"), RUN_ONS)
def test_nothing_behind_the_next_question_is_read(
    text: str, next_question: tuple[str, ...], stopped_by: str, read: str
) -> None:
    assert without_run_on(text, next_question, stopped_by) == read
