"""Asking the publishers: fetch what is due, keep what is readable, log what failed.

What belongs here: the order of one refresh and of one import, and what counts as newly failed. What does not: any
address or format (pipelines/sources/), judging, building.

A failing page fails itself, a failing source never stops the others (R11).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines import clock, steps
from pipelines.errors import InputError, NoContactError, nearest
from pipelines.http import Http, Limits, Validators, host_of, is_loopback
from pipelines.raw import Answer, RawStore
from pipelines.settings import Settings
from pipelines.sources.base import Edition, Fetched, Source
from pipelines.visits import Visit

Say = Callable[[str], None]


@dataclass(frozen=True)
class Refreshed:
    """What one refresh did: the visits it logged, the sources it could not ask, and what is newly failed."""

    visits: tuple[Visit, ...]
    skipped: tuple[str, ...]
    newly_failed: tuple[str, ...]


class Known:
    """What a source's fetch may know of earlier visits (``sources.base.Known``)."""

    def __init__(self, store: RawStore, source: str, now: datetime, work: Path, named: bool = False) -> None:
        self._now, self._work, self._named = now, work / source, named
        self._good = store.lasts_good(source)
        self._snapshots = store.snapshots(source)

    @property
    def now(self) -> datetime:
        """The time of this run, UTC."""
        return self._now

    @property
    def named(self) -> bool:
        """Whether a person named the source."""
        return self._named

    @property
    def work(self) -> Path:
        """The source's own folder for what a long fetch has so far."""
        self._work.mkdir(parents=True, exist_ok=True)
        return self._work

    def validators(self, page: str) -> Validators:
        """Validators of the newest stored answer of the page."""
        visit = self._good.get(page)
        last = self._snapshots.get(visit.snapshots[-1]) if visit and visit.snapshots else None
        return Validators(last.etag, last.last_modified) if last else Validators()

    def last_good(self, page: str) -> datetime | None:
        """When the page was last seen well."""
        visit = self._good.get(page)
        return visit.at if visit else None

    def content(self, page: str) -> str | None:
        """Content digest of the newest good visit."""
        visit = self._good.get(page)
        return visit.content if visit else None


def refresh(
    settings: Settings,
    store: RawStore,
    sources: Mapping[str, Source],
    names: Iterable[str],
    say: Say,
    only_due: bool = False,
) -> Refreshed:
    """Ask the named sources, or all; log every visit. Raises InputError for an unknown name.

    A named source is asked for all its pages, with ``only_due`` for those that are due as when nothing is named.

    Raises NoContactError when a source was named and may not be asked; unnamed ones are then skipped and named.
    """
    chosen = list(names)
    for name in chosen:
        if name not in sources and name != "transcribed":
            raise InputError(f"source {name!r}", "unknown source", nearest(name, [*sources, "transcribed"]))
    at = store.not_before(clock.now())
    visits: list[Visit] = []
    skipped: list[str] = []
    before = {source: _failing(store, source) for source in sources}
    for source in sources.values():
        if (chosen and source.id not in chosen) or not source.pages:
            continue
        try:
            with steps.step("fetch", source.id):
                visits += _source(settings, store, source, at, say, named=bool(chosen) and not only_due)
        except NoContactError as error:
            if chosen:
                raise
            skipped.append(source.id)
            say(f"{source.id}: not asked. {error}")
    newly = [
        f"{visit.source}/{visit.page}: {visit.message}"
        for visit in visits
        if visit.outcome == "failed" and _matters(store, sources[visit.source], visit.page)
        and visit.page not in before[visit.source]
    ]  # fmt: skip
    return Refreshed(tuple(visits), tuple(skipped), tuple(newly))


