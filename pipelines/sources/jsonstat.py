"""Reader of the two JSON forms in which PxWeb servers answer: JSON-stat 2.0 and PxWeb's older "json".

What belongs here: bytes to one tidy frame of cells, with codes, labels and stamps, and what is wrong when they are
malformed. What does not: what any variable or code means (statfin.py), asking a server (pxweb.py), JSON-stat 1.x.

Suppressed and missing cells are null and never 0: StatFin prints ``...`` beside real zeros (shared formats.md §2.1).
A text that is neither a number nor a known mark is an error, not a missing cell, so that ``12 345`` is never lost.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from pipelines.clock import local_date
from pipelines.errors import InputError

MISSING = frozenset({"", "-", ":", ".", "..", "...", "....", "....."})
"""Marks for "no value": confidential, not available, illogical, and ``-`` (Greenland's, null there and not 0)."""

MEASURE = "contentscode"
"""The measure column of the older form, which names none; StatFin's own code for it since 8.6.2026."""

MAX_CELLS = 5_000_000
"""More cells than any table here has: guards the memory against a small answer that claims a huge one."""

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2})[.:](\d{2})(?:[.:](\d{2}))?(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Cube:
    """One table as cells.

    ``frame``: a String column of codes for each of ``dimensions``, ``status`` (the mark of a cell, "" when none) and
    ``value`` (Float64, null = missing or suppressed); one row a cell, duplicates possible in the older form only.
    ``titles``: dimension → its text. ``labels``: dimension → code → text. ``time`` and ``measure`` name the dimension
    with that role ("" when not said). ``updated``: the publisher's stamp as a day in Helsinki. ``table``: its id.
    """

    frame: pl.DataFrame
    dimensions: tuple[str, ...]
    titles: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]] = field(repr=False)
    time: str = ""
    measure: str = ""
    updated: date | None = None
    source: str = ""
    label: str = ""
    table: str = ""


def parse(body: bytes, place: str) -> Cube:
    """Read one answer, whichever of the two forms it has.

    ``place`` (url or file) goes into the messages. Raises InputError saying what is malformed.
    """
    content = decode(body, place)
    if isinstance(content, dict):
        if "columns" in content and "data" in content:
            return _px_json(content, place)
        if "dimension" in content or "class" in content:
            return _json_stat(content, place)
        keys = ", ".join(sorted(map(str, content))[:8])
        raise InputError(place, f"JSON object with keys {keys or '(none)'}", "a JSON-stat 2.0 dataset or PxWeb json")
    raise InputError(place, f"JSON {type(content).__name__}", "a JSON-stat 2.0 dataset or PxWeb json")


