"""Last lines that nothing introduced: which number of them is the answer, and when none is."""

from __future__ import annotations

from typing import Any

import pytest

from kit.value_rows import NOTHING, SEVERAL, UNREADABLE, verdict
from pytest_reasoning.scoring.values.number import number_reader

LINES = [
    ("42", "42", "right"),
    (" 42.", "42", "right"),
    ("- 42", "42", "right"),
    ("-42", "-42", "right"),
    ("\u2212 42", "-42", "right"),
    ("* 42", "42", "right"),
    ("+ 42", "42", "right"),
    ("\u2022 42", "42", "right"),
    ("First 3, then 4, so that makes 7", "7", "right"),
    ("First 3, then 4, so that makes 7", "3", "wrong"),
    ("She has 3 cats, 2 dogs and 5 birds, so 10 animals in all.", "10", "right"),
    ("She has 3 cats, 2 dogs and 5 birds.", "5", SEVERAL),
    ("So 16 - 3 - 4 = 9 eggs, and 9 * 2 = 18 dollars.", "18", "right"),
    ("So 16 - 3 - 4 = 9 eggs, and 9 * 2 = 18 dollars.", "9", "wrong"),
    ("5 + 3 = 8", "8", "right"),
    ("x = 4 since y = 10", "4", "right"),
    ("She pays 18 dollars because there are 9 eggs at 2 dollars.", "18", "right"),
    ("Since 3 were eaten, 18 are left.", "18", "right"),
    ("After 3 days, 18 are left.", "18", "right"),
    ("In 2020, 18 people came.", "18", "right"),
    ("The total is 18 (9 at 2 dollars each).", "18", "right"),
    ("The total — 18 — is small.", "18", "right"),
    ("The total - 18 - is small.", "18", "right"),
    ("We keep about 8 of the 12.", "8", "right"),
    ("That is 20% of the 40 marbles.", "20%", "right"),
    ("She got 8 out of 12 right.", "8", "right"),
    ("At 3:30 we have 5 apples.", "5", "right"),
    ("We have 5 apples at 3:30.", "5", "right"),
    ("On March 31 we had 5 apples.", "5", "right"),
    ("We had 5 apples on 2024-03-31.", "5", "right"),
    ("GPT4 gets 5.", "5", "right"),
    ("I get 5 with GPT4.", "5", "right"),
    ("It was the 3rd time that 5 came.", "5", "right"),
    ("She came 3rd.", "3", "right"),
    ("We have 5 of type 42abc.", "5", "right"),
    ("Total: 42abc", "42", UNREADABLE),
    ("Of 12 we have 42abc", "12", UNREADABLE),
    ("x5 is unknown", "5", UNREADABLE),
    ("GPT4 said so", "4", UNREADABLE),
    ("It is 3:30.", "3", UNREADABLE),
    ("It is 3:30.", "30", UNREADABLE),
    ("It is not 12.", "12", UNREADABLE),
    ("It is more than 12.", "12", UNREADABLE),
    ("3\u4e0731,234", "3", UNREADABLE),
    ("3\u4e075000", "35000", "right"),
    ("S\u00e3o menos de 12.", "12", UNREADABLE),
    ("It is no more than 12.", "12", "right"),
    ("It is at least 12.", "12", "right"),
    ("She has 3 more than 12, so 15.", "15", "right"),
    ("It isn't 12.", "12", UNREADABLE),
    ("It is 14, not 12.", "14", "right"),
    ("It is not 12 but 14.", "14", "right"),
    ("It is 3 or 5.", "5", SEVERAL),
    ("Between 3 and 5.", "5", SEVERAL),
    ("It is 3-5.", "5", SEVERAL),
    ("1,2,3", "3", UNREADABLE),
    ("1, 2, 3", "3", SEVERAL),
    ("7 7 7", "7", "right"),
    ("10-5", "5", SEVERAL),
    ("Then 9 * 2", "2", UNREADABLE),
    ("共42个", "42", "right"),
    ("一共42个。", "42", "right"),
    ("答案是x42", "42", UNREADABLE),
    ("So there are forty-two of them.", "42", "right"),
    ("There is someone here.", "1", NOTHING),
    ("I don't know.", "1", NOTHING),
    ("The last one is blue.", "1", NOTHING),
    ("**42**", "42", "right"),
    ("Total cost: **$1,234.50**", "1234.5", "right"),
    ("| Total | 42 |", "42", "right"),
    ("5x = 10, so x = 2", "2", "right"),
    ("We have 42 apples, of which 3 are red.", "42", "right"),
    ("共42个,其中3个是红的", "42", "right"),
    ("The temperature is 3 degrees below zero.", "-3", "right"),
    ("Thus x = 10/3 \u2248 3.33.", "10/3", "right"),
    ("Therefore, 20% of 50 is 10.", "10", "right"),
    ("He ran for 2 hours at 6 km/h, so 12 km.", "12", "right"),
]


