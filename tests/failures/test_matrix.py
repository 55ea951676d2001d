"""Every failure against every source that fetches: state, message, exit code, and that what was published stays.

What belongs here: running the cases of cases.py. What does not: the cases.
"""

import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import refresh, run, status
from pipelines.catalogue import build
from pipelines.settings import Settings, SourceSettings
from tests.failures import table
from tests.failures.cases import FAILURES, TARGETS, Failure
from tests.servers import Publisher, Reply, publisher
from tests.sources import prh_pages, statfin_server, stea_files

pytestmark = pytest.mark.pipeline
FI = prh_pages.PATHS["regions-fi"]
NIGHT = "2026-12-31T02:30:00+02:00"
WORKBOOK = "/tyokirja.xlsx"
_FIGURE = ("id", "value", "bound", "period", "as_of", "published_on", "citation", "edition")


@dataclass
class World:
    """A night's installation after one good night of every source."""

    settings: Settings
    server: Publisher
    orgs: dict[int, Any]
    before: Any = None
    figures: Any = None

    def at(self, folder: Path, base: str) -> Settings:
        own = {s: SourceSettings(url=base, min_interval_s=0.0) for s in ("prh", "statfin")}
        own["stea"] = SourceSettings(base, base + WORKBOOK, 8, 0.0)
        return replace(self.settings, data=folder, sources=own)


def collected(chosen: Settings) -> tuple[Any, list[dict[str, Any]]]:
    store = run.prepare(chosen, lambda _: None)
    found = run.collect(chosen, store, build(chosen))
    frame = run.frames(found, chosen, store, run.clock.today())["figures"]
    return found, frame.select([c for c in _FIGURE if c in frame.columns]).to_dicts()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    with publisher() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUKUINA_NOW", "2026-11-25T02:30:00+02:00")
        rows = prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
        server.page(FI, prh_pages.render("2026-01-02", rows))
        occupations = statfin_server.occupational(months=2, occupations=2)
        statfin_server.install(server, updated="2026-10-01", occupations=occupations)
        server.page(WORKBOOK, stea_files.workbook(stea_files.years(2026, 2027)))
        api = stea_files.install(server, {n: stea_files.org_json(n, f"A {n} ry") for n in (2, 5)})
        server.page("/circle", b"", status=302, headers={"Location": "/circle"})
        limits = Settings(timeout_s=0.3, attempts=1, max_bytes=2_000_000, contact="yllapito@example.org")
        made = World(limits, server, api.orgs)
        chosen = made.at(folder / "data", server.url)
        store = run.prepare(chosen, lambda _: None)
        done = refresh.refresh(chosen, store, build(chosen), [], lambda _: None)
        assert done.newly_failed == ()
        made.settings = replace(limits, data=folder / "data")
        patch.setenv("LUKUINA_NOW", NIGHT)
        made.before, made.figures = collected(chosen)
        yield made


def route(target: str, world: World, reply: Reply) -> tuple[dict[Any, Any], Any]:
    """Where the failure is served: the routes, and the key in them."""
    if target == "stea probes":
        return world.orgs, stea_files.PROBES
    if target == "stea organisations":
        return world.orgs, (2,)
    path = {"prh": FI, "statfin": statfin_server.FOLDER + "12va.px", "stea workbook": WORKBOOK}[target]
    return world.server.routes, (path,)


def address(failure: Failure, world: World) -> str:
    if failure.base == "https":
        return world.server.url.replace("http:", "https:")
    if failure.base != "refused":
        return failure.base or world.server.url
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f.title)
def test_failure(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Failure, target: str):
    if failure.base and target in ("stea workbook", "stea organisations"):
        pytest.skip("one host: as the probes")
    resolve = socket.getaddrinfo

    def lookup(host: Any, *more: Any, **named: Any) -> Any:
        if host == "ei-ole.localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setenv("LUKUINA_NOW", NIGHT)
    shutil.copytree(world.settings.data, tmp_path / "data")
    chosen = world.at(tmp_path / "data", address(failure, world))
    source = target.split()[0]
    routes, keys = route(target, world, failure.reply or Reply())
    kept = {key: routes[key] for key in keys}
    try:
        if failure.reply:
            routes.update(dict.fromkeys(keys, failure.reply))
        store = run.prepare(chosen, lambda _: None)
        done = refresh.refresh(chosen, store, build(chosen), [source], lambda _: None)
        again = refresh.refresh(chosen, store, build(chosen), [source], lambda _: None)
    finally:
        routes.update(kept)
    after, now = collected(chosen)
    told = {s.source: s for s in status.statuses(store, build(chosen), after)}[source]
    assert now == world.figures, "what is published changed"
    assert after.quarantined == world.before.quarantined
    assert not list(store.verify())
    if failure.gone and target in ("stea probes", "stea organisations"):
        assert done.newly_failed == ()
        return
    assert (told.state, len(done.newly_failed) > 0) == ("failed", True), told.message
    assert re.search(failure.said, told.message, re.IGNORECASE), told.message
    assert "\n" not in told.message
    assert again.newly_failed == (), "known trouble is not newly wrong (R12)"


def test_table_in_docs_is_that_of_the_cases():
    assert table.text() == table.PATH.read_text(encoding="utf-8"), "python -m tests.failures.table"
