"""Editions: from stored answers to what was recorded, when, and whether it is admitted.

What belongs here: putting a page's visits together into editions, reading them (with a cache, so that ten years of
raw are not parsed every night), the days on which each appeared. What does not: any format, judging (judge.py).
"""

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from pipelines.clock import local_date
from pipelines.errors import InputError
from pipelines.files import read_sealed, write_sealed
from pipelines.judge import Candidate
from pipelines.observations import DRAFT, check
from pipelines.raw import RawStore, Snapshot
from pipelines.sources.base import Edition, Reading, Source
from pipelines.visits import Visit

_READING = "reading"
"""Of a reading in the cache, all but its tables; written last."""


@dataclass(frozen=True)
class Appearance:
    """One time that a page came to say something: the day we saw it, the day it was public from, its place in time."""

    day: date
    published_on: date
    sequence: int


@dataclass(frozen=True)
class Recorded:
    """An edition in our record.

    ``appeared``: when the page came to say this (more than once when A, then B, then A again).
    ``sequence``: its place among the source's visits.
    ``first_at``: the moment of the first visit that brought it.
    ``older``: days from which an edition older than the page's newest was served again; never admitted.
    """

    id: str
    source: str
    page: str
    reading: Reading
    snapshots: tuple[Snapshot, ...]
    published_on: date
    first_at: datetime
    appeared: tuple[Appearance, ...] = ()
    older: tuple[date, ...] = ()
    sequence: int = 1

    @property
    def recorded_on(self) -> date:
        """The day it entered our store."""
        return min((*(a.day for a in self.appeared), *self.older))

    @property
    def sha256(self) -> str:
        """The snapshot that carries the values: the last part, since a first part may be metadata."""
        return self.snapshots[-1].sha256

    def candidate(self) -> Candidate:
        """What judging needs to know."""
        panels = {
            family: dict(zip(panel["key"].to_list(), panel["value"].to_list(), strict=True))
            for family, panel in self.reading.panels.items()
        }
        reading = self.reading
        return Candidate(
            self.id, self.source, self.page, reading.reference, self.recorded_on, panels, reading.tolerance,
            reading.problems, self.sequence,
        )  # fmt: skip


def recorded(store: RawStore, source: Source, cache: Path) -> list[Recorded]:
    """Return every edition of a source in the store, in the order in which each first appeared.

    The seen-log decides what came when. A page that says an older edition again (a smaller reference) is recorded and
    otherwise ignored, and so is its return to what it said before. An imported file that its reader refuses
    today is an edition without rows, for quarantine (``_refused``).
    """
    snapshots = store.snapshots(source.id)
    found: dict[tuple[str, str], Recorded] = {}
    speaking: dict[str, Appearance] = {}
    newest: dict[str, str] = {}
    said: dict[str, str] = {}
    for sequence, visit in ((spell.began.number, spell.began.visit) for spell in store.spells(source.id)):
        if visit.outcome == "unchanged" and said.get(visit.page) == visit.content:
            continue
        day = local_date(visit.at)
        key = (visit.page, visit.content)
        known = found.get(key) or replace(_first(store, source, visit, snapshots, cache, day), sequence=len(found) + 1)
        reference = known.reading.reference
        if reference < newest.get(visit.page, ""):
            found[key] = replace(known, older=(*known.older, day))
            continue
        if said.get(visit.page) == visit.content:
            continue
        said[visit.page] = visit.content
        appearance = _appearance(known, day, speaking.get(visit.page), sequence)
        found[key] = replace(known, appeared=(*known.appeared, appearance))
        if not known.reading.problems:  # a misprinted date of the future must not make every later edition old
            newest[visit.page], speaking[visit.page] = reference, appearance
    return list(found.values())


def _appearance(edition: Recorded, day: date, before: Appearance | None, sequence: int) -> Appearance:
    """Date an appearance: the printed day (R1), but what replaces it under the same printed day is public when seen."""
    printed = edition.published_on
    published = printed if before is None or printed > before.published_on else max(day, before.published_on)
    return Appearance(day, published, sequence)


def rows(edition: Recorded) -> pl.DataFrame:
    """Return the edition's observations as recorded rows, once for each time that the page came to say them.

    Columns: those of ``observations.RECORDED`` but lineage.
    """
    drafts = edition.reading.observations
    frames: list[pl.DataFrame] = []
    for appearance in edition.appeared:
        printed = appearance.published_on == edition.published_on
        own = pl.col("published_on") if printed else pl.lit(None, pl.Date)
        frames.append(
            drafts.with_columns(
                published_on=pl.coalesce(own, pl.lit(appearance.published_on)),
                line=pl.lit(None, pl.Int32),
                edition=pl.lit(edition.id),
                snapshot_sha256=pl.lit(edition.sha256),
                recorded_from=pl.lit(appearance.day),
                withdrawn_on=pl.lit(None, pl.Date),
                sequence=pl.lit(appearance.sequence, pl.Int32),
                source=pl.lit(edition.source),
            )
        )
    return pl.concat(frames) if frames else pl.DataFrame()


