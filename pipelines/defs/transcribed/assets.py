"""Figures that a person keyed from a publication, and the small reference tables: kept, and read with their days.

What belongs here: taking in what was edited, showing what there is. What does not: the CSVs' format
(sources/transcribed.py), their history (take_in.py).
"""

import dagster as dg

from pipelines import reference, run, take_in
from pipelines.defs import common
from pipelines.defs.resources import House

_RAW = dg.AssetKey([common.RAW, take_in.SOURCE])
_EDITIONS = dg.AssetKey([common.EDITIONS, take_in.SOURCE])
_REFERENCE = dg.AssetKey([common.RAW, "reference"])


@dg.asset(
    key=_RAW,
    description="The hand-kept CSVs of data/raw/transcribed, every content of each kept as a snapshot. A wrong row "
    "fails here, with file, line and column, and nothing is taken in.",
    group_name=common.RAW,
    kinds={"csv"},
    owners=common.OWNERS,
    check_specs=[common.attempt_spec(_RAW)],
)
def raw(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Take in what people edited."""
    store = run.prepare(house.settings, context.log.info)
    files = sorted((s.page, s.sha256, s.size) for s in store.snapshots(take_in.SOURCE).values())
    facts = {"snapshots": len(files), "files": common.table(("file", "sha256", "bytes"), files)}
    check = common.attempt_result(house.status(take_in.SOURCE))
    return common.result(_RAW, None, common.text_digest(files), facts, [check])


@dg.asset(
    key=_EDITIONS,
    deps=[_RAW],
    description="Rows keyed from publications, each with its citation and the days on which we recorded it. An edited "
    "row is two: the old one withdrawn on the day of the new one.",
    group_name=common.EDITIONS,
    kinds={"polars"},
    owners=common.OWNERS,
)
def editions(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Read every recorded content of the CSVs."""
    rows, series = take_in.history(run.prepare(house.settings, context.log.info))
    facts = {
        "publications": rows["edition"].n_unique(),
        "series": len(series),
        "withdrawn": rows["withdrawn_on"].count(),
    }
    return common.result(_EDITIONS, rows.height, common.frame_digest(rows), facts)


@dg.asset(
    key=_REFERENCE,
    description="Regions, municipalities by year, publishers' names, events of the wage subsidy: small committed "
    "tables.",
    group_name=common.RAW,
    kinds={"csv"},
    owners=common.OWNERS,
)
def reference_tables(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Load the reference tables, checked."""
    tables = vars(reference.load(run.prepare(house.settings, context.log.info).root / "reference"))
    shown = {name: (frame.height, common.frame_digest(frame)) for name, frame in tables.items()}
    facts = {"tables": common.table(("table", "rows", "sha256"), ((name, *own) for name, own in shown.items()))}
    return common.result(_REFERENCE, sum(n for n, _ in shown.values()), common.text_digest(shown.items()), facts)
