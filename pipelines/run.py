"""The whole way from the raw store to what is published, without Dagster.

What belongs here: the order of the steps, and what a run reports. What does not: any step itself. Dagster's assets
(pipelines/defs/) call the same functions.
"""

import hashlib
import stat
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from pipelines import (
    checks,
    clock,
    corrections,
    folders,
    published,
    purposes,
    reuse,
    stage,
    status,
    steps,
    take_in,
    verify,
    warehouse,
    watchers,
)
from pipelines import collect as collecting
from pipelines.catalogue import build as build_sources
from pipelines.errors import InputError, NoContactError
from pipelines.progress import tell
from pipelines.raw import RawStore
from pipelines.settings import PROJECT, Settings
from pipelines.sources.base import Source
from pipelines.status import SourceStatus
from pipelines.stopping import cause

Say = Callable[[str], None]

_PUBLISHING = "publishing.json"
"""In the work folder, while tables and site are put in place together."""
_DOWNLOADS = {".duckdb", ".parquet", ".csv", ".json"}


@dataclass(frozen=True)
class Report:
    """What a build did. ``newly_quarantined``: editions that were not in quarantine before this run.

    ``sources``: how each source is doing; null when nobody looked.
    """

    day: date
    changed: bool
    checks: tuple[checks.Check, ...]
    hashes: Mapping[str, str]
    counts: Mapping[str, int]
    newly_quarantined: tuple[str, ...]
    newly_stale: tuple[str, ...]
    reasons: Mapping[str, str]
    known_on: date | None = None
    sources: tuple[SourceStatus, ...] | None = None

    @property
    def newly_wrong(self) -> bool:
        """Whether a changing command ends with 1 (R12)."""
        return bool(self.newly_quarantined or self.newly_stale)


@dataclass(frozen=True)
class Made:
    """A build that waits to be published, with what it was made from; ``day`` is the build date.

    ``digest`` is that of everything it was made from (reuse.py).
    """

    day: date
    collected: collecting.Collected
    inputs: stage.Frames
    built: warehouse.Built
    digest: str

    @property
    def stale(self) -> set[str]:
        """Ids of the figures whose source should have given a newer value."""
        figures = self.inputs["figures"]
        return set(figures.filter(figures["state"] == "stale")["id"].to_list())


def prepare(settings: Settings, say: Say) -> RawStore:
    """Make sure that the raw store has the bundled figures and what people edited; return it."""
    if take_in.seed(settings.raw):
        say(f"{settings.raw}: seeded with the bundled figures")
    store = RawStore(settings.raw)
    for path in verify.sweep(store):
        say(f"{settings.raw / path}: half written by a run that was killed, put aside")
    now = clock.now()
    at = store.not_before(now)
    if at > now:
        say(f"the clock went back: it says {now:%Y-%m-%d %H:%M} UTC, the last visit is of {at:%Y-%m-%d %H:%M}; "
            "until it has caught up, what is recorded is dated so. Check the clock of this machine")  # fmt: skip
    for visit in take_in.take_in(store, at):
        say(f"transcribed/{visit.page}.csv: taken in")
    for visit in corrections.take_in(store, at, lambda made: _try(settings, store, made)):
        say(f"{corrections.SOURCE}/{visit.page}.yaml: taken in")
    return store


def _try(settings: Settings, store: RawStore, made: Sequence[corrections.Entry]) -> None:
    """Apply corrections that are not on record yet, so that one that finds something else is refused before it is."""
    collecting.collect(store, build_sources(settings), settings.work, PROJECT / "dashboards", made)


@steps.timed("read")
def collect(settings: Settings, store: RawStore, sources: Mapping[str, Source] | None = None) -> collecting.Collected:
    """Read and judge everything in the store."""
    return collecting.collect(store, sources or build_sources(settings), settings.work, PROJECT / "dashboards")


def frames(
    collected: collecting.Collected, settings: Settings, store: RawStore, day: date, known_on: date | None = None
) -> stage.Frames:
    """Return the input tables for a build as of ``day``; with ``known_on`` only what was public by then."""
    if known_on is not None:
        collected = _as_known(collected, known_on)
    made = dict(stage.inputs(collected, store, build_sources(settings), known_on or day, settings.work))
    made["purpose_words"] = purposes.words(made["grants"], settings.work)
    if known_on is None:
        return made
    vintages = made["figure_vintages"]  # on that day we had not said what we said later
    kept = vintages.filter((vintages["clock"] == "known") | (vintages["valid_from"] <= known_on))
    return {**made, "figure_vintages": kept}


