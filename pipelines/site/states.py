"""The state of each source in plain words: for the page Tila and for ``status.json``.

What belongs here: what the newest attempt gave (pipelines/status.py), when new content is due and what last went
wrong, worded in three languages. What does not: finding out the state, HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from pipelines import formats
from pipelines.clock import local_date
from pipelines.languages import LANGUAGES
from pipelines.site import reasons
from pipelines.site.locales import Locale
from pipelines.site.queries import Database
from pipelines.site.tables import Row, Table

GIVEN = ("source", "state", "last_fetch", "last_change", "last_good", "message")
"""What ``status.statuses`` tells of a source."""

COLUMNS = (
    *GIVEN,
    "next_expected",
    *(f"{name}_{language}" for name in ("words", "trouble") for language in LANGUAGES),
)
"""The columns of the table ``status`` of pages; ``words`` and ``trouble`` are in the page's language."""

_NEVER = 36_500
"""Days from which on a cadence means that nothing new is awaited: imports only, and what has ended."""

_SOURCES = "select source, discontinued_on, cadence_days from meta.sources"
_EDITIONS = """
select source, reference, reason, recorded_on from meta.editions
where state = 'quarantined' order by recorded_on, reference
"""
_CHECKS = "select name, source, detail, catches from meta.checks where not passed order by source, name"
_TABLES = """
select count(*) from information_schema.tables
where table_schema = 'meta' and table_name in ('sources', 'editions', 'checks')
"""


@dataclass(frozen=True)
class Known:
    """What the published database says: sources, editions in quarantine, failed checks, regions' names by language."""

    sources: Mapping[str, Row]
    editions: Sequence[Row]
    checks: Sequence[Row]
    places: Mapping[str, Mapping[str, str]]


def known(database: Database) -> Known:
    """Read it; nothing where the database has no such tables (a made one of a test)."""
    if database.select(_TABLES).cells != ((3,),):
        return Known({}, (), (), {})
    sources = {str(row["source"]): row for row in database.select(_SOURCES, "sources")}
    editions = database.select(_EDITIONS, "editions").rows
    places = {language: reasons.places(database, language) for language in LANGUAGES}
    return Known(sources, editions, database.select(_CHECKS, "checks").rows, places)


def table(status: Sequence[Mapping[str, object]], told: Known, words: Mapping[str, Locale]) -> Table:
    """Return the table ``status``: COLUMNS, one row a source in the order given."""
    rows: list[tuple[object, ...]] = []
    for one in status:
        row = {name: one.get(name) for name in GIVEN} | {"next_expected": next_expected(one, told)}
        for language, locale in words.items():
            row |= {f"words_{language}": wording(one, told, locale), f"trouble_{language}": trouble(one, told, locale)}
        rows.append(tuple(row[name] for name in COLUMNS))
    return Table("status", COLUMNS, tuple(rows), "Tilatietoja ei ole.")


def to_read(found: Sequence[Mapping[str, object]]) -> Table:
    """Return the table ``to_read``: the watched pages with something new, one row a figure that may change by it."""
    columns = ("title", "url", "changed_on", "figure", "command")
    rows: list[tuple[object, ...]] = []
    for one in found:
        figures, commands = cast(Sequence[str], one["figures"]), cast(Sequence[str], one["commands"])
        shared = (one["title"], one["url"], one["changed_on"])
        rows += [(*shared, figure, command) for figure, command in zip(figures, commands, strict=True)]
    return Table("to_read", columns, tuple(rows), "Uutta luettavaa ei ole.")


def next_expected(one: Mapping[str, object], told: Known) -> date | None:
    """Return the day by which new content is due; null when nothing is expected or nothing was fetched yet."""
    source = told.sources.get(str(one["source"]))
    changed = _moment(one.get("last_change"))
    if source is None or changed is None or source["discontinued_on"]:
        return None
    cadence = source["cadence_days"]
    if not isinstance(cadence, int) or cadence >= _NEVER:
        return None
    return local_date(changed) + timedelta(days=cadence)


def wording(one: Mapping[str, object], told: Known, locale: Locale) -> str:
    """Say how the source is doing, in one or two sentences."""
    state, fetched = str(one["state"]), one.get("last_fetch")
    source = told.sources.get(str(one["source"]))
    if one["source"] == "transcribed" and state == "ok":
        state = "transcribed"
    elif state == "stale" and not fetched:
        state = "never"
    return locale.text(
        f"source_{state}",
        fetched=_day(fetched, locale),
        changed=_day(one.get("last_change"), locale),
        since=_day(source["discontinued_on"] if source else None, locale),
    )


def trouble(one: Mapping[str, object], told: Known, locale: Locale) -> str:
    """Say which check of the source failed last: a fetch, an edition in quarantine, a check of the build."""
    found: list[str] = []
    if one["state"] == "failed":
        found.append(locale.text("trouble_fetch", day=_day(one.get("last_fetch"), locale)))
    newest = [edition for edition in told.editions if edition["source"] == one["source"]]
    if newest:
        last = newest[-1]
        found.append(
            locale.text(
                "trouble_edition",
                day=_day(last["recorded_on"], locale),
                reference=formats.reference(str(last["reference"]), locale.language),
                reason=reasons.text(str(last["reason"] or ""), locale, told.places[locale.language]),
            )
        )
    for check in told.checks:
        if check["source"] == one["source"]:
            found.append(locale.word("check", str(check["name"])) or str(check["name"]))
    return " ".join(found) or locale.text("trouble_none")


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _day(value: object, locale: Locale) -> str:
    moment = _moment(value)
    day = local_date(moment) if moment else value
    return formats.long_date(day, locale.language) if isinstance(day, date) else locale.text("no_data")
