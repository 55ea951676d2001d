"""The warehouse: built from named frames with the files in ``sql/``, published whole or not at all.

What belongs here: running the SQL in order of dependency, comments, the gate, Parquet, the atomic replace, opening the
published file for readers. What does not: SQL text (it lives in ``sql/``), anything about one source.

The published file keeps DuckDB's storage version 1.0.0, so that every DuckDB from 1.0 on opens it. It is built as a
catalog ``lukuina`` with schema-qualified names only: a name with the catalog in it would fail once the file is renamed.
"""

import errno
import graphlib
import hashlib
import os
import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines import checks, claims, dictionary, folders, steps
from pipelines.errors import GateError, InputError
from pipelines.product import package
from pipelines.product import tables as product_tables
from pipelines.product.tables import literal
from pipelines.stage import sql_files

DATABASE = "lukuina.duckdb"
SUMS = "SHA256SUMS"
_FULL = os.strerror(errno.ENOSPC)
_PLACEHOLDER = ".gitkeep"
"""Holds the empty folder in the checkout, and stays there."""
_MEMORY = "400MiB"
"""What DuckDB keeps in memory before it writes to the build's folder: ten times what the real grants need."""
_STORAGE = "storage_version 'v1.0.0', recovery_mode 'no_wal_writes'"
"""A build that breaks off is thrown away, so no log is kept by which it could be mended."""
Inputs = Mapping[str, pl.DataFrame | Path]
_PUBLISHED = ("marts", "meta")
_LATE = {"meta.checks", "meta.columns"}
_FILES = "meta.files"
_FILE_COLUMNS = {
    **dict.fromkeys(("path", "schema_name", "table_name", "file_format"), pl.String()),
    "size_bytes": pl.Int64(),
    "sha256": pl.String(),
    "row_count": pl.Int64(),
}


@dataclass(frozen=True)
class Built:
    """A build that waits to be published: its folder, its checks, the sha256 and row count of each table."""

    folder: Path
    checks: tuple[checks.Check, ...]
    hashes: Mapping[str, str]
    counts: Mapping[str, int]


@contextmanager
def build(frames: Inputs, sql: Path, marts: Path, before: Iterable[checks.Check] = ()) -> Generator[Built]:
    """Build in a temporary folder beside ``marts`` that is gone after the with block.

    ``frames``: an input table by name, or a Parquet file that holds it, which is read where it lies.
    ``before`` are the checks of the sources, kept in ``meta.checks`` with those of the build.
    Raises InputError for an SQL file that does not run, naming it, and for a folder that cannot be written or is not
    ours to replace.
    """
    folders.check(marts, (DATABASE, SUMS, "figures.parquet"))
    folder = folders.beside(marts)
    try:
        with duckdb.connect() as con:
            results = _fill(con, frames, sql, folder, list(before))
            hashes, counts = _export(con, folder)
            con.execute("use memory; detach lukuina")
        yield Built(folder, tuple(results), hashes, counts)
    except duckdb.Error as error:
        if _FULL in str(error):
            raise InputError(str(marts.parent), _FULL, "room for the tables", "Make room, then run again") from None
        if isinstance(error, duckdb.IOException):
            raise InputError(str(folder), f"cannot be written: {error}", fix="Look at the disk") from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_news(built: Built, marts: Path) -> bool:
    """Tell whether a build is to take the place of what is published. A failed blocking check raises GateError.

    A build with the same tables replaces nothing. The folder is exchanged as a whole: who has a file of the old one
    open goes on reading it.
    """
    gate(built)
    if built.folder == marts or is_published(built, marts):
        return False
    if (marts / _PLACEHOLDER).is_file():
        (built.folder / _PLACEHOLDER).touch()
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
    with path.open("rb") as file:  # by pieces: ten million grants are a CSV of 2 GB
        return hashlib.file_digest(file, "sha256").hexdigest()


