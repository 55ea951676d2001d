"""The schema record: what every published table and column means, ``sql/dictionary.yaml`` and ``sql/tables.yaml``.

What belongs here: reading the two files, with file and line in every error, and handing them to ``sql/meta`` as frames.
What does not: declaring what they claim in the built file (claims.py), printing them (product/guide.py, the page
aineistot/sanakirja), what a table is for (the header of its SQL file).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.errors import InputError

WARNINGS = (
    *("series_break", "closed", "proposed_values", "partial_coverage", "heuristic", "suppressed_cells"),
    "revised_history",
)
"""The vocabulary of warnings, in the order in which they are shown."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times as fast
_COLUMN = {"en", "fi", "unit", "values", "missing"}
_TABLE = {"warnings", "key", "references", "sources"}
_LISTS: Mapping[str, pl.DataType] = {name: pl.List(pl.String()) for name in ("warnings", "key_columns", "source_ids")}


@dataclass(frozen=True)
class Column:
    """One meaning. ``values``: the only ones allowed, () for any; ``missing``: what an empty cell means."""

    en: str
    fi: str
    unit: str = ""
    values: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def required(self) -> bool:
        """Whether the column is never null."""
        return not self.missing


@dataclass(frozen=True)
class Table:
    """What to mind about a table; ``references``: column → schema.table.column."""

    warnings: tuple[str, ...]
    key: tuple[str, ...]
    references: Mapping[str, str]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """The whole record; ``warnings``: word → what it means, by language."""

    folder: Path
    columns: Mapping[str, Column]
    tables: Mapping[str, Table]
    warnings: Mapping[str, Mapping[str, str]]

    def column(self, table: str, name: str) -> Column:
        """Return the meaning of ``schema.table`` and column: its own entry, else the common one."""
        found = self.columns.get(f"{table}.{name}") or self.columns.get(name)
        if found is None:
            place = str(self.folder / "dictionary.yaml")
            raise InputError(place, f"no meaning for {table}.{name}", "a line for every column, in fi and en")
        return found

    def table(self, name: str) -> Table:
        """Return the entry of ``schema.table``."""
        if name not in self.tables:
            raise InputError(str(self.folder / "tables.yaml"), f"no entry for {name}", "a line for every table")
        return self.tables[name]


def load(folder: Path) -> Record:
    """Read the record from ``sql/``. Raises InputError naming file and line."""
    columns, lines = _mapping(folder / "dictionary.yaml")
    words: dict[str, Column] = {}
    for name, entry in columns.items():
        words[name] = _column(f"{folder / 'dictionary.yaml'}:{lines[name]}", name, entry)
    content, _ = _mapping(folder / "tables.yaml")
    place = str(folder / "tables.yaml")
    warnings = content.get("warnings")
    if not isinstance(warnings, dict) or set(warnings) != set(WARNINGS):
        raise InputError(place, "warnings: other words than the vocabulary's", ", ".join(WARNINGS))
    for name, entry in warnings.items():
        _both(f"{place}: warnings", str(name), entry)
        if not entry.get("sv"):
            raise InputError(f"{place}: warnings", f"{name}: no Swedish text", "fi, sv and en: pages show it")
    tables = {name: _table(place, str(name), entry) for name, entry in (content.get("tables") or {}).items()}
    return Record(folder, words, tables, {name: warnings[name] for name in WARNINGS})


