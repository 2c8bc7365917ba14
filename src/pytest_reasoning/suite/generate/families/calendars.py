"""Tasks about the calendar: days of the week, and dates."""

from __future__ import annotations

import calendar
import datetime

from pytest_reasoning.suite.generate.families.drawn import NAMES, Drawn, Language, counted
from pytest_reasoning.suite.generate.random_stream import RandomStream

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
}
MONTHS = {
    "en": tuple("January February March April May June July August September October November December".split()),
    "pt": tuple("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()),
}


def weekdays(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a day of the week, and ask for the day a number of days earlier or later."""
    name, start, later = stream.choice(NAMES), stream.below(7), stream.below(2) == 1
    count = stream.between(*((2, 6), (7, 30), (31, 99))[level - 1])
    days, (weeks, rest) = DAYS[language], divmod(count, 7)
    answer = days[(start + count if later else start - count) % 7]
    if language == "en":
        question = f"Today is {days[start]}, the birthday of {name}. Which day of the week "
        question += f"{'will it be in' if later else 'was it'} {count} days{'' if later else ' ago'}?"
        step = f"{count} days are {counted(weeks, 'week', 'weeks')} and {counted(rest, 'day', 'days')}. "
        rest_of_it = f"{counted(rest, 'day', 'days')} {'after' if later else 'before'} {days[start]} is {answer}."
    else:
        question = f"Hoje é {days[start]}, o aniversário de {name}. Que dia da semana "
        question += f"{'será daqui a' if later else 'foi há'} {count} dias?"
        step = f"{count} dias são {counted(weeks, 'semana', 'semanas')} e {counted(rest, 'dia', 'dias')}. "
        rest_of_it = f"{counted(rest, 'dia', 'dias')} {'depois' if later else 'antes'} de {days[start]} é {answer}."
    rationale = step + rest_of_it if weeks else rest_of_it
    return Drawn(question=question, answer=answer, rationale=rationale, facts=(name, start, int(later), count))


def dates(stream: RandomStream, level: int, language: Language) -> Drawn:
    """Draw a date, and ask for another: later in the same month, in the next month, or months before or after."""
    year, month = stream.between(2001, 2039), stream.between(1, 12)
    length = calendar.monthrange(year, month)[1]
    day, later = stream.between(1, length), True
    if level == 1:
        day = stream.between(1, length - 2)
        count = stream.between(2, min(15, length - day))
    elif level == 2:
        count = stream.between(length - day + 1, length - day + 27) + (day == length)
    else:
        count, later = stream.between(35, 90), stream.below(2) == 1
    start = datetime.date(year, month, day)
    end = start + datetime.timedelta(days=count if later else -count)
    if language == "en":
        question = f"What is the date {count} days {'after' if later else 'before'} {written(start, language)}?"
    else:
        question = f"Qual é a data {count} dias {'depois' if later else 'antes'} de {written(start, language)}?"
    return Drawn(
        question=question,
        answer=written(end, language),
        rationale=" ".join(_steps(start, count if later else -count, language)),
        facts=(year, month, day, count, int(later)),
    )


def written(date: datetime.date, language: Language) -> str:
    """Return a date as people write it: March 5, 2024, or 5 de março de 2024."""
    month = MONTHS[language][date.month - 1]
    return f"{month} {date.day}, {date.year}" if language == "en" else f"{date.day} de {month} de {date.year}"


def _steps(start: datetime.date, count: int, language: Language) -> list[str]:
    """Return the way to a date, a month at a time: add the days, then take off the lengths of whole months."""
    day, months = start.day + count, 12 * start.year + start.month - 1
    sign = "+" if count > 0 else "-"
    steps = [f"{start.day} {sign} {abs(count)} = {day}."]
    while True:
        length, name = _month(months, language)
        if count > 0 and day > length:
            before, day, months = day, day - length, months + 1
        elif count < 0 and day < 1:
            months -= 1
            length, name = _month(months, language)
            before, day = day, day + length
        elif len(steps) == 1:
            return [f"{steps[0][:-1]}, {'in the same month' if language == 'en' else 'no mesmo mês'}."]
        else:
            return steps
        sum_ = f"{before} {'-' if count > 0 else '+'} {length} = {day}"
        where = _month(months, language)[1]
        if language == "en":
            steps.append(f"{name} has {length} days, so it is day {sum_} of {where}.")
        else:
            steps.append(f"O mês de {name} tem {length} dias, então é o dia {sum_} de {where}.")


def _month(months: int, language: Language) -> tuple[int, str]:
    """Return the length and the name of a month, counted from the year 0."""
    year, month = divmod(months, 12)
    return calendar.monthrange(year, month + 1)[1], MONTHS[language][month]
