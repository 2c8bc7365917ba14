"""Tables of the whole numbers below a thousand in words, built from the rules of each language."""

from __future__ import annotations

from functools import cache

LANGUAGES = ("en", "de", "fr", "es", "pt", "it")

_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen "
    "eighteen nineteen"
).split()
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_DE = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn "
    "achtzehn neunzehn"
).split()
_DE_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_FR = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit "
    "dix-neuf"
).split()
_FR_TENS = "vingt trente quarante cinquante soixante".split()
_ES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_ES_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_ES_HUNDREDS = (
    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()
_PT = (
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete "
    "dezoito "
    "dezenove"
).split()
_PT_TENS = "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split()
_PT_HUNDREDS = (
    "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos".split()
)
_IT = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove"
).split()
_IT_TENS = "venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split()

THOUSANDS = {
    "en": {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    "de": {"tausend": 10**3, "million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9},
    "fr": {"mille": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
    "es": {"mil": 10**3, "millón": 10**6, "millones": 10**6},
    "pt": {"mil": 10**3, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9},
    "it": {"mila": 10**3, "mille": 10**3, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9, "miliardi": 10**9},
}
JOINERS = {"en": "and", "de": "und", "fr": "et", "es": "y", "pt": "e", "it": "e"}
ARTICLES = {
    "en": {"a": 1},
    "de": {"ein": 1, "eine": 1},
    "fr": {"un": 1},
    "es": {"un": 1},
    "pt": {"um": 1},
    "it": {"un": 1},
}
"Words for one that count only before a scale word: a million, eine Million."
CLASHING = frozenset("once due elf null dos cent mil sei sept neuf mille dix um un uno".split())
"Number words that have another meaning in another language; they count only if nothing else is written."


@cache
def below_thousand(language: str) -> dict[str, int]:
    """Return the spellings of 0 to 999 with their values, in lower case and with spaces instead of hyphens."""
    found: dict[str, int] = {}
    for value in range(1000):
        for spelling in _SPELL[language](value):
            found.setdefault(spelling.replace("-", " "), value)
    return found


def _english(n: int) -> list[str]:
    if n < 20:
        return [_EN[n]]
    if n < 100:
        tens = _EN_TENS[n // 10 - 2]
        return [f"{tens} {_EN[n % 10]}" if n % 10 else tens]
    heads = [f"{_EN[n // 100]} hundred", *(["a hundred"] if n < 200 else [])]
    return [
        f"{head}{rest}"
        for head in heads
        for rest in ([""] if n % 100 == 0 else [f"{j} {tail}" for tail in _english(n % 100) for j in ("", " and")])
    ]


def _german(n: int) -> list[str]:
    def small(n: int, *, last: bool) -> str:
        if n == 1:
            return "eins" if last else "ein"
        if n < 20:
            return _DE[n]
        return (f"{small(n % 10, last=False)}und" if n % 10 else "") + _DE_TENS[n // 10 - 2]

    if n < 100:
        found = [small(n, last=True)]
    else:
        heads = [f"{small(n // 100, last=False)}hundert", *(["hundert"] if n < 200 else [])]
        tails = [""] if n % 100 == 0 else [small(n % 100, last=True), f"und{small(n % 100, last=True)}"]
        found = [head + tail for head in heads for tail in tails]
    return [*found, *(spelling.replace("ß", "ss") for spelling in found if "ß" in spelling)]


def _french(n: int) -> list[str]:
    def small(n: int) -> list[str]:
        if n < 20:
            return [_FR[n]]
        if n < 70:
            tens, unit = _FR_TENS[n // 10 - 2], n % 10
            if unit == 1:
                return [f"{tens} et un", f"{tens} un"]
            return [f"{tens} {_FR[unit]}" if unit else tens]
        if n < 80:
            return ["soixante et onze"] if n == 71 else [f"soixante {_FR[n - 60]}"]
        return ["quatre vingts", "quatre vingt"] if n == 80 else [f"quatre vingt {_FR[n - 80]}"]

    if n < 100:
        return small(n)
    head = f"{_FR[n // 100]} cent" if n >= 200 else "cent"
    if n % 100 == 0:
        return [head, f"{head}s"] if n >= 200 else [head]
    return [f"{head} {tail}" for tail in small(n % 100)]


def _spanish(n: int) -> list[str]:
    def small(n: int) -> list[str]:
        if n < 30:
            return [_ES[n]]
        tens = _ES_TENS[n // 10 - 3]
        return [f"{tens} y {_ES[n % 10]}" if n % 10 else tens]

    if n < 100:
        return small(n)
    if n == 100:
        return ["cien"]
    head = _ES_HUNDREDS[n // 100 - 1]
    return [head] if n % 100 == 0 else [f"{head} {tail}" for tail in small(n % 100)]


def _portuguese(n: int) -> list[str]:
    def small(n: int) -> list[str]:
        if n < 20:
            other = {14: "quatorze", 16: "dezasseis", 17: "dezassete", 19: "dezanove"}.get(n)
            return [_PT[n], *([other] if other else [])]
        tens = _PT_TENS[n // 10 - 2]
        return [f"{tens} e {_PT[n % 10]}" if n % 10 else tens]

    if n < 100:
        return small(n)
    if n == 100:
        return ["cem"]
    head = _PT_HUNDREDS[n // 100 - 1]
    return [head] if n % 100 == 0 else [f"{head} e {tail}" for tail in small(n % 100)]


def _italian(n: int) -> list[str]:
    def small(n: int) -> str:
        if n < 20:
            return _IT[n]
        tens, unit = _IT_TENS[n // 10 - 2], n % 10
        if unit in (1, 8):
            tens = tens[:-1]  # ventuno, ventotto
        return tens + (_IT[unit] if unit else "")

    if n < 100:
        return [small(n), *([small(n)[:-1] + "é"] if n > 20 and n % 10 == 3 else [])]
    head = (_IT[n // 100] if n >= 200 else "") + "cento"
    return [head + (small(n % 100) if n % 100 else "")]


_SPELL = {
    "en": _english,
    "de": _german,
    "fr": _french,
    "es": _spanish,
    "pt": _portuguese,
    "it": _italian,
}
