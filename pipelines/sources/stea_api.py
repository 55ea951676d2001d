"""The JSON endpoint of avustukset.stea.fi: the polite crawl over ids, and JSON → typed rows.

What belongs here: asking one organisation at a time, keeping a half-done crawl so that it can be resumed, the checks
that name id and key, the types. What does not: when to crawl (pipelines/sources/stea.py), the workbook
(stea_workbook.py), which rows win where both have the year (SQL; the workbook owns the rows, R6).

Known keys (sources/stea.md §1.3, seen in public code, not live): an organisation has organisationId, name,
businessId, nameHistory, allAidTargets; a target has year, requested, proposed, granted, purpose, organisationName.
Further keys are tolerated and reported. None is known for type, number, theme, class or area of a grant, so those
columns stay empty: a name that we guessed could be filled with something else.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import FetchError, InputError
from pipelines.http import Http
from pipelines.raw import Answer
from pipelines.sources.base import Fetched
from pipelines.sources.stea_workbook import GRANTS, decision_state

ADDRESS = "https://avustukset.stea.fi/api/organisation/{id}"
PROBES = (774, 862, 730)
"""Organisations that are looked at every night (§1.3): a change in one tells that a round was published."""

PARTIAL = "organisations.partial.jsonl"
PARTIAL_AGE = timedelta(days=7)
NDJSON = "application/x-ndjson"

_ORGANISATION = ("organisationId", "name", "businessId", "nameHistory", "allAidTargets")
_TARGET = ("year", "requested", "proposed", "granted", "purpose", "organisationName")
_GONE = frozenset({400, 404, 410})
_OPTIONAL = frozenset({"businessId", "nameHistory", "purpose", "organisationName"})
"""Keys that may be null (§1.3) and are therefore taken as null when they are absent."""
_FALLBACK = range(1, 21)
_STATUS = re.compile(r"answered ([0-9]{3})")
_BATCH = 50
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which JSON can carry and UTF-8 cannot


@dataclass(frozen=True)
class Organisation:
    """One organisation as the endpoint tells it. ``targets``: year, name, purpose, requested, proposed, granted (€).

    ``unknown`` names keys that we do not know, a target's with ``allAidTargets.`` before them.
    """

    id: int
    name: str
    business_id: str | None
    former_names: tuple[str, ...]
    targets: tuple[tuple[int, str, str, int | None, int | None, int | None], ...]
    unknown: frozenset[str]


# -- asking ------------------------------------------------------------------------------------------------------


def probe(http: Http) -> tuple[Fetched, str | None]:
    """Look at the probe organisations. Returns what to yield, and the content digest (None when unreadable).

    A probe that is gone (404) is left out, which changes the digest. When all three are gone the lowest ids are tried,
    up to the first that is there; none there either is an error.
    """
    answers: list[Answer] = []
    for number in (*PROBES, *_FALLBACK):
        if answers and number not in PROBES:
            break
        try:
            answers.append(_ask(http, number))
        except FetchError as error:
            if _status(error) not in _GONE:
                return Fetched("probes", error=str(error), host_down=error.host_down), None
    if not answers:
        asked = ", ".join(str(number) for number in (*PROBES, *_FALLBACK))
        return Fetched("probes", error=f"{http.resolve(ADDRESS)}: none of the organisations {asked} is there"), None
    try:
        content = digest(probes([answer.body for answer in answers], ADDRESS))
    except InputError:
        content = None  # read() will refuse the answers with the same error, and says so
    return Fetched("probes", tuple(answers)), content


def crawl(http: Http, partial: "Partial", max_id: int) -> Iterator[Fetched]:
    """Ask for every id up to ``max_id`` that ``partial`` does not have yet, then yield the whole as one answer.

    Stops at the first id that could not be had, with an error and without an edition (R6); what there is by then
    stays in ``partial`` for the next run. It is deleted only after the answer was taken over.
    """
    with partial.appending() as add:
        for number in range(1, max_id + 1):
            if number in partial.answers:
                continue
            try:
                add(number, 200, _verbatim(_ask(http, number), number))
            except FetchError as error:
                if _status(error) in _GONE:
                    add(number, _status(error), "")
                    continue
                asked = sum(1 for done in partial.answers if done <= max_id)
                problem = f"crawl stopped at id {number} ({asked} of {max_id} asked), will resume: {error}"
                yield Fetched("organisations", error=problem, host_down=error.host_down)
                return
    answer = Answer(partial.hits(max_id), ADDRESS, http.resolve(ADDRESS), content_type=NDJSON)
    yield Fetched("organisations", (answer,))
    partial.delete()


def _ask(http: Http, number: int) -> Answer:
    return http.get(ADDRESS.format(id=number), accept="application/json")


def _status(error: FetchError) -> int:
    found = _STATUS.fullmatch(error.problem)
    return int(found[1]) if found else 0


def _verbatim(answer: Answer, number: int) -> str:
    """Return the body as text. Raises FetchError when it is no JSON object: a page "service break" is no data."""
    try:
        text = answer.body.decode("utf-8")
        if isinstance(json.loads(text.removeprefix("\ufeff")), dict):
            return text
    except (UnicodeDecodeError, ValueError, RecursionError):
        pass
    raise FetchError(answer.url, f"organisation {number} is answered with {answer.body[:40]!r}", "a JSON object")


class Partial:
    """A crawl that is not finished: one JSON line an id (id, status, at, body), appended as the answers come.

    The file exists from the moment that a crawl is due until its edition was taken over, so that a run that was
    killed in between is continued. Answers older than ``PARTIAL_AGE`` are thrown away: an edition is one look at the
    register, not a mixture of months. ``now`` is the time of this run, UTC.
    """

    def __init__(self, folder: Path, now: datetime) -> None:
        self._path, self._now = folder / PARTIAL, now
        self.answers: dict[int, tuple[int, str]] = {}
        self.pending = self._path.is_file()
        if self.pending:
            self._load()

    def begin(self) -> None:
        """Note on disk that a crawl is due."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        self.pending = True

    @contextmanager
    def appending(self) -> Generator[Callable[[int, int, str], None], None, None]:
        """Yield ``add(id, status, text)``, which appends an answer; every 50 are forced to disk, and the last."""
        self.begin()
        with self._path.open("ab") as file:

            def add(number: int, status: int, text: str) -> None:
                line = {"id": number, "status": status, "at": self._now.isoformat(), "body": text}
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
                self.answers[number] = (status, text)
                if len(self.answers) % _BATCH == 0:
                    os.fsync(file.fileno())

            try:
                yield add
            finally:
                file.flush()
                os.fsync(file.fileno())

    def hits(self, max_id: int) -> bytes:
        """Return JSON lines ``{"id", "body"}`` of the organisations that exist, in order of id, bodies verbatim.

        ``name: null`` is no organisation; an answer without the key is kept, so that reading it complains.
        """
        lines = [
            json.dumps({"id": number, "body": text}, ensure_ascii=False)
            for number, (status, text) in sorted(self.answers.items())
            if number <= max_id and status == 200 and _decoded(text, str(number)).get("name", "") is not None
        ]
        return "".join(line + "\n" for line in lines).encode()

    def delete(self) -> None:
        """Forget the crawl: its edition was taken over."""
        self._path.unlink(missing_ok=True)
        self.pending, self.answers = False, {}

    def _load(self) -> None:
        body = self._path.read_bytes()
        whole = body.rfind(b"\n") + 1
        oldest = self._now
        for line in body[:whole].splitlines():
            try:
                record = json.loads(line)
                oldest = min(oldest, datetime.fromisoformat(record["at"]))
                status, text = int(record["status"]), str(record["body"])
                if status == 200:
                    _decoded(text, "")
                self.answers[int(record["id"])] = (status, text)
            except (InputError, ValueError, KeyError, TypeError):
                continue  # a line that a crash or an editor spoiled: that id is asked again
        if self._now - oldest > PARTIAL_AGE:
            self.answers, whole = {}, 0
        if whole < len(body):  # a torn last line would spoil the next one
            os.truncate(self._path, whole)