def _read_cached(
    store: RawStore, source: Source, page: str, parts: Sequence[Snapshot], day: date, cache: Path
) -> Reading:
    """Read an edition, or take the reading of the same bytes by the same reader version from the cache.

    Bytes that were read once are not opened again: their sha256 stands in the sidecars, and ``verify`` compares it.
    """
    published, urls = parts[0].published_on, tuple(part.url for part in parts)
    digest = hashlib.sha256(f"{source.reader}|{page}|{published}|{urls}{day}".encode())
    for part in parts:
        digest.update(bytes.fromhex(part.sha256))
    folder = cache / source.id / digest.hexdigest()[:24]
    if (folder / _READING).is_file():
        with suppress(Exception):  # a damaged entry, e.g. after a loss of power: the bytes are read again
            return _load(folder)
    bodies = tuple(store.body(part) for part in parts)
    reading = source.read(Edition(source.id, page, bodies, urls, published, first_seen=day))
    check(reading.observations, urls[0])
    with suppress(OSError):  # a full disk, or a reader who may not write here: read again the next time, too
        _save(folder, reading)
    return reading


def _first(
    store: RawStore, source: Source, visit: Visit, snapshots: Mapping[str, Snapshot], cache: Path, day: date
) -> Recorded:
    parts = tuple(snapshots[sha] for sha in visit.snapshots)
    published = parts[0].published_on
    try:
        reading = _read_cached(store, source, visit.page, parts, day, cache)
    except InputError as error:
        if not getattr(source, "import_only", False):
            raise
        reading = _refused(error, visit.content)
    if not reading.reference:  # a file without rows is of the day on which it came: everything has a place in time
        reading = replace(reading, reference=day.isoformat())
    edition_id = f"{source.id}:{visit.page}:{reading.reference}:{reading.content[:8]}"
    public = reading.published_on or published or day
    return Recorded(edition_id, source.id, visit.page, reading, parts, public, visit.at)


def _refused(error: InputError, content: str) -> Reading:
    """Return what an imported file says that its reader refuses: nothing, and why.

    It was read when it came, so the reader became stricter since. Raising would end every run, and ``review`` and
    ``reject`` with it, with no way out for an operator: the file is in a store that only grows. A page that is fetched
    still raises: figures rest on it, and a reader that refuses what was published is a mistake of the program.
    The reason is published, so it tells place and rule, never the cell: that might name a person (R15).
    """
    why = (
        f"the stored file is refused by its reader of today: {error.place}, expected {error.expected or 'another file'}"
    )
    return Reading(pl.DataFrame(schema=DRAFT), content, "", problems=(why,))


def _save(folder: Path, reading: Reading) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier version, or damaged
    folder.mkdir(parents=True)
    frames = {"observations": reading.observations}
    frames |= {f"table-{name}": frame for name, frame in reading.tables.items()}
    panels = sorted(reading.panels)
    frames |= {f"panel-{n}": reading.panels[name] for n, name in enumerate(panels)}
    for name, frame in frames.items():
        target = io.BytesIO()
        frame.write_parquet(target)
        write_sealed(folder / f"{name}.frame", target.getvalue())
    record = {
        "content": reading.content,
        "reference": reading.reference,
        "published_on": reading.published_on.isoformat() if reading.published_on else None,
        "coverage": reading.coverage,
        "tables": sorted(reading.tables),
        "panels": panels,
        "tolerance": reading.tolerance,
        "rows": reading.rows,
        "problems": reading.problems,
        "remarks": reading.remarks,
    }
    write_sealed(folder / _READING, json.dumps(record, ensure_ascii=False).encode())


def _load(folder: Path) -> Reading:
    def frame(name: str) -> pl.DataFrame:
        return pl.read_parquet(read_sealed(folder / f"{name}.frame"))

    record = json.loads(read_sealed(folder / _READING))
    published = record["published_on"]
    return Reading(
        observations=frame("observations"),
        content=record["content"],
        reference=record["reference"],
        published_on=date.fromisoformat(published) if published else None,
        coverage=record["coverage"],
        tables={name: frame(f"table-{name}") for name in record["tables"]},
        panels={name: frame(f"panel-{n}") for n, name in enumerate(record["panels"])},
        tolerance=record["tolerance"],
        rows=record["rows"],
        problems=tuple(record["problems"]),
        remarks=tuple(record["remarks"]),
    )
