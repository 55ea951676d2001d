"""The queries of a page: read-only, chained with ``${name}``, errors with file and line.

What belongs here: opening the published DuckDB, putting chained queries together, running them. What does not: the
SQL itself (it stands in the pages) and printing (cells.py).

Guard: the connection is read-only with external access off and settings locked, so a query can neither write nor
open a file or an address; only one SELECT a fence is let through, so temporary objects can't be made either.

On a page with a parameter ``${params.column}`` is a parameter of the prepared statement (``$params_column``): a value
never becomes SQL. Queries that no parameter reaches, also not through a chain, run once for all rows; one with
``by=column`` runs once, too, and its rows are shared among the pages by that column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import duckdb

from pipelines.errors import InputError
from pipelines.registry import nearest
from pipelines.site.faults import Fault
from pipelines.site.page import PageFile, Query
from pipelines.site.tables import Row, Table

PARAMS = "params"
"""The name of a page's own row, in its text and in its queries."""

_CHAIN = re.compile(r"\$\{([^}]*)\}")
_BOUND = re.compile(r"\$params_\w+")
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
        self._checked: set[str] = set()
        self._known: dict[str, tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]] = {}
        self._marts: dict[str, tuple[str, ...]] = {}

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for makers of files that read whole tables."""
        return self._connection

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def select(self, sql: str, name: str = "query", values: Mapping[str, object] | None = None) -> Table:
        """Run one SELECT with its named parameters. Raises duckdb.Error, or ValueError when it is not one SELECT."""
        if not values and sql in self._known:
            return Table(name, *self._known[sql], marts=self._marts[sql])
        if sql not in self._checked:
            statements = self._connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ValueError("only one select is allowed")
            self._checked.add(sql)
        self._connection.execute(sql, dict(values) if values else None)
        columns = tuple(str(column[0]) for column in self._connection.description or [])
        cells = tuple(self._connection.fetchall())
        if sql not in self._marts:
            bound = _BOUND.sub("null", sql)  # the names of tables are asked without parameters
            self._marts[sql] = tuple(sorted(self._connection.get_table_names(bound, qualified=True)))
        if not values:
            self._known[sql] = (columns, cells)
        return Table(name, columns, cells, marts=self._marts[sql])


@dataclass(frozen=True)
class _Whole:
    """A query with its chained ones inside: its text, the file line of each line, the parameters that it takes."""

    query: Query
    sql: str
    lines: tuple[int, ...]
    params: tuple[str, ...]


@dataclass(frozen=True)
class _Shares:
    """The rows of a query with ``by``, by the cell of that column."""

    table: Table
    parts: Mapping[object, list[tuple[object, ...]]]


class Queries:
    """The queries of one page file. Raises InputError with file and line."""

    def __init__(self, page: PageFile, database: Database) -> None:
        self._page, self._database = page, database
        self._known = {query.name: query for query in page.queries}
        names: dict[str, None] = {}
        for query in page.queries:
            names.update(dict.fromkeys(self._order(query, ())))
        self._wholes = [self._whole(self._known[name]) for name in names]
        self._shares: dict[str, _Shares] = {}
        for whole in self._wholes:
            if whole.query.by is not None and whole.params:
                problem = f"by={whole.query.by} on a query that takes ${{{PARAMS}.{whole.params[0]}}}"
                raise InputError(f"{page.place}:{whole.query.line - 1}", problem, "one of the two")

    def shared(self) -> dict[str, Table]:
        """Run the queries that are the same for all pages, what they chain to first."""
        alike = [whole for whole in self._wholes if not whole.params and whole.query.by is None]
        return {whole.query.name: self._run(whole, None) for whole in alike}

    def own(self, params: Row) -> dict[str, Table]:
        """Return what only one row of a page with a parameter has: its queries run, its shares picked."""
        found: dict[str, Table] = {}
        for whole in self._wholes:
            if whole.query.by is not None:
                found[whole.query.name] = self._share(whole, whole.query.by, params)
            elif whole.params:
                found[whole.query.name] = self._run(whole, params)
        return found

    def _share(self, whole: _Whole, by: str, params: Row) -> Table:
        """Return the rows of a page; the query runs when the first page asks."""
        query = whole.query
        if query.name not in self._shares:
            table = self._select(whole, None)
            try:
                position = table.index(by)
            except Fault as fault:
                raise fault.at(self._page.place, query.line - 1) from None
            parts: dict[object, list[tuple[object, ...]]] = {}
            for cells in table.cells:
                parts.setdefault(cells[position], []).append(cells)
            self._shares[query.name] = _Shares(table, parts)
        shares = self._shares[query.name]
        whole_table, cells = shares.table, tuple(shares.parts.get(params[by], ()))
        own = Table(whole_table.name, whole_table.columns, cells, query.empty or "", whole_table.marts)
        return self._filled(whole, own, {by: params[by]})

    def check_params(self, rows: Table) -> None:
        """Check that the row of the page has every column that a query takes."""
        for query in self._page.queries:
            if query.by is not None and query.by not in rows.columns:
                problem = f"by={query.by}: unknown column {query.by!r} of {PARAMS}"
                raise InputError(f"{self._page.place}:{query.line - 1}", problem, nearest(query.by, list(rows.columns)))
            for match in _CHAIN.finditer(query.sql):
                first, dot, column = match[1].strip().partition(".")
                if dot and first == PARAMS and column not in rows.columns:
                    problem = f"unknown column {column!r} of {PARAMS}"
                    raise InputError(self._at(query, match), problem, nearest(column, list(rows.columns)))

    def _at(self, query: Query, match: re.Match[str]) -> str:
        return f"{self._page.place}:{query.line + query.sql.count(chr(10), 0, match.start())}"

    def _order(self, query: Query, above: tuple[str, ...]) -> list[str]:
        order: list[str] = []
        for match in _CHAIN.finditer(query.sql):
            name = match[1].strip()
            if name.startswith(f"{PARAMS}."):
                self._check_use(query, match, above)
                continue
            if name not in self._known:
                raise InputError(self._at(query, match), f"unknown query {name!r}", nearest(name, sorted(self._known)))
            if name in (*above, query.name):
                circle = " → ".join((*above, query.name, name))
                raise InputError(self._at(query, match), f"queries go in a circle: {circle}")
            order += self._order(self._known[name], (*above, query.name))
        return [*order, query.name]

    def _check_use(self, query: Query, match: re.Match[str], above: tuple[str, ...]) -> None:
        if self._page.params is None:
            raise InputError(self._at(query, match), f"{match[0]} on a page without params", "params: a_query on top")
        if self._page.params in (*above, query.name):
            raise InputError(self._at(query, match), f"{match[0]} in the query that gives the pages", "no parameter")

    def _whole(self, query: Query) -> _Whole:
        """Put the chained queries in as subqueries."""
        text, lines, position = "", [query.line], 0
        params: dict[str, None] = {}
        for match in [*_CHAIN.finditer(query.sql), None]:
            own = query.sql[position : match.start() if match else None]
            text += own
            lines += [lines[-1] + n for n in range(1, own.count("\n") + 1)]
            if match is None:
                break
            name = match[1].strip()
            if name.startswith(f"{PARAMS}."):
                column = name.partition(".")[2]
                params[column] = None
                inner = f"${PARAMS}_{column}"
            else:
                chained = self._whole(self._known[name])
                params.update(dict.fromkeys(chained.params))
                inner = f"({chained.sql.strip().rstrip(';')}\n)"
            text += inner
            lines += [lines[-1]] * inner.count("\n")
            position = match.end()
        return _Whole(query, text, tuple(lines), tuple(params))

    def _run(self, whole: _Whole, params: Row | None) -> Table:
        told = {column: params[column] for column in whole.params} if params is not None else {}
        return self._filled(whole, self._select(whole, params), told)

    def _select(self, whole: _Whole, params: Row | None) -> Table:
        query, place = whole.query, self._page.place
        values = {f"{PARAMS}_{column}": params[column] for column in whole.params} if params is not None else {}
        try:
            return self._database.select(whole.sql, query.name, values)
        except ValueError as error:
            raise InputError(f"{place}:{query.line}", f"query {query.name!r}: {error}", "select …") from None
        except duckdb.Error as error:
            match = _LINE.search(str(error))
            line = whole.lines[min(int(match[1]), len(whole.lines)) - 1] if match else query.line
            raise InputError(f"{place}:{line}", f"query {query.name!r}: {_first_line(error)}") from None

    def _filled(self, whole: _Whole, table: Table, of: Mapping[str, object]) -> Table:
        """Return the table with its text for no rows. Raises InputError when it has no rows and no such text."""
        query = whole.query
        if table.cells or query.empty is not None:
            said = query.empty or ""
            return table if table.empty == said else replace(table, empty=said)
        told = ", ".join(f"{column}={value!r}" for column, value in of.items())
        problem = f"query {query.name!r} returned no rows" + (f" for {told}" if told else "")
        raise InputError(f"{self._page.place}:{query.line - 1}", problem, 'rows, or empty="…" in the fence')


def _first_line(error: Exception) -> str:
    """Return DuckDB's message without the excerpt of the query, hints included."""
    head = str(error).split("\nLINE ")[0]
    return " ".join(head.split())
