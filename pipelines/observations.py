"""The observation: one value of one series for one place, category, coverage and reference.

What belongs here: the schema, its validation at the boundary, and vintages on both clocks (rules R1–R3).
What does not: knowledge of any one source, choice of "the" figure (pipelines/figures.py).
"""

import re
from collections.abc import Mapping

import polars as pl

UNITS = frozenset(
    {
        *("count", "persons", "person_years", "periods", "weeks", "years", "rank", "percent"),
        *("eur", "meur", "eur_per_month", "persons_per_year"),
    }
)
BOUNDS = ("exact", "about", "at_least", "at_most")
STATUSES = ("ok", "preliminary", "proposed", "suspect", "derived")
BASES = ("register", "publication", "quoted")
"""Rank of provenance, best first (R2): register > the producer's publication > quoted by others."""

DRAFT: Mapping[str, pl.DataType] = {
    "series": pl.String(),
    "geo": pl.String(),
    "dimension": pl.String(),
    "category": pl.String(),
    "coverage": pl.String(),
    "period": pl.String(),
    "as_of": pl.String(),
    "published_on": pl.Date(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "bound": pl.String(),
    "status": pl.String(),
    "basis": pl.String(),
    "publisher": pl.String(),
    "citation": pl.String(),
    "source_url": pl.String(),
    "note": pl.String(),
}
"""What a source's ``read`` returns. Text is "" when there is none (never null); ``geo`` is ``FI`` or a region's
Finnish name; one of ``period`` (flow) and ``as_of`` (stock) is set; ``published_on`` is null when unknown."""

REFERENCE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(/(\.\.|\d{4}(-\d{2}(-\d{2})?)?))?")
