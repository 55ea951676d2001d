"""The PxWeb v1 protocol: limits, folder list, metadata, finding variables by role, queries under the cell limit.

What belongs here: what any table of any PxWeb server needs. What does not: StatFin's tables and what their codes
mean (statfin.py), the answers (jsonstat.py), waiting between calls (pipelines/http.py).

No name or variable code is fixed here: on 8.6.2026 StatFin renamed every table and most variables, and dated codes
such as ``alue_23_20260101`` change with each classification year (shared palkkatuki.md §1.2, formats.md §1).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import InputError
from pipelines.sources.jsonstat import Cube, decode

PERIOD = re.compile(r"((?:19|20)\d{2})(?:M(\d{2}))?(\*?)")
"""A time code: ``2018``, ``2026M06``; an asterisk marks preliminary data in titles (formats.md §2.2)."""

_TOTAL_CODE = "sss"
_TOTAL_TEXTS = frozenset({"yhteensä", "total", "totalt", "koko maa", "whole country", "hela landet"})
_AREA = re.compile(r"(KU|MK|SK|ELY)(\d|JO)", re.IGNORECASE)
_FILE = re.compile(r"\w[\w.-]*")
_OCCUPATION = re.compile(r"ammatti|yrke|occupation", re.IGNORECASE)
_MANY = 20

Selection = Mapping[str, tuple[str, ...]]
"""What to ask of a table: variable code → value codes."""


@dataclass(frozen=True)
class Config:
    """Limits of a server: cells in one answer, calls in a window of seconds.

    The defaults are the lowest that were reported of StatFin (100 000 cells; 30 calls, over the longer window),
    for when ``?config`` cannot be had. On 29.8.2026 it said 120 000 cells and 40 calls in 60 s.
    """

    max_cells: int = 100_000
    max_calls: int = 30
    window_s: int = 60

    @property
    def interval_s(self) -> float:
        """Seconds between calls that keep any number of calls within the limit."""
        return self.window_s / self.max_calls


@dataclass(frozen=True)
class Row:
    """One row of a folder list: ``id`` is the file name to ask, ``table`` false for a folder."""

    id: str
    text: str
    table: bool


@dataclass(frozen=True)
class Variable:
    """One variable of a table: its code and text, value codes with their texts, and what the server says of it."""

    code: str
    text: str
    values: tuple[str, ...]
    texts: tuple[str, ...]
    eliminable: bool = False
    time: bool = False

    @property
    def total(self) -> str | None:
        """The value code that stands for all: SSS, or one whose text says so; None when there is none."""
        pairs = zip(self.values, self.texts, strict=True)
        named = [v for v, text in pairs if v.lower() == _TOTAL_CODE or text.strip().lower() in _TOTAL_TEXTS]
        return min(named, key=lambda v: v.lower() != _TOTAL_CODE, default=None)

    @property
    def area(self) -> bool:
        """Whether it offers municipalities, regions or the like."""
        return any(_AREA.match(value) for value in self.values)

    @property
    def labels(self) -> dict[str, str]:
        """Value code → text."""
        return dict(zip(self.values, self.texts, strict=True))


# -- answers to GET ----------------------------------------------------------------------------------------------


def parse_config(body: bytes, place: str) -> Config:
    """Read the answer to ``?config``; a limit that is missing or no positive number keeps its default.

    Raises InputError when the answer is no JSON object.
    """
    content = decode(body, place)
    if not isinstance(content, dict):
        raise InputError(place, f"JSON {type(content).__name__}", "an object with maxCells, maxCalls, timeWindow")
    usual = Config()
    return Config(
        _limit(content.get("maxCells", content.get("maxValues")), usual.max_cells),
        _limit(content.get("maxCalls"), usual.max_calls),
        _limit(content.get("timeWindow"), usual.window_s),
    )


def parse_folder(body: bytes, place: str) -> tuple[Row, ...]:
    """Read a folder list. Raises InputError when it is none."""
    content = decode(body, place)
    if not isinstance(content, list) or not all(isinstance(row, dict) and row.get("id") for row in content):
        raise InputError(place, "no list of tables", "a JSON list of {id, type, text, updated}")
    return tuple(Row(str(row["id"]), str(row.get("text") or ""), row.get("type", "t") == "t") for row in content)


def find_table(rows: Iterable[Row], table: str) -> str | None:
    """Return the file name of the table with this four-character id, None when the folder has none.

    Known: ``12va.px``, ``statfin_tyonv_pxt_12va.px`` (before 8.6.2026), a text that begins ``12va -- ``. Upper and
    lower case are the same.
    """
    name = re.compile(rf"(?:.*_)?{re.escape(table)}(?:\.px)?", re.IGNORECASE)
    text = re.compile(rf"\s*{re.escape(table)}\s*(--|[-–—:])", re.IGNORECASE)
    tables = [row for row in rows if row.table and _FILE.fullmatch(row.id)]
    by_name = sorted((row.id for row in tables if name.fullmatch(row.id)), key=len)
    by_text = [row.id for row in tables if text.match(row.text)]
    return next(iter([*by_name, *by_text]), None)


def parse_metadata(body: bytes, place: str) -> tuple[Variable, ...]:
    """Read a table's metadata into its variables. Raises InputError naming what is missing or uneven."""
    content = decode(body, place)
    variables: Any = content.get("variables") if isinstance(content, dict) else None
    if not isinstance(variables, list) or not variables:
        raise InputError(place, "no metadata of a table", "a JSON object with a list 'variables'")
    found = tuple(_variable(entry, f"{place}: variables[{n}]") for n, entry in enumerate(variables))
    if len({variable.code for variable in found}) != len(found):
        raise InputError(place, "two variables with the same code", "each code once")
    return found


