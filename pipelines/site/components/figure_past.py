"""Components of a figure's past and surroundings: change, history, vintages on both clocks, rivals, what is beside.

What belongs here: comparing values where that is allowed, and saying why not where it isn't (R4, R5). What does not:
choosing a value (pipelines/figures.py: the history is chosen by the same rules, one reference at a time), markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.dates import last_day
from pipelines.figures import Observed, Row, Value, choose
from pipelines.site import tables
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figure_page import FIGURE, OBSERVATIONS, VINTAGES, archive
from pipelines.site.components.figures import safe_url
from pipelines.site.components.ledger import (
    _computed,  # pyright: ignore[reportPrivateUsage]
    besides,
)
from pipelines.site.components.pictures import PICTURE_COMPONENTS
from pipelines.site.components.scope import Scope
from pipelines.site.tables import Table
from pipelines.site.values import Figure

if TYPE_CHECKING:
    from pipelines.figure_spec import Break, FigureSpec

_LINE_CHART = next(component for component in PICTURE_COMPONENTS if component.name == "line_chart")
_HANDBOOK = "handbook 2019"
_MILLION = 1_000_000


@dataclass(frozen=True)
class Vintage:
    """One row of the list of vintages, printed; it ends where the next begins. ``href``: its archived page."""

    start: str
    value: str
    reference: str
    citation: str
    why: str
    href: str = ""


def history(scope: Scope, figure: Figure, data: Table) -> list[Value]:
    """Return what the figure's rules give for every reference on record, oldest first (R5: each has its coverage)."""
    if figure.spec.kind != "number":
        return []
    rows = [row for row in _rows(data) if any(row.series == rule.series for rule in figure.spec.select)]
    alone = figure.spec.model_copy(update={"computed": (), "closed": None})
    regions = [region.short["fi"] for region in scope.regions]
    found: list[Value] = []
    for reference in sorted({row.reference for row in rows}, key=lambda text: (last_day(text), text)):
        value = choose(alone, Observed([r for r in rows if r.reference == reference], {}, regions), scope.day)
        if value.value is not None:
            found.append(value)
    return found


def _rows(data: Table) -> list[Row]:
    wanted = [field.name for field in fields(Row)]
    found: list[Row] = []
    for one in data:
        cells: dict[str, Any] = one.as_dict()
        if cells["published_on"] is None or not cells["reference"] or cells["change_kind"] == "withdrawn":
            continue
        cells |= {
            "is_period": bool(cells["period"]),
            "recorded_from": cells["recorded_at"],
            "withdrawn_on": None,
            "sequence": cells["vintage"],
            "printed_in_handbook": str(cells["note"] or "").startswith(_HANDBOOK),
        }
        texts = ("category", "publisher", "citation", "source_url", "edition", "snapshot_sha256")
        cells |= {name: cells[name] or "" for name in texts}
        found.append(Row(**{name: cells[name] for name in wanted}))
    return found


def _delta(scope: Scope, figure: Figure, data: Table) -> Markup:
    steps = history(scope, figure, data)
    now = figure.value
    before = [value for value in steps if _is_before(value, now)]
    text = _change(scope, figure, before[-1] if before else None)
    crossed = _crossed(figure.spec, before[-1] if before else None, now)
    return scope.fill(
        "figure_delta",
        change=text,
        why=scope.why(figure.spec),
        breaks=[(formats.reference(b.at, scope.language), b.text[scope.language]) for b in crossed],
        closed=figure.spec.closed if figure.state == "closed" else None,
    )


def _is_before(value: Value, now: Value) -> bool:
    return bool(value.reference and now.reference) and last_day(value.reference or "") < last_day(now.reference or "")


