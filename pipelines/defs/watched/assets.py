"""Pages that people must read: looked at, and what is new on them.

What belongs here: the nightly look before the site is rendered. What does not: what counts as new (watchers.py).
"""

import dagster as dg

from pipelines import run, watchers
from pipelines.defs import common
from pipelines.defs.resources import House

_KEY = dg.AssetKey([common.RAW, watchers.SOURCE])


@dg.asset(
    key=_KEY,
    deps=[dg.AssetKey([common.RAW, "reference"])],
    description="Pages of publications that no program can read a figure from: SOSTE, the barometer, the workshop "
    "survey, the mark. What changed waits on the page Tila until somebody read it. Trouble here fails nothing.",
    group_name=common.RAW,
    kinds={"html"},
    owners=common.OWNERS,
)
def watched(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Look at the watched pages."""
    visits = watchers.look(house.settings, house.store, context.log.info)
    waiting = [(one["id"], one["url"], one["changed_on"]) for one in run.to_read(house.settings)]
    facts = {"to_read": common.table(("page", "url", "changed"), waiting), "looked_at": len(visits)}
    return common.result(_KEY, None, common.text_digest(waiting), facts)
