"""The corrections: what was wrong, why, who told us, and what stands now; ``data/raw/corrections/*.yaml``.

What belongs here: the shape of a correction, reading the hand-kept files with file, line and key in every error,
keeping their bytes as snapshots, and from which day each correction holds. What does not: finding and changing the
rows (correcting.py), pages.

A correction holds from the day on which its confirmed form was first taken in, never earlier, so that what we said
before stays as it was said (R3). From then on it is only added to: its words may be mended, what it does may not. A
correction that was itself wrong is followed by another one.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines import yaml_lines
from pipelines.clock import local_date
from pipelines.decisions import check_text
from pipelines.errors import InputError, nearest
from pipelines.figure_spec import Bound, NonBlank, ReferenceText, Text
from pipelines.raw import Answer, RawStore
from pipelines.visits import Visit

SOURCE = "corrections"
LICENCE = "compiled corrections CC BY 4.0"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_SHAPE = "a list of corrections, see docs/operate.md"
_FIX = "See docs/operate.md, Corrections"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Target(_Part):
    """What is corrected: one observation by its key (R2), or a figure that shows one observation.

    ``publisher`` is needed only where several producers have a value for the key.
    """

    figure: str = ""
    series: str = ""
    geo: str = "FI"
    dimension: str = ""
    category: str = ""
    coverage: str = "as_defined"
    period: ReferenceText | Literal[""] = ""
    as_of: ReferenceText | Literal[""] = ""
    publisher: str = ""

    @property
    def reference(self) -> str:
        """The period of a flow or the as_of of a stock."""
        return self.period or self.as_of

    @model_validator(mode="after")
    def _one(self) -> "Target":
        if bool(self.figure) == bool(self.series):
            raise ValueError("needs one of figure and series")
        if self.figure and len(self.model_fields_set) > 1:
            raise ValueError("figure stands alone; with series come geo, category, coverage, period or as_of")
        if self.series and bool(self.period) == bool(self.as_of):
            raise ValueError("needs one of period (flow) and as_of (stock)")
        return self


class Correction(_Part):
    """One correction.

    ``kind``: korjaus (we or the producer were wrong) or menetelmä (the method changed). ``status``: reported (being
    looked into), confirmed (holds) or rejected (looked into, nothing was wrong); all are public, only confirmed ones
    do anything. ``expect``: the value that must be found. Then one of ``value`` (what stands instead), ``withdraw``
    (nothing stands instead) and ``became`` (the producer's newer value is on record already; this says why).

    ``published_on`` tells that the producer published the new value on that day: until then the old one stays what
    was known. Without it the old value was never right, and is not what was known on any day.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,59}$")]
    day: date
    kind: Literal["korjaus", "menetelmä"]
    status: Literal["reported", "confirmed", "rejected"]
    reporter: NonBlank
    reason: Text
    target: Target
    expect: Annotated[float, Field(allow_inf_nan=False)]
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    bound: Bound | None = None
    citation: str = ""
    source_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    published_on: date | None = None
    withdraw: bool = False
    became: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Correction":
        done = [name for name in ("value", "became") if getattr(self, name) is not None]
        done += ["withdraw"] if self.withdraw else []
        if len(done) != 1:
            raise ValueError("needs one of value, withdraw: true and became")
        if self.value is not None and not (self.citation.strip() or self.source_url):
            raise ValueError("value needs a citation or a source_url: where the new value was read")
        if self.value is None and (self.bound or self.citation or self.source_url or self.published_on):
            raise ValueError("bound, citation, source_url and published_on go with value")
        if (self.value if self.value is not None else self.became) == self.expect and not self.bound:
            raise ValueError("the new value is the old one")
        if self.published_on and self.published_on > self.day:
            raise ValueError("published_on is after day")
        texts = {"reporter": self.reporter, "citation": self.citation}
        for place, text in (texts | {f"reason.{code}": self.reason[code] for code in ("fi", "sv", "en")}).items():
            try:
                check_text(place, text)
            except InputError as error:
                raise ValueError(str(error)) from None
        return self

    @property
    def effect(self) -> dict[str, Any]:
        """What may not change once the correction is confirmed: all but the words and who told us."""
        return self.model_dump(exclude={"reason", "reporter"})


