"""The figures of the page: what they say now, and everything they ever said.

What belongs here: showing them. What does not: choosing them (figures.py), their wording (quotes.py).
"""

import dagster as dg

from pipelines import clock, run
from pipelines.defs import common
from pipelines.defs.resources import House

_CURRENT, _VINTAGES = dg.AssetKey(["figures", "current"]), dg.AssetKey(["figures", "vintages"])
_SHOWN = ("id", "text_fi", "citation_fi", "state")


@dg.asset(
    key=_CURRENT,
    deps=[common.JUDGED],
    description="Every figure of the registry as it stands on the day of the build, with sentence and citation.",
    group_name="figures",
    kinds={"polars", "yaml"},
    owners=common.OWNERS,
)
def current(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Choose what each figure says now."""
    found = house.collected(context.log.info)
    frame = run.frames(found, house.settings, house.store, clock.today())["figures"]
    facts = {"said": common.table(_SHOWN, frame.select(_SHOWN).iter_rows())}
    return common.result(_CURRENT, frame.height, common.frame_digest(frame), facts)


@dg.asset(
    key=_VINTAGES,
    deps=[common.JUDGED],
    description="What every figure said, from when to when, on both clocks (R3): what was public, and what we had "
    "recorded.",
    group_name="figures",
    kinds={"polars", "yaml"},
    owners=common.OWNERS,
)
def vintages(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Choose what each figure said on every day on which it changed."""
    found = house.collected(context.log.info)
    frame = run.frames(found, house.settings, house.store, clock.today())["figure_vintages"]
    by_clock = {str(name): int(count) for name, count in frame.group_by("clock").len().sort("clock").iter_rows()}
    return common.result(_VINTAGES, frame.height, common.frame_digest(frame), by_clock)
