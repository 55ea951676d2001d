"""The log of visits of one source, ``seen.jsonl``: one line a look at a page, append-only and kept whole.

What belongs here: a visit and its line, adding one, and what the log says in short. What does not: bytes of pages
(raw.py), what a visit means for a figure or a status (editions.py, status.py).

Nearly every line says that a page is as it was, and a night must not read ten years of them. What it needs is the
gist: for every page the visits that began something (other content, another shape), the last of each such spell, the
first and the last of all. ``seen.gist.json`` beside the log holds these lines and their numbers, up to a byte of the
log; what follows is read from the log. It is made of the log alone and replaced when the log has grown by
``SAVED_EVERY``. Where it is missing or damaged, or the log before its byte does not end as it did, the log is read
whole. So it is no state: it is in no backup and may be deleted. ``verify`` compares it with the whole log.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.files import append_line, stamp, write_atomic

Outcome = Literal["new", "unchanged", "failed"]

LOG, GIST = "seen.jsonl", "seen.gist.json"
SAVED_EVERY = 64 * 1024
"""Bytes by which a log grows until its gist is written anew: some weeks of nights."""

_VERSION = 1
_END = 4096
_KEPT = 32
_GISTS: "dict[Path, tuple[tuple[int, int, int], Gist]]" = {}
"""Gists as this process knows them, by path, with the log's stamp: a night asks for them some ten times a page."""


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
class Mark:
    """A visit and its place among those of its log, from 1."""

    number: int
    visit: Visit


@dataclass(frozen=True)
class Spell:
    """A time during which a page said one thing: the visit that brought it, and the last good one that found it so."""

    began: Mark
    last: Mark


@dataclass
class Gist:
    """What a log says in short. ``size``: bytes of the log that it covers; ``count``: the visits in them."""

    size: int = 0
    count: int = 0
    saved: int = 0
    spells: list[Spell] = field(default_factory=list[Spell])
    first: dict[str, Mark] = field(default_factory=dict[str, Mark])
    last: dict[str, Mark] = field(default_factory=dict[str, Mark])
    shapes: dict[str, str] = field(default_factory=dict[str, str])
    standing: dict[str, int] = field(default_factory=dict[str, int])

    def good(self, page: str) -> Visit | None:
        """Return the newest visit of a page that was not failed, or None."""
        return self.spells[self.standing[page]].last.visit if page in self.standing else None

    def newest(self) -> Visit | None:
        """Return the last visit of all, or None."""
        return max(self.last.values(), key=lambda mark: mark.number).visit if self.last else None

    def add(self, mark: Mark) -> None:
        """Take in the next visit."""
        visit, page = mark.visit, mark.visit.page
        self.count = mark.number
        self.first.setdefault(page, mark)
        self.last[page] = mark
        if visit.outcome == "failed":
            return
        if visit.schema:
            self.shapes[page] = visit.schema
        if page in self.standing and not _begins(visit, self.spells[self.standing[page]].began.visit):
            at = self.standing[page]
            self.spells[at] = replace(self.spells[at], last=mark)
            return
        self.standing[page] = len(self.spells)
        self.spells.append(Spell(mark, mark))

    def kept(self) -> list[Mark]:
        """Return the visits from which this gist can be made again, in order."""
        marks = [*self.first.values(), *self.last.values()]
        marks += [mark for spell in self.spells for mark in (spell.began, spell.last)]
        return [mark for _, mark in sorted({mark.number: mark for mark in marks}.items())]


def lines(path: Path) -> Iterator[tuple[Visit | None, str]]:
    """Yield the lines of a whole log with the visit that each says, None for one that says none."""
    body = path.read_bytes() if path.is_file() else b""
    for line in body.split(b"\n")[:-1]:  # a torn last line is none; not splitlines: a message may hold U+2028
        text = line.decode("utf-8", "replace")
        yield _visit(text), text


