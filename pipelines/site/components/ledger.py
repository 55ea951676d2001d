"""The component ``big_value``: a figure large, and beside it what the handbook printed.

What belongs here: what an entry of the ledger says and in which order. What does not: its markup
(dashboards/templates/components/big_value.html).
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.figures import Computed, Value
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figures import HANDBOOK_GROUPING, safe_url, source
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.values import Figure

if TYPE_CHECKING:
    from pipelines.figure_spec import Beside

_INPUT = re.compile(r"= (\d+)$")
"""The number at the end of an input of a computed share (pipelines/figures.py, ``Computed``)."""


@dataclass(frozen=True)
class Side:
    """One side of an entry: the value or list or sentence, its citation, its address."""

    word: str = ""
    number: str = ""
    items: tuple[str, ...] = ()
    text: str = ""
    citation: str = ""
    correction: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Extra:
    """A line under an entry: a share of ours, or a figure that stands beside."""

    name: str
    value: str
    citation: str
    why: str = ""
    url: str = ""
    formula: str = ""


def _big_value(scope: Scope, figure: Figure, compare: str, level: int) -> Markup:
    if level not in (2, 3, 4):
        raise Fault(f"big_value: level={level}", "2, 3 or 4")
    return scope.fill(
        "big_value",
        figure=figure,
        page=_page(scope, figure),
        level=level,
        compare=compare == "handbook",
        now=_now(scope, figure),
        then=_then(scope, figure) if compare == "handbook" else None,
        same=_same(figure),
        source=source(scope, figure),
        missing=quotes.missing_clause(figure.value, scope.regions, scope.language).lstrip(",; "),
        unknown="" if quotes.known(figure.spec, figure.value) else unknown(scope),
        age=quotes.age_note(figure.spec, figure.value, scope.day, scope.language),
        why=scope.why(figure.spec),
        quote=quotes.quote(figure.spec, figure.value, scope.publishers, scope.regions, scope.language, scope.day),
        note=_handbook_note(scope, figure),
        breaks=scope.breaks(figure.spec),
        computed=[_computed(scope, figure, share) for share in figure.value.computed],
        beside=besides(scope, figure),
    )


def _page(scope: Scope, figure: Figure) -> str:
    """Return the address of the figure's own page; "" in a site that has none (dashboards of others, tests)."""
    try:
        return scope.link(f"/luku/{figure.id}")
    except Fault:
        return ""


def unknown(scope: Scope) -> str:
    """Say why there is no figure: not yet public on the day that is asked about, or never recorded."""
    if scope.known_on is not None:
        return scope.locale.text("fig_unknown_on", day=formats.long_date(scope.known_on, scope.language))
    return scope.locale.text("fig_unknown")


def _same(figure: Figure) -> bool:
    """Tell whether now is still the very value of the handbook (same value, reference and day of publication)."""
    now, then = figure.value, figure.then
    return then is not None and (now.value, now.items, now.reference, now.published_on) == (
        *(then.value, then.items, then.reference),
        then.published_on,
    )


def _now(scope: Scope, figure: Figure) -> Side:
    spec, value = figure.spec, figure.value
    if not quotes.known(spec, value):
        return Side(text=scope.locale.text("no_data"))
    citation = quotes.citation(spec, value, scope.publishers, scope.language)
    return _side(scope, figure, value, 1, citation, "")


def _then(scope: Scope, figure: Figure) -> Side | None:
    printed = figure.spec.handbook
    if printed is None or figure.then is None:
        return None
    right = printed.citation_correct
    correction = "" if _same_but_brackets(right, printed.citation) else right
    return _side(scope, figure, figure.then, HANDBOOK_GROUPING, printed.citation, correction)


def _same_but_brackets(one: str, other: str) -> bool:
    """Tell whether two citations differ only in form, ``Tilastokeskus (2012)``: that is nothing to correct."""
    drop = str.maketrans("", "", "()")
    return one.translate(drop) == other.translate(drop)


def _side(scope: Scope, figure: Figure, value: Value, grouping: int, citation: str, correction: str) -> Side:
    spec, language = figure.spec, scope.language
    word, number = "", ""
    if value.value is not None:
        word = formats.bound_word(value.bound, language, quotes.printed_word(value))
        plain = formats.number(value.value, language, spec.decimals, grouping)
        number = formats.with_unit(plain, value.unit or spec.unit, language)
    return Side(
        word=word,
        number=number,
        items=tuple(item.name for item in value.items),
        text=spec.sentence[language] if spec.kind == "sentence" else "",
        citation=citation,
        correction=correction,
        reference=formats.reference(value.reference, language) if value.reference else "",
    )


def _handbook_note(scope: Scope, figure: Figure) -> str:
    printed = figure.spec.handbook
    return printed.note[scope.language] if printed is not None and printed.note is not None else ""


def _computed(scope: Scope, figure: Figure, share: Computed) -> Extra:
    names = {s.name.fi: s.name[scope.language] for s in figure.spec.computed}
    text = formats.with_bound(share.value, share.bound, scope.language, "percent", printed_word=False, decimals=1)
    return Extra(names.get(share.name, share.name), text, "", formula=_formula(scope, share))


def _cited_day(scope: Scope, value: Value) -> str:
    """Return the reference as a citation prints it: a day as d.m.yyyy in every language (R14)."""
    reference = value.reference or ""
    if len(reference) == 10:
        return formats.short_date(formats.reference_last_day(reference))
    return formats.reference(reference, scope.language) if reference else ""


def _formula(scope: Scope, share: Computed) -> str:
    """Return the division in numbers: ``7 926 / (21 411 + 14 005)``; "" when the inputs can't be read."""
    found = [_INPUT.search(text) for text in share.inputs]
    numbers = [formats.number(float(match[1]), scope.language) for match in found if match is not None]
    if len(numbers) < 2 or len(numbers) != len(found):
        return ""
    below = " + ".join(numbers[1:])
    return f"{numbers[0]} / {below if len(numbers) == 2 else f'({below})'}"


def besides(scope: Scope, figure: Figure) -> list[Extra]:
    """Return what stands beside; as of another day only what was known then."""
    found = [(beside, value) for beside, value in figure.beside if scope.known_on is None or value.value is not None]
    return [_beside(scope, beside, value) for beside, value in found]


def _beside(scope: Scope, beside: "Beside", value: Value) -> Extra:
    name, why = beside.name[scope.language], beside.why[scope.language]
    if value.value is None:
        return Extra(name, scope.locale.text("no_data"), "", why)
    decimals = 0 if value.value == int(value.value) else 1
    printed = not value.missing and value.status != "derived"
    text = formats.with_bound(value.value, value.bound, scope.language, value.unit, printed, decimals)
    unit = scope.locale.word("unit", value.unit or "") or ""
    publisher = quotes.find_publisher(value.publisher, scope.publishers)
    producer = publisher.text(scope.language, long=False) if publisher else value.publisher
    missing = quotes.missing_clause(value, scope.regions, scope.language).lstrip(",; ")
    cited = ", ".join(part for part in (f"{producer} {_cited_day(scope, value)}".strip(), missing) if part)
    return Extra(name, f"{text}{formats.NBSP}{unit}" if unit else text, cited, why, safe_url(value.source_url))


LEDGER_COMPONENTS = (
    Component(
        "big_value",
        "A figure as an entry: value, citation, state, why it changed, source, definition; then and now side by side.",
        (
            Attribute("figure", "figure", "the figure"),
            Attribute("compare", "text", "what stands beside the value", "none", ("none", "handbook")),
            Attribute("level", "count", "level of its heading, 2–4", 3),
        ),
        _big_value,
    ),
)
