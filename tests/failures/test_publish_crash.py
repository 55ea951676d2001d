"""Killed, disk full, refused, half written: at every write of a build, of publishing and of placing the site.

What belongs here: faults injected at writes right of the raw store, with a tiny build in the place of the real one.
What does not: the raw store (test_crash.py), kills of the whole command (test_kill.py).

Writes are counted by an audit hook of Python and by the statements that DuckDB runs, so that a write which somebody
adds is tried without a word here.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines import folders, run, warehouse
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.site import place
from tests.failures import measured
from tests.failures.writes import is_write

pytestmark = pytest.mark.slow

KINDS = ("killed", "disk full", "refused", "half written")


class Killed(BaseException):
    """The process is gone: nothing that it would have done afterwards happens."""


class Faults:
    """Fail at the ``at``-th write under ``root``; ``killed`` also makes every later one fail: no clean-up helps."""

    def __init__(self, root: Path, at: int, kind: str) -> None:
        self.root, self.at, self.kind = str(root), at, kind
        self.count, self.dead, self.busy = 0, False, False

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.busy:
            return
        if self.dead and event == "shutil.rmtree":  # it removes by numbers of folders, which name no path
            raise Killed
        if is_write(event, arguments, self.root):
            self.write(Path(arguments[0]) if event == "open" else None)

    def write(self, path: Path | None) -> None:
        """Count one write and fail when its turn has come; ``path``: a file that may be left half written."""
        if self.dead:
            raise Killed
        self.count += 1
        if self.count != self.at:
            return
        if self.kind in ("killed", "half written"):
            self.dead = True
            if self.kind == "half written" and path is not None:
                self.busy = True
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if path.is_file() else b"hal")
                self.busy = False
            raise Killed
        raise OSError(28, "No space left on device") if self.kind == "disk full" else PermissionError(13, "Refused")


_now: list[Faults] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _now:
        _now[-1].audit(event, arguments)


@pytest.fixture(scope="module", autouse=True)
def _listening() -> None:
    sys.addaudithook(_hook)  # for the rest of the process; without faults it does nothing


@contextmanager
def failing(root: Path, at: int, kind: str) -> Generator[Faults]:
    faults = Faults(root, at, kind)
    _now.append(faults)
    try:
        yield faults
    finally:
        _now.pop()


class Connection:
    """DuckDB's connection, whose writing statements count as writes: its own files are not opened by Python."""

    def __init__(self, real: duckdb.DuckDBPyConnection) -> None:
        self._real = real

    def execute(self, text: str, *more: Any) -> Any:
        if text.startswith(("copy ", "attach ")) and _now:
            path = Path(text.rpartition(" to '")[2].partition("'")[0]) if text.startswith("copy ") else None
            if _now[-1].kind == "half written" and path is not None:
                self._real.execute(text, *more)
            try:
                _now[-1].write(path)
            except OSError as error:
                raise duckdb.IOException(str(error)) from None
        return self._real.execute(text, *more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()


Run = Callable[[str], None]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``run.run`` as it is, with a tiny database, a site of three files and no raw store, in tmp_path / "in"."""
    version = [""]
    connect = duckdb.connect

    def fill(con: Any, _: object, __: object, folder: Path, ___: object) -> list[Any]:
        con.execute(f"attach '{folder / warehouse.DATABASE}' as lukuina (storage_version 'v1.0.0')")
        con.execute("use lukuina; create schema marts; create schema meta")
        con.execute(f"create table marts.figures as select 'current' as state, 'x' as id, '{version[0]}' as version")
        return []

    def render(
        settings: Settings, _: object, __: object, marts: Path, ___: object, *, exchange: folders.Exchange
    ) -> None:
        made = {f"{language}/index.html": version[0].encode() for language in ("fi", "sv")}
        data = {f"data/{path.name}": path for path in sorted(marts.iterdir()) if path.suffix != ".duckdb"}
        place.put({**made, **data, "same.css": b"same"}, settings.site, exchange=exchange)

    monkeypatch.setattr(warehouse.package, "package", lambda *_: b"{}")  # asks the tables that a real build has
    figures = pl.DataFrame({"id": ["x"], "state": ["current"]})
    monkeypatch.setattr(warehouse, "_fill", fill)
    one = {"threads": 1}
    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: Connection(connect(*a, config=one, **k)))
    monkeypatch.setattr(run, "render", render)
    monkeypatch.setattr(run, "prepare", lambda *_: None)
    monkeypatch.setattr(run, "collect", lambda *_: SimpleNamespace(quarantined=set()))
    monkeypatch.setattr(run, "frames", lambda *_: {"figures": figures, "said": pl.DataFrame({"version": version})})
    monkeypatch.setattr(run.checks, "source_checks", lambda *_: ())

    def go(content: str) -> None:
        version[0] = content
        run.run(settings(tmp_path), lambda _: None, before=(), with_site=True)

    return go


def settings(folder: Path) -> Settings:
    return Settings(data=folder / "in" / "data", site=folder / "in" / "public")


def hashes(folder: Path) -> dict[str, str]:
    """Return what is published: everything but the DuckDB file, whose bytes differ from build to build."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*") if path.is_file() and path.suffix != ".duckdb"
    }  # fmt: skip


def states(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    chosen = settings(folder)
    return hashes(chosen.marts), hashes(chosen.site)


@pytest.mark.parametrize(
    ("first", "kind"),
    [*(("", kind) for kind in KINDS), ("first night, ", "killed"), ("no exchange, ", "killed")],
)
def test_no_write_can_publish_a_mix(
    publish: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, kind: str
):
    if first == "no exchange, ":
        monkeypatch.setattr(folders, "_at_once", lambda *_: False)
    publish("new")
    new, nothing = states(tmp_path), ({}, {})
    shutil.rmtree(tmp_path / "in")
    if first != "first night, ":
        publish("old")
    old = nothing if first == "first night, " else states(tmp_path)
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in").rename(tmp_path / "before")
    chosen, tried = settings(tmp_path), 0
    while True:
        tried += 1
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        shutil.copytree(tmp_path / "before", tmp_path / "in")
        with failing(tmp_path / "in", tried, kind) as faults, suppress(Killed, OSError, InputError):
            publish("new")
        place_of = f"{kind} at write {tried}"
        if kind == "killed" or kind == "half written":
            one_by_one = states(tmp_path)
            if first != "no exchange, ":  # between its two renames there may be no folder, until the next start
                assert one_by_one[0] in (old[0], new[0]), place_of
                assert one_by_one[1] in (old[1], new[1]), place_of
            run.complete(chosen, lambda _: None)  # what the next start does first
            folders.sweep(chosen.marts)
            folders.sweep(chosen.site)
        found = states(tmp_path)
        assert found in (old, new), place_of
        if found[0]:
            with warehouse.connect(chosen.marts) as con:
                said = con.execute("select version from marts.figures").fetchall()
            assert said == [("new" if found[0] == new[0] else "old",)], place_of
        if faults.count < tried:
            assert found == new
            break
        publish("new")
        assert states(tmp_path) == new, place_of
        assert not [*(tmp_path / "in").rglob("*-building-*")], place_of
    assert tried > 15
    measured.note("publish", f"{first}{kind}", tried - 1)
    print(f"{first}{kind}: {tried - 1} faults injected, nothing mixed")
