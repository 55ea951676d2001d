"""The workbook of avustukset.stea.fi: bytes → one typed row an applied grant.

What belongs here: the checks that name sheet, row and column, the types. What does not: the guard before parsing
(xlsx_guard.py), fetching, sums and the judgement whether an edition is plausible
(pipelines/sources/stea.py), the JSON endpoint (stea_api.py).

The shape, from the export of 2025-12-19 (sources/stea.md §1.2): one sheet a year, sheet name = year = column Vuosi;
inline strings without cell references, so that a cell's column is its place in the row; everything is text, also
money; empty = empty string. The eleven headings must be there and no others; another *order* of them is accepted,
because columns are found by name. A workbook with macros (.xlsm) is read as data, nothing in it is run.
"""

import difflib
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, cast

import fastexcel
import polars as pl

from pipelines.errors import InputError
from pipelines.sources.xlsx_guard import WORKERS, check_container, in_parallel

HEADINGS = (
    *("Järjestö", "Y-tunnus", "Vuosi", "Avustuksen käyttötarkoitus", "Avustuslaji", "Maantiet. alue"),
    *("Avustuskokonaisuus", "Järjestöluokka", "Haettu", "Ehdotettu", "Myönnetty"),
)

GRANTS: Mapping[str, pl.DataType] = {
    "year": pl.Int32(),
    "organisation": pl.String(),
    "business_id": pl.String(),
    "grant_type": pl.String(),
    "grant_number": pl.Int32(),
    "purpose": pl.String(),
    "theme": pl.String(),
    "organisation_class": pl.String(),
    "scope": pl.String(),
    "applied_eur": pl.Int64(),
    "proposed_eur": pl.Int64(),
    "granted_eur": pl.Int64(),
    "decision_state": pl.String(),
    "basis": pl.String(),
    "sheet_row": pl.Int32(),
}
"""Columns of the table ``grants``, one row an applied target a year, refused ones included. Money in whole euros,
null = empty cell. ``decision_state`` granted | refused (granted 0) | undecided (granted null), R6. ``basis`` workbook |
json; what the JSON does not tell is "" (text) or null. ``sheet_row`` is the row of the year's sheet, heading = 1."""

KEY = ("year", "organisation", "grant_type", "grant_number")
"""The natural key (Järjestö, Vuosi, Avustuslaji): unique over all 26 487 rows of the export of 2025-12-19."""


_YEAR = re.compile(r"20[0-9]{2}")
_ROW_TITLE = re.compile(r"name=\"RowTitle[^>]*>'?([^'!<]+)'?!\$A\$2:\$A\$([0-9]+)<")
_MONEY = {"Haettu": "applied_eur", "Ehdotettu": "proposed_eur", "Myönnetty": "granted_eur"}


@dataclass(frozen=True)
class Workbook:
    """What a workbook says: ``grants`` (columns ``GRANTS``, sheets in the file's order) and facts of the file.

    ``rows`` and ``declared`` count the rows of each sheet as read and as the workbook's own row titles state them
    (only sheets that have one); ``dated`` is the newest day among the zip's members; ``reordered`` names the sheets
    whose columns stand in another order.
    """

    grants: pl.DataFrame
    rows: Mapping[int, int]
    declared: Mapping[int, int]
    dated: date
    macros: bool
    reordered: tuple[str, ...] = ()


def read(body: bytes, place: str) -> Workbook:
    """Read all sheets. Raises InputError naming ``place``, sheet, row, column and value."""
    members = check_container(body, place)
    frames = _load(body, place)
    cells = pl.concat([_named(frame, name, f"{place}, sheet {name}") for name, frame in frames.items()])
    _check_cells(cells, place)
    grants = typed(cells.lazy()).collect()
    _check_key(grants, place)
    declared = {int(name): last - 1 for name, last in _row_titles(body) if _YEAR.fullmatch(name)}
    counted = dict(grants.group_by("year").len().rows())
    return Workbook(
        grants=grants,
        rows={int(name): counted.get(int(name), 0) for name in frames},
        declared=declared,
        dated=max(date(*member.date_time[:3]) for member in members),
        macros=any(member.filename.lower().endswith("vbaproject.bin") for member in members),
        reordered=tuple(name for name, frame in frames.items() if not _in_order(frame)),
    )


def digest(rows: pl.DataFrame) -> str:
    """Return the sha256 of grant rows, whatever their order in the file: which is the same edition (hex)."""
    canonical = _Hash()
    ordered = rows.drop("sheet_row").sort(*KEY, maintain_order=True)
    ordered.write_csv(cast("IO[bytes]", canonical), quote_style="always")
    return canonical.sha256.hexdigest()