# -- reading -----------------------------------------------------------------------------------------------------


def organisations(body: bytes, place: str) -> list[Organisation]:
    """Read a crawl (JSON lines of ``Partial.hits``). Raises InputError naming line, or id and key."""
    found: list[Organisation] = []
    for number, line in enumerate(body.splitlines(), 1):
        record = _decoded(line, f"{place}, line {number}")
        if not isinstance(record.get("id"), int) or not isinstance(record.get("body"), str):
            raise InputError(f"{place}, line {number}", "has no id and body", "a line of a crawl of the STEA endpoint")
        where = f"{place}, organisation {record['id']}"
        organisation = _organisation(_decoded(record["body"], where), where)
        if organisation is None or organisation.id != record["id"]:
            answered = "none" if organisation is None else str(organisation.id)
            raise InputError(where, f"key organisationId is {answered}", "the id that was asked")
        found.append(organisation)
    return found


def probes(bodies: Sequence[bytes], place: str) -> list[Organisation]:
    """Read the probe answers; those without a name are no organisations. Raises InputError naming id and key."""
    read = [_organisation(_decoded(body, place), f"{place}, probe {number}") for number, body in enumerate(bodies, 1)]
    found = [organisation for organisation in read if organisation is not None]
    if not found:
        raise InputError(place, "none of the probe organisations has a name", "at least one that exists")
    return found


