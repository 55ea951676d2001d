"""The bare work of the data stage, for bench/run.py: import the libraries, load the same CSVs, run the same SQL.

Arguments: the raw folder, the folder of input tables as Parquet, the folder of SQL, a folder to write to.
"""

import sys
from pathlib import Path

import duckdb
import polars as pl

raw, inputs, sql, out = map(Path, sys.argv[1:])
for path in sorted(raw.glob("*/*.csv")):
    pl.read_csv(path, infer_schema=False)
con = duckdb.connect()
for layer in ("input", "staging", "core"):
    con.execute(f"attach ':memory:' as {layer}")
(out / "bare.duckdb").unlink(missing_ok=True)
con.execute(f"attach '{out / 'bare.duckdb'}' as lukuina (storage_version 'v1.0.0')")
con.execute("use lukuina; create schema marts; create schema meta")
for path in sorted(inputs.glob("*.parquet")):
    con.register("frame", pl.read_parquet(path).to_arrow())
    con.execute(f"create table input.{path.stem} as select * from frame")
    con.unregister("frame")
con.execute("create table input.checks as select 1 as name")
waiting = [path for layer in ("staging", "core", "marts", "meta") for path in sorted((sql / layer).glob("*.sql"))]
waiting = [path for path in waiting if path.parts[-2:] not in (("meta", "tables.sql"), ("meta", "columns.sql"))]
while waiting:
    left: list[Path] = []
    for path in waiting:
        try:
            con.execute(f"create table {path.parent.name}.{path.stem} as {path.read_text()}")
        except duckdb.CatalogException:
            left.append(path)
    if left == waiting:
        sys.exit(f"cannot build {[path.stem for path in left]}")
    waiting = left
con.execute("use memory; detach lukuina")