@steps.timed("build")
def _fill(
    con: duckdb.DuckDBPyConnection, frames: Inputs, sql: Path, folder: Path, results: list[checks.Check]
) -> list[checks.Check]:
    con.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
    con.execute(f"set memory_limit = '{_MEMORY}'; set temp_directory = {literal(folder / '.spilled')}")
    for layer in ("input", "staging", "core"):
        con.execute(f"attach ':memory:' as {layer}")
    con.execute(f"attach {literal(folder / DATABASE)} as lukuina ({_STORAGE})")
    con.execute("use lukuina")
    for layer in _PUBLISHED:
        con.execute(f"create schema {layer}")
    for name, frame in frames.items():
        _input(con, name, frame)
    record = dictionary.load(sql)
    files = {f"{path.parent.name}.{path.stem}": path for path in sql_files(sql)}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    views = {f"marts.{path.stem}": path for path in sorted((sql / "views").glob("*.sql"))}
    shown = texts | {name: path.read_text(encoding="utf-8") for name, path in views.items()}
    purposes = {name: _header(shown[name]) for name in sorted(shown) if name.startswith(_PUBLISHED)}
    for name, frame in dictionary.frames(record, purposes, list(views)).items():
        _input(con, name, frame)
    _input(con, "files", pl.DataFrame(schema=_FILE_COLUMNS))  # filled when the others are written
    broken: list[str] = []
    for name in _order(con, files, texts):
        broken += _create(con, name, texts[name], files[name], record)
    for name, path in views.items():
        _run(con, f"create or replace view {name} as\n{shown[name]}", path)
    for name in sorted(purposes.keys() - _LATE):
        broken += claims.references(con, record, name)
    _input(con, "broken_claims", pl.DataFrame({"claim": broken}, schema={"claim": pl.String()}))
    results += checks.built_checks(con)
    _input(con, "checks", checks.frame(results))
    _create(con, "meta.checks", texts["meta.checks"], files["meta.checks"], record)
    for path in sorted((sql / "macros").glob("*.sql"), key=lambda p: (p.stem == "aliases", p.stem)):
        _run(con, path.read_text(encoding="utf-8"), path)
    for _ in range(2):  # the second time it describes itself, too
        _create(con, "meta.columns", texts["meta.columns"], files["meta.columns"], record)
    _comment(con, record, purposes, views)
    return results


def _input(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame | Path) -> None:
    if isinstance(frame, Path):
        con.execute(f"create or replace view input.{name} as select * from read_parquet({literal(frame)})")
        return
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


def _create(con: duckdb.DuckDBPyConnection, name: str, text: str, path: Path, record: dictionary.Record) -> list[str]:
    """Create a table; a published one with what the record claims about it. Return the claims that do not hold."""
    query = f"select * from (\n{text}\n)"
    if not name.startswith(_PUBLISHED):
        _run(con, f"create or replace table {name} as\n{query}", path)  # what is only read on needs no order
        return []
    try:
        return claims.create(con, record, name, f"{query} order by all")
    except duckdb.Error as error:
        raise _not_run(path, error) from None


def _run(con: duckdb.DuckDBPyConnection, text: str, path: Path) -> None:
    try:
        con.execute(text)
    except duckdb.Error as error:
        raise _not_run(path, error) from None


def _not_run(path: Path, error: duckdb.Error) -> Exception:
    """Return what is to be raised for an SQL file that did not run: a full disk is no fault of it."""
    if _FULL in str(error):
        return duckdb.IOException(str(error))
    return InputError(str(path), f"did not run: {error}")


def _comment(
    con: duckdb.DuckDBPyConnection, record: dictionary.Record, purposes: Mapping[str, str], views: Mapping[str, Path]
) -> None:
    """Put the header of each file on its table or view and the record's words on each column."""
    columns = con.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = 'lukuina' and not internal order by all"
    ).fetchall()
    con.execute("begin")  # one transaction: some 600 commits would cost three seconds
    for name, purpose in purposes.items():
        con.execute(f"comment on {'view' if name in views else 'table'} {name} is {_quoted(purpose)}")
    for name, column in columns:
        meaning = record.column(str(name), str(column)).en
        con.execute(f'comment on column {name}."{column}" is {_quoted(meaning)}')
    con.execute("commit")


def _header(text: str) -> str:
    lines = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    return " ".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _export(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    hashes: dict[str, str] = {}
    counts: dict[str, int] = {}
    known = product_tables.columns(con)
    files: list[dict[str, object]] = []
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'lukuina' "
        "order by schema_name || '.' || table_name = ?, schema_name, table_name",
        [_FILES],
    ).fetchall()
    for schema, table in tables:
        if f"{schema}.{table}" == _FILES:
            _input(con, "files", pl.DataFrame(files, schema=_FILE_COLUMNS))
            con.execute(f"insert into {_FILES} from input.files order by all")
        row = con.execute(f"select count(*) from {schema}.{table}").fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
        parquet, csv = (product_tables.file_name(schema, table, suffix) for suffix in ("parquet", "csv"))
        con.execute(
            f"copy {schema}.{table} to {literal(folder / parquet)} (format parquet, compression zstd, "
            f"kv_metadata {{relation: '{schema}.{table}', project: 'toiminta-lukuina'}})"
        )
        product_tables.write_csv(con, schema, table, folder / csv, known)
        for name in (csv, parquet):
            hashes[name] = _sha(folder / name)
            size, kind = (folder / name).stat().st_size, name.rpartition(".")[2]
            cells = (name, schema, table, kind, size, hashes[name], counts[f"{schema}.{table}"])
            files.append(dict(zip(_FILE_COLUMNS, cells, strict=True)))
    (folder / package.NAME).write_bytes(package.package(con, folder, hashes, DATABASE))
    hashes[package.NAME] = _sha(folder / package.NAME)
    (folder / SUMS).write_bytes(_sums(hashes))
    return hashes, counts