def _mapping(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a file's entries and the line of each."""
    try:
        text = path.read_text(encoding="utf-8")
        content: Any = yaml.load(text, Loader=_LOADER)
        node: Any = yaml.compose(text, Loader=_LOADER)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise InputError(str(path), "is no mapping", "name: {en: …, fi: …}")
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if key.value in lines:
            raise InputError(f"{path}:{key.start_mark.line + 1}", f"{key.value} is there twice", "one entry a name")
        lines[key.value] = key.start_mark.line + 1
    return {str(key): value for key, value in content.items()}, lines


def _both(place: str, name: str, entry: object) -> dict[str, str]:
    for language, word in (("fi", "Finnish"), ("en", "English")):
        if not isinstance(entry, dict) or not str(entry.get(language) or "").strip():
            raise InputError(place, f"{name}: no {word} text", f'{name}: {{en: "…", fi: "…"}}')
    assert isinstance(entry, dict)
    return {language: " ".join(str(entry[language]).split()) for language in ("en", "fi")}


def _column(place: str, name: str, entry: object) -> Column:
    texts = _both(place, name, {"en": entry} if isinstance(entry, str) else entry)
    assert isinstance(entry, dict)
    _known(place, name, entry, _COLUMN)
    missing = _both(place, f"{name}: missing", entry["missing"]) if "missing" in entry else {}
    values = entry.get("values", [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(place, f"{name}: values", "a list of texts (quote numbers and words like yes)")
    return Column(texts["en"], texts["fi"], str(entry.get("unit", "")), tuple(values), missing)


def _table(place: str, name: str, entry: object) -> Table:
    if not isinstance(entry, dict):
        raise InputError(place, f"{name}: is no mapping", "warnings, key, references, sources")
    _known(place, name, entry, _TABLE)
    unknown = [word for word in entry.get("warnings", []) if word not in WARNINGS]
    if unknown:
        raise InputError(place, f"{name}: warning {unknown[0]!r}", ", ".join(WARNINGS))
    warned = tuple(word for word in WARNINGS if word in entry.get("warnings", []))
    key, sources = tuple(entry.get("key", [])), tuple(entry.get("sources", []))
    return Table(warned, key, dict(entry.get("references", {})), sources)


def _known(place: str, name: str, entry: Mapping[Any, Any], known: set[str]) -> None:
    for word in entry:
        if word not in known:
            raise InputError(place, f"{name}: {word!r}", "only " + ", ".join(sorted(known)))


def frames(record: Record, purposes: Mapping[str, str], views: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return the record as input tables; ``purposes``: ``schema.table`` → what it is for, views included."""
    columns = [
        {
            "entry": name,
            "meaning": column.en,
            "meaning_fi": column.fi,
            "unit": column.unit or None,
            "allowed_values": list(column.values) or None,
            "missing_means": column.missing.get("en"),
            "missing_means_fi": column.missing.get("fi"),
        }
        for name, column in record.columns.items()
    ]
    tables: list[dict[str, object]] = []
    references: list[dict[str, str]] = []
    for name, purpose in purposes.items():
        schema, _, short = name.partition(".")
        table = record.table(name)
        kind = "view" if name in views else "table"
        named = {"schema_name": schema, "table_name": short}
        lists = {"warnings": table.warnings, "key_columns": table.key, "source_ids": table.sources}
        tables.append({**named, "table_kind": kind, "purpose": purpose, **{k: list(v) for k, v in lists.items()}})
        references += [{**named, "column_name": c, "target": target} for c, target in table.references.items()]
    texts = dict.fromkeys(("unit", "missing_means", "missing_means_fi"), pl.String())
    return {
        "dictionary_columns": pl.DataFrame(
            columns, schema_overrides={**texts, "allowed_values": pl.List(pl.String())}, infer_schema_length=None
        ),
        "dictionary_tables": pl.DataFrame(tables, schema_overrides=dict(_LISTS), infer_schema_length=None),
        "dictionary_warnings": pl.DataFrame(
            [
                {
                    "warning": word,
                    "meaning": told["en"],
                    "meaning_fi": told["fi"],
                    "meaning_sv": told["sv"],
                    "ordinal": n,
                }
                for n, (word, told) in enumerate(record.warnings.items(), 1)
            ],
            schema_overrides={"ordinal": pl.Int32()},
        ),
        "dictionary_references": pl.DataFrame(
            references, schema=dict.fromkeys(("schema_name", "table_name", "column_name", "target"), pl.String())
        ),
    }
