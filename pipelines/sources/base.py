"""What every source module offers, and the words in which it answers.

What belongs here: the types between a source and the rest of the house. What does not: any publisher's format.

A source is an object with ``fetch`` (addresses → answers) and ``read`` (bytes → rows). Both are pure: no files,
no database, no clock but the one that is handed in. The orchestration (pipelines/refresh.py) stores what fetch
yields and reads it back; an answer that ``read`` refuses is never admitted.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import polars as pl

from pipelines.http import Http, Validators
from pipelines.raw import Answer


@dataclass(frozen=True)
class Page:
    """One address that a source looks at.

    ``main`` pages are those without which the source has no figure: their failure is the source's failure. The
    others fail with a message only, until they have worked once. ``every`` is the least time between two looks.
    """

    id: str
    url: str
    main: bool = True
    every: timedelta = timedelta(0)
    title: str = ""


@dataclass(frozen=True)
class Series:
    """What a series that a source makes means: kind ``stock | flow``, its unit, the name of its dimension."""

    kind: str
    unit: str
    dimension: str = ""


class Known(Protocol):
    """What fetch may know of earlier visits: enough for conditional requests and schedules, nothing else."""

    @property
    def now(self) -> datetime:
        """The time of this run, UTC."""
        ...

    @property
    def work(self) -> Path:
        """A folder of this source's own where a long fetch may keep what it has so far, to resume."""
        ...

    @property
    def named(self) -> bool:
        """Whether a person named the source: then every page is due."""
        ...

    def validators(self, page: str) -> Validators:
        """ETag and Last-Modified of the newest stored answer of the page (empty when none)."""
        ...

    def last_good(self, page: str) -> datetime | None:
        """When the page was last seen well, new or unchanged; None when never."""
        ...

    def content(self, page: str) -> str | None:
        """The content digest of the newest good visit of the page, or None."""
        ...


@dataclass(frozen=True)
class Fetched:
    """What looking at one page gave: answers in order, or an error message. 304 = ``not_modified``.

    ``host_down`` says that the rest of the source was not asked because the host does not answer.
    """

    page: str
    answers: tuple[Answer, ...] = ()
    not_modified: bool = False
    error: str = ""
    host_down: bool = False


@dataclass(frozen=True)
class Edition:
    """The stored answers of one page that together are one publication, handed to ``read``."""

    source: str
    page: str
    bodies: tuple[bytes, ...]
    urls: tuple[str, ...]
    published_on: date | None = None
    """Given by a person on import; the publisher's printed date wins where there is one."""
    first_seen: date | None = None


@dataclass(frozen=True)
class Reading:
    """What an edition says.

    ``observations``: columns of ``pipelines.observations.DRAFT`` (the store adds edition, sha256, recorded_at).
    ``tables``: other rows by table name, e.g. ``grants``, ``organisations``.
    ``content``: digest of what was extracted; two answers with equal content are the same edition.
    ``reference``: the date or period that the edition describes, sortable text (``2025-01-02``, ``2025``).
    ``published_on``: the date that the publisher prints, else None.
    ``panels``: values to compare with neighbouring editions (R8): family name → frame ``key: str, value: f64``.
    ``tolerance``: the largest relative move of a panel value that is plausible (0.25 = ±25 %; 0 = must equal).
    ``rows``: how many rows were read, for metadata. ``problems``: why the edition is to be quarantined whatever
    its neighbours say (sums that do not add up, lost rows). ``remarks``: for people, no consequence.
    ``schema``: the columns and code lists as the publisher has them, without what grows by itself (periods, names); a
    change is said (drift.py).
    """

    observations: pl.DataFrame
    content: str
    reference: str
    published_on: date | None = None
    coverage: str = ""
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict[str, pl.DataFrame])
    panels: Mapping[str, pl.DataFrame] = field(default_factory=dict[str, pl.DataFrame])
    tolerance: float = 0.25
    rows: int = 0
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    schema: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def shape(self) -> str:
        """The schema as one line of JSON, "" when the source tells none."""
        plain = {name: list(found) for name, found in self.schema.items()}
        return json.dumps(plain, ensure_ascii=False, sort_keys=True) if plain else ""


class Source(Protocol):
    """One publisher."""

    @property
    def id(self) -> str:
        """The source id, also the folder in the raw store."""
        ...

    @property
    def publisher(self) -> str:
        """Row of ``reference/publishers.csv``."""
        ...

    @property
    def licence(self) -> str:
        """What the publisher states; ``not stated`` where nothing was found."""
        ...

    @property
    def cadence(self) -> timedelta:
        """After how long without new content the source counts as stale."""
        ...

    @property
    def min_interval_s(self) -> float:
        """Seconds between two calls to a public host."""
        ...

    @property
    def reader(self) -> int:
        """Version of ``read``; raising it re-reads stored editions."""
        ...

    @property
    def series(self) -> Mapping[str, Series]:
        """The series that ``read`` makes."""
        ...

    @property
    def floors(self) -> Mapping[str, int]:
        """Page → fewest rows that an edition of it must have; fewer means that the table lost rows."""
        ...

    @property
    def witnesses(self) -> Mapping[str, str]:
        """Page → page that it only confirms: used where that one lacks an admitted edition of the same date."""
        ...

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages that fetch looks at, main ones first."""
        ...

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Look at the pages that are due and yield what each gave; never raises for one page's failure."""
        ...

    def read(self, edition: Edition) -> Reading:
        """Turn stored bytes into rows. Raises InputError naming url, place and what was expected."""
        ...
