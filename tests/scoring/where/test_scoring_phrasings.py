"""Ways to say an answer, each in both directions: read as what it says, and never as what it does not say."""

# ruff: noqa: E501 - wide characters count twice, and a table reads best in its own lines

from __future__ import annotations

import pytest

from kit.scoring_tables import case_of, scored

COLORS = ("red", "green", "blue", "yellow")
TEN = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay")

# completion, what it picks (None: nothing that can be credited)
CHOICES = [
    ("I choose B.", "B"), ("I would choose (B).", "B"), ("I'd go with B here.", "B"), ("I'll pick option B.", "B"),
    ("My choice is B.", "B"), ("It's B.", "B"), ("It is B.", "B"), ("It must be B", "B"), ("So B.", "B"),
    ("The correct option is B.", "B"), ("The right choice is B.", "B"), ("The best option is (B).", "B"),
    ("The correct letter is B.", "B"), ("Option B is correct.", "B"), ("B is correct.", "B"),
    ("(B) is the right answer.", "B"), ("B is the best choice.", "B"), ("B seems correct to me.", "B"),
    ("The answer is most likely B.", "B"), ("The answer seems to be B", "B"), ("Answer: most likely B", "B"),
    ("The answer is option B.", "B"), ("The answer is B, because it lies between A and C.", "B"),
    ("The answer is B rather than A or C.", "B"), ("The answer is B, not A.", "B"), ("The answer is B and not A.", "B"),
    ("The answer is B since A, C and D absorb it.", "B"), ("The answer is B over C.", "B"),
    ("The answer is B (green).", "B"), ("The answer is (B) green, as grass is.", "B"), ("B: green", "B"),
    ("B) green", "B"), ("b) green", "B"), ("B. Green", "B"), ("[B]", "B"), ("<B>", "B"), ("{B}", "B"), ('"B"', "B"),
    ("**B**", "B"), ("`B`", "B"), ("$B$", "B"), (r"\(B\)", "B"), (r"$\text{B}$", "B"), (r"\boxed{B}", "B"),
    (r"\boxed{\text{(B)}}", "B"), ("<answer>B</answer>", "B"), ("Answer: <b>B</b>", "B"), ("\uff22", "B"),
    ("\uff08\uff22\uff09", "B"), ("Answer: B!", "B"), ("The answer is b.", "B"), ("the answer is (b).", "B"),
    ("green", "B"), ("Green.", "B"), ("The answer is green.", "B"), ("The answer is the color green.", "B"),
    ("The answer is green, not blue.", "B"), ("The color of grass is green.", "B"), ("It is green.", "B"),
    ("Antwort: B", "B"), ("La respuesta correcta es la B.", "B"), ("La bonne réponse est B.", "B"),
    ("A resposta correta é a letra B.", "B"), ("La risposta è B.", "B"), ("Jawaban yang benar adalah B.", "B"),
    ("答案是B。", "B"), ("正确答案：B", "B"), ("因此选B。", "B"), ("应选B", "B"), ("正解はBです。", "B"), ("정답은 B입니다.", "B"),
    ("सही उत्तर B है।", "B"), ("الإجابة هي B.", "B"),
    ("A is wrong and C too.\n\nThe answer is B.", "B"), ("The answer is A. No, the answer is B.", "B"),
    ("Consider A: it is red. Consider B: it is green.\nAnswer: B", "B"),
    # a conclusion after what rules the others out
    ("It cannot be A, C or D. So B.", "B"), ("A and C are wrong.\nD is too small. Therefore, B.", "B"),
    ("D is too small. Hence, option (B).", "B"), ("A é errado. Portanto, B.", "B"), ("A不对。所以B。", "B"),
    ("D is too small, so B", "B"), ("D is too small.", None), ("D is too small. So A. Lincoln was wrong.", None),
    ("It cannot be A, C or D. So B.\n\nI hope this helps!", "B"),
    ("D is too small. So B.\nBut that cannot be, as we saw.", None),
    ("D is too small. Therefore, A.\nB", None), ("Therefore, A.\nHmm, grass by day\nB", None), ("Therefore, B.\nB", "B"),
    ("First x = 2, hence B\nThen y = 3, which contradicts that.", None),
    ("The sky would have to be green, so B\nNo: at night it has no color at all.", None),
    ("So A.\nNo, it cannot be A. So B.", None), ("If it were A, C would follow, so is it B?", None),
    # several, none, or something else
    ("The answer is B or C.", None), ("B and C", None), ("Either B or C.", None), ("The answers are B, C.", None),
    ("Both B and C are correct.", None), ("The answer is B/C.", None), ("B is correct. C is correct.", None),
    ("The answer is E.", None), ("Answer: none of the above", None), ("Answer: I don't know", None),
    ("Answer: N/A. Maybe green.", None), ("It is not B.", None), ("The answer is not (B).", None),
    ("B is wrong.", None), ("B is not the correct answer.", None), ("I would not choose B.", None),
    ("If B is correct, then so is C.", None), ("Why is B correct?", None), ("Is it B?", None),
    ("The answer is B. Red", None), ("(B) blue", None), ("\\boxed{B = 4}", None), ("B = 2 + 2", None),
    ("B + C", None), ("A bear is in the woods.", None), ("a dog", None), ("The answer is not green.", None),
    ("(A) red (B) green", None), ("A) red\nB) green\nC) blue\nD) yellow", None), ("The answer is greenish.", None),
    ("The answer is dark green or light blue.", None), ("red, green, blue, yellow", None), ("", None), ("?", None),
    ("The plan B failed.", None), ("Vitamin B12", None), ("B's colour", None),
    ("The answer is (B) or (C).", None), ("The answer is (B), (C).", None), ("The answer is (B) and (C) is wrong.", "B"),
    ("The answer is (B), (A) is too small.", "B"), ("The answer is (B), no doubt.", "B"),
    # taken back, asked, supposed, for one of two cases
    ("The answer is B, no, C.", None), ("The answer is B... no, wait, C.", None), ("B? No, C.", None),
    ("The answer is B, actually it is C.", None), ("The answer is B, no other fits.", "B"),
    ("The answer is B? No: C.", None), ("B? C? I would skip B.", None), ("C? No. The answer is B.", "B"), ("The answer is B if it is day, otherwise C.", None),
    ("If it were day, the answer would be B, but it is night: C", None), ("If it is day, the answer would be B.", "B"),
    ("The incorrect answer is B.", None), ("The wrong answer is B.", None), ("The answer is far from B.", None),
    ("The answer is B. A tempting answer is C.", "B"), ("The answer is B. The wrong answer is C.", "B"),
]  # fmt: skip


