"""The warehouse: built from named frames with the files in ``sql/``, published whole or not at all.

What belongs here: running the SQL in order of dependency, comments, the gate, Parquet, the atomic replace, opening the
published file for readers. What does not: SQL text (it lives in ``sql/``), anything about one source.

The published file keeps DuckDB's storage version 1.0.0, so that every DuckDB from 1.0 on opens it. It is built as a
catalog ``lukuina`` with schema-qualified names only: a name with the catalog in it would fail once the file is renamed.
"""

import graphlib
import hashlib
import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from pipelines import checks, folders
from pipelines.errors import GateError, InputError
from pipelines.product import package
from pipelines.product import tables as product_tables
from pipelines.stage import Frames, sql_files

DATABASE = "lukuina.duckdb"
SUMS = "SHA256SUMS"
_PUBLISHED = ("marts", "meta")
_LATE = {"meta.checks", "meta.columns"}


@dataclass(frozen=True)
class Built:
    """A build that waits to be published: its folder, its checks, the sha256 and row count of each table."""

    folder: Path
    checks: tuple[checks.Check, ...]
    hashes: Mapping[str, str]
    counts: Mapping[str, int]


@contextmanager
def build(frames: Frames, sql: Path, marts: Path, before: Iterable[checks.Check] = ()) -> Generator[Built]:
    """Build in a temporary folder beside ``marts`` that is gone after the with block.

    ``before`` are the checks of the sources, kept in ``meta.checks`` with those of the build.
    Raises InputError for an SQL file that does not run, naming it, and for a folder that cannot be written.
    """
    folder = folders.beside(marts)
    try:
        with duckdb.connect() as con:
            results = _fill(con, frames, sql, folder, list(before))
            hashes, counts = _export(con, folder)
            con.execute("use memory; detach lukuina")
        yield Built(folder, tuple(results), hashes, counts)
    except duckdb.IOException as error:  # a full disk
        raise InputError(str(folder), f"cannot be written: {error}", fix="Make room there, then run again") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(built: Built, marts: Path) -> bool:
    """Put a build in place; return whether anything changed. The gate stands here: a failed blocking check raises.

    The folder is exchanged as a whole; who has a file of the old one open goes on reading it. A build with the same
    tables replaces nothing.
    """
    gate(built)
    if is_published(built, marts):
        return False
    folders.exchange(built.folder, marts)
    return True


def gate(built: Built) -> None:
    """Raise GateError when a blocking check failed: then nothing may be put in place."""
    failed = [check for check in built.checks if check.blocking and not check.passed]
    if failed:
        raise GateError("not published: " + "; ".join(f"{check.name}: {check.detail}" for check in failed))


def is_published(built: Built, marts: Path) -> bool:
    """Tell whether the same tables are published already, and whole."""
    current = marts / SUMS
    return current.is_file() and current.read_bytes() == _sums(built.hashes) and _intact(built, marts)