def decode(body: bytes, place: str) -> Any:
    """Return the JSON value in ``body`` (UTF-8, BOM allowed). Raises InputError; HTML is recognised and named."""
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InputError(place, "an empty answer", "JSON")
    if start.startswith(b"<"):
        title = _TITLE.search(start.decode("utf-8", "replace"))
        named = f" titled {' '.join(title[1].split())!r}" if title else ""
        raise InputError(place, f"an HTML page{named}", "JSON", "Perhaps a login, maintenance or error page")
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise InputError(place, "not UTF-8", "JSON in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InputError(place, f"not valid JSON, perhaps cut short ({error})", "whole JSON") from None


def concat(cubes: Sequence[Cube], place: str) -> Cube:
    """Put the parts of a table that was asked in several requests together, in order.

    Cells that stand in two parts stay twice. Raises InputError when there is no part or the dimensions differ.
    """
    if not cubes:
        raise InputError(place, "no data among the answers", "at least one JSON-stat or PxWeb json answer")
    first = cubes[0]
    if len(cubes) == 1:
        return first
    for cube in cubes[1:]:
        if set(cube.dimensions) != set(first.dimensions):
            raise InputError(place, f"parts with dimensions {', '.join(cube.dimensions)}", ", ".join(first.dimensions))
    labels = {name: {k: v for cube in cubes for k, v in cube.labels[name].items()} for name in first.dimensions}
    stamps = [cube.updated for cube in cubes if cube.updated]
    return Cube(
        pl.concat([cube.frame.select(first.frame.columns) for cube in cubes]), first.dimensions, first.titles, labels,
        first.time, first.measure, max(stamps, default=None), first.source, first.label, first.table,
    )  # fmt: skip


def parse_stamp(text: object) -> date | None:
    """Return the Helsinki day of an ``updated`` stamp; None when there is none that can be read.

    Known forms: ``2026-08-25T05:00:00Z``, ``2026-07-21T05.00.00Z`` (dots, in every older-form file), ``2012-11-27``.
    """
    found = _STAMP.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        return None
    try:
        day = date.fromisoformat(found[1])
        if not found[5]:
            return day
        zone = "+00:00" if found[5] == "Z" else found[5]
        iso = f"{found[1]}T{found[2]}:{found[3]}:{found[4] or '00'}{zone}"
        return local_date(datetime.fromisoformat(iso))
    except (ValueError, OverflowError):
        return None


# -- JSON-stat 2.0 -----------------------------------------------------------------------------------------------


def _json_stat(content: Mapping[str, Any], place: str) -> Cube:
    kind = content.get("class", "dataset")
    if kind != "dataset":
        raise InputError(place, f"JSON-stat of class {kind!r}", "class dataset")
    ids = [str(name) for name in _list(content, "id", place)]
    sizes = _list(content, "size", place)
    if len(ids) != len(sizes) or not ids:
        raise InputError(place, f"{len(ids)} id and {len(sizes)} size", "as many, at least one")
    dimensions = _object(content, "dimension", place)
    codes: dict[str, list[str]] = {}
    labels: dict[str, dict[str, str]] = {}
    titles: dict[str, str] = {}
    for name, size in zip(ids, sizes, strict=True):
        where = f"{place}: dimension {name!r}"
        dimension = _object(dimensions, name, f"{place}: dimension")
        codes[name], labels[name] = _categories(dimension, where)
        if len(codes[name]) != size:
            raise InputError(where, f"{len(codes[name])} categories", f"size {size!r}")
        titles[name] = str(dimension.get("label") or name)
    cells = _cell_count([len(codes[name]) for name in ids], place)
    values = [_number(cell, place, n) for n, cell in enumerate(_spread(content, "value", cells, place))]
    status = ["" if mark is None else str(mark) for mark in _statuses(content.get("status"), cells, place)]
    roles, px = _optional(content, "role"), _optional(_optional(content, "extension"), "px")
    return Cube(
        _frame(_columns(codes, cells), status, values, place), tuple(ids), titles, labels,
        _first_of(roles.get("time"), ids), _first_of(roles.get("metric"), ids), parse_stamp(content.get("updated")),
        str(content.get("source") or ""), str(content.get("label") or ""),
        str(px.get("tableid") or px.get("matrix") or ""),
    )  # fmt: skip


def _categories(dimension: Mapping[str, Any], where: str) -> tuple[list[str], dict[str, str]]:
    """Return codes in order and their labels; the index may be a list, an object, or absent for a single category."""
    category = _object(dimension, "category", where)
    texts = _optional(category, "label")
    index = category.get("index")
    if index is None and len(texts) == 1:
        codes = [str(code) for code in texts]
    elif isinstance(index, list):
        codes = [str(code) for code in index]
    elif isinstance(index, dict):
        if sorted(map(str, index.values())) != sorted(map(str, range(len(index)))):
            raise InputError(where, "category.index is no numbering", f"the positions 0 to {len(index) - 1}, each once")
        codes = sorted(map(str, index), key=lambda code: int(index[code]))
    else:
        raise InputError(where, "category without index", "index as a list or object")
    if len(set(codes)) != len(codes):
        raise InputError(where, "the same category twice", "each code once")
    return codes, {code: str(texts.get(code, code)) for code in codes}


def _cell_count(sizes: Sequence[int], place: str) -> int:
    cells = math.prod(sizes)
    if not 0 < cells <= MAX_CELLS:
        raise InputError(place, f"size {'×'.join(map(str, sizes))} makes {cells} cells", f"1 to {MAX_CELLS}")
    return cells


def _spread(content: Mapping[str, Any], key: str, cells: int, place: str) -> list[Any]:
    """Return one entry a cell: from a list of that length, or from an object keyed by flat position."""
    given = content.get(key)
    if isinstance(given, list):
        if len(given) != cells:
            raise InputError(f"{place}: {key}", f"{len(given)} entries", f"{cells}, the product of size")
        return given
    if not isinstance(given, dict):
        raise InputError(f"{place}: {key}", "missing" if given is None else repr(given)[:40], "a list or an object")
    spread: list[Any] = [None] * cells
    for position, entry in given.items():
        if not re.fullmatch(r"\d{1,9}", str(position)) or int(position) >= cells:
            raise InputError(f"{place}: {key}", f"position {position!r}", f"0 to {cells - 1}")
        spread[int(position)] = entry
    return spread


def _statuses(given: object, cells: int, place: str) -> list[Any]:
    """Return the mark of each cell; one text, or a list of one, is meant for all of them."""
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if given is None or isinstance(given, str):
        return [given] * cells
    return _spread({"status": given}, "status", cells, place)


def _columns(codes: Mapping[str, list[str]], cells: int) -> dict[str, pl.Series]:
    """Return each dimension's code for every cell, row-major: the last dimension turns fastest."""
    position = pl.int_range(cells, eager=True)
    columns: dict[str, pl.Series] = {}
    step = cells
    for name, members in codes.items():
        step //= len(members)
        columns[name] = pl.Series(name, members, dtype=pl.String).gather(position // step % len(members))
    return columns


# -- PxWeb "json" ------------------------------------------------------------------------------------------------


def _px_json(content: Mapping[str, Any], place: str) -> Cube:
    columns = [_entry(column, f"{place}: columns[{n}]") for n, column in enumerate(_list(content, "columns", place))]
    texts = {str(column.get("code")): str(column.get("text") or column.get("code")) for column in columns}
    names = [str(column.get("code")) for column in columns if column.get("type") != "c"]
    measures = [str(column.get("code")) for column in columns if column.get("type") == "c"]
    if not names or not measures:
        raise InputError(f"{place}: columns", f"{len(names)} keys and {len(measures)} contents", "at least one of each")
    if len(texts) != len(columns) or MEASURE in names:
        raise InputError(f"{place}: columns", "the same code twice", "each code once")
    keys, values = _px_rows(_list(content, "data", place), len(names), len(measures), place)
    series = {
        name: pl.Series(name, [key[n] for key in keys for _ in measures], dtype=pl.String)
        for n, name in enumerate(names)
    }
    series[MEASURE] = pl.Series(MEASURE, measures * len(keys), dtype=pl.String)
    labels = {name: {code: code for code in series[name].unique(maintain_order=True)} for name in names}
    meta = [_entry(entry, f"{place}: metadata") for entry in _list({"metadata": [], **content}, "metadata", place)]
    stamps = [stamp for stamp in (parse_stamp(entry.get("updated")) for entry in meta) if stamp]
    source, label = (str((meta or [{}])[0].get(key) or "") for key in ("source", "label"))
    time = next((str(column.get("code")) for column in columns if column.get("type") == "t"), "")
    numbers = [_number(cell, place, n) for n, cell in enumerate(values)]
    return Cube(
        _frame(series, [_mark(cell) for cell in values], numbers, place), (*names, MEASURE),
        {name: texts[name] for name in names} | {MEASURE: MEASURE},
        labels | {MEASURE: {code: texts[code] for code in measures}}, time, MEASURE, max(stamps, default=None),
        source, label,
    )  # fmt: skip


def _px_rows(data: list[Any], keys: int, contents: int, place: str) -> tuple[list[list[str]], list[Any]]:
    """Return the codes of each row and the values of all rows in one list, after counting both in every row."""
    _cell_count([len(data), contents], place)
    coded: list[list[str]] = []
    values: list[Any] = []
    for n, row in enumerate(data):
        where = f"{place}: data[{n}]"
        entry = _entry(row, where)
        key, cells = _list(entry, "key", where), _list(entry, "values", where)
        if len(key) != keys or len(cells) != contents:
            raise InputError(where, f"{len(key)} keys, {len(cells)} values", f"{keys} and {contents}, as in columns")
        coded.append([str(code) for code in key])
        values.extend(cells)
    return coded, values


# -- both --------------------------------------------------------------------------------------------------------


def _frame(columns: Mapping[str, pl.Series], status: list[str], values: list[float | None], place: str) -> pl.DataFrame:
    for name in ("status", "value"):
        if name in columns:
            raise InputError(place, f"a dimension is called {name!r}", "another code")
    cells = {"status": pl.Series(status, dtype=pl.String), "value": pl.Series(values, dtype=pl.Float64)}
    return pl.DataFrame({**columns, **cells})


def _number(cell: object, place: str, position: int) -> float | None:
    """Return the cell as a number, None for a mark. Texts must be plain: digits, decimal point, no thousands space."""
    if cell is None or (isinstance(cell, str) and cell.strip() in MISSING):
        return None
    if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()):
        cell = float(cell)
    if not isinstance(cell, (int, float)) or isinstance(cell, bool) or not abs(cell) < 1e15:
        raise InputError(f"{place}: cell {position}", f"{cell!r}"[:60], 'a number, null or "..."')
    return float(cell)


def _mark(cell: object) -> str:
    """Return the mark that stands in place of a value, "" where there is a number or nothing."""
    return cell.strip() if isinstance(cell, str) and cell.strip() in MISSING else ""


def _list(content: Mapping[str, Any], key: str, place: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise InputError(f"{place}: {key}", "missing" if value is None else repr(value)[:40], "a list")
    return value


def _object(content: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise InputError(f"{place}: {key}", "missing" if value is None else repr(value)[:40], "an object")
    return value


def _entry(value: object, place: str) -> dict[str, Any]:
    return _object({"entry": value}, "entry", place)


def _optional(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _first_of(names: object, known: Sequence[str]) -> str:
    """Return the first of the dimensions that a role names, "" when it names none of ours."""
    listed = names if isinstance(names, list) else [names]
    return next((name for name in known if name in listed), "")


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")