class _Hash:
    """A file that only hashes what is written to it: the rows as text are 11 MB, which nobody needs to keep."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, text: bytes) -> int:
        self.sha256.update(text)
        return len(text)

    def flush(self) -> None:
        pass


def invalid_business_ids(grants: pl.DataFrame) -> pl.DataFrame:
    """Return ``organisation, business_id`` (distinct, sorted) of the Y-tunnus whose form or check digit is wrong.

    Three were wrong in the export of 2025-12-19; they are kept as the register has them.
    """
    given = grants.select("organisation", "business_id").filter(pl.col("business_id").is_not_null()).unique()
    digits = [pl.col("business_id").str.slice(i, 1).cast(pl.Int32, strict=False) for i in (0, 1, 2, 3, 4, 5, 6, 8)]
    rest = pl.sum_horizontal(d * w for d, w in zip(digits[:7], (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    right = pl.when(rest == 0).then(digits[7] == 0).otherwise(digits[7] == 11 - rest)
    formed = pl.col("business_id").str.contains(r"^[0-9]{7}-[0-9]$")
    return given.filter(~(formed & right)).sort("organisation", "business_id")


# -- the sheets --------------------------------------------------------------------------------------------------


def _row_titles(body: bytes) -> list[tuple[str, int]]:
    """The name RowTitle2025 = '2025'!$A$2:$A$2263 is the publisher's own count of a sheet's rows."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        text = archive.read("xl/workbook.xml").decode("utf-8", errors="replace")
    return [(name, int(last)) for name, last in _ROW_TITLE.findall(text)]


def _load(body: bytes, place: str) -> dict[str, pl.DataFrame]:
    """Return every sheet as text, heading in row 0; two threads halve the time (bench/workbook.py)."""
    try:
        names = fastexcel.read_excel(body).sheet_names
        _check_names(names, place)
        groups = [names[i::WORKERS] for i in range(WORKERS) if names[i::WORKERS]]
        loaded = {
            name: frame for part in in_parallel(lambda group: _sheets(body, group), groups) for name, frame in part
        }
    except fastexcel.FastExcelError as error:
        raise InputError(place, f"cannot be read as a workbook: {str(error).splitlines()[0]}") from None
    return {name: loaded[name] for name in names}


def _sheets(body: bytes, names: Sequence[str]) -> list[tuple[str, pl.DataFrame]]:
    reader = fastexcel.read_excel(body)
    return [
        (name, reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()) for name in names
    ]


def _check_names(names: Sequence[str], place: str) -> None:
    if not names:
        raise InputError(place, "has no sheets", "one a year")
    for name in names:
        if not _YEAR.fullmatch(name):
            raise InputError(
                f"{place}, sheet {name!r}", "the sheet's name is not a year", "one sheet a year, e.g. 2025"
            )
        if names.count(name) > 1:
            raise InputError(f"{place}, sheet {name!r}", "there are two sheets of that name")


def _headings(frame: pl.DataFrame) -> list[str]:
    return [str(cell or "") for cell in frame.row(0)] if frame.height else []


def _in_order(frame: pl.DataFrame) -> bool:
    return tuple(_headings(frame)[: len(HEADINGS)]) == HEADINGS


def _named(frame: pl.DataFrame, sheet: str, place: str) -> pl.DataFrame:
    """Return the cells under the eleven headings with ``sheet`` and ``sheet_row``, empty rows left out."""
    headings = _headings(frame)
    _check_headings(headings, place)
    columns = {frame.columns[headings.index(name)]: name for name in HEADINGS}
    beyond = [name for name in frame.columns if name not in columns]
    cells = frame.with_row_index("sheet_row", offset=1).slice(1)
    stray = cells.filter(pl.any_horizontal(pl.col(beyond).fill_null("") != "")) if beyond else cells.clear()
    if stray.height:
        raise InputError(f"{place}, row {stray['sheet_row'][0]}", "has a cell to the right of the headings")
    return (
        cells.select(
            pl.lit(sheet).alias("sheet"),
            pl.col("sheet_row").cast(pl.Int32),
            *(pl.col(old).fill_null("").str.strip_chars().alias(new) for old, new in columns.items()),
        )
        .filter(pl.any_horizontal(pl.col(HEADINGS) != ""))
        .select("sheet", "sheet_row", *HEADINGS)
    )


