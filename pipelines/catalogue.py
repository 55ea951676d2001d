"""The list of sources of an installation.

What belongs here: which sources there are, in the order in which they are fetched, with their settings. What does
not: anything about one of them (pipelines/sources/).
"""

from pipelines.settings import Settings
from pipelines.sources import budjetti, prh, ray, statfin, stea, tem, tutkiavustuksia
from pipelines.sources.base import Source


def build(settings: Settings) -> dict[str, Source]:
    """Return the sources by id as the installation configures them."""
    own = settings.source("stea")
    sources: tuple[Source, ...] = (
        prh.SOURCE,
        statfin.SOURCE,
        stea.source(own.workbook_url, own.max_id or 2500),
        tem.SOURCE,
        ray.SOURCE,
        tutkiavustuksia.SOURCE,
        budjetti.SOURCE,
    )
    return {source.id: source for source in sources}
