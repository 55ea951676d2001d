"""Canonical CSV of a published table: RFC 4180, UTF-8, values untouched, lists and records as JSON.

What belongs here: how a value is written, and what a table is for in the words of a sentence. What does not: which
tables there are (the built database tells).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

Columns = Mapping[tuple[str, str], Sequence[tuple[str, str, str]]]
"""Schema and table → name, DuckDB type and meaning of each column, in order."""


def file_name(schema: str, table: str, suffix: str) -> str:
    """Return the name of a table's file: ``grants.csv``, ``meta_sources.csv``."""
    return f"{table}.{suffix}" if schema == "marts" else f"{schema}_{table}.{suffix}"


def about(purpose: str) -> str:
    """Return what a table is for, without the mark that opens the header of its SQL file."""
    text = purpose.removeprefix("Purpose: ")
    return text[:1].upper() + text[1:]


def literal(path: Path) -> str:
    """Return a path as a text of SQL, an apostrophe in a folder's name included."""
    return "'" + str(path).replace("'", "''") + "'"


def columns(con: duckdb.DuckDBPyConnection) -> Columns:
    """Return the columns of every table of the built catalog; asking for one table at a time costs as much for each."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for schema, table, *column in con.execute(
        "select schema_name, table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = current_database() order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault((schema, table), []).append((column[0], column[1], column[2]))
    return found


def write_csv(
    con: duckdb.DuckDBPyConnection, schema: str, table: str, path: Path, known: Columns | None = None
) -> None:
    """Write one table in its own order. A null is an empty field; an empty text is ``""``."""
    own = (known or columns(con))[schema, table]
    shown = ", ".join(_written(name, kind) for name, kind, _ in own)
    con.execute(
        f"copy (select {shown} from {schema}.{table}) to {literal(path)} (format csv, header, new_line E'\\r\\n')"
    )


def _written(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({quoted})::varchar as {quoted}"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({quoted} at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as {quoted}"
    return quoted
