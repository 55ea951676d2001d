"""What every file of the site was made of: recorded while it is made, published as ``data/lineage.parquet``.

What belongs here: the record of a file's inputs. What does not: the table of all (lineage_file.py), making files
(build.py, components), what a query reads from (the warehouse's ``meta`` and ``marts`` tell the way on to the bytes).

An input is what was handed over to whoever wrote the file: the result of a query (for a picture only the columns that
are drawn), a figure, or a mart. Its ``digest`` tells two builds apart: with the same code and texts, a file changes
when, and only when, one of its inputs does. A page carries the digest of all of its inputs in its head, so that its
data has a version that can be named.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from pipelines.site.tables import Table
from pipelines.site.values import Figure

Input = Table | Figure


@dataclass(frozen=True)
class Used:
    """One input of one file."""

    kind: str
    name: str
    digest: str
    columns: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


Records = Mapping[str, tuple[str, tuple[Used, ...]]]
"""The page file and the inputs of every file, by its path in the site."""


def used(given: Input) -> Used:
    """Return the record of an input."""
    if isinstance(given, Table):
        return Used("query", given.name, given.digest, given.columns, given.marts)
    return Used("figure", given.id, given.digest)


def version(inputs: Iterable[Used]) -> str:
    """Return the digest of all inputs together: the version of a page's data."""
    told = json.dumps(sorted({(one.kind, one.name, one.digest) for one in inputs}))
    return sha256(told.encode()).hexdigest()[:16]
