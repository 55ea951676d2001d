"""PRH, the Finnish Patent and Registration Office: statistics of the Register of Associations.

What belongs here: which pages, how an edition becomes observations, which editions contradict themselves, and the
figure of the page of totals. What does not: markup (pipelines/sources/prh_page.py), comparison with other editions.

Nothing of prh.fi was seen live; what is assumed about it stands in docs/unverified.md under U-PRH-….
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import settings
from pipelines.errors import FetchError, InputError
from pipelines.http import Http
from pipelines.observations import DRAFT
from pipelines.sources import prh_page
from pipelines.sources.base import Edition, Fetched, Known, Page, Reading, Series
from pipelines.sources.prh_page import CLASSES, DATE, TOTAL, UNCLASSIFIED, UPDATED, RegionTable

BY_REGION = "associations_by_region_and_class"
ASSOCIATIONS = "yhdistykset_rekisteri"
WITH_COMMUNITIES = "yhdistykset_ja_uskonnolliset_yhdyskunnat"

LABELS: Mapping[str, str] = {
    "1": "1 Poliittiset yhdistykset",
    "2": "2 Ammattiin ja elinkeinoon liittyvät yhdistykset",
    "3": "3 Sosiaali- ja terveysalan yhdistykset",
    "4": "4 Kulttuurialan yhdistykset",
    "5": "5 Vapaa-ajan yhdistykset",
    "6": "6 Urheilu- ja liikuntayhdistykset",
    "7": "7 Uskontoon ja maailmankatsomukseen liittyvät yhdistykset",
    "8": "8 Maanpuolustukseen ja kansainvälisiin suhteisiin liittyvät yhdistykset",
    "9": "9 Muut yhdistykset",
    UNCLASSIFIED: "Luokittelemattomat",
    TOTAL: "Yhteensä",
}
"""Column of the table → category, as in the transcribed rows."""

ROWS_FLOOR = 17
"""Fewer regions than in the thinnest edition known (2.1.2024) means that the table lost rows."""

_COVERAGE = {ASSOCIATIONS: "associations", WITH_COMMUNITIES: "associations_and_religious_communities"}
_SITE = "https://www.prh.fi"
_STATISTICS = f"{_SITE}/fi/yhdistysrekisteri/yhdistysrekisterintilastoja"
_WEEK = timedelta(days=7)

PAGES = (
    Page(
        "regions-fi",
        f"{_STATISTICS}/yhdistysten_maarat_maakunnittain.html",
        title="Yhdistysten määrät tarkoitusluokittain eri maakunnissa",
    ),
    Page(
        "regions-sv",
        f"{_SITE}/sv/yhdistysrekisteri/statistik/antal_foreningar_efter_landskap.html",
        main=False,
        title="Antal föreningar enligt syfteklassificering i olika landskap",
    ),
    Page(
        "totals",
        f"{_STATISTICS}/lukumaaratyhdistysrekisterissajauskonnollistenyhdyskuntienrekisterissa.html",
        main=False,
        every=_WEEK,
        title="Lukumäärät yhdistysrekisterissä ja uskonnollisten yhdyskuntien rekisterissä",
    ),
    Page("index-sv", f"{_SITE}/sv/yhdistysrekisteri/statistik.html", main=False, every=_WEEK, title="Statistik"),
    Page(
        "news-2023",
        f"{_SITE}/fi/uutislistaus/2023/tilastoyhdistysrekisteristayhdistystenmaaratmaakunnittain.html",
        main=False,
        every=_WEEK,
        title="Tilasto yhdistysrekisteristä: yhdistysten määrät maakunnittain",
    ),
)


class PRH:
    """The source; see ``pipelines.sources.base.Source``."""

    id = "prh"
    publisher = "prh"
    licence = "not stated: facts quoted with source and date"
    cadence = timedelta(days=500)  # known editions 31.8.2022, 2.1.2024, 2.1.2025: roughly yearly (U-PRH-RHYTHM)
    min_interval_s = 2.0
    reader = 1
    pages = PAGES
    floors: Mapping[str, int] = {"regions-fi": ROWS_FLOOR, "regions-sv": ROWS_FLOOR}
    witnesses: Mapping[str, str] = {"regions-sv": "regions-fi"}
    series: Mapping[str, Series] = {
        BY_REGION: Series("stock", "count", "purpose_class"),
        ASSOCIATIONS: Series("stock", "count"),
        WITH_COMMUNITIES: Series("stock", "count"),
    }

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Ask conditionally for each page that is due; after a host that does not answer the rest is not asked.

        Raises NoContactError only.
        """
        down = False
        for page in self.pages:
            last = known.last_good(page.id)
            if last is not None and not known.named and known.now - last < page.every:
                continue
            if down:
                yield Fetched(page.id, error="not asked: the host does not answer", host_down=True)
                continue
            try:
                answer = http.get(page.url, known.validators(page.id), accept="text/html, application/xhtml+xml")
            except FetchError as error:
                down = error.host_down
                yield Fetched(page.id, error=str(error), host_down=down)
                continue
            yield Fetched(page.id, () if answer.not_modified else (answer,), answer.not_modified)

    def read(self, edition: Edition) -> Reading:
        """Read one stored page; rows of ``series``, from ``totals`` only where a count is stated beyond doubt.

        Raises InputError naming the url, the place in the page and what was expected.
        """
        url = edition.urls[0]
        source_url = next((page.url for page in self.pages if page.id == edition.page), url)
        if edition.page.startswith("regions-"):
            table = prh_page.region_table(edition.bodies[0], url, names())
            return _regions(table, source_url, edition)
        return _text(edition, url, source_url)

    def imported(self, body: bytes, name: str) -> str:
        """Return the page id that a hand-saved file belongs to, by the language of its table's headings.

        Raises InputError naming the file when it has no table of regions × purpose classes.
        """
        return f"regions-{prh_page.region_table(body, name, names()).language}"