# scorer, target, what states it, what does not
SUPPOSED = [
    ("number", "7", "The answer is 7. A common wrong answer is 12.", "A common wrong answer is 7."),
    ("number", "7", "The wrong answer is 12. The right answer is 7.", "The wrong answer is 7. The right answer is 12."),
    ("number", "7", "I thought about it, and the answer is 7.", "I thought the answer is 7. It is 9."),
    ("number", "7", "So what is the answer? The answer is 7.", "The answer is 7?? No: 9."),
    ("number", "7", "If Tom had 3 more, the answer would be 7.",
     "The answer would be 7 if there were no cats, but there are two, so 9."),
    ("number", "7", "A resposta seria 7.", "A resposta seria 7 se não houvesse gatos, mas há dois, então 9."),
    ("number", "7", "The answer is 7 if he keeps it.", "The answer is 7 if he keeps it, otherwise 9."),
    ("number", "7", "Die Antwort ist 7, wenn er es behält.", "Die Antwort ist 7, wenn er es behält, sonst 9."),
    ("number", "7", "The answer is 7 more apples than Ana has.", "The answer is 7 more than 5, which is 12."),
    ("number", "7", "The answer is 7 more.", "The answer is 7 cents less than 9."),
    ("number", "7", "The answer is 7, nowhere near 70.", "The answer is nowhere near 7."),
    ("number", "7", "The answer is now 7.", "The answer used to be 7."),
    ("number", "7", "答えは7です。", "答えは7ではありません。"),
    ("number", "7", "정답은 7입니다.", "정답은 7이 아닙니다."),
    ("number", "7", "उत्तर 7 है।", "उत्तर 7 नहीं है।"),
    ("number", "7", "A resposta certa é 7.", "A resposta errada é 7."),
    ("number", "7", "A resposta é 7 a mais.", "A resposta é 7 a mais que 5."),
    ("boolean", "yes", "Yes, no one flipped it.", "Yes, wait, no."),
    ("boolean", "yes", "Yes. No doubt about it.", "Yes. Actually, no."),
    ("boolean", "yes", "The answer is no. Wait, it is yes.", "The answer is yes. Wait, it is no."),
    ("boolean", "yes", "Yes, right.", "Yes? No."),
    ("boolean", "yes", "Sim, não há dúvida.", "Sim? Não."),
    ("number", "7", "If it rained, the answer would be 7.", "The answer would be 7 if it rained but it is dry"),
    ("boolean", "yes", "Is it so? The coin shows heads, which is true.", "Would the answer be yes? I have no idea."),
    ("boolean", "yes", "It is true that the answer is yes.", "It is not true that the answer is yes."),
    ("boolean", "yes", "By the way, the answer is yes.", "There is no way the answer is yes."),
    ("boolean", "yes", "I would say yes, if you ask me.", "I would say yes if the coin were fair. It is not, so no."),
    ("boolean", "yes", "The answer is yes! I have no doubt.", "The answer is yes? I doubt it. No."),
]  # fmt: skip


