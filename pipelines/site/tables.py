"""What a query of a page returned: columns and rows, with the nearest name when a column is unknown.

What belongs here: the shape of results as pages and components see them. What does not: running SQL (queries.py),
printing cells (cells.py).

Columns in three languages: where a query returns ``name_fi``, ``name_sv`` and ``name_en`` (and no ``name``), a page
sees one column ``name`` in its own language. So one query serves the three pages.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

from pipelines.errors import nearest
from pipelines.languages import LANGUAGES
from pipelines.site.faults import Fault


class Row:
    """One row of a result; ``row.region`` and ``row["region"]`` give the cell."""

    __slots__ = ("_cells", "_table")

    def __init__(self, table: "Table", cells: Sequence[object]) -> None:
        self._table, self._cells = table, cells

    def __getitem__(self, column: str) -> object:
        """Return the cell. Raises Fault with the nearest column."""
        return self._cells[self._table.index(column)]

    def __getattr__(self, column: str) -> object:
        if column.startswith("_"):
            raise AttributeError(column)
        return self[column]

    def as_dict(self) -> dict[str, object]:
        """Return the cells by column."""
        return dict(zip(self._table.columns, self._cells, strict=True))

    def in_language(self, language: str) -> "Row":
        """Return the row with one column in place of those of the three languages."""
        return self.alone().in_language(language).rows[0]

    def alone(self) -> "Table":
        """Return the table of this row only."""
        return replace(self._table, cells=(tuple(self._cells),))


@dataclass(frozen=True)
class Table:
    """A result: ``empty`` is what to print instead when there are no rows, ``marts`` the tables it was read from."""

    name: str
    columns: tuple[str, ...]
    cells: tuple[tuple[object, ...], ...]
    empty: str = ""
    marts: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """What tells two results apart: the digest of columns and cells."""
        return sha256(repr((self.columns, self.cells)).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @cached_property
    def as_csv(self) -> bytes:
        """The rows as CSV: plain values, UTF-8, RFC 4180; the same in every language, so it is made once.

        A text that a spreadsheet would run as a formula gets an apostrophe in front.
        """
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([[_plain(cell) for cell in row] for row in self.cells])
        return out.getvalue().encode("utf-8")

    def only(self, columns: Sequence[str]) -> "Table":
        """Return the table with some of its columns."""
        wanted = tuple(columns)
        if wanted not in self._cuts:
            kept = [self.index(name) for name in wanted]
            cells = tuple([tuple([row[n] for n in kept]) for row in self.cells])
            self._cuts[wanted] = replace(self, columns=wanted, cells=cells)
        return self._cuts[wanted]

    @cached_property
    def _cuts(self) -> dict[tuple[str, ...], "Table"]:
        """What ``only`` returned, by columns: the languages of a page share it."""
        return {}

    def index(self, column: str) -> int:
        """Return the position of a column. Raises Fault with the nearest column."""
        if column not in self.columns:
            raise Fault(f"unknown column {column!r} of {self.name}", nearest(column, list(self.columns)))
        return self.columns.index(column)

    def column(self, column: str) -> list[object]:
        """Return one column's cells."""
        position = self.index(column)
        return [row[position] for row in self.cells]

    def in_language(self, language: str) -> "Table":
        """Return the table with one column in place of those of the three languages."""
        threes = [name.removesuffix("_fi") for name in self.columns if name.endswith("_fi")]
        threes = [
            name
            for name in threes
            if name not in self.columns and all(f"{name}_{code}" in self.columns for code in LANGUAGES)
        ]
        if not threes:
            return self
        renamed = {f"{name}_{language}": name for name in threes}
        dropped = {f"{name}_{code}" for name in threes for code in LANGUAGES if code != language}
        kept = [n for n, name in enumerate(self.columns) if name not in dropped]
        columns = tuple(renamed.get(self.columns[n], self.columns[n]) for n in kept)
        return replace(self, columns=columns, cells=tuple(tuple(row[n] for n in kept) for row in self.cells))

    @property
    def rows(self) -> list[Row]:
        """The rows, to loop over."""
        return [Row(self, cells) for cells in self.cells]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.cells)


def of_one(name: str, cells: Mapping[str, object]) -> Table:
    """Return a table of one row."""
    return Table(name, tuple(cells), (tuple(cells.values()),))


def _plain(cell: object) -> str:
    if cell.__class__ is str:
        text = str(cell)
    elif cell is None:
        return ""
    elif isinstance(cell, bool):
        return "true" if cell else "false"
    elif isinstance(cell, int | float | Decimal):
        return f"{cell:.12g}" if isinstance(cell, float) else str(cell)
    else:
        text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
