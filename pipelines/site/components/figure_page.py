"""Components of a figure's own page, its archived page and its card: what the figure says, large, and the quote.

What belongs here: what is printed of one value of a figure. What does not: its past (figure_past.py), where it comes
from and how it is reused (figure_trail.py), wording of sentences and citations (pipelines/quotes.py).

A quote links to the archived page of its own vintage, so that it shows what was quoted after the figure has changed.
"""

from datetime import date

from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.figures import Value
from pipelines.site import og
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figures import safe_url
from pipelines.site.components.ledger import (
    _handbook_note,  # pyright: ignore[reportPrivateUsage]
    _now,  # pyright: ignore[reportPrivateUsage]
    _then,  # pyright: ignore[reportPrivateUsage]
    unknown,
)
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table
from pipelines.site.values import Figure

FIGURE = Attribute("figure", "figure", "the figure")
VINTAGES = Attribute("data", "data", "the figure's rows of marts.figure_vintages, all columns")
OBSERVATIONS = Attribute("data", "data", "the observations of the figure's series, all columns of marts.observations")
_ARCHIVED = Attribute("archived", "flag", "whether the page is the archived page of this very value", False)

_STYLE = '<link rel="stylesheet" href="{}/assets/figure.css" media="screen">'
_ASSUMED = "published_on assumed"
"""How the note of a hand-kept row says that its day of publication is not known more closely than the year."""


def style(scope: Scope) -> None:
    """Ask for the style sheet of figure pages, once."""
    link = Markup(_STYLE).format(scope.root)
    if link not in scope.head:
        scope.head.append(link)


def said_since(data: Table, value: Value, day: date) -> date | None:
    """Return since when we have said this value: the start of its vintage, which names its archived page.

    Null when what we said on that day is something else (a page of a day before we recorded anything).
    """
    for row in data:
        start, end = row["valid_from"], row["valid_to"]
        stands = isinstance(start, date) and start <= day and (not isinstance(end, date) or day < end)
        if row["clock"] == "said" and isinstance(start, date) and stands:
            return start if _says(row, value) else None
    return None


def _says(row: Row, value: Value) -> bool:
    reference = row["period"] or row["as_of"] or None
    told = (row["value"], row["bound"] or None, reference, row["published_on"])
    items = row["items"] if isinstance(row["items"], list) else []
    names = [str(item["name"]) for item in items]  # pyright: ignore[reportGeneralTypeIssues]
    return told == (value.value, value.bound, value.reference, value.published_on) and names == [
        item.name for item in value.items
    ]


def archive(figure: Figure, day: date) -> str:
    """Return the address of the archived page of a figure."""
    return f"/luku/{figure.id}/@{day.isoformat()}"


def absolute(scope: Scope, address: str) -> str:
    """Return the full address of a page of this language; "" without a base address."""
    if not scope.absolute:
        return ""
    own = "/".join(part for part in (scope.language, scope.address) if part) + "/"
    return f"{scope.absolute.removesuffix(own)}{scope.language}/{address.strip('/')}/"


def _head(scope: Scope, figure: Figure, data: Table | None, archived: bool) -> Markup:
    style(scope)
    og.attach(scope, figure, _quoted_on(scope, archived))
    value, language = figure.value, scope.language
    publisher = quotes.find_publisher(value.publisher or figure.spec.publisher, scope.publishers)
    return scope.fill(
        "figure_head",
        figure=figure,
        now=_now(scope, figure),
        known=quotes.known(figure.spec, value),
        unknown=unknown(scope),
        sentence=quotes.sentence(figure.spec, value, scope.regions, language),
        publisher=publisher.text(language) if publisher else value.publisher,
        publisher_url=publisher.url if publisher else "",
        source_url=safe_url(value.source_url),
        published=published(scope, figure, data),
        recorded=formats.long_date(value.recorded_at, language) if value.recorded_at else "",
        age=quotes.age_note(figure.spec, value, _quoted_on(scope, archived), language),
    )


