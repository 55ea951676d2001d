"""TEM's register of social enterprises: closed, so nothing is fetched.

What belongs here: showing that it is closed, since when, and what it said last. What does not: why (sources/tem.py).
"""

import dagster as dg
import polars as pl

from pipelines import run, take_in
from pipelines.defs import common
from pipelines.defs.resources import House
from pipelines.sources import tem

_KEY = dg.AssetKey(["tem", "register"])
_SHOWN = ("as_of", "value", "published_on", "citation")


@dg.asset(
    key=_KEY,
    deps=[[common.EDITIONS, "transcribed"]],
    description=f"{tem.REASON['en']} Its last value stands with its date; nothing is fetched and nothing carried on.",
    group_name=common.EDITIONS,
    kinds={"csv"},
    owners=common.OWNERS,
)
def register(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Show the last values of the closed register."""
    rows, _ = take_in.history(run.prepare(house.settings, context.log.info))
    own = rows.filter(pl.col("series") == tem.REGISTER).sort("as_of")
    facts = {"closed_since": tem.CLOSED_SINCE.isoformat(), "legal_basis": tem.LEGAL_BASIS}
    shown = common.table(_SHOWN, own.select(_SHOWN).iter_rows())
    return common.result(_KEY, own.height, common.frame_digest(own), {**facts, "values": shown})
