"""What changed in the figures, as entries for the feeds: figures on our own clock, and editions put in quarantine.

What belongs here: reading ``marts.figure_changes`` and ``meta.editions`` and wording each as one entry in one
language. What does not: the formats of feeds (feeds.py), the page Muutokset (dashboards/pages/muutokset.md).

An entry's id is made of what it says, not of where it is served: the same statement keeps its id when the site moves,
and a statement that was corrected is a new entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from pipelines import formats
from pipelines.site import reasons
from pipelines.site.locales import Locale
from pipelines.site.queries import Database
from pipelines.site.tables import Row

NEWEST = 200
"""How many entries a feed holds."""

_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "toiminta-lukuina:changes")

_FIGURES = "select * from marts.figure_changes order by changed_on desc, ordinal, change"
_EDITIONS = """
select recorded_on as changed_on, edition, source, reference, reason
from meta.editions where state = 'quarantined' order by recorded_on desc, edition desc
"""


@dataclass(frozen=True)
class Entry:
    """One change in one language. ``figure`` is "" for an edition; ``author`` the producer, "" when it is ours."""

    id: str
    day: date
    figure: str
    title: str
    text: tuple[str, ...]
    author: str = ""


def entries(database: Database, locale: Locale) -> list[Entry]:
    """Return the newest changes in one language, newest first."""
    figures = [_figure(row, locale) for row in database.select(_FIGURES, "changes").in_language(locale.language)]
    places = reasons.places(database, locale.language)
    editions = [_edition(row, locale, places) for row in database.select(_EDITIONS, "editions")]
    return sorted([*figures, *editions], key=lambda entry: entry.day, reverse=True)[:NEWEST]


def _figure(row: Row, locale: Locale) -> Entry:
    change, day = str(row["change"]), _day(row["changed_on"])
    sentence = _cited(row["text"], row["citation"])
    text = [sentence]
    if row["previous_text"]:
        text.append(locale.text("change_before", text=_cited(row["previous_text"], row["previous_citation"])))
    text.append(locale.text(f"why_{change}", day=formats.long_date(day, locale.language)))
    if row["reason"]:
        text.append(str(row["reason"]))
    title = f"{row['name']}: {locale.word('change', change) or change}"
    made = _id(locale, {"figure": row["id"], "day": day, "change": change, "text": sentence})
    return Entry(made, day, str(row["id"]), title, tuple(text), str(row["publisher"] or ""))


def _cited(text: object, citation: object) -> str:
    return f"{str(text).removesuffix('.')} ({citation})." if citation else str(text)


def _edition(row: Row, locale: Locale, places: Mapping[str, str]) -> Entry:
    day, source = _day(row["changed_on"]), str(row["source"])
    reference = formats.reference(str(row["reference"]), locale.language)
    title = locale.text("change_quarantine", source=locale.word("source", source) or source, reference=reference)
    reason = reasons.text(str(row["reason"] or ""), locale, places)
    made = _id(locale, {"edition": row["edition"], "day": day, "text": reason})
    return Entry(made, day, "", title, (reason, locale.text("why_quarantine")))


def _id(locale: Locale, parts: Mapping[str, object]) -> str:
    named = "\x1f".join(f"{key}={value}" for key, value in parts.items())
    return uuid5(_NAMESPACE, f"{locale.language}\x1f{named}").urn


def _day(cell: object) -> date:
    if not isinstance(cell, date):
        raise TypeError(f"{cell!r} is not a day")
    return cell
