"""Tables of the words and symbols around numbers: signs, scales, units, and words that join two numbers."""

from __future__ import annotations

MINUS_WORDS = frozenset("minus negative menos moins meno negativo".split())
CJK_MINUS = ("负", "負", "マイナス")

SCALES = {
    **dict.fromkeys("thousand thousands tausend mil mila mille milliers".split(), 10**3),
    **dict.fromkeys("lakh lakhs".split(), 10**5),
    **dict.fromkeys(
        "million millions mio mio. millionen millón millones milhão milhões milione milioni mn".split(), 10**6
    ),
    **dict.fromkeys("crore crores".split(), 10**7),
    **dict.fromkeys(
        "billion billions bn mrd milliarde milliarden milliard milliards miliardo miliardi bilhão bilhões".split(),
        10**9,
    ),
    **dict.fromkeys("trillion trillions tn billionen billones trilhão trilhões".split(), 10**12),
    "hundred": 100,
    "dozen": 12,
}
"Scale words after digits. The German and Spanish words for 10^12 are read only in a plural that English lacks."

SUFFIXES = {"k": 10**3, "K": 10**3, "M": 10**6, "Mn": 10**6, "mn": 10**6, "bn": 10**9, "Bn": 10**9, "B": 10**9}
"Scale letters attached to digits, as in 12k."
MONEY_SUFFIXES = {**SUFFIXES, "m": 10**6, "b": 10**9, "T": 10**12, "t": 10**12, "tn": 10**12}
"Scale letters after an amount of money: $5m means millions, 5m means metres."
CJK_SCALES = {
    "十": 10,
    "百": 100,
    "千": 1000,
    "万": 10**4,
    "萬": 10**4,
    "億": 10**8,
    "亿": 10**8,
    "兆": 10**12,
}

CURRENCY_SIGNS = frozenset("$€£¥₹₩₽₺₴₫₪₱฿¢₦₵")
CURRENCY_CODES = frozenset(
    "USD EUR GBP JPY CNY RMB INR KRW AUD CAD CHF SEK NOK DKK BRL MXN NZD HKD SGD ZAR RUB TRY PLN IDR THB Rs Rp Fr "
    "kr".split()
)
DOTTED_ABBREVIATIONS = frozenset("rs no nr fr rp nº".split())
"Abbreviations whose full stop may precede a number: Rs.500 and No.5 are numbers, file.5 is not."

PERCENT_WORDS = frozenset("percent pct prozent procent percents".split())
PERCENT_PHRASES = (("per", "cent"), ("pour", "cent"), ("por", "ciento"), ("por", "cento"), ("per", "cento"))
PERMILLE_WORDS = frozenset("permille permil promille".split())
PERMILLE_PHRASES = (("per", "mille"), ("per", "mil"), ("pro", "mille"), ("por", "mil"))

UNITS = frozenset(
    "km m cm mm nm dm mi ft in yd yds inch inches kg g mg lb lbs oz t st s sec secs ms min mins h hr hrs d wk wks "
    "yr yrs "
    "l L ml mL dl cl gal px pt pts W kW MW GW V kV A mA Hz kHz MHz GHz J kJ N kN Pa kPa hPa bar cal kcal kWh Wh "
    "Ah mAh "
    "mph kmh kph rpm bps kB KB MB GB TB PB KiB MiB GiB C F K mol dB lm lx ha rad deg cc p c "
    "μm µm μs µs μg µg Ω kΩ".split()
)
"Units that may be attached to digits without a space, alone or before a power or slash: 5km, 9.8m/s."
UNIT_WORDS = frozenset(
    "feet foot inch inches yard yards mile miles metre metres meter meters kilometre kilometres kilometer "
    "kilometers "
    "hour hours minute minutes second seconds day days week weeks month months year years dollar dollars cent "
    "cents "
    "euro euros pound pounds ounce ounces stone gram grams kilogram kilograms liter liters litre litres degree "
    "degrees "
    "stunde stunden minuten sekunden tage wochen heures horas minutos ore minuti".split()
)
"Units that, as the only word between two amounts, make them one amount in two parts: 5 feet 3 inches."
ORDINALS = frozenset("st nd rd th º ª er ère ème".split())
VARIABLES = frozenset("x z π θ λ √ ∞".split())
"Symbols after a number, with or without a space, that make it a factor of an unknown."
OPAQUE_LATEX = frozenset(
    "sqrt pi ln log sin cos tan infty theta alpha beta lambda phi binom overline bar frac dfrac tfrac cfrac sum "
    "prod int "
    "lim exp max min gcd lcm lfloor lceil".split()
)
"LaTeX commands that make a number part of an expression."
LATEX_OPERATORS = {
    "times": "×",
    "cdot": "·",
    "ast": "×",
    "div": "÷",
    "pm": "±",
    "mp": "±",
    "approx": "≈",
    "simeq": "≈",
    "cong": "≈",
    "sim": "≈",
    "equiv": "=",
    "to": "→",
    "rightarrow": "→",
    "longrightarrow": "→",
    "Rightarrow": "⇒",
    "implies": "⇒",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "lt": "<",
    "gt": ">",
    "ne": "≠",
    "neq": "≠",
    "circ": "°",
    "degree": "°",
    "%": "%",
    "$": "$",
    "&": "&",
    "#": "#",
    "{": "{",
    "}": "}",
    "_": "_",
}