def run(
    settings: Settings,
    say: Say,
    known_on: date | None = None,
    before: Sequence[str] | None = None,
    with_site: bool = False,
) -> Report:
    """Rebuild everything right of the raw store and publish it; no network.

    ``with_site`` renders the site from the build before either is put in place, so that a page that cannot be rendered
    leaves both as they were.

    ``known_on`` builds the world as it was public on that day into ``<data>/known-on/<day>`` and leaves the published
    files alone. ``before``: editions that were in quarantine before this run (default: those of the published file).
    Raises InputError or GateError; what was published stays as it was.
    """
    if known_on is not None and known_on > clock.today():
        raise InputError("--known-on", f"{known_on} is in the future", "a day up to today")
    known = before if before is not None else published.quarantine(settings.marts)
    stale = published.stale(settings.marts)
    marts = marts_folder(settings, known_on)
    with build(settings, say, known_on, again=known_on is None) as made:
        changed = warehouse.is_news(made.built, marts)
        tables = [(made.built.folder, marts)] if changed else []

        def exchange(*site: tuple[Path, Path]) -> None:
            with steps.step("publish"):
                folders.exchange_all([*site, *tables], settings.work / _PUBLISHING)

        found = tuple(statuses(settings, made.collected))
        if with_site:
            source = made.built.folder if changed else marts
            render(settings, say, known_on, source, found, exchange=lambda new, out: exchange((new, out)))
        else:
            exchange()
        if known_on is None and made.built.folder != marts:
            reuse.remember(settings.work / reuse.NAME, marts, made.digest, made.built)
    say(f"{marts}: {'published' if changed else 'unchanged'}")
    judged = known_on is None  # a world of another day has no news
    newly = tuple(sorted(made.collected.quarantined - set(known))) if judged and known is not None else ()
    newly_stale = tuple(sorted(made.stale - set(stale))) if judged and stale is not None else ()
    reasons = {edition: made.collected.verdict(edition).reason for edition in newly}
    built = made.built
    return Report(
        made.day, changed, built.checks, built.hashes, built.counts, newly, newly_stale, reasons, known_on, found
    )


@contextmanager
def kept(what: str) -> Generator[None]:
    """Say of a person's entry that it stands, when the run after it in the with block did not come to its end."""
    try:
        yield
    except BaseException as error:
        tell(f"{what}: this stands, and is not published yet. Then: lukuina run")
        if stopped := cause(error):
            stopped.then = "to publish: lukuina run"  # the same entry again would be refused
        raise


@contextmanager
def build(settings: Settings, say: Say, known_on: date | None = None, *, again: bool = False) -> Generator[Made]:
    """Build everything right of the raw store in a temporary folder, for the with block; nothing is published.

    ``again``: what is published serves as the build, in its own folder, when it was made from the same inputs.
    Raises InputError. A blocking check that failed does not raise here: it is in ``built.checks``.
    """
    day = clock.today()
    complete(settings, say)
    for out in (marts_folder(settings, known_on), site_folder(settings, known_on)):
        for path in folders.sweep(out):
            say(f"{path}: left by a run that was killed, removed")
    store = prepare(settings, say)
    say("reading and judging editions")
    collected = collect(settings, store)
    inputs = frames(collected, settings, store, day, known_on)
    before = checks.source_checks(collected, build_sources(settings), known_on or day)
    sql, marts = PROJECT / "sql", marts_folder(settings, known_on)
    digest = reuse.digest(inputs, before, sql)
    if again and (same := reuse.published(settings.work / reuse.NAME, marts, digest)):
        yield Made(day, collected, inputs, same, digest)
        return
    say("building marts")
    with warehouse.build(inputs, sql, marts, before) as built:
        yield Made(day, collected, inputs, built, digest)


def complete(settings: Settings, say: Say) -> None:
    """Put what a run was putting in place when it was killed. Only for the holder of the data folder."""
    for out in folders.finish(settings.work / _PUBLISHING):
        say(f"{out}: put in place for a run that was killed while it did")


def is_publishing(settings: Settings) -> bool:
    """Tell whether a run puts tables and site in place now, or was killed while it did."""
    return (settings.work / _PUBLISHING).is_file()


def marts_folder(settings: Settings, known_on: date | None = None) -> Path:
    """Return where a build is published: the marts, or the folder of a day's world."""
    return settings.marts if known_on is None else settings.data / "known-on" / known_on.isoformat() / "marts"


def site_folder(settings: Settings, known_on: date | None = None) -> Path:
    """Return where a site is put: the installation's, or beside the marts of a day's world."""
    return settings.site if known_on is None else settings.data / "known-on" / known_on.isoformat() / "site"


def refresh(settings: Settings, names: Sequence[str], say: Say) -> tuple[Report, tuple[str, ...]]:
    """Ask the publishers, then run and render; return the report and what is newly failed."""
    from pipelines import refresh as refreshing

    store = prepare(settings, say)
    sources = build_sources(settings)
    before = published.quarantine(settings.marts)
    if before is None:
        before = sorted(collect(settings, store, sources).quarantined)
    refreshed = refreshing.refresh(settings, store, sources, names, say)
    if not names:
        with steps.step("fetch", watchers.SOURCE):
            watchers.look(settings, store, say)
    report = run(settings, say, before=before, with_site=True)
    if refreshed.skipped and not refreshed.visits:
        raise NoContactError("nothing was fetched: no source may be asked without a contact address (see above)")
    return report, refreshed.newly_failed


