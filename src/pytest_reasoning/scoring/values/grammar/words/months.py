"""The names and abbreviations of the months in six languages, and the days of a month in words."""

from __future__ import annotations

NAMES = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_SHORT = "jan feb mar apr may jun jul aug sep oct nov dec"
_OTHER = {
    **{"sept": 9, "jänner": 1, "setiembre": 9, "okt": 10, "dez": 12, "mrz": 3},
    **{"janv": 1, "fév": 2, "févr": 2, "avr": 4, "juil": 7, "déc": 12},
    **{"ene": 1, "abr": 4, "ago": 8, "dic": 12, "fev": 2, "out": 10},
    **{"gen": 1, "mag": 5, "giu": 6, "lug": 7, "ott": 10},
}
MONTHS: dict[str, int] = {
    **{name.lower(): number for names in NAMES.values() for number, name in enumerate(names.split(), 1)},
    **{name: number for number, name in enumerate(_SHORT.split(), 1)},
    **_OTHER,
}
"Month names in lower case, mapped to 1 to 12."
_ALSO_WORDS = frozenset("may mar mars march mag set out gen ago mayo".split())


_DAYS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
DAY_WORDS: dict[str, int] = {
    **{name: day for day, name in enumerate(_DAYS, 1)},
    **{f"twenty-{name}": 20 + day for day, name in enumerate(_DAYS[:9], 1)},
    **{"thirtieth": 30, "thirty-first": 31, "premier": 1},
}
"Days of a month in words."


def is_month(word: str) -> bool:
    """Return whether a word beside a number is a month; `may` and `mar` count only with a capital letter."""
    lower = word.lower()
    return lower in MONTHS and (lower not in _ALSO_WORDS or word[:1].isupper())
