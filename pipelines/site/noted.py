"""Things that note how they are used while a page is made: its figures, and its day.

What belongs here: noting, so that a page's inputs are known without anybody listing them. What does not: what is done
with the notes (lineage.py publishes them, kept.py takes a page over when they are the same).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pipelines.site.values import Figure


@dataclass
class NotedFigures(Mapping[str, Figure]):
    """The figures of a page, noting which are looked at."""

    figures: Mapping[str, Figure]
    seen: set[str] = field(default_factory=set[str])

    def __getitem__(self, key: str) -> Figure:
        found = self.figures[key]
        self.seen.add(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)


class NotedDay(date):
    """The day of a build, noting between which days every question put to it has the same answer.

    ``first`` and ``last`` are those days. A comparison with a day of the data narrows them to that day's side,
    ``year`` to the year; whatever else is asked (its text, a difference) to the day itself.
    """

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> "NotedDay":
        """Return a day of which nothing was asked yet."""
        made = cls(day.year, day.month, day.day)
        made.first, made.last = date.min, date.max
        return made

    @property
    def plain(self) -> date:
        """The day, noting nothing."""
        return date.fromordinal(super().toordinal())

    def _between(self, first: date, last: date) -> None:
        self.first, self.last = max(self.first, first), min(self.last, last)

    def _itself(self) -> date:
        plain = self.plain
        self._between(plain, plain)
        return plain

    def _from(self, border: date) -> bool:
        """Tell whether the day is ``border`` or later."""
        found = self.plain >= border
        if found:
            self._between(border, date.max)
        else:
            self._between(date.min, border - timedelta(days=1))
        return found

    def __ge__(self, other: date) -> bool:
        return self._from(_plain(other))

    def __lt__(self, other: date) -> bool:
        return not self._from(_plain(other))

    def __gt__(self, other: date) -> bool:
        border = _plain(other)
        return border < date.max and self._from(border + timedelta(days=1))

    def __le__(self, other: date) -> bool:
        return not self > other

    def __eq__(self, other: object) -> bool:
        return self._itself() == other

    def __hash__(self) -> int:
        return hash(self._itself())

    @property
    def year(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] date's is a descriptor of C
        """The year."""
        found = self.plain.year
        self._between(date(found, 1, 1), date(found, 12, 31))
        return found

    @property
    def month(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] as above
        """The month."""
        return self._itself().month

    @property
    def day(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] as above
        """The day of the month."""
        return self._itself().day

    def __add__(self, other: timedelta) -> date:  # pyright: ignore[reportIncompatibleMethodOverride] a plain day
        return self._itself() + other

    def __sub__(self, other: Any) -> Any:
        return self._itself() - other

    def __rsub__(self, other: date) -> timedelta:
        return other - self._itself()

    def __str__(self) -> str:
        return str(self._itself())

    def __repr__(self) -> str:
        return repr(self._itself())

    def __format__(self, spec: str) -> str:
        return format(self._itself(), spec)

    def isoformat(self) -> str:
        """Return the text of the day itself."""
        return self._itself().isoformat()

    def strftime(self, format: str) -> str:
        """Return a text of the day itself."""
        return self._itself().strftime(format)

    def timetuple(self) -> Any:
        """Return the parts of the day itself."""
        return self._itself().timetuple()

    def toordinal(self) -> int:
        """Return the number of the day itself."""
        return self._itself().toordinal()

    def weekday(self) -> int:
        """Return the day of the week of the day itself."""
        return self._itself().weekday()

    def isoweekday(self) -> int:
        """Return the day of the week of the day itself."""
        return self._itself().isoweekday()

    def isocalendar(self) -> Any:
        """Return year, week and day of the week of the day itself."""
        return self._itself().isocalendar()

    def ctime(self) -> str:
        """Return a text of the day itself."""
        return self._itself().ctime()

    def replace(self, *parts: Any, **named: Any) -> date:  # pyright: ignore[reportIncompatibleMethodOverride] as above
        """Return another day made of the day itself."""
        return self._itself().replace(*parts, **named)

    def __reduce__(self) -> Any:
        return self._itself().__reduce__()


def _plain(day: date) -> date:
    return day.plain if isinstance(day, NotedDay) else day
