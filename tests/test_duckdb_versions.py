"""The published file in other versions of DuckDB: every table, view and macro, in DuckDB 1.1 and the newest 2.x."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import warehouse
from tests import other_duckdb
from tests.other_duckdb import FOLDER, WANTED

pytestmark = pytest.mark.pipeline

READ = """
import json, sys
import duckdb

con = duckdb.connect(sys.argv[1], read_only=True)

def named(kind, column, more=""):
    own = f"schema_name in ('marts', 'meta', 'main') and not internal {more}"
    rows = con.execute(f"select schema_name, {column} from duckdb_{kind}() where {own} order by all").fetchall()
    return [f"{schema}.{name}" for schema, name in rows]

def counts(names):
    return {name: con.execute(f"select count(*) from {name}").fetchone()[0] for name in names}

macros = named("functions", "function_name", "and function_type = 'table_macro'")
print(json.dumps({
    "version": duckdb.__version__,
    "tables": counts(named("tables", "table_name")),
    "views": counts(named("views", "view_name")),
    "macros": counts(f"{macro}(date '2026-11-24')" for macro in macros),
    "figures": con.execute(
        "select id, value, bound, text_fi, items[1].name from figures_known_on(date '2019-11-30') order by id"
    ).fetchall(),
    "comments": con.execute(
        "select count(*) from duckdb_columns() where not internal and comment is not null"
    ).fetchall(),
}))
"""


def read(database: Path, packages: Path | None) -> dict[str, object]:
    """What a DuckDB reads from the file, in a process of its own; None is the pinned one."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if packages:
        variables["PYTHONPATH"] = str(packages)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(database)], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", WANTED)
def test_the_file_reads_the_same_in_another_duckdb(built_once: Path, name: str):
    if not (FOLDER / name).is_dir():
        pytest.skip(f"{WANTED[name]} is not installed: python tests/other_duckdb.py, which needs a package registry")
    database = built_once / "marts" / warehouse.DATABASE
    ours, other = read(database, None), read(database, FOLDER / name)
    version = str(other.pop("version"))
    assert version.startswith(f"{name}."), "another DuckDB than the one asked for was read with"
    assert version != ours.pop("version")
    assert other == ours
    assert len(ours["tables"]) > 30  # pyright: ignore[reportArgumentType]
    assert len(ours["views"]) == 3  # pyright: ignore[reportArgumentType]
    assert len(ours["macros"]) == 4  # pyright: ignore[reportArgumentType]
    print(f"DuckDB {version}: {len(ours['tables'])} tables, 3 views, 4 macros")  # pyright: ignore[reportArgumentType]


def test_without_a_registry_it_says_so_and_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(other_duckdb, "FOLDER", tmp_path / "duckdb")
    monkeypatch.setattr(
        other_duckdb, "installer", lambda: [sys.executable, "-c", "import sys; sys.exit('no registry')"]
    )
    assert not other_duckdb.install("1.1")
    assert "duckdb==1.1.3 could not be installed, its test is skipped: no registry" in capsys.readouterr().out
    assert list((tmp_path / "duckdb").iterdir()) == []
