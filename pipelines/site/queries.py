"""The queries of a page: read-only, chained with ``${name}``, errors with file and line.

What belongs here: opening the published DuckDB, putting chained queries together, running them. What does not: the
SQL itself (it stands in the pages) and printing (cells.py).

Guard: the connection is read-only with external access off and settings locked, so a query can neither write nor
open a file or an address; only one SELECT a fence is let through, so temporary objects can't be made either.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import duckdb

from pipelines.errors import InputError
from pipelines.registry import nearest
from pipelines.site.page import PageFile, Query
from pipelines.site.tables import Table

_CHAIN = re.compile(r"\$\{([^}]*)\}")
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)


class Database:
    """The published database, opened so that a page can only read it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(str(path), "no such database", "the published DuckDB", "Run lukuina run first")
        options: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": "false",
            "lock_configuration": "true",
            "threads": "1",
        }
        try:
            self._connection = duckdb.connect(str(path), read_only=True, config=options)
        except duckdb.Error as error:
            raise InputError(str(path), f"cannot be opened: {_first_line(error)}") from None

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def select(self, sql: str, name: str = "query") -> Table:
        """Run one SELECT. Raises duckdb.Error, or ValueError when it is not one SELECT."""
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise ValueError("only one select is allowed")
        self._connection.execute(statements[0])
        columns = tuple(str(column[0]) for column in self._connection.description or [])
        return Table(name, columns, tuple(tuple(row) for row in self._connection.fetchall()))


def run_all(page: PageFile, database: Database) -> dict[str, Table]:
    """Run every query of the page, what they chain to first. Raises InputError with file and line."""
    known = {query.name: query for query in page.queries}
    done: dict[str, str] = {}
    tables: dict[str, Table] = {}
    for query in page.queries:
        for name in _order(query, known, page.place, ()):
            if name not in done:
                done[name] = known[name].sql
                tables[name] = _run(known[name], known, page.place, database)
    return tables


def _order(query: Query, known: Mapping[str, Query], place: str, above: tuple[str, ...]) -> list[str]:
    order: list[str] = []
    for match in _CHAIN.finditer(query.sql):
        line = query.line + query.sql.count("\n", 0, match.start())
        name = match[1].strip()
        if name not in known:
            raise InputError(f"{place}:{line}", f"unknown query {name!r}", nearest(name, sorted(known)))
        if name in (*above, query.name):
            circle = " → ".join((*above, query.name, name))
            raise InputError(f"{place}:{line}", f"queries go in a circle: {circle}")
        order += _order(known[name], known, place, (*above, query.name))
    return [*order, query.name]


def _run(query: Query, known: Mapping[str, Query], place: str, database: Database) -> Table:
    sql, lines = _expand(query, known)
    try:
        table = database.select(sql, query.name)
    except ValueError as error:
        raise InputError(f"{place}:{query.line}", f"query {query.name!r}: {error}", "select …") from None
    except duckdb.Error as error:
        match = _LINE.search(str(error))
        line = lines[min(int(match[1]), len(lines)) - 1] if match else query.line
        raise InputError(f"{place}:{line}", f"query {query.name!r}: {_first_line(error)}") from None
    if table.cells or query.empty is not None:
        return Table(query.name, table.columns, table.cells, query.empty or "")
    raise InputError(
        f"{place}:{query.line - 1}", f"query {query.name!r} returned no rows", 'rows, or empty="…" in the fence'
    )


def _expand(query: Query, known: Mapping[str, Query]) -> tuple[str, list[int]]:
    """Put the chained queries in as subqueries; return the text and the file line of each of its lines."""
    text = ""
    lines = [query.line]
    position = 0
    for match in [*_CHAIN.finditer(query.sql), None]:
        own = query.sql[position : match.start() if match else None]
        text += own
        lines += [lines[-1] + n for n in range(1, own.count("\n") + 1)]
        if match is not None:
            inner = f"({_expand(known[match[1].strip()], known)[0].strip().rstrip(';')}\n)"
            text += inner
            lines += [lines[-1]] * inner.count("\n")
            position = match.end()
    return text, lines


def _first_line(error: Exception) -> str:
    """Return DuckDB's message without the excerpt of the query, hints included."""
    head = str(error).split("\nLINE ")[0]
    return " ".join(head.split())
