"""STEA, the Funding Centre for Social Welfare and Health Organisations: the register of grants.

What belongs here: which pages there are and when each is due, what an edition says in sum, which editions contradict
themselves. What does not: cells (stea_workbook.py), JSON and the crawl (stea_api.py), sums by type, theme or class
(SQL), the choice of rows where workbook and JSON both have a year (SQL; the workbook owns the rows, R6).

Facts of the source: ../shared/sources/stea.md. The workbook's address is not known (§1.2), so it is a setting
(``workbook_url``), and a hand-saved workbook can be imported. Nothing of avustukset.stea.fi was seen live; what is
assumed about it stands in docs/unverified.md under U-STEA-….
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from pipelines.errors import FetchError, InputError
from pipelines.http import Http
from pipelines.observations import DRAFT
from pipelines.sources import stea_api, stea_workbook, xlsx_guard
from pipelines.sources.base import Edition, Fetched, Known, Page, Reading, Series

ROWS_FLOOR = 1000
"""Fewer rows in a workbook mean lost rows: the year with fewest had 1 527 (2026)."""

SHEET_FLOOR = 500
"""Fewer rows in one year's sheet mean lost rows."""

CRAWL_EVERY = timedelta(days=30)

SERIES: Mapping[str, Series] = {
    "grants_awarded_total": Series("flow", "eur"),
    "grants_awarded_count": Series("flow", "count"),
    "recipients_awarded": Series("flow", "count"),
    "grants_applied_total": Series("flow", "eur"),
    "applications": Series("flow", "count"),
    "applicants": Series("flow", "count"),
    "grants_proposed_total": Series("plan", "eur"),
    "grants_proposed_count": Series("plan", "count"),
    "recipients_proposed": Series("plan", "count"),
}
"""As in the transcribed rows, which were summed from the export of 2025-12-19. ``plan``: proposed, not decided."""

_NOTE = "summed from the rows of the workbook"
_NOTES = {
    "applications": f"{_NOTE}; one row = one avustuskohde, includes rejected",
    "applicants": f"{_NOTE}; distinct organisation names",
}
_PROPOSED = f"{_NOTE}; PROPOSED, before the ministry's decision"


class SteaSource:
    """The source; see ``pipelines.sources.base.Source``."""

    id = "stea"
    publisher = "stea"
    licence = "not stated: facts quoted with source and date"
    cadence = timedelta(days=400)  # proposals in December, decisions in January or February (§1.1)
    min_interval_s = 0.5  # a known scan paused 0.1 s; a crawl of 2500 ids then takes some 20 minutes
    reader = 2
    series = SERIES
    floors: Mapping[str, int] = {"workbook": ROWS_FLOOR}
    witnesses: Mapping[str, str] = {}

    def __init__(self, workbook_url: str | None = None, max_id: int = 2500, *, crawls: bool = True) -> None:
        """Look for the workbook at ``workbook_url`` (not at all when None), for organisations up to ``max_id``.

        With ``crawls`` false only the probes and the workbook are asked: a minute instead of twenty.
        """
        self._workbook_url, self._max_id, self._crawls = workbook_url, max_id, crawls

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages that fetch looks at; when the crawl is due is decided by ``fetch``, not by ``every``."""
        found = [Page("probes", stea_api.ADDRESS, title="STEA: koejärjestöt")]
        if self._workbook_url:
            found.append(Page("workbook", self._workbook_url, title="STEA: avustusaineisto (työkirja)"))
        found.append(Page("organisations", stea_api.ADDRESS, main=False, title="STEA: järjestöt ja avustukset"))
        return tuple(found)

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Look at the probes and the workbook, and crawl when the probes changed, a crawl is unfinished or it is time.

        Raises NoContactError only.
        """
        probes, content = stea_api.probe(http)
        partial = stea_api.Partial(known.work, known.now)
        due = self._crawls and content is not None and (partial.pending or self._is_due(content, known))
        if due:
            partial.begin()  # before the probes are recorded: a run killed after that must still crawl
        yield probes
        if self._workbook_url:
            yield self._workbook(self._workbook_url, http, known, probes)
        if due:
            yield from stea_api.crawl(http, partial, self._max_id)

    def read(self, edition: Edition) -> Reading:
        """Read a stored workbook, crawl or set of probes. Raises InputError naming url, place and what was expected."""
        url = edition.urls[0]
        if edition.page == "workbook":
            return _workbook_reading(stea_workbook.read(edition.bodies[0], url), edition)
        if edition.page == "organisations":
            return _crawl_reading(stea_api.organisations(edition.bodies[0], url))
        if edition.page == "probes":
            content = stea_api.digest(stea_api.probes(edition.bodies, url))
            return Reading(pl.DataFrame(schema=DRAFT), content, reference="")
        raise InputError(f"{self.id}/{edition.page}", "no such page", ", ".join(page.id for page in self.pages))

    def imported(self, body: bytes, name: str) -> str:
        """Return the page id that a hand-saved file belongs to: a workbook, or a crawl in JSON lines.

        Raises InputError naming the file when it is neither.
        """
        if body.lstrip()[:1] == b"{":
            stea_api.organisations(body, name)
            return "organisations"
        xlsx_guard.check_members(body, name)
        return "workbook"

    def _is_due(self, content: str, known: Known) -> bool:
        last = known.last_good("organisations")
        return last is None or known.now - last > CRAWL_EVERY or content != known.content("probes")

    def _workbook(self, url: str, http: Http, known: Known, probes: Fetched) -> Fetched:
        same_host = urlsplit(http.resolve(url)).netloc == urlsplit(http.resolve(stea_api.ADDRESS)).netloc
        if probes.host_down and same_host:
            return Fetched("workbook", error="not asked: the host does not answer", host_down=True)
        try:
            answer = http.get(url, known.validators("workbook"))
            if answer.body[:2] == b"PK":  # anything else is refused by read, which keeps it for a person to look at
                xlsx_guard.check_members(answer.body, answer.url)
        except FetchError as error:
            return Fetched("workbook", error=str(error), host_down=error.host_down)
        except InputError as error:
            return Fetched("workbook", error=str(error))
        return Fetched("workbook", () if answer.not_modified else (answer,), answer.not_modified)


