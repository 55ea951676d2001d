"""How each source is doing, in one plain message.

What belongs here: the state of the newest attempt, derived from the seen-log and the judgements. What does not:
anything stored (the seen-log is the only memory), how a page is fetched.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipelines import clock, drift, take_in
from pipelines.collect import Collected
from pipelines.editions import Recorded
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.sources import tem
from pipelines.sources.base import Source
from pipelines.visits import Visit

STATES = ("ok", "unchanged", "stale", "quarantined", "failed", "closed", "not_imported")


IMPORT = "import of"
"""How the message of an import that failed begins (run.bring_in)."""


@dataclass(frozen=True)
class SourceStatus:
    """``state`` tells the newest attempt; the times are ISO 8601 UTC or null; ``message`` is one plain line."""

    source: str
    state: str
    last_fetch: str | None
    last_change: str | None
    last_good: str | None
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the contract."""
        return asdict(self)

    def public(self) -> dict[str, Any]:
        """Return the same for the site: not what stands in a file that was refused, nor where it lies.

        The wrong file may be anything, and a row of the right one may name a person (R15).
        """
        return {**asdict(self), "message": re.sub(rf"\b{IMPORT} .*", "a file was refused", self.message)}


def statuses(store: RawStore, sources: Mapping[str, Source], collected: Collected | None) -> list[SourceStatus]:
    """Return one status a source. ``collected`` is None when the hand-kept files could not be read."""
    return [*(_status(store, source, collected) for source in sources.values()), _transcribed(store)]


def _status(store: RawStore, source: Source, collected: Collected | None) -> SourceStatus:
    if source.id == tem.SOURCE.id:
        return SourceStatus(source.id, "closed", None, None, None, f"{tem.REASON['en']} ({tem.LEGAL_BASIS})")
    newest = store.lasts(source.id)
    if not newest and getattr(source, "import_only", False):
        message = f"never imported; nothing is expected. A file at hand: lukuina import {source.id} FILE"
        return SourceStatus(source.id, "not_imported", None, None, None, message)
    if not newest:
        message = "never fetched on this machine: the bundled figures are shown. Run: lukuina refresh " + source.id
        return SourceStatus(source.id, "stale", None, None, None, message)
    changes = store.changes(source.id)
    editions = {(e.page, e.reading.content): e for e in collected.editions} if collected else {}
    good = [spell.last.visit for spell in store.spells(source.id)]
    admitted = [v.at for v in good if _admitted(collected, editions.get((v.page, v.content)))]
    state, message = _state(store, source, newest, editions, collected)
    return SourceStatus(
        source.id, state, _iso(max(v.at for v in newest.values())), _iso(changes[-1].at if changes else None),
        _iso(max(admitted, default=None)), message,
    )  # fmt: skip


def _state(
    store: RawStore,
    source: Source,
    newest: Mapping[str, Visit],
    editions: Mapping[tuple[str, str], Recorded],
    collected: Collected | None,
) -> tuple[str, str]:
    main = {page.id for page in source.pages if page.main}
    failed = [v for v in newest.values() if v.outcome == "failed"]
    serious = [v for v in failed if v.page in main or store.last_good(source.id, v.page)]
    remarks: list[str] = []
    if serious:
        return "failed", "; ".join(f"{v.page}: {v.message}" for v in serious)
    good = [v for v in newest.values() if v.outcome != "failed"]
    for visit in good:
        edition = editions.get((visit.page, visit.content))
        if edition and collected and not collected.verdict(edition.id).admitted:
            return "quarantined", f"{visit.page} ({edition.reading.reference}): {collected.verdict(edition.id).reason}"
        if edition and edition.older and (not edition.appeared or edition.older[-1] >= edition.appeared[-1].day):
            remarks.append(
                f"{visit.page}: an older edition ({edition.reading.reference}) is served again, not admitted"
            )
    remarks += [f"{v.page}: {r}" for v in good if (e := editions.get((v.page, v.content))) for r in e.reading.remarks]
    remarks += [f"{v.page}: {v.message}" for v in failed if v not in serious]
    remarks += drift.lately((spell.began.visit for spell in store.spells(source.id)), clock.now())
    text = "; ".join(remarks)
    if not good:
        return "failed", text
    changed = max((v.at for v in store.changes(source.id)), default=None)
    if changed and clock.now() - changed > source.cadence:
        return "stale", f"no new content since {clock.local_date(changed)}, expected every {source.cadence.days} days"
    latest = max(v.at for v in newest.values())
    fresh = any(v.outcome == "new" for v in good if v.at == latest)
    return ("ok", text or "new content") if fresh else ("unchanged", text or "no change")


def _admitted(collected: Collected | None, edition: Recorded | None) -> bool:
    return edition is not None and collected is not None and collected.verdict(edition.id).admitted


def _transcribed(store: RawStore) -> SourceStatus:
    changes = store.changes(take_in.SOURCE)
    last = _iso(changes[-1].at) if changes else None
    try:
        take_in.check(store)
    except InputError as error:
        return SourceStatus(take_in.SOURCE, "failed", last, last, last, str(error))
    return SourceStatus(take_in.SOURCE, "ok", last, last, last, "figures keyed from publications")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
