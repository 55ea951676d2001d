"""Is this installation fit for its nights, and do the publishers answer as we assume: `lukuina doctor [--live]`.

What belongs here: the checks of an installation, one function each, the live visit, the lines of the report. What does
not: what each assumption of docs/unverified.md rests on (assumptions.py), fetching (refresh.py), printing (cli/).

A check yields lines; another one is added to CHECKS. A live visit is a usual visit: what was answered is kept in the
raw store and logged there, and the next `lukuina run` uses it.
"""

import fcntl
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement

from pipelines import alerts, assumptions, catalogue, clock, notify, refresh, run, verify, warehouse
from pipelines.assumptions import Seen
from pipelines.editions import recorded
from pipelines.errors import InputError, LukuinaError
from pipelines.raw import RawStore
from pipelines.settings import PROJECT, AlertSettings, Settings
from pipelines.sources import stea
from pipelines.sources.base import Source

_MEGABYTE = 1024 * 1024
_LITTLE, _TOO_LITTLE = 2048 * _MEGABYTE, 256 * _MEGABYTE


@dataclass(frozen=True)
class Line:
    """One finding: ``state`` ok, warn or fail; ``todo`` says what to do, empty when nothing."""

    state: str
    what: str
    detail: str
    todo: str = ""

    def __str__(self) -> str:
        """One line of the report, short enough to paste."""
        text = " ".join(f"{self.what}: {self.detail}".split())
        return f"{self.state:<5}{text}" + (f" -> {self.todo}" if self.todo else "")


Check = Callable[[Settings], Iterable[Line]]


def python(_: Settings) -> Iterator[Line]:
    """The interpreter and every library against pyproject.toml."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    yield Line("ok", "python", sys.version.split()[0])  # an older one does not get this far
    wrong = [text for text in map(_library, project["dependencies"]) if text]
    for text in wrong:
        yield Line("fail", "library", text, "make setup")
    if not wrong:
        yield Line("ok", "libraries", f"{len(project['dependencies'])} as pyproject.toml asks")


def _library(asked: str) -> str:
    """Return what is wrong with an installed library, or ''."""
    requirement = Requirement(asked)
    try:
        there = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{asked}: not installed"
    return "" if requirement.specifier.contains(there, prereleases=True) else f"{asked}: {there} is installed"


def folders(settings: Settings) -> Iterator[Line]:
    """Whether we may write where we shall, and how much room there is."""
    for name, folder in (("data", settings.data), ("site", settings.site)):
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
        try:
            with tempfile.NamedTemporaryFile(dir=there, prefix=".doctor-"):
                yield Line("ok", f"folder {name}", f"{folder.absolute()} may be written")
        except OSError as error:
            yield Line("fail", f"folder {name}", f"{there}: {error.strerror}", "give it to the user of the nightly run")
        free = shutil.disk_usage(there).free
        state = "fail" if free < _TOO_LITTLE else "warn" if free < _LITTLE else "ok"
        yield Line(state, f"disk of {name}", f"{free // _MEGABYTE} MiB free", "" if state == "ok" else "make room")


def time(settings: Settings) -> Iterator[Line]:
    """The clock, the time zone data, and whether the store knows a later time."""
    try:
        ZoneInfo("Europe/Helsinki")
    except ZoneInfoNotFoundError:
        yield Line("fail", "time zone", "no data for Europe/Helsinki", "install tzdata")
    now = clock.now()
    for name in ("LUKUINA_NOW", "SOURCE_DATE_EPOCH"):
        if os.environ.get(name):
            yield Line("warn", "clock", f"{name} moves it to {clock.today()}", f"unset {name} for real nights")
    newest = _newest_visit(settings)
    if newest and newest > now + timedelta(minutes=5):
        seen = newest.isoformat(timespec="minutes")
        yield Line("fail", "clock", f"{now:%Y-%m-%d %H:%M} UTC, but a visit was logged at {seen}", "set the clock")
    else:
        yield Line("ok", "clock", f"{now:%Y-%m-%d %H:%M} UTC, {clock.local_date(now)} in Helsinki")


def _newest_visit(settings: Settings) -> datetime | None:
    store = RawStore(settings.raw)
    return max((v.at for s in catalogue.build(settings) for v in store.lasts(s).values()), default=None)


def lock(settings: Settings) -> Iterator[Line]:
    """Who holds the data folder, or was killed while holding it."""
    path = settings.work / "lock"
    if not path.is_file():
        yield Line("ok", "lock", "free")
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        holder = file.read().strip()
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield Line("warn", "lock", f"held by {holder or 'another process'}", "wait for it, then ask again")
            return
    if holder:
        yield Line("warn", "lock", f"the run of {holder} was killed", "nothing: the next run does its work again")
    else:
        yield Line("ok", "lock", "free")


def configured(settings: Settings) -> Iterator[Line]:
    """What a person has to set: contact, the site's address, where alerts go."""
    if settings.contact:
        state = "ok" if "@" in settings.contact or "://" in settings.contact else "warn"
        todo = "" if state == "ok" else "an e-mail or web address"
        yield Line(state, "contact", settings.contact, todo)
    else:
        yield Line("fail", "contact", "none, so no public host is asked", "lukuina.toml [fetch] contact")
    if settings.base_url:
        yield Line("ok", "site address", settings.base_url)
    else:
        yield Line("warn", "site address", "none: feeds and sitemap are left out", "lukuina.toml [site] base_url")
    yield from _alerts(settings.alerts)