def source(workbook_url: str | None = None, max_id: int = 2500) -> SteaSource:
    """Return the source as an installation configures it."""
    return SteaSource(workbook_url, max_id)


SOURCE = source()


# -- the workbook ------------------------------------------------------------------------------------------------


def totals(grants: pl.DataFrame) -> pl.DataFrame:
    """Return one row a year, oldest first: ``decided`` (any Myönnetty filled, R6), sums in euros, counts.

    ``…_missing`` counts the rows whose cell is empty; ``awarded`` and ``proposed`` count rows above 0 €.
    """
    granted, proposed = pl.col("granted_eur") > 0, pl.col("proposed_eur") > 0
    money = ("applied_eur", "proposed_eur", "granted_eur")
    return (
        grants.group_by("year")
        .agg(
            pl.col("granted_eur").is_not_null().any().alias("decided"),
            pl.col(*money).sum(),
            pl.col(*money).is_null().sum().name.suffix("_missing"),
            pl.len().alias("applications"),
            pl.col("organisation").n_unique().alias("applicants"),
            granted.sum().alias("awarded"),
            pl.col("organisation").filter(granted).n_unique().alias("recipients"),
            proposed.sum().alias("proposed"),
            pl.col("organisation").filter(proposed).n_unique().alias("recipients_proposed"),
        )
        .sort("year")
    )


def _workbook_reading(book: stea_workbook.Workbook, edition: Edition) -> Reading:
    years = totals(book.grants)
    newest = max(book.rows)
    return Reading(
        observations=observations(years, edition),
        content=stea_workbook.digest(book.grants),
        reference=str(newest),
        published_on=edition.published_on,
        coverage="as_defined",
        tables={"grants": book.grants},
        panels={"stea-totals": _closed(years, newest)},
        tolerance=0.0,
        rows=book.grants.height,
        problems=tuple(_problems(book, edition)),
        remarks=tuple(_remarks(book, years)),
        schema=_schema(book),
    )


def _closed(years: pl.DataFrame, newest: int) -> pl.DataFrame:
    """Return ``key, value`` of the years that must never change again: decided, and followed by a newer year.

    Not the newest year: extra rounds were decided within the year in 2017, 2018, 2020 and 2021 (§1.1).
    """
    closed = years.filter(pl.col("decided") & (pl.col("year") < newest))
    panels = [
        closed.select(
            pl.format("{}|{}", "year", pl.lit(kind)).alias("key"), pl.col(column).cast(pl.Float64).alias("value")
        )
        for kind, column in (("granted", "granted_eur"), ("applied", "applied_eur"))
    ]
    return pl.concat(panels)