@pytest.mark.parametrize(("scorer", "target", "states", "does_not"), SUPPOSED)
def test_what_is_supposed_is_no_answer(scorer: str, target: str, states: str, does_not: str) -> None:
    case = case_of(scorer, target)
    assert scored(case, states).status == "correct", scored(case, states).explanation
    assert scored(case, does_not).status != "correct", scored(case, does_not).explanation


@pytest.mark.parametrize(("completion", "picked"), CHOICES)
def test_choice(completion: str, picked: str | None) -> None:
    found = {letter: scored(case_of("choice", letter, options=COLORS), completion).status for letter in "ABCD"}
    right = [letter for letter, status in found.items() if status == "correct"]
    assert right == ([picked] if picked is not None else [])
    if picked is not None:
        assert set(found.values()) == {"correct", "wrong"}


@pytest.mark.parametrize(
    ("completion", "picked"),
    [
        ("The answer is J.", "J"), ("The answer is J because I computed it.", "J"), ("The answer is I.", "I"),
        ("The answer is (I) ibis.", "I"), ("I was not sure.", None), ("I think so.", None), ("I", "I"),
        ("The answer is E = mc^2.", None), ("an ant", "A"), ("The answer is a bee.", "B"),
    ],
)  # fmt: skip
def test_ten_options(completion: str, picked: str | None) -> None:
    right = [
        letter
        for letter in "ABCDEFGHIJ"
        if scored(case_of("choice", letter, options=TEN), completion).status == "correct"
    ]
    assert right == ([picked] if picked is not None else [])