def bring_in(settings: Settings, source_id: str, path: Path, known_from: date | None, say: Say) -> Report:
    """Take a file of a source into the raw store, then run and render.

    Raises InputError when the source is unknown or the file is not readable as its page: nothing of it is stored, and
    the failure is in the seen-log, so that ``status`` shows it until a good file comes.
    """
    from pipelines import refresh as refreshing

    sources = build_sources(settings)
    source = sources.get(source_id)
    if source is None or not hasattr(source, "imported"):
        importable = [s.id for s in sources.values() if hasattr(s, "imported")]
        raise InputError(f"source {source_id!r}", "nothing can be imported for it", "one of " + ", ".join(importable))
    if known_from and known_from > clock.today():
        raise InputError("--published", f"{known_from} is in the future", "the day on which it became public")
    body = _file(path, settings.max_bytes)
    store = prepare(settings, say)
    before = published.quarantine(settings.marts)
    if before is None:
        before = sorted(collect(settings, store, sources).quarantined)
    page = next(iter(source.floors), source.id)  # until the file tells which page it is
    try:
        page = source.imported(body, path.name)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        visit = refreshing.bring_in(store, source, page, path, body, known_from)
    except InputError as error:
        store.record_failure(source.id, page, f"{status.IMPORT} {path}: {error}", store.not_before(clock.now()))
        raise
    say(f"{source_id}/{page}: {'kept' if visit.outcome == 'new' else 'the same content is already there'}")
    return run(settings, say, before=before, with_site=True)


@steps.timed("render")
def render(
    settings: Settings,
    say: Say,
    known_on: date | None = None,
    marts: Path | None = None,
    found: Sequence[SourceStatus] | None = None,
    exchange: folders.Exchange = folders.exchange,
) -> Path:
    """Build the site from the published marts, or those in ``marts``; return the path of its first page.

    ``found``: the state of the sources, else it is collected anew. ``exchange``: what puts the site in its place.
    """
    from pipelines import registry
    from pipelines.site import build as site

    marts = marts or marts_folder(settings, known_on)
    out = site_folder(settings, known_on)
    told = [item.public() for item in (statuses(settings) if found is None else found)]
    built = site.build(
        marts / warehouse.DATABASE,
        out,
        registry.load(PROJECT / "dashboards" / "figures"),
        reference=settings.raw / "reference",
        build_date=known_on or clock.today(),
        base_url=settings.base_url,
        status=told,
        known_on=known_on,
        progress=say,
        contact=settings.contact,
        kept=settings.work / "site.json" if known_on is None else None,
        version=_version(marts),
        compiled=settings.work / "templates.bin",
        limit_s=settings.query_timeout_s,
        to_read=to_read(settings) if known_on is None else (),
        downloads={f"data/{path.name}": path for path in sorted(marts.iterdir()) if _is_download(path)},
        exchange=exchange,
    )
    say(f"{out}: {len(built.pages)} pages")
    return out / "index.html"


def _version(marts: Path) -> str:
    """Return what tells the published data from others, its file included; "" for a folder without checksums."""
    sums, database = marts / warehouse.SUMS, marts / warehouse.DATABASE
    if not (sums.is_file() and database.is_file()):
        return ""
    told = f"{sums.read_text(encoding='utf-8')} {database.stat().st_size} {database.stat().st_mtime_ns}"
    return hashlib.sha256(told.encode()).hexdigest()


def to_read(settings: Settings) -> Sequence[Mapping[str, object]]:
    """Return the publications that wait for a reader; none when a file of the watchers is damaged (status says so)."""
    try:
        return watchers.as_dicts(watchers.to_dos(settings.raw))
    except InputError:
        return ()


def _is_download(path: Path) -> bool:
    return path.suffix in _DOWNLOADS or path.name == warehouse.SUMS


def statuses(settings: Settings, collected: collecting.Collected | None = None) -> list[SourceStatus]:
    """Return the status of every source; works also when the hand-kept files are broken, and says so."""
    store = RawStore(settings.raw)
    sources = build_sources(settings)
    if collected is None:
        try:
            collected = collect(settings, store, sources)
        except InputError:
            collected = None
    return status.statuses(store, sources, collected)


def _file(path: Path, limit: int) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
            raise InputError(str(path), "is a pipe or a device", "a file")  # it might never end
        if found.st_size > limit:
            raise InputError(str(path), f"{found.st_size} bytes", f"at most {limit}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}", "a file") from None


def _as_known(collected: collecting.Collected, day: date) -> collecting.Collected:
    """Keep only what was public on a day, judged as today."""
    rows = collected.rows.filter(pl.col("published_on") <= day)
    return replace(
        collected,
        rows=rows,
        editions=tuple(e for e in collected.editions if e.published_on <= day),
    )
