"""The raw store: every page as the server sent it, kept for good.

What belongs here: append-only snapshots (bytes + sidecar), the seen-log of visits, and ``verify``.
What does not: parsing, judgement of what a page says, fetching.

Layout, one folder a source::

    data/raw/<source>/<page>/2026-11-24-<sha12>.<ext>        the bytes
    data/raw/<source>/<page>/2026-11-24-<sha12>.meta.json    the sidecar
    data/raw/<source>/seen.jsonl                             one line a visit, in order of time
    data/raw/<source>/rejected/<page>.<ext>                  the last unreadable answer, for a person to look at

A visit is one look at one page: ``new`` content, ``unchanged``, or ``failed``. Snapshots are never overwritten or
removed. A write is a temporary file, fsync and rename; a visit is one appended line with fsync, written last, so
that a crash leaves at worst an orphaned file, which ``verify`` names and a later run may use.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pipelines import __version__
from pipelines.errors import InputError

Outcome = Literal["new", "unchanged", "failed"]

_LOGS_KEPT = 32
_LOGS: "dict[Path, tuple[tuple[int, int, int], list[tuple[Visit | None, str]]]]" = {}
"""Logs as this process read them, by path, with the file's stamp: a night asks for them some ten times a page."""

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


@dataclass(frozen=True)
class Visit:
    """One look at one page. ``snapshots`` are the sha256 of the parts that then made up the page, in order.

    ``content`` is the digest of what was extracted, by which sameness is judged; ``message`` says what went
    wrong when ``outcome`` is failed, or is a remark. ``schema`` is the page's shape where it is another than before.
    """

    source: str
    page: str
    at: datetime
    outcome: Outcome
    snapshots: tuple[str, ...] = ()
    content: str = ""
    message: str = ""
    schema: str = ""


@dataclass(frozen=True)
class Problem:
    """Something ``verify`` found: ``kind`` is missing, altered, orphaned or unreadable."""

    kind: str
    path: str
    detail: str