BOOLEANS = [
    ("Yes", True), ("yes.", True), ("**Yes**", True), ("Yes, it is.", True), ("YES!", True), ("True", True),
    ("That is correct.", True), ("The statement is true.", True), ("This is a true statement.", True),
    ("The answer is yes.", True), ("So the answer is true.", True), ("Answer: True", True), ("\u2705 True", True),
    ("It is true that 7 is prime.", True), ("I would say yes.", True), ("Yes; the other claim is false.", True),
    ("It is not false.", True), ("No doubt: yes.", True), ("Answer (yes/no): yes", True), ("Yes/No: Yes", True),
    ("The answer is yes; the claim is not false.", True), ("Ja.", True), ("Oui.", True), ("Sí.", True), ("Sim.", True),
    ("Ya.", True), ("是的。", True), ("はい。", True), ("네.", True), ("हाँ।", True), ("نعم.", True), ("正确。", True),
    ("No", False), ("no.", False), ("No, it is not.", False), ("False", False), ("That is wrong.", False),
    ("The statement is false.", False), ("The claim is incorrect.", False), ("It is not true.", False),
    ("It isn't true.", False), ("It cannot be true.", False), ("It can't be right.", False), ("Not true.", False),
    ("Not necessarily true.", False), ("The answer is no.", False), ("Final answer: FALSE", False),
    ("Answer (yes/no): no", False), ("Yes/No: No", False), ("yes or no? No.", False), ("Nein.", False),
    ("Non.", False), ("Não.", False), ("Tidak.", False), ("不是。", False), ("否", False), ("いいえ。", False),
    ("아니요.", False), ("नहीं।", False), ("لا.", False), ("错误。", False), ("Therefore, no.", False),
    ("A resposta é não.", False), ("Portanto, a resposta é não", False), ("La respuesta es no.", False),
    ("A resposta é não, porque ninguém a virou.", False), ("A resposta é sim.", True),
    # what speaks of an answer gives none
    ("So yes would be too simple. No.", False), ("Yes seems tempting, but no.", False), ("Yes is the answer.", True),
    ("So yes is what one would say at first; in truth it is not.", None), ("Yes is wrong here. The answer is no.", False),
    # neither
    ("A resposta não é clara.", None), ("Yes and no.", None), ("yes or no", None), ("True or false?", None), ("Maybe.", None), ("It depends.", None),
    ("There are no birds.", None), ("No idea.", None), ("It is not necessarily false.", None), ("Perhaps yes.", None),
    ("The right angle has 90 degrees.", None), ("I don't know.", None), ("It is 7.", None), ("", None),
    ("Yes. The answer is unknown.", None), ("Sometimes true.", None), ("Right now it rains.", None),
]  # fmt: skip


@pytest.mark.parametrize(("completion", "says"), BOOLEANS)
def test_boolean(completion: str, says: bool | None) -> None:
    found = {target: scored(case_of("boolean", target), completion).status for target in ("yes", "no")}
    if says is None:
        assert "correct" not in found.values()
    else:
        assert found == {"yes": "correct" if says else "wrong", "no": "wrong" if says else "correct"}