def digest(found: Iterable[Organisation]) -> str:
    """Return the sha256 (hex) of what was read, in order of id: the order of keys and spaces do not matter."""
    rows = [
        [o.id, o.name, o.business_id, o.former_names, o.targets, sorted(o.unknown)]
        for o in sorted(found, key=lambda o: o.id)
    ]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def organisation_table(found: Sequence[Organisation]) -> pl.DataFrame:
    """Return ``organisation_id, name, business_id, former_names``: one row an organisation, by id."""
    schema = {
        "organisation_id": pl.Int32(),
        "name": pl.String(),
        "business_id": pl.String(),
        "former_names": pl.List(pl.String()),
    }
    rows = [(o.id, o.name, o.business_id, list(o.former_names)) for o in found]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("organisation_id")


def grant_table(found: Sequence[Organisation]) -> pl.DataFrame:
    """Return the targets as rows of ``GRANTS`` with basis ``json``; what the JSON does not tell is "" or null."""
    columns = ("year", "organisation", "purpose", "applied_eur", "proposed_eur", "granted_eur", "business_id")
    rows = [(*target, o.business_id) for o in found for target in o.targets]
    frame = pl.DataFrame(rows, schema={name: GRANTS[name] for name in columns}, orient="row")
    known = frame.with_columns(decision_state(), pl.lit("json").alias("basis"))
    missing = [
        pl.lit("" if kind == pl.String() else None, kind).alias(name)
        for name, kind in GRANTS.items()
        if name not in known.columns
    ]
    return known.with_columns(missing).select(*GRANTS)


def _decoded(text: str | bytes, place: str) -> dict[str, Any]:
    try:
        content = json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(place, f"not JSON: {error}", "a JSON object") from None
    if not isinstance(content, dict):
        raise InputError(place, f"JSON {type(content).__name__}", "a JSON object")
    return content


def _organisation(content: dict[str, Any], place: str) -> Organisation | None:
    """Return the organisation, None when its name is null: the endpoint's way to say that there is none."""
    _present(content, ("name",), place)
    if content["name"] is None:
        return None
    _present(content, _ORGANISATION, place)
    number = _whole(content, "organisationId", place, 1, 10**9)
    if number is None:
        raise InputError(place, "key organisationId is null", "a whole number")
    place = f"{place} (id {number})"
    name = _string(content, "name", place)
    targets = [_object(item, f"{place}, key allAidTargets") for item in _items(content, "allAidTargets", place)]
    former = [_text(item, f"{place}, key nameHistory") for item in _items(content, "nameHistory", place)]
    unknown = set(content) - set(_ORGANISATION)
    for target in targets:
        unknown |= {f"allAidTargets.{key}" for key in target.keys() - set(_TARGET)}
    return Organisation(
        id=number,
        name=name,
        business_id=_string(content, "businessId", place) or None,
        former_names=tuple(former),
        targets=tuple(_target(item, name, f"{place}, target {n}") for n, item in enumerate(targets, 1)),
        unknown=frozenset(unknown),
    )


def _target(content: dict[str, Any], name: str, place: str) -> tuple[int, str, str, int | None, int | None, int | None]:
    _present(content, _TARGET, place)
    year = _whole(content, "year", place, 1990, 2100)
    if year is None:
        raise InputError(place, "key year is null", "a year")
    requested, proposed, granted = (_whole(content, key, place) for key in ("requested", "proposed", "granted"))
    own = _string(content, "organisationName", place) or name
    return year, own, _string(content, "purpose", place), requested, proposed, granted


def _present(content: dict[str, Any], keys: Iterable[str], place: str) -> None:
    missing = [key for key in keys if key not in content and key not in _OPTIONAL]
    if missing:
        raise InputError(
            place, f"key {', '.join(missing)} is missing; there are {', '.join(sorted(content)) or 'none'}"
        )


def _whole(content: dict[str, Any], key: str, place: str, low: int = 0, high: int = 10**12) -> int | None:
    """Return a whole number, None for null; 1000.0 is whole, 0.5, "1000" and true are not."""
    value = content.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high or value != int(value):
        raise InputError(f"{place}, key {key}", f"{value!r}", f"a whole number from {low} to {high}, or null")
    return int(value)


def _string(content: dict[str, Any], key: str, place: str) -> str:
    value = content.get(key)
    return "" if value is None else _text(value, f"{place}, key {key}")


def _items(content: dict[str, Any], key: str, place: str) -> list[Any]:
    value = content.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{place}, key {key}", f"{type(value).__name__}", "a list or null")
    return value or []


def _object(item: Any, place: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InputError(place, f"holds {item!r}", "objects")
    return item


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise InputError(place, f"{value!r}", "text")
    return value.strip()
