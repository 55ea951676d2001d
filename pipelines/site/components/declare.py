"""How a component is declared: its attributes once, with type, default and allowed values.

What belongs here: the declaration and the checking of what a page wrote against it (validation, documentation and
tests come from the same record). What does not: any component (figures.py, data.py, charts.py, text.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from markupsafe import Markup

from pipelines.errors import nearest
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table
from pipelines.site.values import Figure

Kind = Literal[
    "figure", "data", "column", "columns", "text", "flag", "count", "labels", "pairs", "breaks", "row", "texts"
]

REQUIRED: Final = object()
"""Default of an attribute that a page must give."""

EXPECTED: Mapping[Kind, str] = {
    "figure": 'figure("id")',
    "data": "the name of a query of the page",
    "column": "a column of the data",
    "columns": "a list of columns of the data",
    "text": 'text in quotes, or _("…")',
    "flag": "true or false",
    "count": "a whole number",
    "labels": '{"column": _("…")}',
    "pairs": '{"column": "the column that goes with it"}',
    "texts": "a list of texts",
    "row": "params, or a row of a query",
    "breaks": 'figure("id"), or a query with the columns since and text',
}


@dataclass(frozen=True)
class Attribute:
    """One attribute. ``of`` names the data attribute that a column belongs to; a null default means none given."""

    name: str
    kind: Kind
    doc: str
    default: object = REQUIRED
    allowed: tuple[str, ...] = ()
    of: str = "data"


@dataclass(frozen=True)
class Component:
    """One component: ``block`` ones stand alone on a line; those with a body are used with ``{% call %}``."""

    name: str
    doc: str
    attributes: tuple[Attribute, ...]
    render: Callable[..., Markup]
    block: bool = True
    body: bool = False
    by_name: Mapping[str, Attribute] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {attribute.name: attribute for attribute in self.attributes})

    def check(self, positional: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return every attribute's value. Raises Fault with the nearest name."""
        if len(positional) > len(self.attributes):
            raise Fault(f"{self.name} takes at most {len(self.attributes)} values", self._signature())
        given = dict(zip(self.by_name, positional, strict=False))
        for name, value in named.items():
            if name not in self.by_name:
                raise Fault(f"unknown attribute {name!r} of {self.name}", nearest(name, list(self.by_name)))
            if name in given:
                raise Fault(f"{self.name}: {name} is given twice")
            given[name] = value
        checked: dict[str, Any] = {}
        for attribute in self.attributes:
            checked[attribute.name] = self._one(attribute, given, checked)
        return checked

    def given(self, values: Mapping[str, Any]) -> tuple[Table, tuple[str, ...]] | None:
        """Return the first table among the values with the columns of it that they name; None without a table."""
        data = next((a for a in self.attributes if a.kind == "data" and isinstance(values[a.name], Table)), None)
        if data is None:
            return None
        named = [_columns(a.kind, values[a.name]) for a in self.attributes if a.kind in _NAMING and values[a.name]]
        table: Table = values[data.name]
        columns = dict.fromkeys(name for names in named for name in names if name in table.columns)
        return table, tuple(columns) or table.columns

    def _one(self, attribute: Attribute, given: Mapping[str, Any], checked: Mapping[str, Any]) -> Any:
        if attribute.name not in given:
            if attribute.default is REQUIRED:
                raise Fault(f"{self.name} needs {attribute.name}", EXPECTED[attribute.kind])
            return attribute.default
        value = given[attribute.name]
        if value is None and attribute.default is None:
            return None
        if not _fits(attribute.kind, value):
            raise Fault(f"{self.name}: {attribute.name} is {_shown(value)}", EXPECTED[attribute.kind])
        if attribute.allowed and value not in attribute.allowed:
            raise Fault(f"{self.name}: {attribute.name}={value!r}", nearest(str(value), list(attribute.allowed)))
        for column in _columns(attribute.kind, value):
            table = checked.get(attribute.of)
            if isinstance(table, Table):
                table.index(column)
            elif isinstance(table, Row):
                table[column]
        return value

    def _signature(self) -> str:
        return f"{self.name}({', '.join(self.by_name)})"


_SIMPLE: Mapping[Kind, type] = {
    "figure": Figure,
    "data": Table,
    "column": str,
    "text": str,
    "flag": bool,
    "row": Row,
}


def _fits(kind: Kind, value: Any) -> bool:
    if kind in _SIMPLE:
        return isinstance(value, _SIMPLE[kind])
    if kind == "count":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "breaks":
        return isinstance(value, Figure | Table)
    if kind in ("columns", "texts"):
        return isinstance(value, list | tuple) and all(isinstance(column, str) for column in value)
    return isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())


_NAMING: tuple[Kind, ...] = ("column", "columns", "pairs")


def _columns(kind: Kind, value: Any) -> list[str]:
    if kind == "column":
        return [value]
    if kind == "columns" or kind == "labels":
        return list(value)
    return [*value, *value.values()] if kind == "pairs" else []


def _shown(value: Any) -> str:
    if isinstance(value, Row):
        return "a row"
    if isinstance(value, Table):
        return f"the query {value.name}"
    return f"figure {value.id!r}" if isinstance(value, Figure) else repr(value)