TEXTS = [
    ("exact", "Paris", ("Paris", "Paris.", "**Paris**", '"Paris"', "The answer is Paris.", "Paris\u200b", "\ufeffParis",
     "It is in France.\nParis", "The answer is Paris, because the king lived there.", "Answer: Paris\n\nNot Rome.",
     "<answer>Paris</answer>", r"\boxed{\text{Paris}}", "La respuesta es Paris.", "答案是Paris。", "The answer is\nParis",
     "Par\u00adis"),
     ("paris", "Paris, Texas", "The answer is Paris or Rome.", "The answer is not Paris.", "Not Paris", "Parisian",
      "The answer is Paris Hilton.", "Paris is wrong. The answer is Rome.", "I like Paris", "", "Rome\nLyon")),
    ("exact", "don't stop", ("don\u2019t stop", "don\u02bct stop", "don't  stop"), ("dont stop", "do not stop")),
    ("exact", "co-op", ("co\u2011op", "co\u2010op", "co\u2013op"), ("coop", "co op")),
    ("exact", "x2", ("x2", "\uff58\uff12"), ("x\u00b2", "x\u2082")),
    ("exact", "caf\u00e9", ("cafe\u0301",), ("cafe",)),
    ("contains", "Paris", ("It is Paris.", "paris", "In Paris, that is.", "The answer is the city of Paris.", "巴黎是Paris",
     "Not Rome but Paris.", "Paris. Rome is not."),
     ("Parisian", "It is not Paris.", "It isn't Paris.", "Paris is not the answer.", "Paris is wrong.",
      "Paris is big. The answer is Rome.", "Anything other than Paris", "The answer is not Paris.", "", "Rome")),
    ("contains", "5", ("5", "It is 5.", "5!", "(5)", "5%", "about 5 of them"), ("25", "5.5", "1,5", "52", "x5", "5th")),
    ("contains", "\u6771\u4eac", ("答えは東京です。", "東京", "東京に住む"), ("京都です", "答えは大阪です。東京より大きい")),
    ("contains", "京都", ("京都です。",), ("東京都です。",)),
    ("contains", "서울", ("서울입니다.", "정답은 서울입니다.", "서울에서"), ("부산입니다.", "남서울입니다.")),
    ("contains", "दिल", ("यह दिल है।",), ("यह दिल्ली है।",)),
    ("contains", "パリ", ("パリです。",), ("パリスです。",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scorer", "target", "completion", "right"),
    [
        (scorer, target, completion, right)
        for scorer, target, rights, wrongs in TEXTS
        for right, completions in ((True, rights), (False, wrongs))
        for completion in completions
    ],
)
def test_texts(scorer: str, target: str, completion: str, right: bool) -> None:
    score = scored(case_of(scorer, target), completion)
    assert (score.status == "correct") is right, score.explanation


@pytest.mark.parametrize("scorer", ["exact", "contains"])
def test_folding_can_be_switched_off(scorer: str) -> None:
    completion = "don\u2019t"
    assert scored(case_of(scorer, "don't"), completion).status == "correct"
    assert scored(case_of(scorer, "don't", fold=False), completion).status == "wrong"


# completion, the answer behind the thinking (None: it is never closed)
THOUGHTS = [
    ("<think>5</think>7", "7"), ("<think>\n5\n</think>\n\n7", "7"), ("<think >5</think >7", "7"),
    ('<think signature="a" n=1>5</think>7', "7"), ("<thinking>5</thinking>7", "7"), ("<thought>5</thought>7", "7"),
    ("<scratchpad>5</scratchpad>7", "7"), ("<analysis>5</analysis>7", "7"), ("<reflection>5</reflection>7", "7"),
    ("<reasoning>5</reasoning>7", "7"), ("<seed:think>5</seed:think>7", "7"), ("[THINK]5[/THINK]7", "7"),
    ("<|begin_of_thought|>5<|end_of_thought|>7", "7"), ("<|startthink|>5<|endthink|>7", "7"),
    ("<|START_THINKING|>5<|END_THINKING|>7", "7"), ("<|channel>thought\n5<channel|>7", "7"),
    ("\u25c1think\u25b75\u25c1/think\u25b77", "7"), ("5</think>7", "7"), ("<think>5</think>6?<think>8</think>7", "7"),
    ("<think>a <think> b</think>7", "7"), ("7<think>5</think>", "7"), ("<THINK>5</THINK>7", "7"),
    ("<|channel|>analysis<|message|>5<|end|><|start|>assistant<|channel|>final<|message|>7<|return|>", "7"),
    ("<|channel|>analysis<|message|>5<|end|>7", "7"), ("<|channel|>final<|message|>7", "7"),
    ("<|channel|>commentary<|message|>5<|end|><|start|>assistant<|channel|>final<|message|>7", "7"),
    ("<|start|>assistant<|channel|>analysis<|message|>5<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>7", "7"),
    ("analysisIs it 5?assistantfinal7", "7"),
    ("In HTML, a <think> tag does not exist: 7", "7"), ("Write `<think>` first. It is 7", "7"), ("7<|end|>", "7"),
    ("I think it is 7", "7"),
    ("<think>7", None), ("<thinking>\n7", None), ("[THINK]7", None), ("<think>5</think>7<think>8", None),
    ("<|channel|>analysis<|message|>7", None), ("analysisIt is 7", None), ("<scratchpad>7", None),
    ("<|begin_of_thought|>7", None),
]  # fmt: skip


@pytest.mark.parametrize(("completion", "answer"), THOUGHTS)
def test_thinking_is_no_answer(completion: str, answer: str | None) -> None:
    score = scored(case_of("number", "7"), completion, "length" if answer is None else "stop")
    assert score.status == ("truncated" if answer is None else "correct"), score.explanation
    assert scored(case_of("number", "5"), completion).status != "correct"
