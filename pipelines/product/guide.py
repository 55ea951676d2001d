"""``docs/dictionary.md``: the data dictionary as a page of the documentation, made of the published file.

What belongs here: turning ``meta.tables``, ``meta.columns`` and ``meta.warnings`` into Markdown. What does not:
meanings (sql/dictionary.yaml, sql/tables.yaml), the site's page (dashboards/pages/aineistot/sanakirja.md).

``lukuina run``, then ``python -m pipelines.product.guide > docs/dictionary.md`` writes it; a test fails while the file
is not current.
"""

import sys
import textwrap
from collections.abc import Iterable

import duckdb

from pipelines import settings, warehouse
from pipelines.product import tables

_HEAD = """# Data dictionary

Made from `sql/dictionary.yaml`, `sql/tables.yaml` and the headers in `sql/` with
`python -m pipelines.product.guide`: change those, not this. In the data the same stands in `meta.columns`,
`meta.tables` and `meta.warnings`; on the site it is the page *Aineiston sanakirja*.

One word means the same in every table. A column whose last cell says *never empty* is declared `NOT NULL` in the DuckDB
file, one with allowed values has a `CHECK`, and a key without empty cells is the `PRIMARY KEY`. A claim that does not
hold in a build is not declared in it, and the check `dictionary_holds` in `meta.checks` names it.
"""


def page(con: duckdb.DuckDBPyConnection) -> str:
    """Return the page."""
    words = con.execute("select warning, meaning, meaning_fi from meta.warnings order by ordinal").fetchall()
    parts = [
        _HEAD,
        "## Warnings\n",
        _table(("word", "in English", "suomeksi"), ((f"`{w}`", e, f) for w, e, f in words)),
    ]
    for schema, table, kind, purpose, warnings, key, sources in con.execute(
        "select schema_name, table_name, table_kind, purpose, warnings, key_columns, source_ids from meta.tables "
        "order by schema_name, table_name"
    ).fetchall():
        parts.append(f"## {schema}.{table}\n")
        about = tables.about(purpose) + (" A view, in the DuckDB file only." if kind == "view" else "")
        parts.append(textwrap.fill(about, 120))
        told = {"Warnings": warnings, "Key": key, "Sources": sources}
        listed = [f"- {name}: {', '.join(f'`{word}`' for word in words)}" for name, words in told.items() if words]
        parts.append("\n" + "\n".join([*listed, ""]) if listed else "")
        parts.append(
            _table(("column", "type", "meaning", "merkitys", "allowed", "empty"), _columns(con, schema, table))
        )
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _columns(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> Iterable[tuple[str, ...]]:
    rows = con.execute(
        "select column_name, data_type, unit, meaning, meaning_fi, allowed_values, missing_means from meta.columns "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    for name, kind, unit, meaning, meaning_fi, allowed, missing in rows:
        shown = f"`{kind}`" + (f", {unit}" if unit else "")
        values = ", ".join(f"`{value}`" if value else "empty" for value in allowed or [])
        yield f"`{name}`", shown, meaning, meaning_fi, values, missing or "never empty"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    with warehouse.connect(settings.load().marts) as connection:
        sys.stdout.write(page(connection))
