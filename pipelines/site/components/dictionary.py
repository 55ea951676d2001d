"""Components of the data product's pages: the data dictionary, the files of every table.

What belongs here: rows of ``meta.columns``, ``meta.tables``, ``meta.warnings`` and ``meta.files`` turned into text.
What does not: the record that they come from (pipelines/dictionary.py), markup (dashboards/templates/components).
"""

from markupsafe import Markup

from pipelines import formats
from pipelines.site.components.data import DATA, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table


def _dictionary(scope: Scope, data: Table, tables: Table, warnings: Table, level: int) -> Markup:
    if level not in (2, 3, 4):
        raise Fault(f"dictionary: level={level}", "2, 3 or 4")
    columns: dict[str, list[Row]] = {}
    for row in data:
        columns.setdefault(_name(row), []).append(row)
    suffix = {"fi": "_fi", "sv": "_sv", "en": ""}[scope.language]
    words = {str(row["warning"]): str(row[f"meaning{suffix}"]) for row in warnings}
    listed = [
        {
            "name": _name(row),
            "id": _name(row).replace(".", "-"),
            "view": row["table_kind"] == "view",
            "purpose": _purpose(scope, _name(row)),
            "warnings": [(word, words[word]) for word in _texts(row["warnings"])],
            "key": ", ".join(_texts(row["key_columns"])),
            "columns": [_column(scope, one) for one in columns.get(_name(row), [])],
        }
        for row in tables
    ]
    return scope.fill("dictionary", tables=listed, lang="" if scope.language == "fi" else "en", level=level)


def _column(scope: Scope, row: Row) -> dict[str, str]:
    """Return one column's cells; meanings are in Finnish on the Finnish page and in English on the others."""
    suffix = "_fi" if scope.language == "fi" else ""
    unit = f", {row['unit']}" if row["unit"] else ""
    return {
        "name": str(row["column_name"]),
        "kind": f"{row['data_type']}{unit}",
        "meaning": str(row[f"meaning{suffix}"]),
        "allowed": " · ".join(value or '""' for value in _texts(row["allowed_values"])),
        "missing": str(row[f"missing_means{suffix}"] or ""),
    }


def _table_files(scope: Scope, data: Table) -> Markup:
    if not data.cells:
        return empty(scope, data)
    tables: dict[str, list[Row]] = {}
    for row in data:
        tables.setdefault(_name(row), []).append(row)
    listed = [
        {
            "name": name,
            "purpose": _purpose(scope, name),
            "rows": formats.number(float(str(rows[0]["row_count"])), scope.language),
            "files": [
                {
                    "href": f"{scope.root}/data/{row['path']}",
                    "kind": {"csv": "CSV", "parquet": "Parquet"}[str(row["file_format"])],
                    "size": _size(scope, int(str(row["size_bytes"]))),
                }
                for row in rows
            ],
        }
        for name, rows in tables.items()
    ]
    return scope.fill("table_files", tables=listed, id=scope.next_id("t"))


def _size(scope: Scope, size: int) -> str:
    """Return a size in words: whole kilobytes, from a megabyte on megabytes with one decimal."""
    if size < 1_000_000:
        return scope.locale.text("kilobytes", n=formats.number(max(1, round(size / 1000)), scope.language))
    return scope.locale.text("megabytes", n=formats.number(size / 1_000_000, scope.language, 1))


def _name(row: Row) -> str:
    return f"{row['schema_name']}.{row['table_name']}"


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _purpose(scope: Scope, name: str) -> str:
    word = scope.locale.word("table", name)
    if word is None:
        raise Fault(f"table {name!r} has no words", f"a line in words.table of locales/{scope.language}.yaml")
    return word


DICTIONARY_COMPONENTS = (
    Component(
        "dictionary",
        "Every table with its purpose, its warnings, what tells its rows apart, and its columns.",
        (
            Attribute("data", "data", "rows of meta.columns"),
            Attribute("tables", "data", "rows of meta.tables: which to show, in order"),
            Attribute("warnings", "data", "rows of meta.warnings"),
            Attribute("level", "count", "level of the headings, 2–4", 3),
        ),
        _dictionary,
    ),
    Component(
        "table_files",
        "The files of every table with rows and sizes, linked.",
        (DATA,),
        _table_files,
    ),
)