OR = frozenset("or oder ou o или atau vel either".split())
TO = frozenset("to bis hasta até jusqu'à thru through".split())
AND = frozenset("and und et y e и dan ed sowie".split())
CJK_OR = ("或", "或者", "还是", "還是", "または", "もしくは", "또는", "أو", "या")
CJK_TO = ("到", "至", "から", "에서")
CJK_AND = ("和", "与", "與", "及", "と", "および", "그리고", "و", "और")
WHY = frozenset("because since given weil denn da parce puisque car porque pois perché ya puesto karena".split())
CJK_WHY = ("因为", "因為", "なぜなら", "왜냐하면", "لأن", "क्योंकि")
SO = frozenset("so thus therefore hence donc daher folglich entonces portanto quindi".split())
NOT = frozenset(
    "not isn't wasn't aren't never nicht kein keine pas não non rather instead unlike except versus vs".split()
)
IS = frozenset(
    "is are was equals equal makes make gives give yields becomes totals ist sind macht ergibt est sont fait es "
    "son é são dá è sono fa".split()
)
"Words that introduce the result of a sum or a product."
OPERATIONS = frozenset("plus times minus multiplied divided mod modulo over mal geteilt fois por vezes".split())
FUNCTIONS_BEFORE = frozenset(
    "twice double triple sum product difference quotient root square cube factorial log average mean".split()
)
FUNCTIONS_AFTER = frozenset("squared cubed factorial".split())
FILLERS = frozenset(
    "about around approximately roughly exactly nearly almost only just circa ca etwa ungefähr environ cerca "
    "aproximadamente "
    "a an the total then now only precisely".split()
)
DETERMINERS = frozenset("the these those them all his her their its my our your which whom him".split())
GOVERNORS = frozenset(
    "after in for with of from at by within per every each if when on during before until over under given step "
    "day week "
    "year since nach in mit bei après dans avec en con por para com após depois".split()
)
"Words before an amount that make it a circumstance, as in `after 3 days, 5 are left`."
PLACES = frozenset(
    "step line equation row column page part chapter section figure table paragraph étape ligne équation schritt "
    "zeile gleichung seite paso línea ecuación página passo linha equação riga passaggio pagina langkah "
    "baris".split()
)
"Words before a number that names a place in a text, as `step 7` does."
LOCATING = frozenset("in at on by from via see em no na en dans à auf bei aus in nel nella di dalam pada".split())
"Prepositions that say that something stands there."
ORDERED = frozenset("number integer prime digit letter one value multiple item term position".split())
BESIDE = frozenset("after before following preceding past above below".split())
"`the number after 7`: what the answer is, and where it stands beside a number that is not the answer."
PRONOUN_BEFORE = frozenset(
    "the this that which each every no any only correct right wrong first last other another some next second same "
    "best final new old big small good".split()
)
PRONOUN_AFTER = frozenset("of another can could should would must may might has needs gets by".split())
CLOCK = frozenset("am pm a.m p.m o'clock uhr".split())
EXCLUSIVE_BOUNDS = (
    *(("more", "than"), ("less", "than"), ("fewer", "than"), ("greater", "than"), ("larger", "than")),
    *(("smaller", "than"), ("higher", "than"), ("lower", "than"), ("mais", "de"), ("menos", "de"), ("más", "de")),
    *(("plus", "de"), ("moins", "de"), ("più", "di"), ("meno", "di"), ("mehr", "als"), ("weniger", "als")),
    *(("lebih", "dari"), ("kurang", "dari")),
)
"Words before a number that exclude it as the answer: more than 12. `At least 12` does not exclude 12."
NEGATIONS = frozenset("no not não no nicht non pas".split())