_KEYS = {*Correction.model_fields, *Target.model_fields, *Text.model_fields}


@dataclass(frozen=True)
class Entry:
    """A correction with ``place`` (file:line), the lines of its keys, and how it entered our record.

    ``held_from``: the day of the first content in which it has its present status; ``snapshot_sha256``: of that
    content.
    """

    correction: Correction
    place: str
    held_from: date
    snapshot_sha256: str
    lines: yaml_lines.Lines

    def error(self, key: str, problem: str, expected: str = "", fix: str = _FIX) -> InputError:
        """Return an error that names the file, the line of ``key`` (``target.geo``) and what is wrong."""
        where = tuple(key.split("."))
        line = next((self.lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in self.lines), 1)
        return InputError(f"{self.place.rpartition(':')[0]}:{line}: {key}", problem, expected, fix)


@dataclass(frozen=True)
class _File:
    """One content of one file."""

    page: str
    body: bytes
    entries: tuple[tuple[Correction, int, yaml_lines.Lines], ...]


def read(body: bytes, place: str) -> tuple[tuple[Correction, int, yaml_lines.Lines], ...]:
    """Read one file: corrections with their lines. Raises InputError naming file, line and key."""
    if not body.strip():
        return ()
    content, lines = yaml_lines.read_bytes(body, place, _SHAPE, list)
    found: dict[str, tuple[Correction, int, yaml_lines.Lines]] = {}
    for index, record in enumerate(content):
        line = lines.get((index,), 1)
        own = {where[1:]: at for where, at in lines.items() if where[:1] == (index,)}
        try:
            one = Correction.model_validate(record)
        except ValidationError as error:
            raise _fault(error, place, lines, index) from None
        if one.id in found:
            raise InputError(f"{place}:{line}: id", f"{one.id!r} is there twice", "each id once", _FIX)
        found[one.id] = (one, line, own)
    return tuple(found.values())


def recorded(store: RawStore) -> tuple[Entry, ...]:
    """Return the corrections that were taken in, in the order in which they came to hold."""
    return _entries(((local_date(at), content) for at, content in _contents(store)), store.root)


def proposed(store: RawStore, now: datetime) -> tuple[Entry, ...] | None:
    """Return what would be on record if the files as they stand were taken in now; None when nothing is new.

    Raises InputError for a file that is wrong, and for a confirmed correction that was changed or taken out.
    """
    contents = _contents(store)
    fresh = _fresh(store)
    if not fresh:
        return None
    today = local_date(now)
    before = {
        entry.correction.id: entry for entry in _entries(((local_date(at), one) for at, one in contents), store.root)
    }
    after = _entries([*((local_date(at), one) for at, one in contents), *((today, one) for one in fresh)], store.root)
    _check_kept(before, {entry.correction.id: entry for entry in after})
    for entry in after:
        if entry.correction.id not in before and entry.correction.day > today:
            raise entry.error("day", f"{entry.correction.day} is in the future", f"at most {today}")
    return after


def take_in(store: RawStore, now: datetime, check: Callable[[tuple[Entry, ...]], object]) -> list[Visit]:
    """Keep every new content of the files; return the visits that were new.

    ``check`` gets the corrections as they would stand and raises InputError when one cannot be applied; then, as for
    a file that is wrong, the store is left as it was.
    """
    entries = proposed(store, now)
    if entries is None:
        return []
    check(entries)
    visits: list[Visit] = []
    for one in _fresh(store):
        place = f"data/raw/{SOURCE}/{one.page}.yaml"
        answer = Answer(one.body, place, place, content_type="text/plain")
        visits.append(store.record(SOURCE, one.page, [answer], sha256(one.body).hexdigest(), now, LICENCE))
    return visits


