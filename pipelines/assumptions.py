"""What we assume about publishers that were never seen live, and what a visit says about each assumption.

What belongs here: for every id of docs/unverified.md a function that settles it, or the words that say by whom or what
it is settled. What does not: visiting (doctor.py), any format (sources/).

A function gets what was seen and returns a Finding, or None when the visit cannot tell. It looks for a page's reading
by ``seen.readings[source, page]``; a KeyError means that the page was not had, and then nothing is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.sources.base import Reading
from pipelines.visits import Visit

_PRH, _YEARLY, _MONTHLY, _JOBS = ("prh", "regions-fi"), ("statfin", "12va"), ("statfin", "12u6"), ("statfin", "12u7")
_PROBES, _WORKBOOK = ("stea", "probes"), ("stea", "workbook")
_LICENCE = "a person asks the publisher"
_TIME = "only time tells"
_IMPORT = "settled by the first `lukuina import` of a real file"


@dataclass(frozen=True)
class Seen:
    """What one visit of everything gave: visits and readings by (source, page), and which pages are main ones."""

    visits: Mapping[tuple[str, str], Visit]
    readings: Mapping[tuple[str, str], Reading]
    main: frozenset[tuple[str, str]]

    def messages(self, source: str = "") -> list[str]:
        """Return what went wrong, of one source or all."""
        return [f"{p}: {v.message}" for (s, p), v in self.visits.items() if v.outcome == "failed" and source in ("", s)]


@dataclass(frozen=True)
class Finding:
    """Whether an assumption holds, and what was observed."""

    holds: bool
    detail: str


Assumption = Callable[[Seen], Finding | None] | str


def _read(*page: str, what: str) -> Assumption:
    """The reader refuses a page where this does not hold: a page that was read confirms it, one refused is shown."""

    def settled(seen: Seen) -> Finding | None:
        visit = seen.visits[page[0], page[1]]
        if visit.outcome != "failed":
            return Finding(True, what)
        reached = not any(text in visit.message for text in _UNREACHED)
        return Finding(False, visit.message) if reached else None

    return settled


_UNREACHED = ("no answer", "no connection", "not found", "TLS failed", "answered ", "not whole", "dropped", "not asked")


def _floor(seen: Seen) -> Finding:
    regions = seen.readings[_PRH].observations["geo"].n_unique()
    return Finding(regions >= 17, f"{regions} regions (19 are complete)")


def _date(seen: Seen) -> Finding:
    reading = seen.readings[_PRH]
    return Finding(reading.published_on is not None, f"the page is of {reading.reference}")


def _pages(source: str, *pages: str) -> Assumption:
    def settled(seen: Seen) -> Finding | None:
        asked = [page for page in pages or [p for s, p in seen.visits if s == source] if (source, page) in seen.visits]
        bad = [f"{p}: {seen.visits[source, p].message}" for p in asked if seen.visits[source, p].outcome == "failed"]
        return Finding(not bad, "; ".join(bad) or f"{', '.join(asked)} read") if asked else None

    return settled


def _totals(seen: Seen) -> Finding | None:
    totals = [(page, visit) for (source, page), visit in seen.visits.items() if source == "prh" and "total" in page]
    bad = [f"{page}: {visit.message}" for page, visit in totals if visit.outcome == "failed"]
    return Finding(not bad, "; ".join(bad) or "a labelled total was read") if totals else None


def _cell(seen: Seen, period: str, code: str) -> list[float]:
    rows = seen.readings[_YEARLY].observations.filter(
        (pl.col("series") == "alkaneet_vuosi_koodi") & (pl.col("period") == period) & (pl.col("category") == code)
    )
    return rows["value"].to_list()


def _elimination(seen: Seen) -> Finding:
    found = _cell(seen, "2018", "6T")
    return Finding(found == [19674.0], f"2018, 6T = {found[0]:.0f}" if found else "no cell of 2018, 6T")


def _zeros(seen: Seen) -> Finding | None:
    found = {code: value for code in ("60", "69", "53") for value in _cell(seen, "2018", code)}
    return Finding(len(found) == 3 and not any(found.values()), f"2018: {found} (a code without a value is hidden)")


def _grouping(seen: Seen) -> Finding:
    unknown = sum(
        seen.readings[page].observations.filter(pl.col("category") == "tuntematon").height
        for page in (_YEARLY, _MONTHLY)
        if page in seen.readings
    )
    labels = [r for page in (_YEARLY, _MONTHLY) if page in seen.readings for r in seen.readings[page].remarks]
    return Finding(not unknown, "; ".join(labels) or "every placement code is known")


def _sums(seen: Seen) -> Finding:
    problems = seen.readings[_YEARLY].problems
    return Finding(not problems, "; ".join(problems) or "no year contradicts its total")


def _limits(source: str) -> Assumption:
    def settled(seen: Seen) -> Finding | None:
        refused = [text for text in seen.messages(source) if "answered 429" in text or "answered 403" in text]
        if not any(name == source and visit.outcome != "failed" for (name, _), visit in seen.visits.items()):
            return Finding(False, "; ".join(refused)) if refused else None
        return Finding(not refused, "; ".join(refused) or "no call was refused")

    return settled


def _stamp(seen: Seen) -> Finding:
    day = seen.readings[_YEARLY].published_on
    return Finding(day is not None, f"updated {day}: compare with the release calendar")


def _decision(seen: Seen) -> Finding | None:
    rows = seen.readings[_WORKBOOK].observations
    found = rows.filter((pl.col("series") == "grants_awarded_total") & (pl.col("period") == "2026"))
    if not found.height:
        return None
    return Finding(found["value"][0] == 273_912_000, f"decided for 2026: {found['value'][0]:.0f} euros")


def _reached(seen: Seen) -> Finding | None:
    bad = [
        text for text in seen.messages() if any(word in text for word in ("TLS", "redirect", "no connection", "403"))
    ]
    return Finding(not bad, "; ".join(bad) or "every host answered") if seen.visits else None


ASSUMPTIONS: Mapping[str, Assumption] = {
    "U-PRH-MARKUP": _read(*_PRH, what="the table was found under its headings"),
    "U-PRH-TOTALROW": _read(*_PRH, what="no row has an unknown name"),
    "U-PRH-DATE": _date,
    "U-PRH-WHOLE": _read(*_PRH, what="the page is closed as it was opened"),
    "U-PRH-ENCODING": _read(*_PRH, what="all names of regions were read"),
    "U-PRH-EMPTY": "a person looks at an empty cell of the page, if there is one",
    "U-PRH-LEGEND": "a person compares the Swedish list of classes with the Finnish one",
    "U-PRH-RHYTHM": _TIME,
    "U-PRH-TOTALS": _totals,
    "U-PRH-URLS": _pages("prh"),
    "U-PRH-FLOOR": _floor,
    "U-PRH-LICENCE": _LICENCE,
    "U-PRH-106617": "a person asks PRH whether religious communities are included",
    "U-STATFIN-TABLES": _pages("statfin", "12va", "12u6", "12u7"),
    "U-STATFIN-MISSING": _read(*_YEARLY, what="every cell is a number or a known mark"),
    "U-STATFIN-ZEROS": _zeros,
    "U-STATFIN-ELIMINATION": _elimination,
    "U-STATFIN-GROUPING": _grouping,
    "U-STATFIN-2006": "a person compares 2006 and 2007 with the transcribed sums",
    "U-STATFIN-SSS": _sums,
    "U-STATFIN-OCCUPATION": _read(*_JOBS, what="one level of occupations and their total"),
    "U-STATFIN-LIMITS": _limits("statfin"),
    "U-STATFIN-STAMP": _stamp,
    "U-STATFIN-REGISTER": "a person reads KEHA's notes on 2025 and asks when services are whole again",
    "U-STATFIN-PRELIMINARY": "a person looks whether a month that is marked preliminary has an asterisk",
    "U-STATFIN-LICENCE": _LICENCE,
    "U-STEA-WORKBOOK-URL": "a person finds the address in a browser and sets [sources.stea] workbook_url",
    "U-STEA-JSON-KEYS": _read(*_PROBES, what="three organisations have all keys"),
    "U-STEA-UNKNOWN-ID": "settled by the first crawl of a night: lukuina status",
    "U-STEA-WHOLE-EUROS": _read(*_PROBES, what="three organisations have whole amounts"),
    "U-STEA-MAX-ID": "a person compares the highest id with the register",
    "U-STEA-RATE": _limits("stea"),
    "U-STEA-PROBES": _TIME,
    "U-STEA-FROZEN": "settled when a second workbook comes: lukuina review",
    "U-STEA-2026": _decision,
    "U-STEA-XLSM": _IMPORT,
    "U-STEA-LICENCE": _LICENCE,
    **dict.fromkeys(
        (
            *("U-RAY-COLUMNS", "U-RAY-VALUES", "U-VA-COLUMNS", "U-VA-PERSONS", "U-VA-STEA", "U-VA-KEY"),
            *("U-BUDJETTI-MONTHLY", "U-BUDJETTI-CSV"),
        ),
        _IMPORT,
    ),
    "U-IMPORT-LICENCE": _LICENCE,
    "U-TEM-REPEAL": "a person reads the repealing act in Finlex",
    "U-HANDBOOK-MEDIAN": "a person asks the authors of the barometer",
    "U-AVOINDATA": "a person asks the portal's maintainers to take the catalogue in",
    "U-NAMES": "a person compares the names with the authorities' own pages",
    **dict.fromkeys(
        ("U-WATCH-URLS", "U-WATCH-NEWS", "U-WATCH-MAIN"),
        "settled by nights and a person who opens the pages: lukuina status, the page Tila",
    ),
    "U-NET": _reached,
}
