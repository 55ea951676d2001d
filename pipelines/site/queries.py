"""The queries of a page: read-only, chained with ``${name}``, errors with file and line.

What belongs here: opening the published DuckDB, putting chained queries together, running them. What does not: the
SQL itself (it stands in the pages) and printing (cells.py).

Guard: the connection is read-only with external access off and settings locked, so a query can neither write nor
open a file or an address; only one SELECT a fence is let through, so temporary objects can't be made either. A query
without an end (a recursion, a join without a condition) is stopped after ``limit_s`` seconds or MOST_ROWS rows.

On a page with a parameter ``${params.column}`` is a parameter of the prepared statement (``$params_column``): a value
never becomes SQL. Queries that no parameter reaches, also not through a chain, run once for all rows; one with
``by=column`` runs once, too, and its rows are shared among the pages by that column.
"""

import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import TracebackType

import duckdb

from pipelines.errors import InputError, nearest
from pipelines.site.faults import Fault
from pipelines.site.page import PageFile, Query
from pipelines.site.tables import Row, Table

PARAMS = "params"
"""The name of a page's own row, in its text and in its queries."""

LIMIT_S = 60.0
"""Seconds that one query may take; those of the real pages take less than a tenth of one."""

MOST_ROWS = 2_000_000
"""Rows that one query may have: what a page prints is kept in memory."""

_AT_ONCE = 50_000
_JOINED = "Look for a join without a condition, or add a limit"
_RUNAWAY = "Look for a join without a condition or a recursion without an end; [site] query_timeout_s allows more time"
_CHAIN = re.compile(r"\$\{([^}]*)\}")
_BOUND = re.compile(r"\$params_\w+")
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)


class _Watch:
    """Interrupts a query that takes too long. One thread a database, asleep but for a look a second at the clock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limit_s: float) -> None:
        self.limit_s = limit_s
        self._connection = connection
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._until: float | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self) -> Generator[None]:
        """Watch over a query for the length of the with block."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()
        with self._lock:
            self._until = monotonic() + self.limit_s
        try:
            yield
        finally:
            with self._lock:  # so that none is interrupted that comes after it
                self._until = None

    @property
    def late(self) -> bool:
        """Whether the query has had its time."""
        return self._until is not None and monotonic() > self._until

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        while not self._closed.wait(min(1.0, self.limit_s)):
            with self._lock:
                if self.late:
                    self._connection.interrupt()


class Database:
    """The published database, opened so that a page can only read it; ``limit_s``: seconds that a query may take."""

    def __init__(self, path: Path, limit_s: float = LIMIT_S) -> None:
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
        self._path = path
        self.watch = _Watch(self._connection, limit_s)
        self._checked: set[str] = set()
        self._known: dict[tuple[str, str], Table] = {}
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
        self.watch.close()
        self._connection.close()

    def select(self, sql: str, name: str = "query", values: Mapping[str, object] | None = None) -> Table:
        """Run one SELECT with its named parameters.

        Raises duckdb.Error, ValueError when it is not one SELECT, InputError when it takes too long or has too many
        rows.
        """
        if not values and (sql, name) in self._known:  # the very table: what was made of it is made, too
            return self._known[sql, name]
        if sql not in self._checked:
            statements = self._connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ValueError("only one select is allowed")
            self._checked.add(sql)
        columns, cells = self._answer(sql, dict(values) if values else None)
        if sql not in self._marts:
            bound = _BOUND.sub("null", sql)  # the names of tables are asked without parameters
            self._marts[sql] = tuple(sorted(self._connection.get_table_names(bound, qualified=True)))
        found = Table(name, columns, cells, marts=self._marts[sql])
        if not values:
            self._known[sql, name] = found
        return found

    def _answer(
        self, sql: str, values: dict[str, object] | None
    ) -> tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]:
        """Return the columns and rows, had piece by piece, so that neither time nor memory runs away."""
        watch, con = self.watch, self._connection
        place = str(self._path)
        late = InputError(place, f"not done after {watch.limit_s:g} seconds", "an answer by then", _RUNAWAY)
        cells: list[tuple[object, ...]] = []
        with watch.over():
            try:
                con.execute(sql, values)
                columns = tuple(str(column[0]) for column in con.description or [])
                while piece := con.fetchmany(_AT_ONCE):
                    cells += piece
                    if len(piece) < _AT_ONCE:
                        break
                    if watch.late:
                        raise late
                    if len(cells) > MOST_ROWS:
                        raise InputError(place, f"more than {MOST_ROWS} rows", "what a page can hold", _JOINED)
            except duckdb.InterruptException:
                raise late from None
        return columns, tuple(cells)


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
        except InputError as error:
            problem = f"query {query.name!r}: {error.problem}"
            raise InputError(f"{place}:{query.line}", problem, error.expected, error.fix) from None
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
