"""Components about one figure: its value, citation, quote, state, source, definition, breaks.

What belongs here: what is printed of a figure. What does not: the figure's texts (registry), the sentence and the
citation (pipelines/quotes.py), markup longer than a span (dashboards/templates/components).
"""

from urllib.parse import urlsplit

from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.figures import Value
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Table
from pipelines.site.tokens import plain
from pipelines.site.values import Figure

HANDBOOK_GROUPING = 2
"""The handbook groups 10 000 but not 7926; what it printed is printed so (pipelines/formats.py, ``number``)."""

STATES = ("current", "stale", "closed", "on_request", "old", "missing")

_FIGURE = Attribute("figure", "figure", "the figure")
_AT = Attribute("at", "text", "the value now, or as the handbook printed it", "now", ("now", "handbook"))


def _at(figure: Figure, at: str) -> Value:
    if at == "now":
        return figure.value
    if figure.then is None:
        raise Fault(f"figure {figure.id!r} is not in the handbook", 'at="now"')
    return figure.then


def _value(scope: Scope, figure: Figure, at: str) -> Markup:
    value = _at(figure, at)
    grouping = HANDBOOK_GROUPING if at == "handbook" else 1
    text = quotes.value_text(figure.spec, value, scope.language, grouping) or scope.locale.text("no_data")
    return Markup('<span class="value">{}</span>').format(plain(text))


def _cite(scope: Scope, figure: Figure, at: str) -> Markup:
    value = _at(figure, at)
    if at == "handbook":
        return plain(value.printed_citation)
    if not quotes.known(figure.spec, value):
        return plain(scope.locale.text("no_data"))
    return plain(quotes.citation(figure.spec, value, scope.publishers, scope.language))


def _quote(scope: Scope, figure: Figure) -> Markup:
    text = quotes.quote(figure.spec, figure.value, scope.publishers, scope.regions, scope.language, scope.day)
    return Markup('<blockquote class="quote"><p>{}</p></blockquote>').format(plain(text))


def _as_of(scope: Scope, figure: Figure | None, data: Table | None) -> Markup:
    if (figure is None) == (data is None):
        raise Fault("as_of needs a figure or data", 'as_of(figure("id")) or as_of(data=query)')
    if figure is not None:
        reference = figure.value.reference
    else:
        found = sorted({str(day) for day in data.column("as_of") if day is not None}) if data is not None else []
        if len(found) > 1:
            raise Fault(f"as_of: the data has {len(found)} dates", "one date in the column as_of")
        reference = found[0] if found else None
    text = formats.reference(reference, scope.language) if reference else scope.locale.text("no_data")
    return plain(text)


def _status_badge(scope: Scope, figure: Figure | None, state: str | None) -> Markup:
    if (figure is None) == (state is None):
        raise Fault("status_badge needs a figure or a state", "one of the two")
    shown = figure.state if figure is not None else str(state)
    return Markup('<span class="badge badge-{}">{}</span>').format(shown, scope.locale.text(f"state_{shown}"))


def source(scope: Scope, figure: Figure) -> Markup:
    """Return the producer's name, linked to where the value was read or else to the producer."""
    publisher = quotes.find_publisher(figure.value.publisher or figure.spec.publisher, scope.publishers)
    name = publisher.text(scope.language) if publisher else figure.value.publisher
    return scope.fill(
        "source", name=name, url=safe_url(figure.value.source_url) or (publisher.url if publisher else "")
    )


def safe_url(url: str) -> str:
    """Return an address that may be linked: http or https with a host; else "" (``javascript:`` never)."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def _definition(scope: Scope, figure: Figure) -> Markup:
    return scope.fill("definition", spec=figure.spec)


def _breaks(scope: Scope, figure: Figure) -> Markup:
    return scope.fill("breaks", breaks=scope.breaks(figure.spec))


def _ranked_list(scope: Scope, figure: Figure, at: str) -> Markup:
    if figure.spec.kind != "list":
        raise Fault(f"figure {figure.id!r} is not a list", "value or big_value")
    return scope.fill("ranked_list", items=_at(figure, at).items)


FIGURE_COMPONENTS = (
    Component("value", "The value with its bound, in running text.", (_FIGURE, _AT), _value, block=False),
    Component("cite", "The citation without brackets.", (_FIGURE, _AT), _cite, block=False),
    Component("quote", "The sentence with its citation, ready to be pasted.", (_FIGURE,), _quote),
    Component(
        "as_of",
        "The reference of a figure, or the one date of a query's column as_of.",
        (
            Attribute("figure", "figure", "the figure", None),
            Attribute("data", "data", "a query with the column as_of", None),
        ),
        _as_of,
        block=False,
    ),
    Component(
        "status_badge",
        "The state of a figure in words and shape, never by colour alone.",
        (
            Attribute("figure", "figure", "the figure", None),
            Attribute("state", "text", "a state, to explain it", None, STATES),
        ),
        _status_badge,
        block=False,
    ),
    Component("source", "The producer, linked to where the value was read.", (_FIGURE,), source, block=False),
    Component("definition", "What the figure is, who is counted and who is not.", (_FIGURE,), _definition),
    Component("breaks", "The declared breaks of the figure's series.", (_FIGURE,), _breaks),
    Component("ranked_list", "The items of a list figure in order.", (_FIGURE, _AT), _ranked_list),
)
