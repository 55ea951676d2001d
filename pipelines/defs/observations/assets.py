"""All observations, with the judgement of the edition that each came from.

What belongs here: showing them, and the checks of what was collected. What does not: judging (judge.py), the checks
themselves (checks.py).
"""

import dagster as dg

from pipelines import checks, clock
from pipelines.defs import common, declared
from pipelines.defs.resources import House

_UPSTREAM = [
    *(
        [common.EDITIONS, source]
        for source in ("budjetti", "prh", "ray", "statfin", "stea", "transcribed", "tutkiavustuksia")
    ),
    ["tem", "register"],
    [common.RAW, "reference"],
]


@dg.asset(
    key=common.JUDGED,
    deps=_UPSTREAM,
    description="Every observation of every edition, each edition compared with its neighbours. A quarantined one "
    "stays here as data and goes no further (R8, R11).",
    group_name="observations",
    kinds={"polars"},
    owners=common.OWNERS,
    check_specs=[check.spec(common.JUDGED) for check in declared.of_sources()],
)
def judged(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Read and judge everything stored."""
    found = house.collected(context.log.info)
    bad = [(edition, found.verdict(edition).reason) for edition in sorted(found.quarantined)]
    facts = {"editions": len(found.candidates), "quarantined": common.table(("edition", "reason"), bad)}
    results = [common.check_result(c, common.JUDGED) for c in checks.source_checks(found, house.sources, clock.today())]
    return common.result(common.JUDGED, found.rows.height, common.frame_digest(found.rows), facts, results)