def published(scope: Scope, figure: Figure, data: Table | None) -> str:
    """Return the day of publication, or its year where only that is known."""
    value = figure.value
    if value.published_on is None:
        return ""
    notes = [str(row["note"]) for row in own_rows(figure, data)]
    assumed = any(_ASSUMED in note for note in notes)
    last_day_of_year = (value.published_on.month, value.published_on.day) == (12, 31)
    if last_day_of_year and (assumed or not notes):
        return scope.locale.text("fig_published_year", year=value.published_on.year)
    return formats.long_date(value.published_on, scope.language)


def own_rows(figure: Figure, data: Table | None) -> list[Row]:
    """Return the observations that the figure's value was picked from.

    An edition that repeats what an earlier one said makes no new vintage (R2). Then the value is of the newer edition
    and its observation of the older one: the one in force on the day of publication.
    """
    value = figure.value
    rules = [rule for rule in figure.spec.select if rule.series == value.series and rule.coverage == value.coverage]
    if data is None or not value.series or not rules:
        return []
    rule = rules[0]
    rows = [row for row in data if (row["series"], row["coverage"]) == (value.series, value.coverage)]
    rows = [row for row in rows if rule.category in ("*", str(row["category"] or ""))]
    rows = [row for row in rows if (rule.geo == "regions") == (row["geo"] != "FI") or row["geo"] == rule.geo]
    keys = (value.edition, value.published_on)
    published = [row for row in rows if (row["edition"], row["published_on"]) == keys]
    reference = value.reference or ""
    exact = [row for row in published if row["reference"] == reference]
    if published and not exact:
        return published
    told = {(row["geo"], row["category"]) for row in exact}
    standing = [row for row in rows if row["reference"] == reference and _in_force(row, value.published_on)]
    return exact + [row for row in standing if (row["geo"], row["category"]) not in told]


def _in_force(row: Row, day: date | None) -> bool:
    """Tell whether the vintage of an observation was what its producer said on ``day``."""
    start, end = row["known_from"], row["known_to"]
    if day is None or row["is_rival"] or row["status"] == "suspect" or not isinstance(start, date):
        return False
    return start <= day and (not isinstance(end, date) or day < end)


def _quote(scope: Scope, figure: Figure, data: Table | None, archived: bool) -> Markup:
    style(scope)
    value, language = figure.value, scope.language
    day = _quoted_on(scope, archived)
    text = quotes.quote(figure.spec, value, scope.publishers, scope.regions, language, day)
    if not quotes.known(figure.spec, value):
        return scope.fill("figure_quote", before=text, cited="", after="", href="", url="", plain=text)
    cited = quotes.citation(figure.spec, value, scope.publishers, language)
    before, _, after = text.partition(f" ({cited}).")
    since = said_since(data, value, scope.day) if data is not None else None
    address = f"/{scope.address}" if archived else archive(figure, since) if since else ""
    url = absolute(scope, address) if address else scope.absolute
    return scope.fill(
        "figure_quote",
        before=before,
        cited=cited,
        after=after.strip(),
        href="" if archived or not address else url or scope.link(address),
        url=url,
        plain=f"{text} {url}",
    )


def _quoted_on(scope: Scope, archived: bool) -> date:
    """Return the day of quoting: of an archived page its own day, so that its sentence never changes."""
    if not archived:
        return scope.day
    day = scope.address.rpartition("@")[2]
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise Fault(f"archived=true on a page at /{scope.address}", "a page at …/@YYYY-MM-DD") from None


def _then_now(scope: Scope, figure: Figure) -> Markup:
    style(scope)
    sentence = figure.spec.sentence[scope.language] if figure.spec.kind == "sentence" else ""
    return scope.fill(
        "figure_then",
        figure=figure,
        then=_then(scope, figure),
        now=_now(scope, figure),
        sentence=sentence,
        note=_handbook_note(scope, figure),
        unknown=unknown(scope),
    )


