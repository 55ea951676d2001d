"""The bare work of the data stage, for bench/run.py: import the libraries, load the same CSVs, run the same SQL.

Arguments: the raw folder, the folder of input tables as Parquet, the folder of SQL, a folder to write to.

What belongs here: reading and running, as bare as polars and DuckDB can, also for growth.py and grants.py. What does
not: keys, checks, comments, the dictionary, checksums; what they cost is what the benches measure.
"""

import sys
from pathlib import Path

import duckdb
import polars as pl

LAYERS = ("staging", "core", "marts", "meta")
DESCRIBING = {"meta.columns", "meta.files", "meta.tables", "meta.warnings"}
"""Made of the schema record and of the written files, which the bare work does not have."""


def build(con: duckdb.DuckDBPyConnection, sql: Path) -> None:
    """Run every SQL file that makes a table of data, again and again until each has what it reads."""
    con.execute("create table input.checks as select 1 as name")
    waiting = [path for layer in LAYERS for path in sorted((sql / layer).glob("*.sql"))]
    waiting = [path for path in waiting if f"{path.parent.name}.{path.stem}" not in DESCRIBING]
    while waiting:
        left: list[Path] = []
        for path in waiting:
            try:
                con.execute(f"create table {path.parent.name}.{path.stem} as {path.read_text(encoding='utf-8')}")
            except duckdb.CatalogException:
                left.append(path)
        if left == waiting:
            sys.exit(f"cannot build {[path.stem for path in left]}")
        waiting = left


def attach(con: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Attach what the SQL files name: layers in memory, ``marts`` and ``meta`` in a new file."""
    for layer in ("input", *LAYERS[:2]):
        con.execute(f"attach ':memory:' as {layer}")
    database.unlink(missing_ok=True)
    con.execute(f"attach '{database}' as lukuina (storage_version 'v1.0.0')")
    con.execute("use lukuina; create schema marts; create schema meta")


def main(raw: Path, inputs: Path, sql: Path, out: Path) -> None:
    """Do it."""
    for path in sorted(raw.glob("*/*.csv")):
        pl.read_csv(path, infer_schema=False)
    con = duckdb.connect()
    attach(con, out / "bare.duckdb")
    for path in sorted(inputs.glob("*.parquet")):
        con.register("frame", pl.read_parquet(path).to_arrow())
        con.execute(f"create table input.{path.stem} as select * from frame")
        con.unregister("frame")
    build(con, sql)
    con.execute("use memory; detach lukuina")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
