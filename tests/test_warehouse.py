"""The published files: whole or not at all, documented, readable by anybody, the same bytes every time."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines import run, settings, warehouse
from pipelines.checks import Check
from pipelines.errors import GateError, InputError

PROJECT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.pipeline


def rows(marts: Path, query: str) -> list[tuple[object, ...]]:
    with warehouse.connect(marts) as con:
        return con.execute(query).fetchall()


def quiet(_: str) -> None:
    pass


def test_every_table_column_and_macro_says_what_it_is(built: settings.Settings):
    tables = rows(built.marts, "select table_name from duckdb_tables() where comment is null and schema_name <> 'main'")
    columns = rows(
        built.marts,
        "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''",
    )
    macros = rows(built.marts, "select function_name, comment from duckdb_functions() where not internal")
    assert tables == []
    assert columns == []
    assert len(macros) == 4
    assert all(comment for _, comment in macros), macros


def test_every_series_tells_its_kind_as_a_person_wrote_it(built: settings.Settings):
    with (built.raw / "transcribed" / "series.csv").open(encoding="utf-8", newline="") as file:
        written = {(row["series"], row["kind"], row["unit"]) for row in csv.DictReader(file)}
    told = set(rows(built.marts, "select series, kind, unit from marts.series"))
    assert written <= told
    assert ("alkaneet_kk_ammatti", "flow", "periods") in told - written  # only the statistic itself has it
    lost = "select distinct series from marts.observations anti join marts.series using (series)"
    assert rows(built.marts, lost) == []
    added = "select sum(observation_count) from marts.series union all select count(*) from marts.current_observations"
    assert len(set(rows(built.marts, added))) == 1


def test_the_file_answers_under_any_name(built: settings.Settings, tmp_path: Path):
    moved = tmp_path / "renamed by a researcher.duckdb"
    shutil.copy(built.marts / warehouse.DATABASE, moved)
    with duckdb.connect(str(moved), read_only=True) as con:
        found = con.execute("select value from figures_known_on(date '2019-11-30') where id = 'yhdistykset'").fetchall()
        assert found == [(106_617.0,)]
        assert con.execute("select count(*) from marts.figures_said_on(date '2026-11-24')").fetchall() == [(17,)]


def test_the_file_keeps_the_storage_version_that_duckdb_1_0_opens(built: settings.Settings):
    with duckdb.connect() as con:
        con.execute(f"attach '{built.marts / warehouse.DATABASE}' as old (read_only)")
        tags = con.execute("select tags from duckdb_databases() where database_name = 'old'").fetchall()
    assert "v1.0" in str(tags)


def test_building_twice_gives_the_same_bytes(built: settings.Settings):
    before = {path.name: path.read_bytes() for path in built.marts.glob("*.parquet")}
    stamp = (built.marts / warehouse.DATABASE).stat().st_mtime_ns
    report = run.run(built, quiet)
    assert not report.changed
    assert {path.name: path.read_bytes() for path in built.marts.glob("*.parquet")} == before
    assert (built.marts / warehouse.DATABASE).stat().st_mtime_ns == stamp
    assert not list(built.data.glob(".marts-building-*"))


def test_the_gate_keeps_a_wrong_build_out(built: settings.Settings):
    before = {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()}
    store = run.prepare(built, quiet)
    collected = run.collect(built, store)
    frames = run.frames(collected, built, store, run.clock.today())
    bad = Check("grant_keys_unique", "stea", False, True, "x twice", "a sheet read twice")
    with warehouse.build(frames, PROJECT / "sql", built.marts) as made, pytest.raises(GateError, match="x twice"):
        warehouse.is_news(replace(made, checks=(*made.checks, bad)), built.marts)
    assert {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()} == before


def test_sql_that_does_not_run_is_named_and_nothing_is_replaced(built: settings.Settings, tmp_path: Path):
    sql = tmp_path / "sql"
    shutil.copytree(PROJECT / "sql", sql)
    (sql / "marts" / "regions.sql").write_text("-- Purpose: x\nselect no_such_column from input.regions\n")
    before = (built.marts / warehouse.DATABASE).read_bytes()
    store = run.prepare(built, quiet)
    frames = run.frames(run.collect(built, store), built, store, run.clock.today())
    with pytest.raises(InputError, match=r"regions\.sql: did not run"), warehouse.build(frames, sql, built.marts):
        pass
    assert (built.marts / warehouse.DATABASE).read_bytes() == before


def test_a_full_disk_is_told_as_one_and_not_as_a_fault_of_the_sql(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> list[str]:
        raise duckdb.TransactionException("Failed to commit: Could not write file: No space left on device")

    monkeypatch.setattr(warehouse.claims, "create", full)
    store = run.prepare(built, quiet)
    frames = run.frames(run.collect(built, store), built, store, run.clock.today())
    with pytest.raises(InputError) as told, warehouse.build(frames, PROJECT / "sql", built.marts):
        pass
    assert str(told.value).startswith(f"{built.marts.parent}: No space left on device; expected room")


def test_a_column_without_a_meaning_stops_the_build(built: settings.Settings, tmp_path: Path):
    sql = tmp_path / "sql"
    shutil.copytree(PROJECT / "sql", sql)
    (sql / "marts" / "regions.sql").write_text("-- Purpose: x\nselect code as nameless_code from input.regions\n")
    store = run.prepare(built, quiet)
    frames = run.frames(run.collect(built, store), built, store, run.clock.today())
    with pytest.raises(InputError, match=r"no meaning for marts\.regions\.nameless_code"):
        warehouse.build(frames, sql, built.marts).__enter__()


def test_a_folder_with_an_apostrophe_serves_as_any_other(built: settings.Settings, tmp_path: Path):
    odd = tmp_path / "järjestön 'luvut'"
    shutil.move(built.data, odd)
    chosen = replace(built, data=odd)
    (chosen.marts / warehouse.DATABASE).unlink()
    assert run.run(chosen, quiet).changed
    with warehouse.connect(chosen.marts) as con:
        assert con.execute("select count(*) from marts.figures").fetchone() != (0,)


def test_a_folder_of_something_else_is_not_replaced(built: settings.Settings):
    shutil.rmtree(built.marts)
    built.marts.mkdir()
    (built.marts / "tulokset.xlsx").write_text("years of work")
    with pytest.raises(InputError, match="marts: is the folder of something else"):
        run.run(built, quiet)
    assert [path.name for path in built.marts.iterdir()] == ["tulokset.xlsx"]


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_published_file_is_rebuilt(built: settings.Settings, damage: bytes):
    (built.marts / warehouse.DATABASE).write_bytes(damage)
    assert run.run(built, quiet).changed
    assert rows(built.marts, "select count(*) from marts.figures") == [(17,)]


def test_readers_keep_their_file_while_a_new_one_is_published(built: settings.Settings):
    with warehouse.connect(built.marts) as con:
        (built.marts / "SHA256SUMS").unlink()  # makes the next run replace everything
        assert run.run(built, quiet).changed
        assert con.execute("select count(*) from marts.figures").fetchall() == [(17,)]


@pytest.mark.parametrize(
    "query",
    [
        "create table marts.x as select 1",
        "delete from marts.figures",
        "attach '/tmp/x.duckdb'",
        "copy marts.figures to '/tmp/x.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_a_reader_can_only_read(built: settings.Settings, query: str):
    with warehouse.connect(built.marts) as con, pytest.raises(duckdb.Error):
        con.execute(query)


def test_nothing_published_says_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match=r"nothing is published yet\. Run: lukuina run"):
        warehouse.connect(tmp_path)


def test_known_on_builds_elsewhere_and_never_touches_what_is_published(built: settings.Settings):
    before = {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()}
    day = run.date(2019, 11, 30)
    run.run(built, quiet, known_on=day)
    assert {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()} == before
    then = built.data / "known-on" / "2019-11-30" / "marts"
    assert rows(then, "select value from marts.figures where id = 'yhdistykset'") == [(106_617.0,)]
    assert rows(then, "select max(published_on) <= date '2019-11-30' from marts.observations") == [(True,)]


def test_rows_trace_to_bytes_in_the_store(built: settings.Settings):
    found = rows(
        built.marts,
        "select count(*) from marts.observations where snapshot_sha256 not in (select sha256 from meta.snapshots)",
    )
    assert found == [(0,)]
    (path,) = rows(
        built.marts,
        "select path from meta.snapshots s join marts.figures f on f.snapshot_sha256 = s.sha256 "
        "where f.id = 'yhdistykset'",
    )[0]
    assert "107851" in (built.raw / str(path)).read_text(encoding="utf-8")


def test_a_page_that_cannot_be_rendered_leaves_marts_and_site_as_they_were(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    before = (built.marts / "SHA256SUMS").read_bytes()
    path = built.raw / "transcribed" / "prh.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",107851,", ",107852,"), encoding="utf-8")

    def broken(*_: object, **__: object) -> None:
        raise InputError("dashboards/pages/index.md:7", "unknown column 'x'")

    monkeypatch.setattr(run, "render", broken)
    with pytest.raises(InputError, match=r"index\.md:7"):
        run.run(built, quiet, with_site=True)
    assert (built.marts / "SHA256SUMS").read_bytes() == before


def test_a_night_in_which_nothing_changed_builds_nothing(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import reuse

    run.run(built, quiet)  # a copied folder has its record, too; what it says must hold here
    monkeypatch.setattr(warehouse, "build", None)
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-25T06:00:00+02:00")
    report = run.run(built, quiet)
    assert not report.changed
    assert report.counts["marts.figures"] > 10
    assert {check.name for check in report.checks if check.blocking}
    sums = dict(line.split("  ")[::-1] for line in (built.marts / warehouse.SUMS).read_text().splitlines())
    assert report.hashes == sums
    record = built.work / reuse.NAME
    inputs = json.loads(record.read_text())["inputs"]
    assert reuse.published(record, built.marts, inputs)
    for name in (warehouse.DATABASE, "figures.parquet", warehouse.SUMS):  # a damaged file is made anew
        path = built.marts / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert reuse.published(record, built.marts, inputs) is None
        path.write_bytes(whole)
    assert reuse.published(record, built.marts, inputs)


def test_a_day_that_makes_a_figure_overdue_builds_anew(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[object] = []
    for day in ("2026-05-16", "2026-05-17"):  # 500 days after the edition of 2.1.2025
        monkeypatch.setenv("LUKUINA_NOW", f"{day}T06:00:00+03:00")
        assert run.run(built, quiet).changed
        states += rows(built.marts, "select state from marts.figures where id = 'yhdistykset'")
    assert states == [("current",), ("stale",)]
