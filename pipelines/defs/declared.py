"""The checks that a build makes, known before anything is built.

What belongs here: their names, what they would have caught, whether they block, the table they look at. What does
not: the checks themselves (pipelines/checks.py), their results.

Dagster wants the names when the code is loaded. They are learnt by running the checks on nothing, so that there is
one list of them only: on no rows every check has nothing to complain of, and says what it is called.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import dagster as dg
import polars as pl

from pipelines import checks, observations
from pipelines.collect import Collected

_LOOKS_AT = re.compile(r"\bfrom\s+((?:marts|meta)\.\w+)")


@dataclass(frozen=True)
class Declared:
    """A check by name. ``table`` is the published table it looks at, "" for a check of what was collected."""

    name: str
    source: str
    blocking: bool
    catches: str
    table: str = ""

    def spec(self, key: dg.AssetKey) -> dg.AssetCheckSpec:
        """Return the check as one of the asset ``key``."""
        return dg.AssetCheckSpec(
            self.name,
            asset=key,
            blocking=self.blocking,
            description=f"Would have caught: {self.catches}.",
            metadata={"source": self.source},
        )


class _Nothing:
    """Stands for a warehouse without rows and remembers what it was asked."""

    asked = ""

    def execute(self, query: str) -> "_Nothing":
        self.asked = query
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return []


def of_sources() -> list[Declared]:
    """Return the checks of what was collected."""
    rows = pl.DataFrame(schema=dict(observations.RECORDED))
    nothing = Collected(rows, (), {}, (), {}, (), cast(Any, None), cast(Any, None))
    return [Declared(c.name, c.source, c.blocking, c.catches) for c in checks.source_checks(nothing, {}, date.min)]


def of_tables() -> list[Declared]:
    """Return the checks of the built tables."""
    con = _Nothing()
    found: list[Declared] = []
    for check in checks.built_checks(cast(Any, con)):
        looks_at = _LOOKS_AT.search(con.asked)
        assert looks_at, f"{check.name} looks at no published table"
        found.append(Declared(check.name, check.source, check.blocking, check.catches, looks_at[1]))
    return found
