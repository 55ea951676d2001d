"""Taking the hand-kept CSVs into the raw store, so that an edited row leaves its earlier self behind.

What belongs here: noticing that a file of ``data/raw/transcribed/`` changed, keeping its bytes, and telling from
when to when each of its rows was recorded. What does not: the CSV's format (pipelines/sources/transcribed.py).

The files are edited in place by people; their history must not depend on git. So every content of a file becomes
a snapshot, as a fetched page would. The day of the bundled content stands in ``bundled.jsonl`` (it was recorded
when the project recorded it, not when somebody cloned it); any other content is recorded on the day it is noticed.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl

from pipelines import remembered, settings
from pipelines.clock import local_date
from pipelines.errors import InputError
from pipelines.files import write_atomic
from pipelines.raw import Answer, RawStore
from pipelines.sources import transcribed
from pipelines.visits import GIST, LOG, Visit

SOURCE = "transcribed"
LICENCE = "compiled figures CC BY 4.0; producers' terms named per source"


def seed(raw: Path) -> bool:
    """Copy the bundled figures and reference tables into an empty data folder; tell whether it was needed.

    A folder of an earlier version gets the reference tables that it lacks; those that it has are left as they are.
    """
    bundled = settings.PROJECT / "data" / "raw"
    needed = False
    for name in ("transcribed", "reference"):
        if not (raw / name).is_dir() and (bundled / name).is_dir() and (bundled / name) != (raw / name).resolve():
            new = raw.with_name(f".seeding-{name}")  # a killed run must not leave half a folder that looks whole
            shutil.rmtree(new, ignore_errors=True)
            try:
                shutil.copytree(bundled / name, new, ignore=_only_bundled)
            except shutil.Error as error:  # its text is a list of all files
                copied, place, problem = error.args[0][0]
                raise InputError(place, f"{copied} cannot be copied there: {problem}", fix="Look at the disk") from None
            raw.mkdir(parents=True, exist_ok=True)
            new.rename(raw / name)
            needed = True
    for path in sorted((bundled / "reference").iterdir()):
        if not (raw / "reference" / path.name).exists():
            write_atomic(raw / "reference" / path.name, path.read_bytes())  # half of one would stay for good
            needed = True
    return needed


def _only_bundled(folder: str, names: list[str]) -> list[str]:
    return [n for n in names if (Path(folder) / n).is_dir() or n in (LOG, GIST)]


def check(store: RawStore) -> None:
    """Read every hand-kept CSV as it stands now. Raises InputError naming file, line and column."""
    _fresh(store, datetime.now(UTC))


def take_in(store: RawStore, now: datetime) -> list[Visit]:
    """Keep every new content of the hand-kept CSVs; return the visits that were new.

    All files are checked before anything is written: an InputError (file:line: column) leaves the store as it was.
    """
    return [
        store.record(SOURCE, path.stem, [_answer(path, body)], sha, at, LICENCE)
        for path, body, sha, at in _fresh(store, now)
    ]


def history(store: RawStore, work: Path | None = None) -> tuple[pl.DataFrame, dict[str, transcribed.SeriesInfo]]:
    """Read every recorded content of the CSVs; return the rows with their days, and the series.

    Columns: those of ``transcribed.read`` plus ``snapshot_sha256``, ``recorded_from`` and ``withdrawn_on`` (null
    while the row stands). A row that was edited is two rows: the old one withdrawn on the day of the new one.

    ``work``: where the rows are kept for the next time: snapshots that were read once are not read again.
    """
    snapshots = store.snapshots(SOURCE)
    visits = store.changes(SOURCE)
    latest = [v for v in visits if v.page == "series"]
    if not latest:
        raise InputError(str(store.root / SOURCE), "nothing was taken in yet", fix="Run: lukuina run")
    series = transcribed.read_series(store.body(snapshots[latest[-1].snapshots[0]]), "series.csv")
    told = [(v.page, v.at.isoformat(), v.snapshots) for v in visits]
    rows = remembered.frames(work, SOURCE, [repr(told)], lambda: {"rows": _read(store, visits, series)})["rows"]
    return rows, series


def _read(store: RawStore, visits: Sequence[Visit], series: Mapping[str, transcribed.SeriesInfo]) -> pl.DataFrame:
    snapshots, frames = store.snapshots(SOURCE), list[pl.DataFrame]()
    for page in sorted({v.page for v in visits if v.page != "series"}):
        contents: list[tuple[date, pl.DataFrame]] = []
        known = dict(series)
        for visit in (v for v in visits if v.page == page):
            snapshot = snapshots[visit.snapshots[0]]
            rows = transcribed.read(store.body(snapshot), f"{SOURCE}/{page}.csv", known)
            contents.append((local_date(visit.at), rows.with_columns(snapshot_sha256=pl.lit(snapshot.sha256))))
        frames.append(_recorded(contents))
    return pl.concat(frames)


def _fresh(store: RawStore, now: datetime) -> list[tuple[Path, bytes, str, datetime]]:
    """Return the files whose content is not the last one recorded, all of them checked: path, bytes, sha, day."""
    folder = store.root / SOURCE
    paths = sorted(folder.glob("*.csv"))
    if not any(path.name == "series.csv" for path in paths):
        raise InputError(str(folder / "series.csv"), "missing", "the list of series", "Restore it from the project")
    series = transcribed.read_series((folder / "series.csv").read_bytes(), str(folder / "series.csv"))
    bundled = _bundled(folder / "bundled.jsonl")
    fresh: list[tuple[Path, bytes, str, datetime]] = []
    for path in paths:
        body = path.read_bytes()
        sha = hashlib.sha256(body).hexdigest()
        last = store.last_good(SOURCE, path.stem)
        if last is None or last.content != sha:
            if path.name != "series.csv":
                transcribed.read(body, str(path), series)
            day = bundled.get(sha) if last is None else None  # what comes later came on the day we see it
            at = min(now, datetime.combine(day, time(9), UTC)) if day else now
            fresh.append((path, body, sha, at))
    return fresh


def _recorded(contents: list[tuple[date, pl.DataFrame]]) -> pl.DataFrame:
    """Turn the contents of one file, in order, into rows with the days on which they were recorded."""
    columns = [c for c in contents[0][1].columns if c not in {"line", "snapshot_sha256"}]
    done: list[pl.DataFrame] = []
    day, rows = contents[0]
    standing = rows.with_columns(recorded_from=pl.lit(day))
    for day, rows in contents[1:]:
        stays = standing.join(rows, on=columns, how="semi", nulls_equal=True)
        gone = standing.join(rows, on=columns, how="anti", nulls_equal=True)
        new = rows.join(standing, on=columns, how="anti", nulls_equal=True)
        done.append(gone.with_columns(withdrawn_on=pl.lit(day)))
        standing = pl.concat([stays, new.with_columns(recorded_from=pl.lit(day))])
    done.append(standing.with_columns(withdrawn_on=pl.lit(None, pl.Date)))
    return pl.concat(done)


def _answer(path: Path, body: bytes) -> Answer:
    place = f"data/raw/{SOURCE}/{path.name}"
    return Answer(body, place, place, content_type="text/csv")


def _bundled(path: Path) -> dict[str, date]:
    if not path.is_file():
        return {}
    found: dict[str, date] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            found[record["sha256"]] = date.fromisoformat(record["recorded_on"])
        except (ValueError, KeyError, TypeError):
            expected = '{"file": …, "sha256": …, "recorded_on": YYYY-MM-DD}'
            raise InputError(f"{path}:{number}", "not a record", expected) from None
    return found
