"""``datapackage.json``, Frictionless Data Package v2: every file of the product with its columns, size and sha256.

What belongs here: turning what the built database says of itself (comments, ``meta.columns``, ``meta.tables``, declared
constraints) into the description. What does not: meanings (sql/dictionary.yaml), licences of producers (the sources say
them; where none was found none is claimed).

A CSV cannot tell an empty text from no value. So a column is ``required`` here only when it is declared NOT NULL and
has no empty text in this build, and a key is a ``primaryKey`` only when that holds for all of its columns.

The ``.duckdb`` file holds the same rows but not the same bytes from build to build: it has neither size nor hash.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.product import tables

NAME = "datapackage.json"
_TERMS = (
    "Our own compilation is under CC BY 4.0 (LICENSE-DATA.md of the project). That gives no rights that a producer has "
    "kept: what each producer states is in the sources of each resource, and where nothing was found no licence is "
    "claimed. Name a figure's producer and date, as in its citation."
)
_TYPES = {"BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "number", "FLOAT": "number"}
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def package(con: duckdb.DuckDBPyConnection, folder: Path, hashes: Mapping[str, str], database: str) -> bytes:
    """Return the description of the files in ``folder``; ``hashes``: sha256 by file name."""
    resources: list[dict[str, Any]] = []
    known = tables.columns(con)
    schemas = _Schemas(con, known)
    found = con.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() "
        "where database_name = current_database() order by all"
    ).fetchall()
    for schema, table, comment in found:
        sources = _sources(con, schema, table, "edition" in {name for name, _, _ in known[schema, table]})
        named = _resource(schema, table)
        csv, parquet = (tables.file_name(schema, table, suffix) for suffix in ("csv", "parquet"))
        warnings = schemas.warnings[f"{schema}.{table}"]
        about = {
            "description": tables.about(str(comment)),
            **({"sources": sources} if sources else {}),
            **({"warnings": warnings} if warnings else {}),
        }
        resources.append(
            {
                "name": named, "type": "table", "title": f"{schema}.{table}", **about, **_file(folder, csv, hashes),
                "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
                "schema": schemas.of(schema, table),
            }
        )  # fmt: skip
        resources.append(
            {
                "name": f"{named}-parquet", "type": "file", "title": f"{schema}.{table}", **about,
                **_file(folder, parquet, hashes), "format": "parquet", "mediatype": "application/vnd.apache.parquet",
            }
        )  # fmt: skip
    resources.append(
        {
            "name": "duckdb", "type": "file", "path": database, "format": "duckdb",
            "mediatype": "application/vnd.duckdb", "title": "All tables in one file, for DuckDB 1.0 and later",
        }
    )  # fmt: skip
    made = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "toiminta-lukuina",
        "title": "Toiminta lukuina",
        "description": _TERMS,
        "resources": resources,
    }
    return json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n"


def _file(folder: Path, name: str, hashes: Mapping[str, str]) -> dict[str, Any]:
    return {"path": name, "bytes": (folder / name).stat().st_size, "hash": f"sha256:{hashes[name]}"}


def _resource(schema: str, table: str) -> str:
    return f"{schema}_{table}".replace("_", "-").lower()


class _Schemas:
    """The Table Schema of each table, from what the built database says of itself."""

    def __init__(self, con: duckdb.DuckDBPyConnection, known: tables.Columns) -> None:
        self._con, self._known = con, known
        asked = con.execute(
            "select schema_name || '.' || table_name, column_name, data_type, meaning, meaning_fi, unit, "
            "allowed_values, missing_means, references_column from meta.columns order by all"
        )
        names = [str(column[0]) for column in asked.description or []][1:]
        self._told: dict[tuple[str, str], dict[str, Any]] = {}
        for table, *cells in asked.fetchall():
            self._told[str(table), str(cells[0])] = dict(zip(names, cells, strict=True))
        self._declared: dict[tuple[str, str], list[list[str]]] = {}
        for table, kind, columns in con.execute(
            "select schema_name || '.' || table_name, constraint_type, constraint_column_names "
            "from duckdb_constraints() where database_name = current_database() order by all"
        ).fetchall():
            self._declared.setdefault((str(table), str(kind)), []).append([str(column) for column in columns])
        self.warnings: dict[str, list[str]] = dict(
            con.execute("select schema_name || '.' || table_name, warnings from meta.tables order by all").fetchall()
        )
        self._broken = {str(claim) for (claim,) in con.execute("select claim from input.broken_claims").fetchall()}

    def of(self, schema: str, table: str) -> dict[str, Any]:
        """Return the Table Schema of one table."""
        name = f"{schema}.{table}"
        listed = self._known[schema, table]
        never = {column for (column,) in self._declared.get((name, "NOT NULL"), [])}
        checked = {columns[0] for columns in self._declared.get((name, "CHECK"), [])}
        whole = never - self._gaps(name, [c for c, kind, _ in listed if kind == "VARCHAR" and c in never])
        fields = [self._field(name, column, whole, checked) for column, _, _ in listed]
        made: dict[str, Any] = {"fields": fields, "missingValues": [""]}
        keys = [key for key in self._declared.get((name, "PRIMARY KEY"), []) if set(key) <= whole]
        if keys:
            made["primaryKey"] = keys[0]
        foreign = [link for column, _, _ in listed if (link := self._foreign(name, column))]
        return {**made, "foreignKeys": foreign} if foreign else made

    def _gaps(self, name: str, columns: list[str]) -> set[str]:
        """Return the columns with an empty text."""
        if not columns:
            return set()
        asked = ", ".join(f"""coalesce(bool_or("{column}" = ''), false)""" for column in columns)
        row = self._con.execute(f"select {asked} from {name}").fetchone() or ()
        return {column for column, gap in zip(columns, row, strict=True) if gap}

    def _field(self, name: str, column: str, whole: set[str], checked: set[str]) -> dict[str, Any]:
        told = self._told[name, column]
        kind = _type(str(told["data_type"]))
        made: dict[str, Any] = {"name": column, "type": kind, "description": told["meaning"]}
        made |= {"description_fi": told["meaning_fi"]}
        if kind == "datetime":
            made["format"] = "%Y-%m-%dT%H:%M:%SZ"
        made |= {key: told[key] for key in ("unit", "missing_means") if told[key]}
        limits: dict[str, Any] = {"required": True} if column in whole else {}
        if column in checked:
            limits["enum"] = [value for value in told["allowed_values"] if value]
        return {**made, "constraints": limits} if limits else made

    def _foreign(self, name: str, column: str) -> dict[str, Any] | None:
        target = self._told[name, column]["references_column"]
        if not target or f"{name}.{column} is in {target}" in self._broken:
            return None
        schema, table, parent = str(target).split(".")
        return {"fields": [column], "reference": {"resource": _resource(schema, table), "fields": [parent]}}


def _type(kind: str) -> str:
    if kind.endswith("[]"):
        return "array"
    if kind.startswith(("STRUCT", "MAP")):
        return "object"
    if kind.startswith("TIMESTAMP"):
        return "datetime"
    if kind.startswith("DECIMAL"):
        return "number"
    return "integer" if kind in _WHOLE else _TYPES.get(kind, "string")


def _sources(con: duckdb.DuckDBPyConnection, schema: str, table: str, by_edition: bool) -> list[dict[str, str]]:
    """Return the sources that a table's rows come from, with the terms that each states.

    Where rows name their edition, the sources of those; else those that the record says the table is made of.
    """
    if not by_edition:
        rows = con.execute(
            "select s.source, s.licence, s.publisher_en from meta.tables as t, unnest(t.source_ids) as u(id) "
            "inner join meta.sources as s on s.source = u.id "
            "where t.schema_name = ? and t.table_name = ? order by all",
            [schema, table],
        ).fetchall()
        return [_source(*row) for row in rows]
    rows = con.execute(
        f"select distinct s.source, s.licence, s.publisher_en from {schema}.{table} t "
        "inner join meta.editions e on e.edition = t.edition "
        "inner join meta.sources s on s.source = e.source order by all"
    ).fetchall()
    return [_source(*row) for row in rows]


def _source(source: str, licence: str, publisher: str | None) -> dict[str, str]:
    """Name the producer first; the transcribed figures have several, named in each row."""
    return {"title": publisher or "Producers named in each row", "id": source, "terms": licence}