def _check_headings(found: Sequence[str], place: str) -> None:
    given = [name for name in found if name]
    missing = [name for name in HEADINGS if name not in given]
    unknown = [name for name in given if name not in HEADINGS]
    twice = sorted({name for name in given if given.count(name) > 1})
    if not (missing or unknown or twice):
        return
    parts = [f"unknown column {name!r}{_nearest(name)}" for name in unknown]
    parts += [f"column {name!r} is missing" for name in missing] + [f"column {name!r} stands twice" for name in twice]
    raise InputError(f"{place}, row 1", "; ".join(parts), "the headings " + ", ".join(HEADINGS))


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, HEADINGS, 1)
    return f" (nearest known: {near[0]!r})" if near else ""


# -- the cells ---------------------------------------------------------------------------------------------------


def rules() -> Iterable[tuple[str, pl.Expr, str]]:
    """Yield column, what its cells must fulfil as an expression over whole columns, and that in words."""
    yield "Vuosi", pl.col("Vuosi") == pl.col("sheet"), "the year that the sheet is named after"
    yield "Järjestö", pl.col("Järjestö") != "", "a name"
    kind = pl.col("Avustuslaji").str.contains(r"^(Ay|Ak|B|C) ?[0-9]{0,9}$")
    yield "Avustuslaji", kind, "Ay, Ak, B or C and a running number"
    for column in _MONEY:
        # [0-9], not \d: polars' \d also takes the digits of other scripts
        yield column, pl.col(column).str.contains(r"^[0-9]{0,12}$"), "whole euros in digits only, or empty"


def _check_cells(cells: pl.DataFrame, place: str) -> None:
    for column, valid, expected in rules():
        bad = cells.filter(~valid)
        if bad.height:
            first = bad.row(0, named=True)
            more = f" (and {bad.height - 1} more cells like it)" if bad.height > 1 else ""
            where = f"{place}, sheet {first['sheet']}, row {first['sheet_row']}, column {column}"
            raise InputError(where, f"{first[column][:60]!r}{more}", expected)


def typed(cells: pl.LazyFrame) -> pl.LazyFrame:
    """Turn checked cells (``sheet``, ``sheet_row``, HEADINGS as text) into columns GRANTS; lazy, so that it streams."""
    kind = pl.col("Avustuslaji")  # its form was checked, so that cutting at digits is enough
    money = [_filled(pl.col(old)).cast(pl.Int64).alias(new) for old, new in _MONEY.items()]
    return (
        cells.select(
            pl.col("sheet").cast(pl.Int32).alias("year"),
            pl.col("Järjestö").alias("organisation"),
            _filled(pl.col("Y-tunnus")).alias("business_id"),
            kind.str.strip_chars_end("0123456789 ").alias("grant_type"),
            _filled(kind.str.strip_chars_start("AykBC ")).cast(pl.Int32).alias("grant_number"),
            pl.col("Avustuksen käyttötarkoitus").alias("purpose"),
            pl.col("Avustuskokonaisuus").alias("theme"),
            pl.col("Järjestöluokka").alias("organisation_class"),
            pl.col("Maantiet. alue").alias("scope"),
            *money,
            pl.lit("workbook").alias("basis"),
            "sheet_row",
        )
        .with_columns(decision_state())
        .select(*GRANTS)
    )


def _filled(text: pl.Expr) -> pl.Expr:
    """Return null for an empty text. Not ``replace``: it holds the whole column in memory (10 million rows, 3 GB)."""
    return pl.when(text != "").then(text)


def decision_state() -> pl.Expr:
    """Return R6 as an expression over ``granted_eur``: null is undecided, 0 is refused."""
    granted = pl.col("granted_eur")
    state = pl.when(granted.is_null()).then(pl.lit("undecided")).when(granted > 0).then(pl.lit("granted"))
    return state.otherwise(pl.lit("refused")).alias("decision_state")


def _check_key(grants: pl.DataFrame, place: str) -> None:
    twice = (
        grants.group_by(*KEY, maintain_order=True).agg(pl.col("sheet_row")).filter(pl.col("sheet_row").list.len() > 1)
    )
    if twice.height:
        first = twice.row(0, named=True)
        rows = " and ".join(str(row) for row in first["sheet_row"])
        kind = f"{first['grant_type']} {first['grant_number'] if first['grant_number'] is not None else ''}".strip()
        where = f"{place}, sheet {first['year']}, rows {rows}, columns Järjestö, Vuosi, Avustuslaji"
        raise InputError(where, f"{first['organisation']!r} has {kind!r} twice in the year", "each target once a year")
