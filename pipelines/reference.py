"""The small committed tables of ``data/raw/reference/``: regions, publishers, timeline, municipalities, glossary.

What belongs here: loading them with their columns and keys checked. What does not: anything that changes nightly.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.dates import is_reference
from pipelines.errors import InputError

VERIFIED = ("read", "unverified", "not_researched")
"""Of a term: its source was read, it is still to be checked, or nobody has looked for what is now."""

_COLUMNS: Mapping[str, Sequence[str]] = {
    "regions": ("code", "name_fi", "name_sv", "name_en", "aliases"),
    "publishers": ("id", "short_fi", "short_sv", "short_en", "long_fi", "long_sv", "long_en", "url", "note"),
    "publisher_names": ("publisher", "id", "lineage"),
    "palkkatuki_timeline": ("date", "kind", "event_fi", "event_sv", "event_en", "source", "verified"),
    "municipality_region": ("year", "municipality_code", "name_fi", "name_sv", "region_code", "wellbeing_county"),
    "municipality_merger": (
        *("merged_on", "municipality_code", "name_fi", "name_sv", "successor_code", "successor_fi"),
        *("published_on", "source_url"),
    ),
    "handbook_page": (
        *("id", "order", "section", "label_fi", "value", "bound", "unit", "period", "as_of", "published_on"),
        *("citation_as_printed", "citation_correct", "note"),
    ),
    "glossary": (
        *("ordinal", "id", "section", "term_fi", "term_sv", "term_en", "then_fi", "then_sv", "then_en", "then_source"),
        *("now_fi", "now_sv", "now_en", "since", "source", "source_url", "verified"),
    ),
}
_KEYS: Mapping[str, Sequence[str]] = {
    "regions": ("code",),
    "publishers": ("id",),
    "publisher_names": ("publisher",),
    "municipality_region": ("year", "municipality_code"),
    "municipality_merger": ("municipality_code",),
    "handbook_page": ("id",),
    "glossary": ("id",),
}


@dataclass(frozen=True)
class Reference:
    """The tables, all text, "" for an empty cell. ``regions`` are the 19 maakunnat in order of code."""

    regions: pl.DataFrame
    publishers: pl.DataFrame
    publisher_names: pl.DataFrame
    palkkatuki_timeline: pl.DataFrame
    municipality_region: pl.DataFrame
    municipality_merger: pl.DataFrame
    handbook_page: pl.DataFrame
    glossary: pl.DataFrame

    @property
    def region_names(self) -> tuple[str, ...]:
        """Finnish names of the regions, in order of code."""
        return tuple(self.regions["name_fi"].to_list())

    @property
    def region_by_code(self) -> dict[str, str]:
        """``MK01`` → Uusimaa: StatFin's codes for the regions."""
        return {f"MK{c}": n for c, n in zip(self.regions["code"], self.regions["name_fi"], strict=True)}

    @property
    def publisher_ids(self) -> frozenset[str]:
        """The ids of ``publishers.csv``."""
        return frozenset(self.publishers["id"].to_list())

    @property
    def lineages(self) -> dict[str, str]:
        """Publisher as printed → producer for the purpose of revisions (R2); an unknown one is its own."""
        return dict(zip(self.publisher_names["publisher"], self.publisher_names["lineage"], strict=True))


_BROUGHT = "Run: lukuina run; in the project's own data folder: git checkout data/raw/reference"


def load(folder: Path) -> Reference:
    """Load the tables. Raises InputError naming file, line and column."""
    tables = {name: _table(folder / f"{name}.csv", columns) for name, columns in _COLUMNS.items()}
    _check_mergers(folder / "municipality_merger.csv", tables["municipality_merger"], tables["municipality_region"])
    return Reference(**tables)


def _table(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    if not path.is_file():
        raise InputError(str(path), "missing", "a reference table", _BROUGHT)
    try:
        table = pl.read_csv(path, infer_schema=False).fill_null("")
    except pl.exceptions.PolarsError as error:
        raise InputError(str(path), f"not a CSV: {str(error).splitlines()[0]}", "UTF-8, comma, quotes") from None
    if table.columns != list(columns):
        raise InputError(f"{path}:1", f"columns {', '.join(table.columns)}", ", ".join(columns))
    key = _KEYS.get(path.stem)
    if key:
        repeated = table.with_row_index("line", 2).filter(pl.struct(key).is_duplicated())
        if repeated.height:
            line, value = repeated.row(-1, named=True)["line"], [repeated.row(-1, named=True)[k] for k in key]
            raise InputError(f"{path}:{line}", f"{' '.join(value)} is there twice", "each " + " + ".join(key) + " once")
    if path.stem == "regions" and table.height != 19:
        raise InputError(str(path), f"{table.height} regions", "19")
    if path.stem == "glossary":
        _check_glossary(path, table)
    for column in {"palkkatuki_timeline": ("date",), "municipality_merger": ("merged_on", "published_on")}.get(
        path.stem, ()
    ):
        _check_days(path, table, column)
    return table


def _check_days(path: Path, table: pl.DataFrame, column: str) -> None:
    for line, day in enumerate(table[column], 2):
        if not is_reference(day) or len(day) != len("YYYY-MM-DD"):
            raise InputError(f"{path}:{line}", f"{column} {day!r}", "YYYY-MM-DD, a day of the calendar")


def _check_mergers(path: Path, mergers: pl.DataFrame, municipalities: pl.DataFrame) -> None:
    """Check that every successor is a municipality of the year of the merger: its region is where the grant goes."""
    known = set(municipalities.select("year", "municipality_code", "name_fi").rows())
    first = min(municipalities["year"], default="")
    for line, row in enumerate(mergers.iter_rows(named=True), 2):
        year = max(row["merged_on"][:4], first)
        if (year, row["successor_code"], row["successor_fi"]) not in known:
            named = f"{row['successor_code']} {row['successor_fi']}"
            raise InputError(f"{path}:{line}", f"no municipality {named} in {year}", "one of municipality_region.csv")


def _check_glossary(path: Path, table: pl.DataFrame) -> None:
    """Check that every term is whole in three languages and that what is said of today has a source."""
    for line, row in enumerate(table.iter_rows(named=True), 2):
        needed = ["id", "section", "term_fi", "term_sv", "term_en", "then_fi", "then_sv", "then_en", "then_source"]
        if row["verified"] != "not_researched" or row["now_fi"] or row["now_sv"] or row["now_en"]:
            needed += ["now_fi", "now_sv", "now_en", "source"]
        for name in needed:
            if not row[name].strip():
                raise InputError(f"{path}:{line}", f"{name} of {row['id']!r} is empty", "a text")
        for name, fits, expected in (
            ("ordinal", row["ordinal"].isdigit(), "a whole number"),
            ("verified", row["verified"] in VERIFIED, "one of " + ", ".join(VERIFIED)),
            ("since", not row["since"] or is_reference(row["since"]), "YYYY, YYYY-MM or YYYY-MM-DD"),
            ("source_url", re.fullmatch(r"(https?://\S+)?", row["source_url"]), "http:// or https://"),
        ):
            if not fits:
                raise InputError(f"{path}:{line}", f"{name} {row[name]!r}", expected)
