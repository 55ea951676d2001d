"""``status.json``: the state of the night for machines, written with every build.

What belongs here: the keys of the file. What does not: wording (states.py), finding out the state (status.py).

Keys: ``built_on``, ``known_on`` (null for today), ``sources`` (one a source: the columns of the page Tila),
``quarantined`` (editions: edition, source, reference, reason, recorded_on), ``to_read`` (watched pages with something
new: id, title, url, changed_on, figures, commands), ``failed_checks`` (name, source, detail, catches) and ``figures``
(id, state, stale_from, published_on). Exempt from "same input, same bytes" (rule R13): what it tells is the state of
the night.
"""

import json
from collections.abc import Iterable
from datetime import date

from pipelines.site import locales, states
from pipelines.site.draft import Draft, Files
from pipelines.site.queries import Database
from pipelines.site.tables import Row, Table

PATH = "status.json"

_QUARANTINED = """
select edition, source, reference, reason, recorded_on from meta.editions where state = 'quarantined' order by all
"""
_FIGURES = "select id, state, stale_from, published_on from marts.figures order by id"


def make(draft: Draft) -> Files:
    """Return the file; none when the database is not one of ours (a made one of a test)."""
    words = locales.load(draft.dashboards / "locales")
    with Database(draft.database) as opened:
        told = states.known(opened)
        if not told.sources:
            return {}
        content = {
            "built_on": draft.build_date,
            "known_on": draft.known_on,
            "sources": _records(states.table(draft.status, told, words)),
            "quarantined": _records(opened.select(_QUARANTINED, "quarantined")),
            "to_read": [dict(one) for one in draft.to_read],
            "failed_checks": _rows(told.checks, ("name", "source", "detail", "catches")),
            "figures": _records(opened.select(_FIGURES, "figures")),
        }
    return {PATH: json.dumps(content, ensure_ascii=False, indent=1, default=_text).encode() + b"\n"}


def _records(table: Table) -> list[dict[str, object]]:
    return _rows(table.rows, table.columns)


def _rows(rows: Iterable[Row], columns: Iterable[str]) -> list[dict[str, object]]:
    return [{name: row[name] for name in columns} for row in rows]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
