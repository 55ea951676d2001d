"""The figures as tables: what each says now, and everything it ever said on both clocks.

What belongs here: a figure's value and its texts in three languages as one flat record, the same for the marts, the
command line and the site. What does not: choosing the value (figures.py), wording (quotes.py), SQL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipelines import figures, quotes
from pipelines.figure_spec import FigureSpec
from pipelines.figures import Clock, Observed, Value
from pipelines.languages import LANGUAGES
from pipelines.registry import Registry

_ITEMS = pl.List(pl.Struct({"rank": pl.Int32(), "name": pl.String()}))
_COMPUTED = pl.List(
    pl.Struct({"name": pl.String(), "value": pl.Float64(), "bound": pl.String(), "inputs": pl.List(pl.String())})
)
SCHEMA: Mapping[str, pl.DataType] = {
    "id": pl.String(),
    "ordinal": pl.Int32(),
    "section": pl.String(),
    "kind": pl.String(),
    **{f"name_{language}": pl.String() for language in LANGUAGES},
    "value": pl.Float64(),
    "items": _ITEMS,
    **{f"text_{language}": pl.String() for language in LANGUAGES},
    "unit": pl.String(),
    "bound": pl.String(),
    "period": pl.String(),
    "as_of": pl.String(),
    "published_on": pl.Date(),
    "publisher": pl.String(),
    "publisher_id": pl.String(),
    **{f"citation_{language}": pl.String() for language in LANGUAGES},
    "printed_citation": pl.String(),
    "source_url": pl.String(),
    "status": pl.String(),
    "state": pl.String(),
    "later_state": pl.String(),
    "stale_from": pl.Date(),
    "update_path": pl.String(),
    "coverage": pl.String(),
    "missing": pl.List(pl.String()),
    "computed": _COMPUTED,
    "series": pl.String(),
    "edition": pl.String(),
    "snapshot_sha256": pl.String(),
    "recorded_at": pl.Date(),
    "handbook_value": pl.Float64(),
    "handbook_items": _ITEMS,
    "handbook_citation": pl.String(),
}


@dataclass(frozen=True)
class Names:
    """Publishers and regions in three languages, for citations and sentences."""

    publishers: quotes.Names
    regions: quotes.Names


def current(
    registry: Registry, observed: Observed, names: Names, day: date, quarantined: Mapping[str, str]
) -> pl.DataFrame:
    """Return one row a figure as it stands on ``day``, with the state of that day: SCHEMA without ``later_state``.

    ``quarantined``: source → reference of its newest edition in quarantine. A figure whose source has one newer than
    what it shows is marked with it in ``quarantined_reference`` (R11).
    """
    records: list[dict[str, Any]] = []
    for spec in registry.figures:
        own = record(spec, figures.choose(spec, observed, day), names)
        newer = quarantined.get(spec.source, "")
        shown = str(own["as_of"] or own["period"] or "")
        records.append({**own, "quarantined_reference": newer if spec.select and newer > shown else None})
    schema = {**SCHEMA, "quarantined_reference": pl.String()}
    return pl.DataFrame(records, schema=schema, orient="row").drop("later_state")


def vintages(registry: Registry, observed: Observed, names: Names) -> pl.DataFrame:
    """Return one row a figure, clock and day of change: SCHEMA plus ``clock``, ``valid_from``, ``valid_to``."""
    records: list[dict[str, Any]] = []
    clocks: tuple[Clock, ...] = ("known", "said")
    for spec in registry.figures:
        for clock in clocks:
            steps = figures.history(spec, observed, clock)
            ends = [*(day for day, _ in steps[1:]), None]
            for (day, value), end in zip(steps, ends, strict=False):  # no steps: nothing was ever known
                own = record(spec, value, names)
                records.append({"clock": clock, "valid_from": day, "valid_to": end, **own})
    schema = {"clock": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date(), **SCHEMA}
    return pl.DataFrame(records, schema=schema, orient="row").sort(["ordinal", "clock", "valid_from"])


def record(spec: FigureSpec, value: Value, names: Names) -> dict[str, Any]:
    """Return the flat record (SCHEMA) of a figure that says ``value``."""
    then = quotes.handbook_value(spec)
    is_known = quotes.known(spec, value)
    publisher = quotes.find_publisher(value.publisher or spec.publisher, names.publishers)
    publisher = publisher or quotes.find_publisher(spec.publisher, names.publishers)
    texts: dict[str, Any] = {}
    for language in LANGUAGES:
        texts[f"name_{language}"] = spec.name[language]
        texts[f"text_{language}"] = quotes.sentence(spec, value, names.regions, language)
        texts[f"citation_{language}"] = quotes.citation(spec, value, names.publishers, language) if is_known else None
    return {
        **{name: getattr(value, name) for name in SCHEMA if hasattr(value, name)},
        **texts,
        "id": spec.id,
        "ordinal": spec.order,
        "section": spec.section,
        "kind": spec.kind,
        "unit": value.unit or spec.unit,
        "items": _items(value.items),
        "computed": [{**share.__dict__, "inputs": list(share.inputs)} for share in value.computed] or None,
        "missing": list(value.missing),
        "publisher": publisher.text("fi", long=False) if publisher else value.publisher,
        "publisher_id": publisher.id if publisher else spec.publisher,
        "source_url": value.source_url or None,
        "later_state": None if value.stale_from is None else figures.later_state(spec),
        "update_path": spec.update_path,
        "handbook_value": then.value if then else None,
        "handbook_items": _items(then.items) if then else None,
        "handbook_citation": spec.handbook.citation if spec.handbook else None,
    }


def _items(items: Iterable[figures.Item]) -> list[dict[str, Any]] | None:
    return [item.__dict__ for item in items] or None


def value_of(row: Mapping[str, Any]) -> Value:
    """Return the Value that a row of ``marts.figures`` or of the macros was made from."""
    shares = tuple(
        figures.Computed(share["name"], share["value"], share["bound"], tuple(share["inputs"]))
        for share in row["computed"] or ()
    )
    texts = ("publisher", "printed_citation", "source_url", "coverage", "series", "edition", "snapshot_sha256")
    same = ("value", "unit", "bound", "period", "as_of", "published_on", "status", "stale_from", "recorded_at")
    given: dict[str, Any] = {name: row[name] for name in same} | {name: row[name] or "" for name in texts}
    items = tuple(figures.Item(item["rank"], item["name"]) for item in row["items"] or ())
    missing = tuple(row["missing"] or ())
    return Value(row["id"], items=items, state=row["state"], missing=missing, computed=shares, **given)
