"""What the published tables tell the next run: what was wrong already, so that only what is new is news (R12).

What belongs here: asking the Parquet files that lie published. What does not: the state of sources (status.py), figures
for the command line (answers.py).
"""

import hashlib
from pathlib import Path

import polars as pl

from pipelines import warehouse


def quarantine(marts: Path) -> list[str] | None:
    """Return the editions that stand in quarantine; None when nothing is published."""
    return _in_state(marts / "meta_editions.parquet", "edition", "quarantined")


def stale(marts: Path) -> list[str] | None:
    """Return the figures that stand as stale; None when nothing is published."""
    return _in_state(marts / "figures.parquet", "id", "stale")


def _in_state(table: Path, name: str, state: str) -> list[str] | None:
    """Return the names in a published table that are in this state; None when there is no such table."""
    try:
        body, sums = table.read_bytes(), (table.parent / warehouse.SUMS).read_text(encoding="utf-8")
        if f"{hashlib.sha256(body).hexdigest()}  {table.name}\n" not in sums:
            return None
        return pl.read_parquet(body, columns=[name, "state"]).filter(state=state)[name].to_list()
    except (OSError, ValueError, pl.exceptions.PolarsError):  # an old or damaged file tells nothing of what was known
        return None