def _sums(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{sha}  {name}\n" for name, sha in sorted(hashes.items())).encode()


def connect(marts: Path) -> duckdb.DuckDBPyConnection:
    """Open the published file for reading only; it can neither write nor reach any other file.

    Raises InputError when nothing was published yet.
    """
    path = marts if marts.suffix == ".duckdb" else marts / DATABASE
    if not path.is_file():
        raise InputError(str(path), "nothing is published yet", fix="Run: lukuina run")
    try:
        con = duckdb.connect(str(path), read_only=True)
        con.execute("set enable_external_access = false; set lock_configuration = true")
    except duckdb.Error as error:
        raise InputError(str(path), f"cannot be opened: {error}", fix="Rebuild it with: lukuina run") from None
    return con


def _intact(built: Built, marts: Path) -> bool:
    """Tell whether what is published is whole: a damaged file must be replaced even by the same tables."""
    try:
        with connect(marts) as con:
            con.execute("select count(*) from marts.figures").fetchall()
    except (InputError, duckdb.Error):
        return False
    return all((marts / name).is_file() and _sha(marts / name) == sha for name, sha in built.hashes.items())


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fill(
    con: duckdb.DuckDBPyConnection, frames: Frames, sql: Path, folder: Path, results: list[checks.Check]
) -> list[checks.Check]:
    con.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
    for layer in ("input", "staging", "core"):
        con.execute(f"attach ':memory:' as {layer}")
    con.execute(f"attach '{folder / DATABASE}' as lukuina (storage_version 'v1.0.0')")
    con.execute("use lukuina")
    for layer in _PUBLISHED:
        con.execute(f"create schema {layer}")
    for name, frame in frames.items():
        _input(con, name, frame)
    files = {f"{path.parent.name}.{path.stem}": path for path in sql_files(sql)}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    for name in _order(con, files, texts):
        _create(con, name, texts[name], files[name])
    results += checks.built_checks(con)
    _input(con, "checks", checks.frame(results))
    _create(con, "meta.checks", texts["meta.checks"], files["meta.checks"])
    for path in sorted((sql / "macros").glob("*.sql"), key=lambda p: (p.stem == "aliases", p.stem)):
        _run(con, path.read_text(encoding="utf-8"), path)
    _comment(con, sql, texts)
    for _ in range(2):  # the second time it describes itself, too
        _create(con, "meta.columns", texts["meta.columns"], files["meta.columns"])
        _comment(con, sql, {"meta.columns": texts["meta.columns"]})
    return results


def _input(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    con.register("frame", frame.to_arrow())
    con.execute(f"create or replace table input.{name} as select * from frame")
    con.unregister("frame")


def _order(con: duckdb.DuckDBPyConnection, files: Mapping[str, Path], texts: Mapping[str, str]) -> list[str]:
    """Return the tables so that each comes after those that it reads."""
    graph: dict[str, set[str]] = {}
    for name, text in texts.items():
        if name in _LATE:
            continue
        try:
            names = con.get_table_names(text, qualified=True)  # DuckDB 1.5 gives them with their alias
        except duckdb.Error as error:
            raise InputError(str(files[name]), f"not valid SQL: {error}") from None
        graph[name] = {str(table).split(" AS ")[0].replace('"', "") for table in names} & texts.keys()
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        raise InputError(str(files[error.args[1][0]]), "tables read each other: " + " → ".join(error.args[1])) from None


def _create(con: duckdb.DuckDBPyConnection, name: str, text: str, path: Path) -> None:
    _run(con, f"create or replace table {name} as\nselect * from (\n{text}\n) order by all", path)


def _run(con: duckdb.DuckDBPyConnection, text: str, path: Path) -> None:
    try:
        con.execute(text)
    except duckdb.Error as error:
        raise InputError(str(path), f"did not run: {error}") from None


def _comment(con: duckdb.DuckDBPyConnection, sql: Path, texts: Mapping[str, str]) -> None:
    """Put the header of each file on its table and the dictionary's words on each column; a gap is an error."""
    dictionary = _dictionary(sql / "dictionary.yaml")
    for name in sorted(name for name in texts if name.startswith(_PUBLISHED)):
        with suppress(duckdb.CatalogException):
            con.execute(f"comment on table {name} is {_quoted(_header(texts[name]))}")
            for (column,) in con.execute(
                "select column_name from duckdb_columns() where database_name = 'lukuina' "
                "and schema_name || '.' || table_name = ? order by column_index",
                [name],
            ).fetchall():
                meaning = dictionary.get(f"{name}.{column}") or dictionary.get(column)
                if not meaning:
                    place = str(sql / "dictionary.yaml")
                    raise InputError(place, f"no meaning for {name}.{column}", "a line for every column")
                con.execute(f'comment on column {name}."{column}" is {_quoted(meaning)}')


def _dictionary(path: Path) -> dict[str, str]:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}") from None
    return {str(key): " ".join(str(value).split()) for key, value in content.items()}


def _header(text: str) -> str:
    lines = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    return " ".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _export(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    hashes: dict[str, str] = {}
    counts: dict[str, int] = {}
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'lukuina' order by all"
    ).fetchall()
    for schema, table in tables:
        name = product_tables.file_name(schema, table, "parquet")
        con.execute(
            f"copy {schema}.{table} to '{folder / name}' (format parquet, compression zstd, "
            f"kv_metadata {{relation: '{schema}.{table}', project: 'toiminta-lukuina'}})"
        )
        hashes[name] = _sha(folder / name)
        csv = product_tables.file_name(schema, table, "csv")
        product_tables.write_csv(con, schema, table, folder / csv)
        hashes[csv] = _sha(folder / csv)
        row = con.execute(f"select count(*) from {schema}.{table}").fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
    (folder / package.NAME).write_bytes(package.package(con, folder, hashes, DATABASE))
    hashes[package.NAME] = _sha(folder / package.NAME)
    (folder / SUMS).write_bytes(_sums(hashes))
    return hashes, counts