def _alerts(own: AlertSettings) -> Iterator[Line]:
    """By which ways somebody is told, and whether their secrets can be read; nothing is sent."""
    ways = [*notify.channels(own)]
    if ways:
        yield Line("ok", "alerts", " and ".join(ways))
    else:
        yield Line("warn", "alerts", "no mail or webhook is set", "see docs/operate.md, or watch exit codes")
    if not (own.heartbeat_file or os.environ.get(notify.HEARTBEAT)):
        yield Line(
            "warn", "heartbeat", "none: nobody notices that this machine is off", "heartbeat_file, see operate.md"
        )
    try:
        notify.check(own)
    except notify.ChannelError as error:
        yield Line("fail", "alerts", str(error))


def stored(settings: Settings) -> Iterator[Line]:
    """The raw store and what is published."""
    problems = [problem for problem in verify.problems(RawStore(settings.raw)) if problem.kind != "orphaned"]
    for problem in problems[:5]:
        yield Line("fail", "raw store", f"{problem.kind}: {problem.path}: {problem.detail}", "lukuina restore a backup")
    if not problems:
        yield Line("ok", "raw store", "every snapshot is there and unaltered")
    try:
        alerts.load(alerts.path_of(settings.raw))
    except InputError as error:
        yield Line("fail", "alerts", f"nothing is told: {error}")
    try:
        warehouse.connect(settings.marts).close()
        yield Line("ok", "published", str(settings.marts.absolute()))
    except InputError:
        yield Line("warn", "published", "nothing that can be opened", "lukuina run")


CHECKS: tuple[Check, ...] = (python, folders, time, lock, configured, stored)


def installation(settings: Settings) -> list[Line]:
    """Run every check; one that cannot be made is a failure of its own."""
    lines: list[Line] = []
    for check in CHECKS:
        try:
            lines += check(settings)
        except (OSError, LukuinaError) as error:
            lines.append(Line("fail", check.__name__, str(error), "see docs/operate.md"))
    return lines


def live(settings: Settings, say: Callable[[str], None]) -> list[Line]:
    """Ask every publisher now and compare with what we assumed; what was answered is in the raw store as usual.

    STEA's crawl of some 2 500 addresses is left to the night. Raises NoContactError when nobody may be asked.
    """
    store, own = run.prepare(settings, say), settings.source("stea")
    short: Source = stea.SteaSource(own.workbook_url, own.max_id or 2500, crawls=False)
    sources = {**catalogue.build(settings), "stea": short}
    asked = [source.id for source in sources.values() if source.pages and source.id != "tem"]
    asked = [name for name in asked if not getattr(sources[name], "import_only", False)]
    began = clock.now()
    refresh.refresh(settings, store, sources, asked, say)
    seen = _seen(settings, store, {name: sources[name] for name in asked}, began)
    return [*_publishers(seen, asked), *_assumed(seen)]


def _seen(settings: Settings, store: RawStore, sources: dict[str, Source], began: datetime) -> Seen:
    floor = began.astimezone(UTC).replace(microsecond=0)
    visits = {(n, page): v for n in sources for page, v in store.lasts(n).items() if v.at >= floor}
    readings = {
        (name, edition.page, edition.reading.content): edition.reading
        for name, source in sources.items()
        for edition in recorded(store, source, settings.work / "readings")
    }
    now = {key: readings[*key, v.content] for key, v in visits.items() if (*key, v.content) in readings}
    main = {(name, page.id) for name, source in sources.items() for page in source.pages if page.main}
    return Seen(visits, now, frozenset(main))


def _publishers(seen: Seen, asked: list[str]) -> Iterator[Line]:
    for name in asked:
        own = {page: visit for (source, page), visit in seen.visits.items() if source == name}
        if not own:
            yield Line("fail", name, "no page was asked", "lukuina status")
        for page, visit in own.items():
            what = f"{name}/{page}"
            if visit.outcome == "failed":
                state = "fail" if (name, page) in seen.main else "warn"
                yield Line(state, what, visit.message, "paste this line into an issue; the last good edition stays")
                continue
            reading = seen.readings.get((name, page))
            said = f"edition {reading.reference or 'undated'}, {reading.rows} rows" if reading else "read"
            state = "warn" if reading and reading.problems else "ok"
            said += "".join(f"; {problem}" for problem in reading.problems) if reading else ""
            kept = ", ".join(sha[:12] for sha in visit.snapshots)
            yield Line(state, what, f"{visit.outcome}, {said}; kept as {kept}", "lukuina review" * (state == "warn"))


def _assumed(seen: Seen) -> Iterator[Line]:
    for name, assumption in assumptions.ASSUMPTIONS.items():
        if isinstance(assumption, str):
            yield Line("warn", name, "not settled by a visit", assumption)
            continue
        found = None
        with suppress(KeyError):  # the page that it rests on was not had: nothing is known of it
            found = assumption(seen)
        if found is None:
            yield Line("warn", name, "could not be settled this time", "ask again when the page above is ok")
        elif found.holds:
            yield Line("ok", name, f"holds: {found.detail}")
        else:
            yield Line("fail", name, f"does not hold: {found.detail}", "docs/unverified.md says what follows")
