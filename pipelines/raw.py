"""The raw store: every page as the server sent it, kept for good.

What belongs here: append-only snapshots (bytes + sidecar) and the visits that name them.
What does not: the log of visits itself (visits.py), examining a store (verify.py), parsing, judging, fetching.

Layout, one folder a source::

    data/raw/<source>/<page>/2026-11-24-<sha12>.<ext>        the bytes
    data/raw/<source>/<page>/2026-11-24-<sha12>.meta.json    the sidecar
    data/raw/<source>/seen.jsonl                             one line a visit, in order of time
    data/raw/<source>/seen.gist.json                         the lines of it that a night needs; may be deleted
    data/raw/<source>/rejected/<page>.<ext>                  the last unreadable answer, for a person to look at

A visit is one look at one page: ``new`` content, ``unchanged``, or ``failed``. Snapshots are never overwritten or
removed. A write is a temporary file, fsync and rename; a visit is one appended line with fsync, written last, so
that a crash leaves at worst an orphaned file, which ``verify`` names and a later run may use.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines import __version__, visits
from pipelines.errors import InputError
from pipelines.files import stamp, write_atomic
from pipelines.visits import Gist, Spell, Visit

_PAGE = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class Snapshot:
    """What is known of one stored answer. ``path`` is relative to the raw store; ``fetched_at`` is UTC."""

    source: str
    page: str
    path: str
    url: str
    final_url: str
    status: int
    etag: str | None
    last_modified: str | None
    content_type: str | None
    sha256: str
    size: int
    fetched_at: datetime
    licence: str
    fetcher: str
    published_on: date | None = None
    imported_from: str | None = None


@dataclass(frozen=True)
class Answer:
    """One answer as fetched or imported, not yet stored. ``body`` is decoded from any transfer compression."""

    body: bytes
    url: str
    final_url: str
    status: int = 200
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    published_on: date | None = None
    imported_from: str | None = None
    not_modified: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


class _Snapshots(dict[str, Snapshot]):
    """Snapshots by sha256; one that is missing is told with its folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, sha256: str) -> Snapshot:
        problem = f"no sidecar tells of snapshot {sha256[:12]}, which the log names"
        raise InputError(str(self._folder), problem, fix="Restore it from a backup; see: lukuina verify")


