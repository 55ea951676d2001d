"""What a query of a page returned: columns and rows, with the nearest name when a column is unknown.

What belongs here: the shape of results as pages and components see them. What does not: running SQL (queries.py),
printing cells (cells.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.registry import nearest
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


@dataclass(frozen=True)
class Table:
    """A result: ``empty`` is what to print instead when there are no rows."""

    name: str
    columns: tuple[str, ...]
    cells: tuple[tuple[object, ...], ...]
    empty: str = ""

    def index(self, column: str) -> int:
        """Return the position of a column. Raises Fault with the nearest column."""
        if column not in self.columns:
            raise Fault(f"unknown column {column!r} of {self.name}", nearest(column, list(self.columns)))
        return self.columns.index(column)

    def column(self, column: str) -> list[object]:
        """Return one column's cells."""
        position = self.index(column)
        return [row[position] for row in self.cells]

    @property
    def rows(self) -> list[Row]:
        """The rows, to loop over."""
        return [Row(self, cells) for cells in self.cells]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.cells)
