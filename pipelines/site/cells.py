"""How one cell of a query is printed: numbers, dates, references, and words of the house's vocabularies.

What belongs here: text from a cell, decided by its type and its column's name. What does not: HTML, charts.

Names decide (units are in names, as everywhere in the house): ``…_eur`` whole euros, ``…_pct`` percent with one
decimal, ``change…`` with its sign, ``year`` never grouped, ``as_of``, ``period``, ``reference`` and ``…_on`` are
references, a column that has a vocabulary in ``dashboards/locales`` (or is ``region`` or ``reason``) is printed in the
page's language.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from types import NoneType

from pipelines import formats
from pipelines.clock import HELSINKI
from pipelines.quotes import Names
from pipelines.site import reasons
from pipelines.site.locales import Locale

_REFERENCE = re.compile(r"\d{4}(-\d{2}){0,2}(/(\.\.|\d{4}(-\d{2}){0,2}))?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_ALONE = frozenset({str, NoneType})
"""Types of which no value equals one of another type, as 1, 1.0 and true do."""
_REFERENCES = {"as_of", "period", "reference", "edition_reference"}


class Cells:
    """Prints cells in one language."""

    def __init__(self, locale: Locale, regions: Names) -> None:
        self._locale, self._regions = locale, regions
        self._printed: dict[tuple[str, int | None], dict[object, str]] = {}
        self._places = {region.short["fi"]: region.text(locale.language) for region in regions}

    def text(self, value: object, column: str, decimals: int | None = None) -> str:
        """Return the cell's text; "" for null, so that the caller says "no data" in its own way."""
        return self.texts((value,), column, decimals)[0]

    def texts(self, values: Iterable[object], column: str, decimals: int | None = None) -> list[str]:
        """Return the texts of cells of one column."""
        known = self._printed.setdefault((column, decimals), {None: ""})
        found: list[str] = []
        for value in values:
            key = value if value.__class__ in _ALONE else (value.__class__, value)
            try:
                text = known.get(key)
            except TypeError:  # a list or struct
                text = self._text(value, column, decimals)
            if text is None:
                text = known[key] = self._text(value, column, decimals)
            found.append(text)
        return found

    def _text(self, value: object, column: str, decimals: int | None) -> str:
        if isinstance(value, bool):
            return self._locale.text("yes" if value else "no")
        if isinstance(value, int | float | Decimal):
            return self.number(float(value), column, decimals)
        if isinstance(value, datetime | date):
            return self._day(value)
        return self._word(str(value), column)

    def number(self, value: float, column: str, decimals: int | None = None) -> str:
        """Return a number as its column's name says."""
        language = self._locale.language
        if column == "year":
            return str(int(value))
        if decimals is None:
            decimals = 1 if column.endswith("_pct") else 0 if column.endswith("_eur") or value == int(value) else 1
        text = formats.number(value, language, decimals)
        if column.startswith("change") and value > 0:
            text = f"+{text}"
        return formats.percent(text, language) if column.endswith("_pct") else text

    def bounded(
        self, value: object, column: str, bound: object, decimals: int | None = None, printed: bool = False
    ) -> str:
        """Return a number with the word of its bound in front; ``printed``: the word is the producer's own."""
        text = self.text(value, column, decimals)
        word = formats.bound_word(str(bound), self._locale.language, printed) if bound else ""
        return f"{word} {text}" if word and text else text

    def heading(self, column: str, labels: dict[str, str] | None = None) -> str:
        """Return the heading of a column, a page's own label first."""
        return (labels or {}).get(column) or self._locale.heading(column)

    def _day(self, value: date) -> str:
        if isinstance(value, datetime):
            local = value.astimezone(HELSINKI) if value.tzinfo else value
            time = f"{local.hour}.{local.minute:02}"
            moment = self._locale.text("moment", day=formats.short_date(local.date()), time=time)
            return moment.replace(" ", formats.NBSP)
        return formats.short_date(value)

    def _word(self, value: str, column: str) -> str:
        if column == "region":
            found = self._regions.find(value)
            return found.text(self._locale.language) if found else value
        if column == "reason":
            return reasons.text(value, self._locale, self._places)
        word = self._locale.word(column, value)
        if word is not None:
            return word
        if (column in _REFERENCES or column.endswith("_on")) and _REFERENCE.fullmatch(value):
            return formats.reference(value, self._locale.language)
        if _MOMENT.match(value):
            return self._day(datetime.fromisoformat(value))
        return value