@pytest.mark.parametrize(("text", "target", "expected"), LINES)
def test_the_last_line(text: str, target: str, expected: str) -> None:
    assert verdict(number_reader(), text, target, stated=False) == expected


PARAMETERS: list[tuple[str, str, dict[str, Any], str]] = [
    ("3.14", "3.14159", {"tolerance": 0.01}, "right"),
    ("3.1", "3.14159", {"tolerance": 0.01}, "wrong"),
    ("0.3", "0.1", {"tolerance": 0.2}, "right"),
    ("0.3000001", "0.1", {"tolerance": 0.2}, "wrong"),
    ("101", "100", {"relative": 0.01}, "right"),
    ("102", "100", {"relative": 0.01}, "wrong"),
    ("-101", "-100", {"relative": 0.01}, "right"),
    ("51%", "50%", {"tolerance": 1}, "right"),
    ("52%", "50%", {"tolerance": 1}, "wrong"),
    ("1.234,5", "1234,5", {"decimal_comma": True}, "right"),
    ("1.234.567,5", "1234567,5", {"decimal_comma": True}, "right"),
    ("1 234,5", "1234,5", {"decimal_comma": True}, "right"),
    ("3,5", "3,50", {"decimal_comma": True}, "right"),
    ("3,5 kg", "3,5", {"decimal_comma": True}, "right"),
    ("3{,}5", "3,5", {"decimal_comma": True}, "right"),
    ("1.234", "1234", {"decimal_comma": True}, "right"),
    ("1,234", "1,234", {"decimal_comma": True}, "right"),
    ("1,234", "1234", {"decimal_comma": True}, "wrong"),
    ("1,234.5", "1234,5", {"decimal_comma": True}, "right"),
    ("3.14", "3,14", {"decimal_comma": True}, "right"),
    ("1.2.3", "1,2", {"decimal_comma": True}, UNREADABLE),
    ("3,5 × 10^3", "3500", {"decimal_comma": True}, "right"),
    ("3,5%", "3,5", {"decimal_comma": True}, "right"),
    ("2,5 Millionen", "2500000", {"decimal_comma": True}, "right"),
]


@pytest.mark.parametrize(("text", "target", "params", "expected"), PARAMETERS)
def test_parameters(text: str, target: str, params: dict[str, Any], expected: str) -> None:
    assert verdict(number_reader(**params), text, target) == expected


TARGETS = [
    ("It takes 3*3=<<3*3=9>>9 bolts.\nSo 60*9=<<60*9=540>>540 in all.\n#### 540", "540"),
    ("He sold 48/2 = <<48/2=24>>24 clips.\n#### 1,072", "1072"),
    ("#### -7", "-7"),
    ("540", "540"),
    ("$540.00", "540"),
    ("x = 540", "540"),
]


@pytest.mark.parametrize(("column", "target"), TARGETS)
def test_a_column_of_targets_is_read_by_the_same_rules(column: str, target: str) -> None:
    assert verdict(number_reader(), target, column) == "right"


WRITTEN = [
    ("about $1,234.50 in all", "$1,234.50"),
    ("−3 degrees", "−3"),
    ("5 + 3 = 8", "8"),
    ("7 × 10⁶ watts", "7 × 10⁶"),
    ("forty-two apples", "forty-two"),
    ("**20 %** of them", "20 %"),
    ("1½ cups", "1½"),
]


@pytest.mark.parametrize(("text", "written"), WRITTEN)
def test_the_whole_expression_is_shown_as_it_was_written(text: str, written: str) -> None:
    found = number_reader().read(text, stated=True)
    assert found is not None
    assert found.written == written
