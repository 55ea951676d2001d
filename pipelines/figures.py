"""The figures: which value is valid on a date, known or said on a date.

What belongs here: choosing among observations by a figure's rules (R4–R10). What does not: SQL, HTML, any figure's
name or number, sentences (pipelines/quotes.py).
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Item:
    """One line of a ranked list."""

    rank: int
    name: str


@dataclass(frozen=True)
class Computed:
    """A share that we compute beside the printed value (R9). ``value`` is percent, rounded to one decimal."""

    name: str
    value: float
    bound: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """What a figure says on one day of one clock.

    ``value`` is null for lists and sentences and when nothing was known; ``bound`` is null with it. ``period`` or
    ``as_of`` is the reference, as precise as printed. ``missing`` names the regions that a sum lacks.
    ``stale_from`` is the day from which a newer value is overdue; ``state`` is the state on the day asked.
    """

    figure: str
    value: float | None = None
    items: tuple[Item, ...] = ()
    unit: str | None = None
    bound: str | None = None
    period: str | None = None
    as_of: str | None = None
    published_on: date | None = None
    publisher: str = ""
    printed_citation: str = ""
    source_url: str = ""
    status: str | None = None
    state: str = "current"
    coverage: str = ""
    missing: tuple[str, ...] = ()
    computed: tuple[Computed, ...] = ()
    stale_from: date | None = None
    edition: str = ""
    snapshot_sha256: str = ""
    series: str = ""
    recorded_at: date | None = None

    @property
    def reference(self) -> str | None:
        """The reference period or date."""
        return self.period or self.as_of