class RawStore:
    """The raw store in a folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # -- reading ---------------------------------------------------------------------------------------------

    def visits(self, source: str) -> list[Visit]:
        """Return the visits of a source in the order they were written; a torn last line is left out."""
        return [visit for visit, _ in self._log(source) if visit is not None]

    def snapshots(self, source: str) -> dict[str, Snapshot]:
        """Return the snapshots of a source by sha256, read from the sidecars."""
        found: dict[str, Snapshot] = {}
        folder = self.root / source
        for path in sorted(folder.glob("*/*.meta.json")):
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

    def newest(self) -> datetime | None:
        """Return when the last visit of any source was logged; None when there is none."""
        lasts = (self._last_line(path) for path in self.root.glob("*/seen.jsonl"))
        return max((visit.at for visit in map(_visit, lasts) if visit is not None), default=None)

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
        shapes = [v.schema for v in self.visits(source) if v.page == page and v.schema] if schema else []
        schema = "" if shapes and shapes[-1] == schema else schema
        last = self.last_good(source, page)
        if last is not None and last.content == content:
            visit = Visit(source, page, at, "unchanged", last.snapshots, content, schema=schema)
        else:
            shas = tuple(self._keep(source, page, answer, at, licence) for answer in answers)
            visit = Visit(source, page, at, "new", shas, content, schema=schema)
        self._append(visit)
        return visit

    def record_unchanged(self, source: str, page: str, at: datetime) -> Visit:
        """Log that the server says (304) that the page is as it was at the last good visit."""
        last = self.last_good(source, page)
        if last is None:
            raise InputError(f"{source}/{page}", "304 for a page that was never stored")
        visit = Visit(source, page, at, "unchanged", last.snapshots, last.content)
        self._append(visit)
        return visit

    def record_failure(
        self, source: str, page: str, message: str, at: datetime, rejected: bytes | None = None
    ) -> Visit:
        """Log that a page could not be had or read; the last unreadable answer is kept beside, for a person."""
        if rejected is not None:
            write_atomic(self.root / source / "rejected" / f"{page}.bin", rejected)
        visit = Visit(source, page, at, "failed", message=message)
        self._append(visit)
        return visit

    def last_good(self, source: str, page: str) -> Visit | None:
        """Return the newest visit of a page that was not failed, or None."""
        good = (v for v, _ in reversed(self._log(source)) if v and v.page == page and v.outcome != "failed")
        return next(good, None)

    def sweep(self) -> list[str]:
        """Put aside what a killed run left half written; return the paths. Only for the holder of the data folder.

        Temporary files go; bytes that no visit names move to ``rejected/``: the page is asked again. The bytes of the
        others are not read: ten years of them are hashed by ``verify``, not every night.
        """
        swept: list[str] = []
        for path in sorted(self.root.glob("*/**/.writing-*")):
            path.unlink()
            swept.append(self._relative(path))
        for problem in [p for p in self._verify(hashed=False) if p.kind == "orphaned"]:
            path = self.root / problem.path
            if not path.is_file():
                continue
            aside = path.parents[1] / "rejected" / f"{path.parent.name}-{path.name}"
            aside.parent.mkdir(exist_ok=True)
            path.replace(aside)
            path.with_name(path.stem + ".meta.json").unlink(missing_ok=True)
            swept.append(problem.path)
        return swept

    # -- verifying -------------------------------------------------------------------------------------------

    def verify(self) -> Iterator[Problem]:
        """Re-hash everything and yield what is missing, altered, orphaned or unreadable."""
        return self._verify(hashed=True)

    def _verify(self, *, hashed: bool) -> Iterator[Problem]:
        if not self.root.is_dir():
            return
        for folder in sorted(p for p in self.root.iterdir() if p.is_dir() and p.name != "reference"):
            yield from self._verify_source(folder.name, hashed)

    def _verify_source(self, source: str, hashed: bool) -> Iterator[Problem]:
        known: dict[str, Snapshot] = {}
        for path in sorted((self.root / source).glob("*/*.meta.json")):
            try:
                snapshot = _snapshot(path)
            except InputError as error:
                yield Problem("unreadable", self._relative(path), error.problem)
                continue
            known[snapshot.sha256] = snapshot
            try:
                if hashed:
                    self.body(snapshot)
            except InputError as error:
                kind = "altered" if (self.root / snapshot.path).is_file() else "missing"
                yield Problem(kind, snapshot.path, error.problem)
        yield from self._verify_log(source, known)
        for path in sorted((self.root / source).glob("*/*")):
            sidecar = path.name.endswith(".meta.json")
            if path.parent.name == "rejected" or sidecar or path.is_dir():
                continue
            if path.name.startswith("."):
                yield Problem("orphaned", self._relative(path), "a write that was interrupted; may be deleted")
            elif not path.with_name(path.stem + ".meta.json").is_file():
                yield Problem("orphaned", self._relative(path), "bytes without a sidecar")

    def _verify_log(self, source: str, known: dict[str, Snapshot]) -> Iterator[Problem]:
        seen: set[str] = set()
        for number, (visit, line) in enumerate(self._log(source), 1):
            if visit is None:
                place = f"{source}/seen.jsonl:{number}"
                yield Problem("unreadable", place, f"not a visit: {line[:60]!r}")
                continue
            for sha in visit.snapshots:
                if sha not in known and sha not in seen:
                    place = f"{source}/seen.jsonl:{number}"
                    yield Problem("missing", place, f"snapshot {sha[:12]} of page {visit.page} is not in the store")
            seen.update(visit.snapshots)
        for sha in known.keys() - seen:
            yield Problem("orphaned", known[sha].path, "a snapshot that no visit names")

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
            text = json.dumps(asdict(snapshot), ensure_ascii=False, indent=1, default=_plain)
            write_atomic(sidecar, (text + "\n").encode())
        return sha

    def _append(self, visit: Visit) -> None:
        path = self.root / visit.source / "seen.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {name: value for name, value in asdict(visit).items() if name != "schema" or value}
        line = json.dumps(record, ensure_ascii=False, default=_plain)
        known = self._log(visit.source)
        drop_torn_line(path)
        with path.open("ab") as log:
            log.write(line.encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
        known.append((_visit(line), line))
        _LOGS[path] = (_stamp(path), known)

    def _log(self, source: str) -> list[tuple[Visit | None, str]]:
        """Return the lines of a log with what each says; read again only when somebody else wrote to the file."""
        path = self.root / source / "seen.jsonl"
        if not path.is_file():
            return []
        stamp = _stamp(path)
        if path not in _LOGS or _LOGS[path][0] != stamp:
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = text.split("\n")[:-1]  # not splitlines: a message may hold U+2028
            if len(_LOGS) >= _LOGS_KEPT:
                _LOGS.clear()
            _LOGS[path] = (stamp, [(_visit(line), line) for line in lines])
        return _LOGS[path][1]

    def _last_line(self, path: Path) -> str:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            reach = 4096
            while True:
                file.seek(max(0, size - reach))
                lines = file.read().split(b"\n")[:-1]  # a torn last line is none
                if len(lines) > 1 or reach >= size:
                    return lines[-1].decode("utf-8", "replace") if lines else ""
                reach *= 4

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def write_atomic(path: Path, body: bytes) -> None:
    """Write ``body`` so that ``path`` is at every moment absent, the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def drop_torn_line(path: Path) -> None:
    """Cut a last line that a crash left without its end: it was never a visit. A whole log is not read for that."""
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb+") as log:
        log.seek(-1, os.SEEK_END)
        if log.read(1) != b"\n":
            body = path.read_bytes()
            os.truncate(path, body.rfind(b"\n") + 1)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


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


def _visit(line: str) -> Visit | None:
    try:
        record: dict[str, Any] = json.loads(line)
        record["at"] = datetime.fromisoformat(record["at"])
        record["snapshots"] = tuple(record["snapshots"])
        return Visit(**record)
    except (ValueError, KeyError, TypeError):
        return None


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _snapshot(path: Path) -> Snapshot:
    """Read a sidecar. Raises InputError naming it."""
    try:
        return _sidecar(path, _stamp(path))
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