class RawStore:
    """The raw store in a folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # -- reading ---------------------------------------------------------------------------------------------

    def visits(self, source: str) -> list[Visit]:
        """Return all visits of a source in the order they were written; a torn last line is left out.

        The whole log is read: for examining a store. A night asks for spells, changes, firsts and lasts.
        """
        return [visit for visit, _ in visits.lines(self.log(source)) if visit is not None]

    def spells(self, source: str) -> list[Spell]:
        """Return what the pages of a source said and from when to when, in the order in which each began."""
        return list(self._gist(source).spells)

    def changes(self, source: str) -> list[Visit]:
        """Return the visits of a source that brought new content, in order."""
        began = (spell.began.visit for spell in self._gist(source).spells)
        return [visit for visit in began if visit.outcome == "new"]

    def firsts(self, source: str) -> dict[str, Visit]:
        """Return page → its first visit, however it ended."""
        return {page: mark.visit for page, mark in self._gist(source).first.items()}

    def lasts(self, source: str) -> dict[str, Visit]:
        """Return page → its newest visit, however it ended, in the order in which the pages were first seen."""
        return {page: mark.visit for page, mark in self._gist(source).last.items()}

    def lasts_good(self, source: str) -> dict[str, Visit]:
        """Return page → its newest visit that was not failed."""
        known = self._gist(source)
        return {page: known.spells[at].last.visit for page, at in known.standing.items()}

    def last_good(self, source: str, page: str) -> Visit | None:
        """Return the newest visit of a page that was not failed, or None."""
        return self._gist(source).good(page)

    def snapshots(self, source: str) -> dict[str, Snapshot]:
        """Return the snapshots of a source by sha256, read from the sidecars.

        Asking for one that is not there, as a log may when a sidecar was lost, raises InputError.
        """
        found = _Snapshots(self.root / source)
        for path in sidecars(self.root / source):
            snapshot = _snapshot(path)
            found.setdefault(snapshot.sha256, snapshot)
        return found

    def body(self, snapshot: Snapshot) -> bytes:
        """Return the stored bytes. Raises InputError when they are missing or altered."""
        path = self.root / snapshot.path
        try:
            body = path.read_bytes()
        except OSError as error:
            raise InputError(str(path), f"cannot be read: {error.strerror}", fix="Restore it from a backup") from None
        if hashlib.sha256(body).hexdigest() != snapshot.sha256:
            raise InputError(str(path), "bytes differ from the recorded sha256", fix="Restore it from a backup")
        return body

    def sidecar(self, path: Path) -> Snapshot:
        """Return what a sidecar says. Raises InputError naming it."""
        return _snapshot(path)

    def newest(self) -> datetime | None:
        """Return when the last visit of any source was logged; None when there is none."""
        lasts = (visits.gist(path).newest() for path in self.root.glob(f"*/{visits.LOG}"))
        return max((visit.at for visit in lasts if visit is not None), default=None)

    def not_before(self, at: datetime) -> datetime:
        """Return ``at``, or the last visit's time when the clock has gone back: the log never says an earlier day.

        Else what is recorded now would change what we said on days that have passed (R3).
        """
        newest = self.newest()
        return at if newest is None else max(at, newest)

    # -- writing ---------------------------------------------------------------------------------------------

    def record(
        self, source: str, page: str, answers: list[Answer], content: str, at: datetime, licence: str, schema: str = ""
    ) -> Visit:
        """Store what a page said and log the visit; the same ``content`` as the last good visit adds no file.

        ``content`` is the digest of what was extracted from the page (bytes with other tokens may have the same
        content). ``schema`` is logged when it is not the page's last one. Returns the visit, new or unchanged.
        """
        schema = "" if self._gist(source).shapes.get(page) == schema else schema
        last = self.last_good(source, page)
        if last is not None and last.content == content:
            visit = Visit(source, page, at, "unchanged", last.snapshots, content, schema=schema)
        else:
            shas = tuple(self._keep(source, page, answer, at, licence) for answer in answers)
            visit = Visit(source, page, at, "new", shas, content, schema=schema)
        visits.append(self.log(source), visit)
        return visit

    def record_unchanged(self, source: str, page: str, at: datetime) -> Visit:
        """Log that the server says (304) that the page is as it was at the last good visit."""
        last = self.last_good(source, page)
        if last is None:
            raise InputError(f"{source}/{page}", "304 for a page that was never stored")
        visit = Visit(source, page, at, "unchanged", last.snapshots, last.content)
        visits.append(self.log(source), visit)
        return visit

    def record_failure(
        self, source: str, page: str, message: str, at: datetime, rejected: bytes | None = None
    ) -> Visit:
        """Log that a page could not be had or read; the last unreadable answer is kept beside, for a person."""
        if rejected is not None:
            write_atomic(self.root / source / "rejected" / f"{page}.bin", rejected)
        visit = Visit(source, page, at, "failed", message=message)
        visits.append(self.log(source), visit)
        return visit

    # -- inside ----------------------------------------------------------------------------------------------

    def _keep(self, source: str, page: str, answer: Answer, at: datetime, licence: str) -> str:
        if not _PAGE.fullmatch(page) or not _PAGE.fullmatch(source):
            raise InputError(f"{source}/{page}", "not a name for a file", "a-z, 0-9, dot, dash, underscore")
        sha = answer.sha256
        for earlier in (self.root / source / page).glob(f"*-{sha[:12]}.meta.json"):
            if _snapshot(earlier).sha256 == sha:  # A, then B, then A again: the first A serves
                return sha
        stem = f"{at.astimezone(UTC):%Y-%m-%d}-{sha[:12]}"
        relative = Path(source) / page / (stem + _extension(answer))
        snapshot = Snapshot(
            source, page, relative.as_posix(), answer.url, answer.final_url, answer.status, answer.etag,
            answer.last_modified, answer.content_type, sha, len(answer.body), at.astimezone(UTC), licence,
            f"toiminta-lukuina {__version__}", answer.published_on, answer.imported_from,
        )  # fmt: skip
        if not (self.root / relative).is_file():
            write_atomic(self.root / relative, answer.body)
        sidecar = (self.root / relative).with_name(stem + ".meta.json")
        if not sidecar.is_file():
            text = json.dumps(asdict(snapshot), ensure_ascii=False, indent=1, default=visits.plain)
            write_atomic(sidecar, (text + "\n").encode())
        return sha

    def log(self, source: str) -> Path:
        """Return where the log of a source is."""
        return self.root / source / visits.LOG

    def _gist(self, source: str) -> Gist:
        return visits.gist(self.log(source))


def sidecars(folder: Path) -> list[Path]:
    """Return the sidecars in the folder of a source, in order."""
    return sorted(folder.glob("*/*.meta.json"))


def _extension(answer: Answer) -> str:
    kind = (answer.content_type or "").split(";")[0].strip().lower()
    known = {
        "text/html": ".html",
        "application/json": ".json",
        "text/csv": ".csv",
        "text/plain": ".txt",
        "application/x-ndjson": ".jsonl",
    }
    if kind in known:
        return known[kind]
    if "spreadsheetml" in kind or answer.body[:2] == b"PK":
        return ".xlsx"
    return ".bin"


def _snapshot(path: Path) -> Snapshot:
    """Read a sidecar. Raises InputError naming it."""
    try:
        return _sidecar(path, stamp(path))
    except OSError as error:
        raise InputError(str(path), f"sidecar cannot be read ({error})", fix="Restore it from a backup") from None


@lru_cache(maxsize=16384)
def _sidecar(path: Path, _: tuple[int, int, int]) -> Snapshot:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        names = {f.name for f in fields(Snapshot)}
        record["fetched_at"] = datetime.fromisoformat(record["fetched_at"])
        published = record.get("published_on")
        record["published_on"] = date.fromisoformat(published) if published else None
        return Snapshot(**{key: value for key, value in record.items() if key in names})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"sidecar cannot be read ({error})", fix="Restore it from a backup") from None