def _notice(scope: Scope, figure: Figure, now: Figure, data: Table | None) -> Markup:
    """Print the banner of an archived page: how it was, and what is said now."""
    style(scope)
    day = _quoted_on(scope, archived=True)
    language = scope.language
    change = changed(figure, now)
    current = quotes.quote(now.spec, now.value, scope.publishers, scope.regions, language, scope.day)
    if scope.known_on is not None:
        change, current = "", ""
    corrected = _corrections(figure, data, day) if change else []
    if corrected:
        change = "method" if all(row["kind"] == "menetelmä" for row in corrected) else "corrected"
    return scope.fill(
        "figure_notice",
        reasons=[row["reason"] for row in corrected],
        day=formats.long_date(day, language),
        change=change,
        current=current,
        live=scope.link(f"/luku/{figure.id}"),
        name=now.name,
    )


def _corrections(figure: Figure, data: Table | None, day: date) -> list[Row]:
    """Return the corrections, later than ``day``, of what the figure then said."""
    return [
        row
        for row in data or ()
        if isinstance(since := row["holds_from"], date)
        and since > day
        and row["new_value"] != figure.value.value
        and (row["coverage"], row["reference"]) == (figure.value.coverage, figure.value.reference)
    ]


def changed(before: Figure, now: Figure) -> str:
    """Return how a figure differs from what it said: ``gone``, ``changed``, ``revised`` (same reference), or ""."""
    then, value = before.value, now.value
    if not quotes.known(now.spec, value):
        return "gone"
    if (then.reference, then.coverage) != (value.reference, value.coverage):
        return "changed"
    if (then.value, then.items, then.bound, then.missing) != (value.value, value.items, value.bound, value.missing):
        return "revised"
    cited = (then.publisher, then.printed_citation, then.published_on)
    return "" if cited == (value.publisher, value.printed_citation, value.published_on) else "changed"


def _card(scope: Scope, figure: Figure, archived: bool) -> Markup:
    style(scope)
    value, language = figure.value, scope.language
    day = _quoted_on(scope, archived)
    known = quotes.known(figure.spec, value)
    sentence = quotes.sentence(figure.spec, value, scope.regions, language)
    publisher = quotes.find_publisher(value.publisher or figure.spec.publisher, scope.publishers)
    address = archive(figure, day) if archived else f"/luku/{figure.id}"
    return scope.fill(
        "figure_card",
        figure=figure,
        now=_now(scope, figure),
        known=known,
        unknown=unknown(scope),
        sentence=sentence if figure.spec.kind == "number" and known else "",
        citation=quotes.citation(figure.spec, value, scope.publishers, language) if known else "",
        age=quotes.age_note(figure.spec, value, day, language),
        said=formats.long_date(day, language) if archived else "",
        source=publisher.text(language) if publisher else value.publisher,
        href=scope.link(address),
    )


def _part(scope: Scope, title: str, id: str, body: Markup) -> Markup:
    style(scope)
    return scope.fill("figure_part", title=title, id=id, body=body)


FIGURE_PAGE_COMPONENTS = (
    Component(
        "figure_part",
        "A section of a figure's page: {% call figure_part(title, id=…) %} … {% endcall %}.",
        (Attribute("title", "text", "its heading"), Attribute("id", "text", "its anchor")),
        _part,
        body=True,
    ),
    Component(
        "figure_head",
        "The value large, with its sentence, state, reference and dates.",
        (FIGURE, Attribute("data", "data", OBSERVATIONS.doc, None), _ARCHIVED),
        _head,
    ),
    Component(
        "figure_quote",
        "The sentence with its citation, to be copied, linked to the archived page of its vintage.",
        (FIGURE, Attribute("data", "data", VINTAGES.doc, None), _ARCHIVED),
        _quote,
    ),
    Component("figure_then", "What the handbook printed, and what is known now, side by side.", (FIGURE,), _then_now),
    Component(
        "figure_notice",
        "The banner of an archived page: since when it stands and what is said now.",
        (
            FIGURE,
            Attribute("now", "figure", "the figure as it is now"),
            Attribute("data", "data", "the figure's rows of meta.corrections, all columns", None),
        ),
        _notice,
    ),
    Component("figure_card", "The figure as a card for another site's frame.", (FIGURE, _ARCHIVED), _card),
)
