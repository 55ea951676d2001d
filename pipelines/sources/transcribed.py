"""Figures that a person keyed from a publication: the CSVs of ``data/raw/transcribed/``.

What belongs here: reading those CSVs, every row checked, with file, line and column of what is wrong.
What does not: other sources' formats; keeping versions of the files (pipelines/take_in.py).
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.dates import is_reference
from pipelines.errors import InputError, nearest
from pipelines.observations import BOUNDS, DRAFT, STATUSES, UNITS

COLUMNS = [
    *(
        "series",
        "geo",
        "dimension",
        "category",
        "coverage",
        "period",
        "as_of",
        "published_on",
        "value",
        "unit",
        "bound",
    ),
    *("status", "publisher", "citation", "source_url", "note"),
]
SERIES_COLUMNS = [
    *("series", "file", "kind", "unit", "dimensions", "coverages", "publishers", "rows"),
    *("first_reference", "last_reference", "example_note"),
]
KINDS = frozenset({"stock", "flow", "survey", "rank", "rule", "plan", "dataset"})

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_REGISTER = re.compile(r"^(PRH|STEA|TEM, Työnvälitystilasto|KEHA-keskus, Työnvälitystilasto)")
_OFFICIAL_SERIES = ("associations_by_region_and_class", "grants_", "recipients_awarded", "alkaneet_")


@dataclass(frozen=True)
class SeriesInfo:
    """One row of ``series.csv``: what kind of thing the series is, and its unit."""

    kind: str
    unit: str


def read_series(body: bytes, place: str) -> dict[str, SeriesInfo]:
    """Read ``series.csv`` into series id → kind and unit. Raises InputError with line and column."""
    found: dict[str, SeriesInfo] = {}
    for line, row in _rows(body, place, SERIES_COLUMNS):
        if row["series"] in found:
            raise InputError(f"{place}:{line}: series", f"{row['series']!r} is there twice", "each series once")
        _one_of(row, "kind", sorted(KINDS), place, line)
        _one_of(row, "unit", sorted(UNITS), place, line)
        found[row["series"]] = SeriesInfo(row["kind"], row["unit"])
    return found


def read(body: bytes, place: str, series: Mapping[str, SeriesInfo]) -> pl.DataFrame:
    """Read one CSV of figures into rows of ``observations.DRAFT`` plus ``line`` and ``edition``.

    Every row is checked: series and its unit known, reference and dates, number, bound, status, a citation or
    source, and the key unique by R2 (same key from the same publisher, published on the same day, at the same
    address). Raises InputError naming file, line and column of the first thing that is wrong.
    """
    rows: list[dict[str, object]] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, row in _rows(body, place, COLUMNS):
        _check(row, series, place, line)
        key = _key(row)
        if key in seen:
            raise InputError(f"{place}:{line}", f"same key as line {seen[key]}", "one row a key and publication (R2)")
        seen[key] = line
        rows.append(_draft(row, line))
    return pl.DataFrame(rows, schema={**DRAFT, "line": pl.Int32(), "edition": pl.String()}, orient="row")


def _rows(body: bytes, place: str, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise InputError(f"{place}:{line}", "not UTF-8", "a CSV saved as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != columns:
            wrong = next((h for h in header if h not in columns), None)
            missing = [c for c in columns if c not in header]
            found = f"unknown column {wrong!r}" if wrong else f"missing {missing}" if missing else "another order"
            raise InputError(f"{place}:1", f"header: {found}", ",".join(columns))
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(columns):
                problem = f"{len(cells)} cells"
                raise InputError(f"{place}:{reader.line_num}", problem, f"{len(columns)}, a comma between each")
            yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{place}:{reader.line_num}", f"not valid CSV: {error}", "RFC 4180, comma, quotes") from None


def _check(row: dict[str, str], series: Mapping[str, SeriesInfo], place: str, line: int) -> None:
    info = series.get(row["series"])
    if info is None:
        where = f"{place}:{line}: series"
        raise InputError(where, f"unknown series {row['series']!r}", nearest(row["series"], list(series)))
    if row["unit"] != info.unit:
        raise InputError(f"{place}:{line}: unit", f"{row['unit']!r} for series {row['series']}", info.unit)
    _one_of(row, "bound", BOUNDS, place, line)
    _one_of(row, "status", STATUSES, place, line)
    if not _NUMBER.fullmatch(row["value"]):
        raise InputError(f"{place}:{line}: value", f"{row['value']!r} is not a number", "digits, decimal point")
    for column in ("geo", "coverage", "publisher"):
        if not row[column].strip():
            raise InputError(f"{place}:{line}: {column}", "empty", "a value")
    if bool(row["dimension"]) != bool(row["category"]):
        raise InputError(f"{place}:{line}: category", "dimension and category go together", "both or neither")
    _check_dates(row, place, line)
    if not (row["citation"] or row["source_url"] or row["note"].startswith("handbook 2019")):
        raise InputError(f"{place}:{line}: citation", "neither citation nor source_url", "where the figure was read")


def _check_dates(row: dict[str, str], place: str, line: int) -> None:
    if row["period"] and row["as_of"]:
        raise InputError(f"{place}:{line}: period", "both period and as_of", "a flow's period or a stock's as_of")
    for column in ("period", "as_of"):
        if row[column] and not is_reference(row[column]):
            problem = f"{row[column]!r} is not a reference"
            raise InputError(f"{place}:{line}: {column}", problem, "YYYY, YYYY-MM, YYYY-MM-DD or a/b")
    if row["published_on"]:
        try:
            date.fromisoformat(row["published_on"])
        except ValueError:
            where = f"{place}:{line}: published_on"
            raise InputError(where, f"{row['published_on']!r} is not a date", "YYYY-MM-DD or empty") from None
        if not (row["period"] or row["as_of"]):
            raise InputError(f"{place}:{line}: period", "dated row without a reference", "period or as_of")


def _one_of(row: dict[str, str], column: str, allowed: tuple[str, ...] | list[str], place: str, line: int) -> None:
    if row[column] not in allowed:
        raise InputError(f"{place}:{line}: {column}", f"{row[column]!r}", "one of " + ", ".join(allowed))


def _key(row: dict[str, str]) -> tuple[str, ...]:
    """R2's key with publication; undated rows, which no figure uses, are told apart by their value too."""
    names = ["series", "geo", "dimension", "category", "coverage", "period", "as_of", "publisher", "published_on"]
    return (*(row[name] for name in names), row["source_url"], "" if row["published_on"] else row["value"])


def _draft(row: dict[str, str], line: int) -> dict[str, object]:
    published = date.fromisoformat(row["published_on"]) if row["published_on"] else None
    return {
        **row,
        "published_on": published,
        "value": float(row["value"]),
        "basis": _basis(row),
        "line": line,
        "edition": edition_id(row["publisher"], row["published_on"], row["source_url"]),
    }


def _basis(row: dict[str, str]) -> str:
    if "as quoted by" in row["note"] or "secondary" in row["note"].split(";")[0]:
        return "quoted"
    if _REGISTER.match(row["publisher"]) and row["series"].startswith(_OFFICIAL_SERIES):
        return "register"
    return "publication"


def edition_id(publisher: str, published_on: str, source_url: str) -> str:
    """Return the id of the publication that a transcribed row was read from: publisher, day and address."""
    address = hashlib.sha256(f"{publisher}\n{source_url}".encode()).hexdigest()[:8]
    return f"transcribed:{published_on or 'undated'}:{address}"