SOURCE = PRH()


@lru_cache(maxsize=1)
def names() -> Mapping[str, str]:
    """Return the bundled names of the regions: normalised name or alias → Finnish name."""
    return region_names(settings.PROJECT / "data" / "raw" / "reference" / "regions.csv")


def region_names(path: Path) -> dict[str, str]:
    """Read a ``regions.csv`` (columns name_fi, name_sv, aliases with ``;``) into normalised name → Finnish name."""
    found: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in (row["name_fi"], row["name_sv"], *row["aliases"].split(";")):
                if name:
                    found[prh_page.name_key(name)] = row["name_fi"]
    return found


# -- the table of regions × purpose classes ------------------------------------------------------------------


def _regions(table: RegionTable, source_url: str, edition: Edition) -> Reading:
    as_of = table.as_of.isoformat()
    coverage = "all_registered" if UNCLASSIFIED in table.columns else "classified_only"
    note = "" if coverage == "all_registered" else "classified associations only (no unclassified column)"
    cells = [(geo, c, values[c]) for geo, values in table.cells.items() for c in table.columns if c in values]
    rows = [
        _row(BY_REGION, geo, "purpose_class", LABELS[column], coverage, table.as_of, value, source_url, note)
        for geo, column, value in cells
    ]
    totals = {geo: values[TOTAL] for geo, values in table.cells.items() if TOTAL in values}
    panel = {"key": list(totals), "value": [float(value) for value in totals.values()]}
    canonical = json.dumps([as_of, coverage, sorted(cells)], ensure_ascii=False)
    return Reading(
        observations=pl.DataFrame(rows, schema=DRAFT),
        content=hashlib.sha256(canonical.encode()).hexdigest(),
        reference=as_of,
        published_on=table.as_of,
        coverage=coverage,
        panels={f"prh-regions/{coverage}": pl.DataFrame(panel, schema={"key": pl.String(), "value": pl.Float64()})},
        rows=len(rows),
        problems=tuple(chain(_future({table.as_of}, edition), _contradictions(table), _moved_classes(table))),
        remarks=(*table.remarks, *_missing(table)),
        schema={"language": (table.language,), "columns": table.columns, "regions": tuple(sorted(table.cells))},
    )


def _row(
    series: str, geo: str, dimension: str, category: str, coverage: str, day: date, value: int, url: str, note: str = ""
) -> dict[str, Any]:
    return {
        **{"series": series, "geo": geo, "dimension": dimension, "category": category, "coverage": coverage},
        **{"period": "", "as_of": day.isoformat(), "published_on": day, "value": float(value), "unit": "count"},
        **{"bound": "exact", "status": "ok", "basis": "register", "publisher": "PRH", "citation": ""},
        **{"source_url": url, "note": note},
    }


def _future(days: set[date], edition: Edition) -> Iterator[str]:
    """Would have caught an edition dated 2.1.2052 by a slip of the publisher."""
    for day in sorted(days):
        if edition.first_seen is not None and day > edition.first_seen:
            yield f"dated {day.isoformat()}, but already seen on {edition.first_seen.isoformat()}"


def _contradictions(table: RegionTable) -> Iterator[str]:
    """Would have caught rows that run together, a shifted column and lost rows."""
    if len(table.cells) < ROWS_FLOOR:
        yield f"the table lost rows: {len(table.cells)} regions, at least {ROWS_FLOOR} expected"
    parts = [c for c in table.columns if c != TOTAL]
    for geo, values in table.cells.items():
        added = sum(values[c] for c in parts if c in values)
        total = values.get(TOTAL)
        whole = all(c in values for c in parts)
        if total is not None and (added > total or (whole and added != total)):
            yield f"{geo}: the classes add up to {added}, the printed total is {total}"
    for column, printed in (table.country or {}).items():
        present = [values[column] for values in table.cells.values() if column in values]
        added, whole = sum(present), len(present) == len(table.cells)
        if added > printed or (whole and added != printed):
            yield f"whole country, column {LABELS[column]}: the regions add up to {added}, the page prints {printed}"


