"""``datapackage.json``, Frictionless Data Package v2: every file of the product with its columns, size and sha256.

What belongs here: turning the built database's own comments into the description. What does not: meanings
(sql/dictionary.yaml), licences of producers (the sources say them; where none was found none is claimed).

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
    found = con.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() "
        "where database_name = current_database() order by all"
    ).fetchall()
    known = tables.columns(con)
    for schema, table, comment in found:
        own = known[schema, table]
        sources = _sources(con, schema, table) if "edition" in {name for name, _, _ in own} else []
        named = f"{schema}_{table}".replace("_", "-").lower()
        csv, parquet = (tables.file_name(schema, table, suffix) for suffix in ("csv", "parquet"))
        about = {"description": comment, **({"sources": sources} if sources else {})}
        fields = [_field(*column) for column in own]
        resources.append(
            {
                "name": named, "type": "table", "title": f"{schema}.{table}", **about, **_file(folder, csv, hashes),
                "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
                "schema": {"fields": fields, "missingValues": [""]},
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


def _field(name: str, kind: str, meaning: str) -> dict[str, str]:
    field = {"name": name, "type": _type(kind), "description": meaning}
    return {**field, "format": "%Y-%m-%dT%H:%M:%SZ"} if field["type"] == "datetime" else field


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


def _sources(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[dict[str, str]]:
    """Return the sources of the editions that a table's rows come from, with the terms that each states."""
    rows = con.execute(
        f"select distinct s.source, s.licence from {schema}.{table} t "
        "inner join meta.editions e on e.edition = t.edition "
        "inner join meta.sources s on s.source = e.source order by all"
    ).fetchall()
    return [{"title": str(source), "terms": str(licence)} for source, licence in rows]
