"""What the schema record claims about the data, declared in the DuckDB file and checked.

What belongs here: NOT NULL, CHECK, PRIMARY KEY and references, made of the record's words. What does not: the record
itself (dictionary.py), checks about the meaning of the data (checks.py).

A claim that does not hold in a build is not declared in it, and the check ``dictionary_holds`` names it: a producer's
new word may not keep the night's other figures from being published (rule R11). DuckDB checks the rest on insertion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.dictionary import Record


@dataclass(frozen=True)
class Claim:
    """One claim: ``sql`` declares it ("" where DuckDB is not told), ``against`` counts the rows that break it."""

    words: str
    sql: str
    against: str


def of(record: Record, table: str, columns: Sequence[str]) -> list[Claim]:
    """Return the claims about ``schema.table``, references apart."""
    found: list[Claim] = []
    for name in columns:
        column, quoted = record.column(table, name), _name(name)
        if column.required:
            words = f"{table}.{name} is never empty"
            found.append(Claim(words, f"{quoted} not null", f"{quoted} is null"))
        if column.values:
            values = ", ".join(_text(value) for value in column.values)
            words = f"{table}.{name} is one of {', '.join(column.values)}"
            found.append(Claim(words, f"check ({quoted} in ({values}))", f"{quoted} not in ({values})"))
    key = record.table(table).key
    if key:
        quoted = ", ".join(_name(name) for name in key)
        whole = all(record.column(table, name).required for name in key)
        sql = f"primary key ({quoted})" if whole else ""
        twice = f"true group by {quoted} having count(*) > 1"
        found.append(Claim(f"{table} has one row a {', '.join(key)}", sql, twice))
    return found


def create(con: duckdb.DuckDBPyConnection, record: Record, table: str, query: str) -> list[str]:
    """Create ``schema.table`` from a query with every claim that holds declared; return the claims that do not."""
    described = con.execute(f"describe {query}").fetchall()
    columns = [(str(row[0]), str(row[1])) for row in described]
    claims = of(record, table, [name for name, _ in columns])
    try:
        _create(con, table, columns, claims, query)
        told = [claim for claim in claims if not claim.sql]  # a key with gaps: DuckDB was not told
        return [claim.words for claim in told if _broken(con, table, claim)]
    except duckdb.ConstraintException:
        _create(con, table, columns, (), query)
    broken = [claim for claim in claims if _broken(con, table, claim)]
    _create(con, table, columns, [claim for claim in claims if claim not in broken], query)
    return [claim.words for claim in broken]


def references(con: duckdb.DuckDBPyConnection, record: Record, table: str) -> list[str]:
    """Return the references of ``schema.table`` that do not hold. DuckDB is not told: it would need an index each."""
    found: list[str] = []
    for column, target in record.table(table).references.items():
        parent, _, name = target.rpartition(".")
        one = con.execute(
            f"select 1 from {table} as t where t.{_name(column)} is not null "
            f"and not exists (from {parent} as p where p.{_name(name)} = t.{_name(column)}) limit 1"
        ).fetchone()
        if one:
            found.append(f"{table}.{column} is in {target}")
    return found


def _create(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[tuple[str, str]],
    claims: Sequence[Claim],
    query: str,
) -> None:
    never = {claim.sql for claim in claims}
    fields = [f"{_name(n)} {kind}" + (" not null" if f"{_name(n)} not null" in never else "") for n, kind in columns]
    rest = [claim.sql for claim in claims if claim.sql.startswith(("check", "primary key"))]
    con.execute(f"drop table if exists {table}")
    con.execute(f"create table {table} ({', '.join([*fields, *rest])})")
    con.execute(f"insert into {table} {query}")


def _broken(con: duckdb.DuckDBPyConnection, table: str, claim: Claim) -> bool:
    return con.execute(f"select 1 from {table} where {claim.against} limit 1").fetchone() is not None


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
