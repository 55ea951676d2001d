"""Fixtures that several tests share.

What belongs here: folders, settings and a built world. What does not: pages of one publisher (tests/sources/).
"""

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from pipelines import settings, take_in

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
NOW = "2026-11-24T06:00:00+02:00"
SAMPLE = SHARED / "data" / "samples" / "stea" / "STEA_2026.xlsx"


LONG = (
    "tests/failures/test_publish_crash.py",  # these two first: one needs no built world, the other builds two
    "tests/browser/test_axe.py",
    *("tests/browser/test_use.py", "tests/browser/test_explorer.py", "tests/failures/test_kill.py"),
    *("tests/browser/test_html.py", "tests/test_dagster_run.py", "tests/site/test_whole_site.py"),
    *("tests/site/test_figure_pages.py", "tests/failures/test_matrix_prh.py", "tests/failures/test_matrix_statfin.py"),
    *("tests/failures/test_matrix_stea.py", "tests/failures/test_matrix_imports.py"),
)
"""The files that take longest. A worker takes a whole file: one of these as the last would leave the others idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first, then those of many tests (xdist keeps this order: ``--no-loadscope-reorder``)."""
    tests = Counter(item.nodeid.partition("::")[0] for item in items)

    def place(item: pytest.Item) -> tuple[int, int]:
        file = item.nodeid.partition("::")[0]
        return (LONG.index(file), 0) if file in LONG else (len(LONG), -tests[file])

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees this machine's settings or clock overrides, and none writes into the checkout."""
    for name in list(os.environ):
        if name.startswith("LUKUINA_") or name == "SOURCE_DATE_EPOCH":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LUKUINA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LUKUINA_SITE", str(tmp_path / "site"))
    monkeypatch.setenv("LUKUINA_NOW", NOW)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> settings.Settings:
    """An installation with the bundled figures, nothing built yet."""
    chosen = settings.load()
    take_in.seed(chosen.raw)
    return chosen


@contextmanager
def at(moment: str) -> Generator[None]:
    """Let the clock say a moment."""
    before = os.environ.get("LUKUINA_NOW")
    os.environ["LUKUINA_NOW"] = moment
    try:
        yield
    finally:
        os.environ.pop("LUKUINA_NOW", None)
        if before is not None:
            os.environ["LUKUINA_NOW"] = before


@contextmanager
def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Generator[Path]:
    """Give the folder that ``make`` fills, once for all workers of a test run: the first that asks, under a lock.

    It is read only: whoever changed a file of it is told at the end, because other tests would see the change.
    """
    base = factory.getbasetemp()
    root = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "made-once"
    root.mkdir(exist_ok=True)
    folder, done = root / name, root / f"{name}.json"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file():
            shutil.rmtree(folder, ignore_errors=True)  # what a worker that failed has left
            folder.mkdir()
            with at(NOW):
                make(folder)
            done.write_text(json.dumps(_listed(folder)), encoding="utf-8")
    yield folder
    before, after = json.loads(done.read_text(encoding="utf-8")), _listed(folder)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    assert changed == [], f"tests share {folder} and must not write into it: copy it first (fixture built)"


def _listed(folder: Path) -> dict[str, list[int]]:
    """Return the size and the time of change of every file."""
    found = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: [one.st_size, one.st_mtime_ns] for path, one in found.items()}


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of an installation after one ``run`` on the bundled figures; read only."""
    from pipelines import run

    def make(folder: Path) -> None:
        run.run(settings.Settings(data=folder / "data", site=folder / "site"), lambda _: None)

    with made_once(tmp_path_factory, "built", make) as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def workbook_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of an installation with STEA's real workbook, after one ``run``; read only."""
    from pipelines import refresh, run
    from pipelines.sources import stea

    if not SAMPLE.is_file():
        pytest.skip("the sample workbook ../shared/data/samples/stea/STEA_2026.xlsx is not here")

    def make(folder: Path) -> None:
        chosen = settings.Settings(data=folder / "data", site=folder / "site")
        store = run.prepare(chosen, lambda _: None)
        refresh.bring_in(store, stea.SOURCE, "workbook", SAMPLE, SAMPLE.read_bytes(), date(2025, 12, 19))
        run.run(chosen, lambda _: None)

    with made_once(tmp_path_factory, "workbook", make) as folder:
        yield folder / "data"


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> settings.Settings:
    """An installation of this test's own, already built on the bundled figures."""
    shutil.copytree(built_once, tmp_path / "data")
    return settings.load()