def _moved_classes(table: RegionTable) -> Iterator[str]:
    """Would have caught a renumbering: the columns are bare digits, their meaning stands in a list on the page."""
    keys = {number: prh_page.name_key(LABELS[number][2:]) for number in CLASSES}
    for items in table.nines:
        for number, item in zip(CLASSES, items, strict=True):
            said = prh_page.name_key(re.sub(r"^[0-9][.):]?\s+", "", item))
            other = next((n for n, key in keys.items() if said.startswith(key)), number)
            if other != number:
                yield f"the page calls class {number} {item!r}, which was class {other}"


def _missing(table: RegionTable) -> Iterator[str]:
    missing = sorted(set(names().values()) - {geo for geo, values in table.cells.items() if values})
    if missing:
        yield f"regions without any value: {', '.join(missing)}"


# -- the other pages, whose layout is unknown ----------------------------------------------------------------

_LABEL = re.compile(
    r"(?:^|[|:;.,(0-9]|\b(?:on|oli|yhteensä|kaikkiaan|rekisteröityjä|yhdistysrekisterissä)) ?"
    r"(?:yhdisty(?:ksiä|kset|stä|sten|ksien))\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:yhdistyksiä ja uskonnollisia yhdyskuntia|yhdistystä ja uskonnollista yhdyskuntaa|"
    r"yhdistykset ja uskonnolliset yhdyskunnat|yhdistysten ja uskonnollisten yhdyskuntien(?! rekister))\b",
    re.IGNORECASE,
)
# Flows, parts and round figures are not the count of the register.
_OTHER = re.compile(r"uskonnolli|\buu[sd]|poist|purk|purett|lakka|ilmoit|\bnoin\b|\byli\b|\blähes\b", re.IGNORECASE)


def _text(edition: Edition, url: str, source_url: str) -> Reading:
    root = prh_page.document(prh_page.decode(edition.bodies[0], url), url)
    blocks = [text for _, text in prh_page.blocks(root)]
    if not blocks:
        raise InputError(url, "the page has no text", "an HTML page")
    table_rows = [" | ".join(text for _, text in prh_page.blocks(row)) for row in root.iter("tr")]
    counts = _counts(chain(table_rows, blocks)) if edition.page == "totals" else {}
    rows = [_row(s, "FI", "", "", _COVERAGE[s], day, value, source_url) for (s, day), value in sorted(counts.items())]
    newest = max((day for _, day in counts), default=None)
    panel = {"key": list(_COVERAGE), "value": [_newest(counts, series) for series in _COVERAGE]}
    frame = pl.DataFrame(panel, schema={"key": pl.String(), "value": pl.Float64()}).drop_nulls()
    return Reading(
        observations=pl.DataFrame(rows, schema=DRAFT),
        content=hashlib.sha256("\n".join(blocks).encode()).hexdigest(),
        reference=newest.isoformat() if newest else "",
        published_on=newest,
        panels={"prh-totals": frame} if rows else {},
        rows=len(rows),
        problems=tuple(_future({day for _, day in counts}, edition)),
        remarks=() if rows or edition.page != "totals" else ("layout not recognised: kept, no figure read",),
    )


def _newest(counts: Mapping[tuple[str, date], int], series: str) -> float | None:
    own = {day: value for (s, day), value in counts.items() if s == series}
    return float(own[max(own)]) if own else None


def _counts(units: Iterable[str]) -> dict[tuple[str, date], int]:
    """Return (series, day) → count from table rows and paragraphs; where two disagree, none."""
    found: dict[tuple[str, date], set[int]] = {}
    for unit in units:
        for text in {unit, *re.split(r"(?<=[.!?]) (?=[A-ZÅÄÖ0-9])", unit)}:
            count = _count(text)
            if count:
                found.setdefault(count[:2], set()).add(count[2])
    return {key: values.pop() for key, values in found.items() if len(values) == 1}


def _count(text: str) -> tuple[str, date, int] | None:
    """Return the count that a row or sentence states: one label, one day, one number of 5 or 6 digits, else None."""
    try:
        days = set(prh_page.dates(text))
    except ValueError:
        return None
    rest = re.sub(DATE, "|", text, flags=re.IGNORECASE)
    numbers = [run for run in re.findall(r"[0-9](?:[0-9 ]*[0-9])?", rest) if len(run.replace(" ", "")) >= 5]
    if UPDATED.search(text) or len(days) != 1 or len(numbers) != 1:
        return None
    if not re.fullmatch(r"[0-9]{5,6}|[0-9]{2,3} [0-9]{3}", numbers[0]):
        return None
    both = bool(_BOTH.search(rest))
    alone = _BOTH.sub("", rest)
    if _OTHER.search(alone) or both == bool(_LABEL.search(alone)):
        return None
    return WITH_COMMUNITIES if both else ASSOCIATIONS, days.pop(), int(numbers[0].replace(" ", ""))
