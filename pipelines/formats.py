"""How numbers, bounds, references and dates are printed in Finnish, Swedish and English.

What belongs here: pure functions from a value to text, on the locale data of CLDR (cldr.py). What does not: sentences
and citations (pipelines/quotes.py), HTML, choosing a value. Nothing here reads a clock or a file.

Formatting follows shared/sources/handbook-figures.md §5: no-break space between groups and before ``%`` in Finnish
and Swedish, comma groups and no space in English; a bound keeps its word (rule R4); dates in citations d.m.yyyy.
"""

import re
from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from pipelines import cldr
from pipelines.errors import InputError
from pipelines.languages import LANGUAGES

NBSP = "\u00a0"

_WORDS = {
    ("about", True): {"fi": "noin", "sv": "cirka", "en": "about"},
    ("at_least", True): {"fi": "yli", "sv": "över", "en": "over"},
    ("at_least", False): {"fi": "vähintään", "sv": "minst", "en": "at least"},
    ("at_most", True): {"fi": "enintään", "sv": "högst", "en": "at most"},
}
_PART = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@lru_cache(maxsize=65536)
def number(value: float, language: str, decimals: int = 0, min_grouping: int = 1) -> str:
    """Print ``value`` with ``decimals`` decimals, rounded half up.

    ``min_grouping`` is CLDR's minimumGroupingDigits: how many digits must stand before the first separator. 1 groups
    from 1 000; 2 from 10 000 only, as the handbook does (``7926`` but ``10 000``). Decimals are never grouped.
    """
    _known(language)
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{abs(exact):f}".partition(".")
    if len(whole) >= 3 + min_grouping:
        whole = f"{int(whole):,}".replace(",", cldr.GROUP[language])
    decimals_printed = cldr.DECIMAL[language] + fraction if fraction else ""
    return (cldr.MINUS[language] if exact < 0 else "") + whole + decimals_printed


def percent(text: str, language: str) -> str:
    """Append the per cent sign to a printed number: ``22 %`` with U+00A0 in Finnish and Swedish, ``22%`` in English."""
    return text + cldr.PERCENT[_known(language)]


def bound_word(bound: str | None, language: str, printed_word: bool) -> str:
    """Return the word of a bound, "" for exact.

    ``printed_word``: the producer printed the hedge ("yli"); otherwise the bound follows from parts that are
    missing or a sum of ours ("vähintään").
    """
    if bound is None or bound == "exact":
        return ""
    words = _WORDS.get((bound, printed_word)) or _WORDS.get((bound, True))
    if words is None:
        raise InputError(f"bound {bound!r}", "unknown bound", "exact, about, at_least or at_most")
    return words[language]


def with_bound(
    value: float,
    bound: str | None,
    language: str,
    unit: str | None = None,
    printed_word: bool = True,
    decimals: int = 0,
    min_grouping: int = 1,
) -> str:
    """Print a value with its bound word and, for percent, its sign: ``noin 22 %``, ``yli 600 000``."""
    text = with_unit(number(value, language, decimals, min_grouping), unit, language)
    word = bound_word(bound, language, printed_word)
    return f"{word} {text}" if word else text


def with_unit(text: str, unit: str | None, language: str) -> str:
    """Append the per cent sign to a printed number; every other unit is a word of the sentence around it."""
    return percent(text, language) if unit == "percent" else text


def short_date(day: date) -> str:
    """Print a date as citations do, without padding: ``31.8.2019`` (the same in the three languages, R14)."""
    return f"{day.day}.{day.month}.{day.year}"


def long_date(day: date, language: str) -> str:
    """Print a date in running text: ``31.8.2019`` in Finnish and Swedish, ``31 August 2019`` in English."""
    return f"{day.day} {_month(day.month, 'en')} {day.year}" if language == "en" else short_date(day)


def reference(text: str, language: str) -> str:
    """Print a reference period or date: ``2018``, ``elokuu 2019``, ``31.8.2019``, ``2017–2019``, ``2023–``."""
    first, slash, last = text.partition("/")
    if not slash:
        return _reference_part(first, language)
    end = "" if last in {"", ".."} else _reference_part(last, language)
    dash = "–" if len(first) == 4 else " – "
    return f"{_reference_part(first, language)}{dash}{end}".rstrip()


def reference_last_day(text: str) -> date:
    """Return the last day that a reference covers: 2018 → 31.12.2018, 2019-08 → 31.8.2019; an open end is its start."""
    first, _, last = text.partition("/")
    year, month, day = _part(first if last in {"", ".."} else last)
    month = month or 12
    return date(year, month, day or monthrange(year, month)[1])


def year(text: str) -> str:
    """Return the year of a reference, or ``2017–2019`` of a range."""
    first, _, last = text.partition("/")
    start = str(_part(first)[0])
    end = start if last in {"", ".."} else str(_part(last)[0])
    return start if start == end else f"{start}–{end}"


def _part(text: str) -> tuple[int, int | None, int | None]:
    match = _PART.fullmatch(text)
    if match is None:
        raise InputError(f"reference {text!r}", "not a reference", "2018, 2018-05, 2018-05-31 or two with / between")
    return int(match[1]), int(match[2]) if match[2] else None, int(match[3]) if match[3] else None


def _reference_part(text: str, language: str) -> str:
    number_of_year, month, day = _part(text)
    if month is None:
        return str(number_of_year)
    if day is None:
        return f"{_month(month, language)} {number_of_year}"
    return long_date(date(number_of_year, month, day), language)


def _month(month: int, language: str) -> str:
    return cldr.MONTHS[_known(language)][month - 1]


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise InputError(f"language {language!r}", "unknown language", "fi, sv or en")
    return language
