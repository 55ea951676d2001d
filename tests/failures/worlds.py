"""An installation after one good night of every source, and what comes of a bad one.

What belongs here: the good night, a copy of it for a case, what is published before and after. What does not: cases.

What is published is measured as the figures of the build and the rows that its tables are made from; transcribed rows,
which no case touches, are read once.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import clock, collect, figure_table, quotes, refresh, registry, run, status, take_in
from pipelines.catalogue import build
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.settings import Settings, SourceSettings
from pipelines.verify import problems
from tests.servers import Publisher, Reply, publisher
from tests.sources import prh_pages, statfin_server, stea_files

NIGHT = "2026-12-31T02:30:00+02:00"
WORKBOOK = "/tyokirja.xlsx"
TOTALS = (
    "<html><body><h1>Lukumäärät</h1><p>Yhdistysrekisterissä oli 31.10.2026 yhteensä {} yhdistystä.</p></body></html>"
)
NEWS = "<html><body><h1>Tilastoja</h1><p>Yhdistysten määrät maakunnittain</p></body></html>"
_SHOWN = ("id", "value", "bound", "period", "as_of", "published_on", "citation_fi", "edition", "missing", "state")
_ROW = ("series", "geo", "category", "coverage", "period", "as_of", "published_on", "value", "bound", "edition")


@dataclass(frozen=True)
class Published:
    """What a build would publish: the figures, the admitted rows, the rows of imported and granted tables."""

    figures: frozenset[Any]
    rows: frozenset[Any]
    tables: frozenset[Any]
    quarantined: frozenset[str]

    def changes(self, other: "Published") -> int:
        """Count the figures and rows that differ."""
        return sum(
            len(getattr(self, name) ^ getattr(other, name)) for name in ("figures", "rows", "tables")
        )  # fmt: skip


@dataclass
class World:
    """The good night; ``server`` and ``orgs`` (STEA's organisations) are changed by a case and put back."""

    settings: Settings
    server: Publisher
    orgs: dict[int, Any]
    before: Published = field(default_factory=lambda: Published(frozenset(), frozenset(), frozenset(), frozenset()))

    def at(self, folder: Path, base: str) -> Settings:
        """Return the settings of a copy in ``folder`` that asks ``base``."""
        own = {s: SourceSettings(url=base, min_interval_s=0.0) for s in ("prh", "statfin")}
        own["stea"] = SourceSettings(base, base + WORKBOOK, max_id=8, min_interval_s=0.0)
        return replace(self.settings, data=folder, sources=own)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Put routes and organisations back after a case."""
        routes, orgs = dict(self.server.routes), dict(self.orgs)
        try:
            yield
        finally:
            for now, before in ((self.server.routes, routes), (self.orgs, orgs)):
                now.clear()
                now.update(before)


@dataclass(frozen=True)
class Night:
    """What a bad night gave. ``code``: the exit code; ``changed``: figures and rows published otherwise than before."""

    state: str
    message: str
    code: int
    again: int
    changed: int
    quarantined: frozenset[str]
    problems: tuple[str, ...]


@contextmanager
def good_night(folder: Path) -> Iterator[World]:
    """Serve every source well and fetch it once; the figures of the other sources are the bundled ones."""
    with publisher() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUKUINA_NOW", "2026-11-25T02:30:00+02:00")
        patch.setattr(take_in, "history", _once(take_in.history))
        patch.setattr(registry, "load", _once(registry.load))
        rows = prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
        server.page(prh_pages.PATHS["regions-fi"], prh_pages.render("2026-01-02", rows))
        server.page(prh_pages.PATHS["regions-sv"], prh_pages.render("2026-01-02", rows, "sv"))
        server.page(prh_pages.PATHS["totals"], TOTALS.format("108 200"))
        server.page(prh_pages.PATHS["index-sv"], NEWS)
        server.page(prh_pages.PATHS["news-2023"], NEWS)
        occupations = statfin_server.occupational(months=8, occupations=20)
        statfin_server.install(server, updated="2026-10-01", occupations=occupations)
        server.page(WORKBOOK, stea_files.workbook(stea_files.years(2026, 2027)))
        orgs = {n: stea_files.org_json(n, f"A {n} ry", [stea_files.target_json(2026)]) for n in range(2, 8)}
        api = stea_files.install(server, orgs)
        server.page("/circle", b"", status=302, headers={"Location": "/circle"})
        limits = Settings(timeout_s=20, attempts=1, max_bytes=2_000_000, contact="yllapito@example.org")
        world = World(limits, server, api.orgs)
        chosen = world.at(folder / "data", server.url)
        store = run.prepare(chosen, lambda _: None)
        done = refresh.refresh(chosen, store, build(chosen), [], lambda _: None)
        assert done.newly_failed == ()
        world.settings = replace(limits, data=folder / "data")
        patch.setenv("LUKUINA_NOW", NIGHT)
        world.before = published(chosen, run.collect(chosen, store))
        yield world


def published(chosen: Settings, found: collect.Collected) -> Published:
    """Return what a build of what was collected would publish."""
    folder = chosen.raw / "reference"
    names = figure_table.Names(
        quotes.load_publishers(folder / "publishers.csv"), quotes.load_regions(folder / "regions.csv")
    )
    shown = figure_table.current(found.registry, collect.observed(found), names, clock.today(), {})
    tables = {
        (name, repr(frame.drop("sheet_row", strict=False).sort(pl_all(frame)).rows()))
        for edition in found.editions
        if edition.appeared and found.verdict(edition.id).admitted
        for name, frame in edition.reading.tables.items()
    }
    fetched = found.admitted_rows().filter(~found.admitted_rows()["edition"].str.contains("^transcribed"))
    return Published(
        frozenset(map(repr, shown.select(_SHOWN).iter_rows())),
        frozenset(fetched.select(_ROW).iter_rows()),
        frozenset(tables),
        found.quarantined,
    )


def pl_all(frame: Any) -> list[str]:
    """Return the columns by which rows are put in order."""
    return [name for name in frame.columns if name != "sheet_row" and not str(frame[name].dtype).startswith("List")]


def copy(world: World, folder: Path) -> Path:
    """Copy the installation; files that are only ever replaced are linked."""

    def one(source: str, target: str) -> None:
        (shutil.copy2 if source.endswith("seen.jsonl") else os.link)(source, target)

    shutil.copytree(world.settings.data, folder / "data", copy_function=one)
    return folder / "data"


def bad_night(world: World, folder: Path, source: str, base: str, timeout_s: float = 20) -> Night:
    """Ask one source twice at ``base`` and say what came of it."""
    chosen = replace(world.at(copy(world, folder), base), timeout_s=timeout_s)
    store = RawStore(chosen.raw)
    done = refresh.refresh(chosen, store, build(chosen), [source], lambda _: None)
    again = refresh.refresh(chosen, store, build(chosen), [source], lambda _: None)
    return _told(world, chosen, store, source, len(done.newly_failed), len(again.newly_failed))


def import_night(
    world: World, folder: Path, source: str, body: bytes, name: str, earlier: bytes | None = None
) -> Night:
    """Bring a file by ``lukuina import``; a refused one is in the log and ends with exit code 2.

    ``earlier``: a good file that was brought before it.
    """
    chosen = world.at(copy(world, folder), world.server.url)
    store = RawStore(chosen.raw)
    found = build(chosen)[source]
    if not hasattr(found, "imported"):
        return replace(_told(world, chosen, store, source, 0, 0), code=2)
    if earlier is not None:
        page = found.imported(earlier, name)  # pyright: ignore[reportAttributeAccessIssue]
        assert refresh.bring_in(store, found, page, Path(name), earlier, None).outcome == "new"
        world = replace(world, before=published(chosen, run.collect(chosen, store)))
    try:
        page = found.imported(body, name)  # pyright: ignore[reportAttributeAccessIssue]
        refresh.bring_in(store, found, page, Path(name), body, None)
    except InputError as error:
        night = _told(world, chosen, store, source, 0, 0)
        return replace(night, state="refused", message=str(error), code=2)
    return _told(world, chosen, store, source, 0, 0)


def _told(world: World, chosen: Settings, store: RawStore, source: str, failed: int, again: int) -> Night:
    found = run.collect(chosen, store)
    after = published(chosen, found)
    newly = after.quarantined - world.before.quarantined
    told = {s.source: s for s in status.statuses(store, build(chosen), found)}[source]
    return Night(
        told.state,
        told.message,
        1 if failed or newly else 0,
        1 if again else 0,
        after.changes(world.before),
        frozenset(newly),
        tuple(f"{p.kind} {p.path}" for p in problems(store)),
    )


@contextmanager
def names_resolve_not(host: str) -> Iterator[None]:
    """Let one host name not resolve."""
    resolve = socket.getaddrinfo

    def lookup(asked: Any, *more: Any, **named: Any) -> Any:
        if asked == host:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(asked, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lookup)
        yield


def _once(function: Any) -> Any:
    kept: list[Any] = []

    def wrapped(*arguments: Any, **named: Any) -> Any:
        if not kept:
            kept.append(function(*arguments, **named))
        return kept[0]

    return wrapped


def page(world: World, path: str, body: str | bytes, kind: str = "text/html; charset=utf-8") -> None:
    """Serve one page otherwise."""
    world.server.routes[path] = Reply(body.encode() if isinstance(body, str) else body, type=kind)
