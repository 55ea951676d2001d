"""The words that an observation may use for its unit, bound, status and basis.

What belongs here: these sets, without any library, so that pages and the registry need not load a data frame's. What
does not: the schema (observations.py), the words readers see (pipelines/formats.py, dashboards/locales).
"""

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

LETTERS = "a-zà-öø-ÿšž"
"""The letters of words in purposes; the SQL and the page's script name the same ones (a test compares them)."""