def _contents(store: RawStore) -> list[tuple[datetime, _File]]:
    snapshots = store.snapshots(SOURCE)
    found: list[tuple[datetime, _File]] = []
    for visit in store.changes(SOURCE):
        body = store.body(snapshots[visit.snapshots[0]])
        found.append((visit.at, _File(visit.page, body, read(body, f"{SOURCE}/{visit.page}.yaml"))))
    return found


def _fresh(store: RawStore) -> list[_File]:
    """Return the files whose content is not the last one recorded, each checked; a file that is gone as empty."""
    folder = store.root / SOURCE
    visits = {visit.page: visit for visit in store.changes(SOURCE)}
    bodies = {path: path.read_bytes() for path in sorted(folder.glob("*.y*ml"))}
    bodies |= {path: b"" for page in visits if not (path := folder / f"{page}.yaml").is_file()}
    found: list[_File] = []
    for path, body in bodies.items():
        if path.suffix != ".yaml" or not _NAME.fullmatch(path.stem):
            raise InputError(str(path), "not a name for a file of corrections", "a-z, 0-9 and dashes, then .yaml")
        last = visits.get(path.stem)
        if last is None or last.content != sha256(body).hexdigest():
            found.append(_File(path.stem, body, read(body, str(path))))
    return found


def _entries(contents: Iterable[tuple[date, _File]], root: Path) -> tuple[Entry, ...]:
    """Follow the contents in order: each correction as it stands last, held from when its status is as it is."""
    pages: dict[str, dict[str, Entry]] = {}
    ever: dict[str, Entry] = {}
    for day, one in contents:
        sha = sha256(one.body).hexdigest()
        held: dict[str, Entry] = {}
        for correction, line, lines in one.entries:
            entry = Entry(correction, f"{root / SOURCE / one.page}.yaml:{line}", day, sha, lines)
            last = ever.get(correction.id)
            if last is not None and last.correction.status == correction.status:
                entry = Entry(correction, entry.place, last.held_from, last.snapshot_sha256, lines)
            held[correction.id] = ever[correction.id] = entry
        pages[one.page] = held
    known: dict[str, str] = {}
    for page, held in pages.items():
        for name, entry in held.items():
            if name in known:
                raise entry.error("id", f"{name!r} is in {known[name]}.yaml too", "each id once")
            known[name] = page
    return tuple(sorted((e for held in pages.values() for e in held.values()), key=lambda e: e.held_from))


def _check_kept(before: dict[str, Entry], after: dict[str, Entry]) -> None:
    """Refuse that what holds, or was refused, is changed or taken out."""
    for name, old in before.items():
        if old.correction.status == "reported":
            continue
        new = after.get(name)
        if new is None:
            place = old.place.rpartition(":")[0]
            problem = f"the correction {name!r} of {old.held_from} is gone"
            raise InputError(place, problem, "corrections are only added to", "Put it back, and add another one")
        if new.correction.effect != old.correction.effect:
            then, now = old.correction.effect, new.correction.effect
            key = next(key for key in then if then[key] != now[key])
            raise new.error(key, f"{name!r} holds since {old.held_from}, and {key} was changed", str(then[key]))


def _fault(error: ValidationError, place: str, lines: yaml_lines.Lines, index: int) -> InputError:
    first = yaml_lines.to_tell(error)
    where = [part for part in first["loc"] if str(part) in _KEYS or first["type"] == "extra_forbidden"]
    line = yaml_lines.line_of(lines, (index, *where))
    key = ".".join(str(part) for part in where) or "correction"
    expected = ""
    if first["type"] == "extra_forbidden":
        model = {"target": Target, "reason": Text}.get(str(where[0]), Correction) if len(where) > 1 else Correction
        expected = nearest(str(where[-1]), list(model.model_fields))
    problem = "unknown key" if expected else first["msg"].removeprefix("Value error, ")
    return InputError(f"{place}:{line}: {key}", problem, expected, _FIX)
