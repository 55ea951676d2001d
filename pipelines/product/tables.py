"""Canonical CSV of a published table: RFC 4180, UTF-8, values untouched, lists and records as JSON.

What belongs here: how a value is written. What does not: which tables there are (the built database tells).
"""

from pathlib import Path

import duckdb


def file_name(schema: str, table: str, suffix: str) -> str:
    """Return the name of a table's file: ``grants.csv``, ``meta_sources.csv``."""
    return f"{table}.{suffix}" if schema == "marts" else f"{schema}_{table}.{suffix}"


def columns(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[str, str, str]]:
    """Return name, DuckDB type and meaning of each column of a table of the built catalog, in order."""
    return con.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()


def write_csv(con: duckdb.DuckDBPyConnection, schema: str, table: str, path: Path) -> None:
    """Write one table in its own order. A null is an empty field; an empty text is ``""``."""
    shown = ", ".join(_written(name, kind) for name, kind, _ in columns(con, schema, table))
    con.execute(f"copy (select {shown} from {schema}.{table}) to '{path}' (format csv, header, new_line E'\\r\\n')")


def _written(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({quoted})::varchar as {quoted}"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({quoted} at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as {quoted}"
    return quoted
