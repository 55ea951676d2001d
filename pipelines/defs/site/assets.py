"""The static site, rendered from what is published.

What belongs here: rendering it after publishing. What does not: pages, templates, any figure (pipelines/site/).
"""

import dagster as dg

from pipelines import run, watchers
from pipelines.defs import common
from pipelines.defs.resources import House

_KEY = dg.AssetKey("site")


@dg.asset(
    key=_KEY,
    deps=["published", dg.AssetKey([common.RAW, watchers.SOURCE])],
    description="Every page in Finnish, Swedish and English, as one folder that works from any path and from the disk.",
    group_name="site",
    kinds={"html"},
    owners=common.OWNERS,
)
def site(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Render the site from the published file."""
    index = run.render(house.settings, context.log.info)
    files = sorted(path for path in index.parent.rglob("*") if path.is_file())
    sizes = [(path.relative_to(index.parent).as_posix(), path.stat().st_size) for path in files]
    facts = {"index": dg.MetadataValue.path(index), "bytes": sum(size for _, size in sizes)}
    return dg.MaterializeResult(metadata={"files": len(files), **facts})
