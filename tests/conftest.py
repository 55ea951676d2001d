"""Fixtures that several tests share.

What belongs here: folders, settings and a built world. What does not: pages of one publisher (tests/sources/).
"""

import shutil
from pathlib import Path

import pytest

from pipelines import settings, take_in

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
SAMPLE = SHARED / "data" / "samples" / "stea" / "STEA_2026.xlsx"


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees this machine's settings or clock overrides, and none writes into the checkout."""
    import os

    for name in list(os.environ):
        if name.startswith("LUKUINA_") or name == "SOURCE_DATE_EPOCH":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LUKUINA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LUKUINA_SITE", str(tmp_path / "site"))
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-24T06:00:00+02:00")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> settings.Settings:
    """An installation with the bundled figures, nothing built yet."""
    chosen = settings.load()
    take_in.seed(chosen.raw)
    return chosen


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation after one ``run`` on the bundled figures; read only."""
    import os

    from pipelines import run

    folder = tmp_path_factory.mktemp("built")
    before = os.environ.get("LUKUINA_NOW")
    os.environ["LUKUINA_NOW"] = "2026-11-24T06:00:00+02:00"
    try:
        run.run(settings.Settings(data=folder / "data", site=folder / "site"), lambda _: None)
    finally:
        if before is None:
            del os.environ["LUKUINA_NOW"]
        else:
            os.environ["LUKUINA_NOW"] = before
    return folder / "data"


@pytest.fixture(scope="session")
def workbook_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation with STEA's real workbook, after one ``run``; read only.

    The workers of one test run share it: the first one that asks builds it, under a lock.
    """
    import fcntl
    import os
    from datetime import date

    from pipelines import refresh, run
    from pipelines.sources import stea

    if not SAMPLE.is_file():
        pytest.skip("the sample workbook ../shared/data/samples/stea/STEA_2026.xlsx is not here")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "workbook"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").is_file():
            chosen = settings.Settings(data=folder / "data", site=folder / "site")
            before = os.environ.get("LUKUINA_NOW")
            os.environ["LUKUINA_NOW"] = "2026-11-24T06:00:00+02:00"
            try:
                store = run.prepare(chosen, lambda _: None)
                refresh.bring_in(store, stea.SOURCE, "workbook", SAMPLE, SAMPLE.read_bytes(), date(2025, 12, 19))
                run.run(chosen, lambda _: None)
            finally:
                del os.environ["LUKUINA_NOW"]
                if before is not None:
                    os.environ["LUKUINA_NOW"] = before
            (folder / "done").touch()
    return folder / "data"


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> settings.Settings:
    """An installation of this test's own, already built on the bundled figures."""
    shutil.copytree(built_once, tmp_path / "data")
    return settings.load()