def _change(scope: Scope, figure: Figure, before: Value | None) -> str:
    """Return the change since the value before, or one sentence on why there is none."""
    word, now, language = scope.locale.text, figure.value, scope.language
    if figure.spec.kind != "number" or now.value is None:
        return ""
    if before is None or before.value is None or not before.reference or not now.reference:
        return word("delta_first")
    start, end = (formats.reference(ref, language) for ref in (before.reference, now.reference))
    crossed = _crossed(figure.spec, before, now)
    if crossed:
        return word("delta_break", at=formats.reference(crossed[-1].at, language))
    if (before.coverage, before.series) != (now.coverage, now.series):
        return word("delta_coverage", reference=start)
    if {before.bound, now.bound} != {"exact"}:
        return word("delta_bound", reference=start)
    return word("delta", start=start, end=end, change=_difference(scope, figure, before.value, now.value))


def _difference(scope: Scope, figure: Figure, before: float, now: float) -> str:
    """Return ``+1 234 (+1,2 %)``; of shares the percentage points."""
    language, change = scope.language, now - before
    sign = "+" if change > 0 else "±" if change == 0 else ""
    text = sign + formats.number(change, language, figure.spec.decimals)
    if figure.value.unit == "percent":
        return scope.locale.text("delta_points", points=text)
    unit = scope.locale.word("unit", figure.value.unit or "") or ""
    text = f"{text}{formats.NBSP}{unit}" if unit else text
    if not before:
        return text
    share = formats.percent(sign + formats.number(100 * change / before, language, 1), language)
    return f"{text} ({share})"


def _crossed(spec: "FigureSpec", before: Value | None, now: Value) -> "list[Break]":
    """Return the declared breaks between two values."""
    if before is None or not before.reference or not now.reference:
        return []
    first, last = last_day(before.reference), last_day(now.reference)
    return [b for b in spec.breaks if first < last_day(b.at) <= last]


def _history(scope: Scope, figure: Figure, data: Table) -> Markup:
    """Draw the line, with its own table below; a single reference is said, not drawn, nor is one of several years."""
    steps = history(scope, figure, data)
    drawn = [value for value in steps if "/" not in (value.reference or "")]
    if len(drawn) < 2:
        return scope.fill("figure_history", picture="", others=[], breaks=scope.breaks(figure.spec))
    scale, column = _scale(drawn)
    cells = [
        (v.reference, (v.value or 0) / scale, v.bound, f"{v.series}/{v.coverage}", quotes.printed_word(v))
        for v in drawn
    ]
    made = Table("history", ("reference", column, "bound", "coverage", "printed"), tuple(cells), marts=data.marts)
    publisher = quotes.find_publisher(figure.spec.publisher, scope.publishers)
    given = {
        "data": made, "x": "reference", "y": column, "bound": "bound", "breaks": figure,
        "title": scope.locale.text("history_title", name=figure.name),
        "source": publisher.text(scope.language) if publisher else "",
    }  # fmt: skip
    picture = _LINE_CHART.render(scope, **_LINE_CHART.check((), given))
    return scope.fill(
        "figure_history",
        picture=picture,
        breaks=[],
        others=[_told_of(scope, figure, v) for v in steps if v not in drawn],
    )


def _told_of(scope: Scope, figure: Figure, value: Value) -> str:
    reference = formats.reference(value.reference or "", scope.language)
    return f"{reference}: {quotes.value_text(figure.spec, value, scope.language)}"


def _scale(steps: Sequence[Value]) -> tuple[int, str]:
    """Return by what values are divided and the column's name, which decides its heading and format."""
    unit = steps[-1].unit
    if unit == "eur" and max(value.value or 0 for value in steps) >= _MILLION:
        return _MILLION, "amount_meur"
    return 1, "value_pct" if unit == "percent" else "value"


def _vintages(scope: Scope, figure: Figure, data: Table) -> Markup:
    clocks = {
        clock: _told(scope, figure, [row for row in data if row["clock"] == clock], linked=clock == "said")
        for clock in ("said", "known")
    }
    return scope.fill(
        "figure_vintages", figure=figure, said=clocks["said"], known=clocks["known"], id=scope.next_id("v")
    )


