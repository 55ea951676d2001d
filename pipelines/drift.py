"""Drift: what changed in the shape of a page that is still read (columns, variables, code lists).

What belongs here: putting two shapes beside each other in words, telling which page's shape changed lately. What does
not: making a shape (each source's ``read`` gives it), judging values (judge.py).

A shape enters the log of visits when it differs from the page's last one, also on a night whose content is the same.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pipelines.clock import local_date
from pipelines.visits import Visit

SHOWN = timedelta(days=30)
"""How long a change is named in the status."""

_MOST = 6


def changes(before: str, after: str) -> str:
    """Return what differs between two shapes (``Reading.shape``) in words; "" when nothing does."""
    old, new = _parts(before), _parts(after)
    told: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        had, has = old.get(name, []), new.get(name, [])
        if had == has:
            continue
        words = [f"+ {one}" for one in has if one not in had] + [f"− {one}" for one in had if one not in has]
        more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
        told.append(f"{name}: {', '.join(words[:_MOST]) or 'another order'}{more}")
    return "; ".join(told)


def lately(visits: Iterable[Visit], now: datetime) -> list[str]:
    """Return one warning a page whose shape changed in the last 30 days and is read."""
    shapes: dict[str, list[Visit]] = {}
    for visit in visits:
        if visit.schema:
            shapes.setdefault(visit.page, []).append(visit)
    return [
        f"{page}: the schema changed on {local_date(found[-1].at).isoformat()} "
        f"({changes(found[-2].schema, found[-1].schema)}), it is read"
        for page, found in shapes.items()
        if len(found) > 1 and now - found[-1].at <= SHOWN
    ]


def _parts(shape: str) -> Mapping[str, list[str]]:
    return json.loads(shape)