def observations(years: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Return the yearly totals as rows of ``observations.DRAFT``; ``years`` is what ``totals`` gives."""
    rows = [row for year in years.iter_rows(named=True) for row in _year(year, edition)]
    return pl.DataFrame(rows, schema=DRAFT, orient="row")


def _year(year: Mapping[str, Any], edition: Edition) -> Iterator[dict[str, Any]]:
    """Yield the observations of one year. A sum with empty cells among its rows is at_least (R4)."""

    def draft(series: str, column: str, missing: int = 0, *, proposal: bool = False) -> dict[str, Any]:
        return {
            "series": series,
            "geo": "FI",
            "dimension": "",
            "category": "",
            "coverage": "as_defined",
            "period": str(year["year"]),
            "as_of": "",
            "published_on": edition.published_on,
            "value": float(year[column]),
            "unit": SERIES[series].unit,
            "bound": "at_least" if missing else "exact",
            "status": "proposed" if proposal else "derived",
            "basis": "register",
            "publisher": "STEA",
            "citation": "",
            "source_url": edition.urls[0],
            "note": _PROPOSED if proposal else _NOTES.get(series, _NOTE),
        }

    decided, undecided = bool(year["decided"]), int(year["granted_eur_missing"])
    yield draft("applications", "applications")
    yield draft("applicants", "applicants")
    yield draft("grants_applied_total", "applied_eur", year["applied_eur_missing"])
    if decided:
        yield draft("grants_awarded_total", "granted_eur", undecided)
        yield draft("grants_awarded_count", "awarded", undecided)
        yield draft("recipients_awarded", "recipients", undecided)
    without = int(year["proposed_eur_missing"])
    if without == year["applications"]:
        return  # applications are in, nothing is proposed yet
    yield draft("grants_proposed_total", "proposed_eur", without, proposal=not decided)
    if not decided:
        yield draft("grants_proposed_count", "proposed", without, proposal=True)
        yield draft("recipients_proposed", "recipients_proposed", without, proposal=True)


def _schema(book: stea_workbook.Workbook) -> dict[str, tuple[str, ...]]:
    """Return the code lists of the newest year, and the sheets whose columns stand in another order."""
    newest = book.grants.filter(pl.col("year") == pl.col("year").max())
    listed = ("grant_type", "theme", "organisation_class", "scope")
    codes = {name: tuple(sorted(newest[name].unique().to_list())) for name in listed}
    return {"sheets in another order of columns": book.reordered, **codes}


def _problems(book: stea_workbook.Workbook, edition: Edition) -> Iterator[str]:
    seen = edition.first_seen
    if seen is not None and max(book.rows) > seen.year + 1:  # proposals for the next year come in December
        yield f"sheet {max(book.rows)} lies in the future, the workbook was seen on {seen.isoformat()}"
    if book.grants.height < ROWS_FLOOR:
        yield f"the workbook has {book.grants.height} rows, fewer than {ROWS_FLOOR}"
    for year, rows in sorted(book.rows.items()):
        if rows < SHEET_FLOOR:
            yield f"sheet {year} has {rows} rows, fewer than {SHEET_FLOOR}"
        if rows < book.declared.get(year, 0):
            yield f"sheet {year} has {rows} rows, but the workbook's row title names {book.declared[year]}"
    over = book.grants.filter(pl.col("granted_eur") > pl.col("applied_eur").fill_null(0))
    if over.height:
        yield f"Myönnetty exceeds Haettu in {over.height} rows: {_rows(over)}"


def _rows(grants: pl.DataFrame) -> str:
    named = [f"sheet {year} row {row}" for year, row in grants.select("year", "sheet_row").head(5).iter_rows()]
    return ", ".join(named) + (", …" if grants.height > len(named) else "")


def _remarks(book: stea_workbook.Workbook, years: pl.DataFrame) -> Iterator[str]:
    yield f"newest file inside the workbook is of {book.dated.isoformat()}: the day of export, not of publication"
    known = book.grants.filter(pl.col("business_id").is_not_null())
    yield (
        f"{known.height} of {book.grants.height} rows have a business id, "
        f"{known['organisation'].n_unique()} of {book.grants['organisation'].n_unique()} organisations; "
        "the endpoint (crawl) adds others by name"
    )
    wrong = stea_workbook.invalid_business_ids(book.grants)
    if wrong.height:
        yield "Y-tunnus not valid, kept as it is: " + ", ".join(
            f"{name} {number}" for name, number in wrong.iter_rows()
        )
    for year, rows in years.filter(pl.col("decided")).select("year", "granted_eur_missing").iter_rows():
        if rows:
            yield f"year {year} has decisions, but {rows} rows are still undecided"
    gaps = sorted(set(range(min(book.rows), max(book.rows))) - set(book.rows))
    if gaps:
        yield "no sheet for " + ", ".join(map(str, gaps))
    if book.reordered:
        yield "columns in another order, found by name: sheet " + ", ".join(book.reordered)
    if book.macros:
        yield "the workbook has macros; it was read as data and nothing was run"


# -- the crawl ---------------------------------------------------------------------------------------------------


def _crawl_reading(found: list[stea_api.Organisation]) -> Reading:
    grants = stea_api.grant_table(found)
    newest = grants["year"].max()
    unknown = sorted({key for organisation in found for key in organisation.unknown})
    over = grants.filter(pl.col("granted_eur") > pl.col("applied_eur"))
    remarks = [f"keys that are not known: {', '.join(unknown)}"] if unknown else []
    if over.height:
        names = ", ".join(f"{name} {year}" for name, year in over.select("organisation", "year").head(5).iter_rows())
        remarks.append(f"granted exceeds requested in {over.height} targets: {names}")
    return Reading(
        observations=pl.DataFrame(schema=DRAFT),
        content=stea_api.digest(found),
        reference="" if newest is None else str(newest),
        coverage="as_defined",
        tables={"organisations": stea_api.organisation_table(found), "grants": grants},
        panels={"stea-organisations": pl.DataFrame({"key": ["count"], "value": [float(len(found))]})},
        tolerance=0.25,
        rows=grants.height,
        problems=() if found else ("the crawl found no organisation at all",),
        remarks=tuple(remarks),
        schema={"keys that are not known": tuple(unknown)},
    )
