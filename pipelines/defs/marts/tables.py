"""The published tables as Dagster sees them: one a file of ``sql/marts`` and ``sql/meta``.

What belongs here: names, headers and which table reads which, taken from the files. What does not: running them
(warehouse.py).
"""

import graphlib
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path

import dagster as dg

from pipelines.defs import common, declared
from pipelines.reference import Reference
from pipelines.settings import PROJECT
from pipelines.stage import sql_files

PUBLISHED = ("marts", "meta")

_FROM = re.compile(r"\b(?:from|join)\s+((?:input|staging|core|marts|meta)\.\w+)")
_RAW_ALL = [[common.RAW, source] for source in ("prh", "statfin", "stea", "transcribed")]
_INPUTS: Mapping[str, list[list[str]]] = {
    "input.figures": [["figures", "current"]],
    "input.figure_vintages": [["figures", "vintages"]],
    "input.snapshots": _RAW_ALL,
    "input.sources": [],
    "input.dictionary_tables": [],
    "input.dictionary_warnings": [],
    "input.files": [],
    **{f"input.{table.name}": [[common.RAW, "reference"]] for table in fields(Reference)},
}
"""Which assets a frame of stage.py comes from; those not named here come from the judged observations."""


def key(table: str) -> dg.AssetKey:
    """Return the asset of a table: ``marts.grants`` → marts/grants."""
    return dg.AssetKey(table.split("."))


def texts() -> dict[str, str]:
    """Return table → SQL of every layer."""
    return {f"{path.parent.name}.{path.stem}": path.read_text(encoding="utf-8") for path in sql_files(PROJECT / "sql")}


def names() -> list[str]:
    """Return the published tables."""
    return [name for name in texts() if name.startswith(PUBLISHED)]


def specs() -> list[dg.AssetSpec]:
    """Return one asset a published table, with what it is made from."""
    files = texts()
    return [
        dg.AssetSpec(
            key(name),
            deps=sorted(_upstream(name, files)),
            description=_about(files[name]),
            group_name="marts",
            kinds={"duckdb", "parquet"},
            owners=common.OWNERS,
            metadata={
                "dagster/table_name": f"lukuina.{name}",
                "sql": Path("sql", *name.split(".")).as_posix() + ".sql",
            },
        )
        for name in names()
    ]


def in_order(wanted: Collection[dg.AssetKey]) -> list[dg.AssetKey]:
    """Return the wanted tables, each after those that it is made from, as Dagster wants them yielded."""
    files = texts()
    graph = {key(name): _upstream(name, files) for name in names()}
    return [found for found in graphlib.TopologicalSorter(graph).static_order() if found in wanted]


def check_specs() -> list[dg.AssetCheckSpec]:
    """Return the checks of the built tables; the blocking ones are the gate before publishing."""
    return [check.spec(key(check.table)) for check in declared.of_tables()]


def _upstream(table: str, files: Mapping[str, str]) -> set[dg.AssetKey]:
    if table == "meta.checks":
        looked_at = {key(check.table) for check in declared.of_tables()}
        return {common.JUDGED, *looked_at}
    if table == "meta.columns":
        return {key(name) for name in files if name.startswith(PUBLISHED) and name != table}
    found: set[dg.AssetKey] = set()
    for name in reads(files[table]):
        if name.startswith("input."):
            found |= {dg.AssetKey(path) for path in _INPUTS.get(name, [list(common.JUDGED.path)])}
        elif name.startswith(PUBLISHED):
            found.add(key(name))
        else:
            found |= _upstream(name, files)
    return found


def reads(text: str) -> set[str]:
    """Return the tables that an SQL file reads, with their schema."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return set(_FROM.findall(code))


def _about(text: str) -> str:
    header = " ".join(line[2:].strip() for line in text.splitlines() if line.startswith("--"))
    about = header.removeprefix("Purpose: ").replace(" Grain:", "\n\nGrain:")
    return about[:1].upper() + about[1:]
