"""What a page can say about a figure: its record, what the handbook printed, what is known now, what stands beside.

What belongs here: loading the values of ``marts.figures`` and the figures that stand beside them, and the view that
pages and components use. What does not: choosing a figure's value (pipelines/figures.py), HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pipelines import quotes
from pipelines.figures import Computed, Item, Observed, Row, Value, choose
from pipelines.quotes import Names
from pipelines.registry import Registry
from pipelines.site.queries import Database
from pipelines.site.tables import Table

if TYPE_CHECKING:
    from pipelines.figure_spec import Beside, FigureSpec, Select

_ROW = (
    *("series", "geo", "category", "coverage", "reference", "published_on", "value", "unit", "bound", "status"),
    *("basis", "publisher", "citation", "source_url", "edition", "snapshot_sha256"),
)


@dataclass(frozen=True)
class Figure:
    """One figure as a page sees it, in one language."""

    spec: "FigureSpec"
    value: Value
    then: Value | None
    beside: "tuple[tuple[Beside, Value], ...]"
    language: str

    @cached_property
    def digest(self) -> str:
        """What tells two figures apart: the digest of what they say now and of their record."""
        told = repr((self.value, self.then, self.beside, self.spec.model_dump()))
        return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def id(self) -> str:
        """The id, also the anchor on the page."""
        return self.spec.id

    @property
    def section(self) -> str:
        """Where in the handbook the figure stands."""
        return self.spec.section

    @property
    def name(self) -> str:
        """The name in the page's language."""
        return self.spec.name[self.language]

    @property
    def state(self) -> str:
        """The state of the value; ``missing`` when nothing is known."""
        return self.value.state if quotes.known(self.spec, self.value) else "missing"


def load_values(database: Database) -> dict[str, Value]:
    """Load the figures of ``marts.figures`` by id."""
    wanted = [field.name for field in fields(Value) if field.name != "figure"]
    table = database.select(f"select id, {', '.join(wanted)} from marts.figures order by id", "figures")
    return {str(row[0]): _value(str(row[0]), dict(zip(wanted, row[1:], strict=True))) for row in table.cells}


def _value(figure: str, cells: dict[str, Any]) -> Value:
    for name in ("publisher", "printed_citation", "source_url", "coverage", "edition", "snapshot_sha256", "series"):
        cells[name] = cells[name] or ""
    cells["state"] = cells["state"] or "missing"
    cells["items"] = tuple(Item(int(item["rank"]), str(item["name"])) for item in cells["items"] or ())
    cells["missing"] = tuple(str(name) for name in cells["missing"] or ())
    cells["computed"] = tuple(
        Computed(str(share["name"]), float(share["value"]), str(share["bound"]), tuple(share["inputs"] or ()))
        for share in cells["computed"] or ()
    )
    for name in ("period", "as_of", "bound", "unit", "status"):
        cells[name] = cells[name] or None
    return Value(figure, **cells)


@dataclass(frozen=True)
class Said:
    """What a figure said from ``start`` on, until ``end`` (exclusive; null = still)."""

    start: date
    end: date | None
    later_state: str
    value: Value


def load_said(database: Database) -> dict[str, list[Said]]:
    """Load every vintage that we recorded of each figure (``marts.figure_vintages``, clock ``said``), by id."""
    wanted = [field.name for field in fields(Value) if field.name != "figure"]
    table = database.select(
        f"select id, valid_from, valid_to, later_state, {', '.join(wanted)} from marts.figure_vintages"
        f" where clock = 'said' order by id, valid_from",
        "said",
    )
    found: dict[str, list[Said]] = {}
    for row in table.cells:
        figure, start, end, later = str(row[0]), row[1], row[2], str(row[3] or "")
        if isinstance(start, date) and (end is None or isinstance(end, date)):
            value = _value(figure, dict(zip(wanted, row[4:], strict=True)))
            found.setdefault(figure, []).append(Said(start, end, later, value))
    return found


def said_on(registry: Registry, said: Mapping[str, Sequence[Said]], figure: str, day: date, language: str) -> Figure:
    """Return a figure as we had recorded it on a day; one that we had not is missing (rule R3, clock ``said``)."""
    spec = registry[figure]
    one = next((s for s in said.get(figure, ()) if s.start <= day and (s.end is None or day < s.end)), None)
    if one is None:
        return Figure(spec, Value(figure, state="missing"), quotes.handbook_value(spec), (), language)
    late = one.value.stale_from is not None and one.value.stale_from <= day and bool(one.later_state)
    value = replace(one.value, state=one.later_state) if late else one.value
    return Figure(spec, value, quotes.handbook_value(spec), (), language)


def load_beside(database: Database, registry: Registry, regions: Names, day: date) -> dict[str, list[Value]]:
    """Return the newest value of each figure that stands beside another, by the id of that other, in order."""
    rules = [beside.select for spec in registry.figures for beside in spec.beside]
    if not rules:
        return {}
    observed = Observed(_rows(database, rules), {}, [region.short["fi"] for region in regions])
    found: dict[str, list[Value]] = {}
    for spec in registry.figures:
        for beside in spec.beside:
            alone = spec.model_copy(
                update={"select": (beside.select,), "computed": (), "kind": "number", "closed": None}
            )
            found.setdefault(spec.id, []).append(choose(alone, observed, day))
    return found


def _rows(database: Database, rules: "Sequence[Select]") -> list[Row]:
    series = sorted({"'" + rule.series.replace("'", "''") + "'" for rule in rules})
    table: Table = database.select(
        f"select {', '.join(_ROW)}, period is not null and period <> '' as is_period, recorded_at, vintage as sequence"
        f" from marts.observations where is_current and not is_rival and published_on is not null"
        f" and series in ({', '.join(series)}) order by all",
        "beside",
    )
    rows: list[Row] = []
    for cells in table.cells:
        named: dict[str, Any] = dict(zip(table.columns, cells, strict=True))
        named["recorded_from"] = named.pop("recorded_at")
        for name in ("publisher", "citation", "source_url", "edition", "snapshot_sha256", "category"):
            named[name] = named[name] or ""
        rows.append(Row(**named, withdrawn_on=None, printed_in_handbook=False))
    return rows


def views(
    registry: Registry, values: Mapping[str, Value], beside: Mapping[str, Sequence[Value]], language: str
) -> dict[str, Figure]:
    """Return every figure of the registry in one language; one without a row in the database is missing."""
    found: dict[str, Figure] = {}
    for spec in registry.figures:
        value = values.get(spec.id) or Value(spec.id, state="missing")
        pairs = tuple(zip(spec.beside, beside.get(spec.id, ()), strict=False))
        found[spec.id] = Figure(spec, value, quotes.handbook_value(spec), pairs, language)
    return found