def _told(scope: Scope, figure: Figure, rows: Sequence[tables.Row], linked: bool) -> list[Vintage]:
    """Return the vintages of one clock, newest first, each with the reason of its beginning."""
    language = scope.language
    found: list[Vintage] = []
    before: Value | None = None
    for row in rows:
        from pipelines import figure_table

        value = figure_table.value_of({**row.as_dict(), "id": figure.id, "state": row["state"] or "missing"})
        known = quotes.known(figure.spec, value)
        start = cast("date", row["valid_from"])
        text = quotes.value_text(figure.spec, value, language) or (scope.locale.text("no_data") if not known else "–")
        found.append(
            Vintage(
                formats.short_date(start),
                text,
                formats.reference(value.reference, language) if value.reference else "",
                quotes.citation(figure.spec, value, scope.publishers, language) if known else "",
                _reason(scope, figure, before, value),
                scope.link(archive(figure, start)) if linked else "",
            )
        )
        before = value
    return found[::-1]


def _reason(scope: Scope, figure: Figure, before: Value | None, value: Value) -> str:
    """Say why a vintage began, by what differs from the one before."""
    word = scope.locale.text
    if before is None:
        return word("vintage_first")
    if not quotes.known(figure.spec, value):
        return word("vintage_gone")
    crossed = _crossed(figure.spec, before, value)
    if crossed:
        return crossed[-1].text[scope.language]
    if before.coverage != value.coverage:
        return word("vintage_coverage")
    if before.reference != value.reference:
        return word("vintage_reference")
    if (before.value, before.items, before.bound, before.missing) != (
        *(value.value, value.items, value.bound),
        value.missing,
    ):
        return word("vintage_revised" if before.publisher == value.publisher else "vintage_other")
    return word("vintage_computed" if before.computed != value.computed else "vintage_citation")


def _rivals(scope: Scope, figure: Figure, data: Table) -> Markup:
    """List what others give for the same thing, newest reference first, each statement once."""
    found: dict[tuple[str, ...], tuple[str, str, str, str]] = {}
    for row in data:
        number, bound, unit = cast("float", row["value"]), str(row["bound"]), str(row["unit"])
        value = formats.with_bound(number, bound, scope.language, unit, decimals=figure.spec.decimals)
        reference, url = str(row["reference"]), safe_url(str(row["source_url"] or ""))
        publisher = quotes.find_publisher(str(row["publisher"]), scope.publishers)
        name = publisher.text(scope.language, long=False) if publisher else str(row["publisher"])
        told = scope.locale.text("rival_quoted", name=name) if row["basis"] == "quoted" else name
        found[reference, value, url] = (formats.reference(reference, scope.language), value, told, url)
    newest = sorted(found, key=lambda key: (last_day(key[0]), key), reverse=True)
    return scope.fill("figure_rivals", rivals=[found[key] for key in newest])


def _beside_part(scope: Scope, figure: Figure) -> Markup:
    computed = [_computed(scope, figure, share) for share in figure.value.computed]
    inputs = [share.inputs for share in figure.value.computed]
    beside = besides(scope, figure)
    return scope.fill("figure_beside", computed=list(zip(computed, inputs, strict=True)), beside=beside)


FIGURE_PAST_COMPONENTS = (
    Component(
        "figure_delta",
        "The change since the value before, where the two may be compared, else why not; and the registry's reason.",
        (FIGURE, OBSERVATIONS),
        _delta,
    ),
    Component(
        "figure_history",
        "Every reference on record as a line and a table; breaks are drawn, coverages never joined.",
        (FIGURE, OBSERVATIONS),
        _history,
    ),
    Component(
        "figure_vintages",
        "Every vintage of a figure on both clocks, with the reason of each; ours link to their archived pages.",
        (FIGURE, VINTAGES),
        _vintages,
    ),
    Component(
        "figure_rivals",
        "What others give for the same thing; not used for the figure.",
        (FIGURE, Attribute("data", "data", "the observations of rivals and of second hand, as of marts.observations")),
        _rivals,
    ),
    Component(
        "figure_beside", "Shares that we compute with their inputs, and figures beside it.", (FIGURE,), _beside_part
    ),
)
