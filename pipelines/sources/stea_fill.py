"""Yearly totals from STEA's endpoint for years that the workbook lacks (rule R6).

What belongs here: deciding whether a crawl may speak for a year, and its rows. What does not: the endpoint's format
(stea_api.py), the workbook's totals (stea.py), which always win.

No download address of the workbook is known, so the endpoint is what keeps the totals alive between imports. A crawl
speaks only when it is whole: for the newest year that both know it must carry nearly all the euros that are known.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.observations import DRAFT
from pipelines.sources import stea
from pipelines.sources.base import Edition

COMPLETE = 0.9
"""Smallest share of the known euros of a common year for a crawl to count as whole."""

_NOTE = "summed from the JSON endpoint, since the workbook lacks the year"


def fill(grants: pl.DataFrame, known: Mapping[int, float], url: str, published_on: date) -> pl.DataFrame:
    """Return totals (rows of ``observations.DRAFT``) of decided years newer than every year in ``known``.

    ``grants``: the crawl's table. ``known``: year → granted euros as the workbook or a person has them. Empty when
    the crawl has no such year or is not whole.
    """
    years = stea.totals(grants).filter("decided")
    told = dict(years.select("year", "granted_eur").iter_rows())
    common = [year for year in known if year in told]
    lacking = [year for year in told if year > max(known, default=9999)]
    if not lacking or not common or told[max(common)] < COMPLETE * known[max(common)]:
        return pl.DataFrame(schema=DRAFT)
    edition = Edition("stea", "organisations", (), (url,), published_on)
    rows = stea.observations(years.filter(pl.col("year").is_in(lacking)), edition)
    return rows.with_columns(basis=pl.lit("publication"), note=pl.lit(_NOTE))