def gist(path: Path) -> Gist:
    """Return what a log says in short; read on, or again, only when somebody else wrote to it."""
    if not path.is_file():
        return Gist()
    now = stamp(path)
    if path in _GISTS and _GISTS[path][0] == now:
        return _GISTS[path][1]
    known = _saved(path) or Gist()
    _read_on(path, known)
    if len(_GISTS) >= _KEPT:
        _GISTS.clear()
    _GISTS[path] = (now, known)
    return known


def append(path: Path, visit: Visit) -> None:
    """Log a visit; the log is on disk when this returns."""
    record = {name: value for name, value in asdict(visit).items() if name != "schema" or value}
    line = json.dumps(record, ensure_ascii=False, default=plain)
    known = gist(path)
    known.size += append_line(path, line)
    said = _visit(line)
    assert said is not None
    known.add(Mark(known.count + 1, said))
    now = stamp(path)
    if now[1] != known.size:  # somebody else wrote to it, too
        _GISTS.pop(path, None)
        return
    _GISTS[path] = (now, known)
    if known.size - known.saved >= SAVED_EVERY:
        _save(path, known)


def fault(path: Path) -> str:
    """Return what is wrong with the gist that is kept beside a log, as compared with the whole log; "" when nothing."""
    saved = _saved(path)
    if saved is None:
        return ""  # nobody would use it
    _read_on(path, saved)
    whole = Gist()
    _read_on(path, whole)
    if (saved.count, saved.kept()) == (whole.count, whole.kept()):
        return ""
    return "does not say what the log says; delete it, it is made again"


def forget() -> None:
    """Drop what this process knows of any log, as a new process does."""
    _GISTS.clear()


def plain(value: object) -> str:
    """Write a time or a day for JSON, to the second and in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _begins(visit: Visit, standing: Visit) -> bool:
    """Tell whether a good visit says something else than its page said, be it only its shape."""
    same = (visit.content, visit.snapshots) == (standing.content, standing.snapshots)
    return visit.outcome == "new" or bool(visit.schema) or not same


def _read_on(path: Path, known: Gist) -> None:
    """Take in what a log says after the byte up to which it is known."""
    with path.open("rb") as file:
        file.seek(known.size)
        body = file.read()
    whole = body[: body.rfind(b"\n") + 1]
    for line in whole.split(b"\n")[:-1]:
        visit = _visit(line.decode("utf-8", "replace"))
        if visit is not None:
            known.add(Mark(known.count + 1, visit))
    known.size += len(whole)


def _saved(path: Path) -> Gist | None:
    """Return the gist that is kept beside a log; None when there is none, or it is not of this log."""
    try:
        record: dict[str, Any] = json.loads(path.with_name(GIST).read_text(encoding="utf-8"))
        if record["version"] != _VERSION or record["end"] != _end(path, record["size"]):
            return None
        found = Gist(saved=record["size"])
        for number, row in record["visits"]:
            found.add(Mark(number, _of(row)))
        found.size, found.count = record["size"], record["count"]
        return found
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _save(path: Path, known: Gist) -> None:
    """Keep the gist beside its log. A disk that is full costs the next night time and nothing else."""
    rows = [(mark.number, asdict(mark.visit)) for mark in known.kept()]
    end = _end(path, known.size)
    record = {"version": _VERSION, "size": known.size, "count": known.count, "end": end, "visits": rows}
    try:
        write_atomic(path.with_name(GIST), json.dumps(record, ensure_ascii=False, default=plain).encode())
    except OSError:
        return
    known.saved = known.size


def _end(path: Path, size: int) -> str:
    """Digest of how the first ``size`` bytes of a log end."""
    with path.open("rb") as file:
        file.seek(max(0, size - _END))
        return hashlib.sha256(file.read(min(size, _END))).hexdigest()


def _visit(line: str) -> Visit | None:
    try:
        return _of(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def _of(record: dict[str, Any]) -> Visit:
    record["at"] = datetime.fromisoformat(record["at"])
    record["snapshots"] = tuple(record["snapshots"])
    return Visit(**record)