def bring_in(store: RawStore, source: Source, page: str, path: Path, body: bytes, published: date | None) -> Visit:
    """Store a file that a person brought, as the page ``page`` of a source.

    Raises InputError, with nothing stored, when the file is not readable as that page.
    """
    at = store.not_before(clock.now())
    address = next((p.url for p in source.pages if p.id == page), f"file:{path.name}")
    answer = Answer(body, address, address, published_on=published, imported_from=path.name)
    edition = Edition(source.id, page, (body,), (path.name,), published, clock.local_date(at))
    reading = source.read(edition)
    return store.record(source.id, page, [answer], reading.content, at, source.licence, reading.shape)


def _source(settings: Settings, store: RawStore, source: Source, at: datetime, say: Say, named: bool) -> list[Visit]:
    own = settings.source(source.id)
    base = own.url
    if not settings.contact and not is_loopback(base or source.pages[0].url):
        raise NoContactError(
            "No contact address is configured, so a public host is not asked. "
            "Set LUKUINA_CONTACT or [fetch] contact in lukuina.toml to your e-mail address"
        )
    interval = own.min_interval_s if own.min_interval_s is not None else source.min_interval_s
    limits = Limits(
        timeout_s=settings.timeout_s,
        whole_s=3 * settings.timeout_s,
        max_bytes=settings.max_bytes,
        attempts=settings.attempts,
        min_interval_s=interval,
    )
    client = Http(base, settings.contact, limits, hosts=hosts(source, base, own.hosts))
    known = Known(store, source.id, at, settings.work / "fetch", named)
    visits: list[Visit] = []
    try:
        for fetched in source.fetch(client, known):
            visits.append(_keep(store, source, fetched, at))
            say(f"{source.id}/{fetched.page}: {visits[-1].outcome} {visits[-1].message}".rstrip())
    except NoContactError:
        raise
    except Exception as error:  # a defect in one source must not cost the others their night
        message = f"{source.pages[0].url}: fetching stopped ({type(error).__name__}: {error})"
        visits.append(store.record_failure(source.id, source.pages[0].id, " ".join(message.split()), at))
        say(f"{source.id}/{source.pages[0].id}: failed {message}")
    return visits


def hosts(source: Source, base: str | None, extra: Iterable[str] = ()) -> frozenset[str]:
    """Return the hosts that a source may ask: the configured one, else those of its pages, and the operator's own."""
    return frozenset({host_of(base)} if base else {host_of(page.url) for page in source.pages}) | frozenset(extra)


def _keep(store: RawStore, source: Source, fetched: Fetched, at: datetime) -> Visit:
    if fetched.error:
        return store.record_failure(source.id, fetched.page, fetched.error, at)
    if fetched.not_modified:
        return store.record_unchanged(source.id, fetched.page, at)
    answers = list(fetched.answers)
    last = store.last_good(source.id, fetched.page)
    if last is not None and last.snapshots == tuple(answer.sha256 for answer in answers):
        return store.record_unchanged(source.id, fetched.page, at)  # the very bytes that were read then
    edition = Edition(
        source.id, fetched.page, tuple(a.body for a in answers), tuple(a.url for a in answers), None,
        clock.local_date(at),
    )  # fmt: skip
    try:
        reading = source.read(edition)
    except InputError as error:
        return store.record_failure(source.id, fetched.page, str(error), at, answers[-1].body if answers else None)
    except Exception as error:
        message = f"{answers[0].url if answers else source.id}: cannot be read ({type(error).__name__}: {error})"
        return store.record_failure(source.id, fetched.page, " ".join(message.split()), at, answers[-1].body)
    return store.record(source.id, fetched.page, answers, reading.content, at, source.licence, reading.shape)


def _failing(store: RawStore, source: str) -> set[str]:
    """Pages whose newest visit failed."""
    return {page for page, visit in store.lasts(source).items() if visit.outcome == "failed"}


def _matters(store: RawStore, source: Source, page: str) -> bool:
    """A main page matters always; another page once it has worked (its address is an assumption until then)."""
    main = {p.id for p in source.pages if p.main}
    return page in main or store.last_good(source.id, page) is not None