def is_metadata(body: bytes) -> bool:
    """Tell whether a body is a table's metadata rather than data; anything that is no JSON is not."""
    try:
        content = decode(body, "")
    except InputError:
        return False
    return isinstance(content, dict) and isinstance(content.get("variables"), list)


def variables_of(cube: Cube) -> tuple[Variable, ...]:
    """Return a table's data as variables, so that roles are found in answers the way they are in metadata."""
    return tuple(
        Variable(name, cube.titles[name], tuple(labels), tuple(labels.values()), time=name == cube.time)
        for name, labels in ((name, cube.labels[name]) for name in cube.dimensions)
    )


# -- roles -------------------------------------------------------------------------------------------------------


def time_of(variables: Sequence[Variable], place: str) -> Variable:
    """Return the time variable: the one marked so, else the one whose values are all years or months."""
    marked = [variable for variable in variables if variable.time]
    alike = [v for v in variables if v.values and all(PERIOD.fullmatch(value) for value in v.values)]
    return _only(marked or alike, variables, place, "marked as time, or with years or months as values")


def offering(variables: Sequence[Variable], codes: Iterable[str], place: str) -> Variable:
    """Return the variable whose values include all of ``codes``."""
    wanted = set(codes)
    found = [variable for variable in variables if wanted <= set(variable.values)]
    return _only(found, variables, place, f"with the values {' and '.join(sorted(wanted))}")


def measure_of(variables: Sequence[Variable], name: str, place: str) -> tuple[Variable, str]:
    """Return the measure variable and its code for the content ``name``, in any case, with or without a prefix.

    StatFin prefixed some contents with the statistic (``vaerak-vaesto``) on 8.6.2026 and left others as they were.
    """
    wanted = re.compile(rf"(?:.*[^0-9A-Za-z])?{re.escape(name)}", re.IGNORECASE)
    found = [variable for variable in variables if any(wanted.fullmatch(value) for value in variable.values)]
    variable = _only(found, variables, place, f"with the content {name}")
    return variable, min((value for value in variable.values if wanted.fullmatch(value)), key=len)


def occupation_of(variables: Sequence[Variable], place: str) -> Variable:
    """Return the occupation variable: the one named so, else the one with many codes that are plain digits."""
    named = [v for v in variables if _OCCUPATION.search(v.text) or _OCCUPATION.search(v.code)]
    digits = [v for v in variables if sum(re.fullmatch(r"\d{1,5}", value) is not None for value in v.values) >= _MANY]
    return _only(named or digits, variables, place, "of occupations")


# -- queries -----------------------------------------------------------------------------------------------------


def split(selection: Selection, first: str, max_cells: int) -> list[Selection]:
    """Split a selection into as few as needed so that none asks for more than ``max_cells`` cells.

    It is split along ``first`` (time) in order; only when one value of it is too much, along the longest other.
    """
    if cells(selection) <= max_cells:
        return [selection]
    longest = max(selection, key=lambda code: len(selection[code]))
    along = first if len(selection[first]) > 1 else longest
    values = selection[along]
    if len(values) == 1:
        raise InputError(along, f"one cell is more than {max_cells} cells", "a limit of at least 1")
    size = max(1, max_cells // (cells(selection) // len(values)))
    chunks = [values[start : start + size] for start in range(0, len(values), size)]
    return [part for chunk in chunks for part in split({**selection, along: chunk}, first, max_cells)]


def cells(selection: Selection) -> int:
    """Return how many cells a selection asks for."""
    return math.prod(len(values) for values in selection.values())


def query(selection: Selection) -> dict[str, Any]:
    """Return the body to POST for a selection, asking for json-stat2."""
    listed = [
        {"code": code, "selection": {"filter": "item", "values": list(values)}} for code, values in selection.items()
    ]
    return {"query": listed, "response": {"format": "json-stat2"}}


# -- inside ------------------------------------------------------------------------------------------------------


def _only(found: Sequence[Variable], among: Sequence[Variable], place: str, what: str) -> Variable:
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{variable.code} ({variable.text})" for variable in found or among)
    count = f"{len(found)} variables" if found else "no variable"
    raise InputError(place, f"{count} {what}: {names}", "exactly one", "The table's structure has changed")


def _variable(entry: object, place: str) -> Variable:
    if not isinstance(entry, dict) or not entry.get("code") or not isinstance(entry.get("values"), list):
        raise InputError(place, "no variable", "an object with code and values")
    values = tuple(str(value) for value in entry["values"])
    given = entry.get("valueTexts")
    texts = tuple(str(text) for text in given) if isinstance(given, list) else values
    if len(texts) != len(values) or len(set(values)) != len(values):
        raise InputError(place, f"{len(values)} values, {len(texts)} texts", "as many, each value once")
    code = str(entry["code"])
    eliminable, time = bool(entry.get("elimination")), bool(entry.get("time"))
    return Variable(code, str(entry.get("text") or code), values, texts, eliminable, time)


def _limit(value: object, usual: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else usual
