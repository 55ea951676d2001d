"""Partial dates: references as precise as they were printed.

What belongs here: ``2019``, ``2019-08``, ``2019-08-31``, ``a/b`` and ``a/..`` as text, checked and made comparable.
What does not: formatting for readers (pipelines/formats.py), the clock (pipelines/clock.py).
"""

import calendar
import re
from datetime import date

REFERENCE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def last_day(reference: str) -> date:
    """Return the last day that a reference covers: ``2018`` → 31.12.2018; an open end counts as its start.

    Raises ValueError when the text is no reference.
    """
    start, _, end = reference.partition("/")
    text = end if end and end != ".." else start
    found = REFERENCE.fullmatch(text)
    if not found:
        raise ValueError(f"{reference!r} is no year, month, day or interval of them")
    year, month = int(found[1]), int(found[2] or 12)
    if not 1 <= month <= 12:
        raise ValueError(f"{reference!r} has no such month")
    return date(year, month, int(found[3]) if found[3] else calendar.monthrange(year, month)[1])


def is_reference(text: str) -> bool:
    """Tell whether ``text`` is a reference (both ends of an interval are checked)."""
    start, slash, end = text.partition("/")
    try:
        last_day(start)
        if slash and end != "..":
            last_day(end)
    except ValueError:
        return False
    return True
