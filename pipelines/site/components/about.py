"""Components of the pages around the figures: terms then and now, the feeds.

What belongs here: what the pages Sanasto and Muutokset need and no other component prints. What does not:
markup longer than a line (dashboards/templates/components), the texts of terms (data/raw/reference/glossary.csv).
"""

from markupsafe import Markup, escape

from pipelines import formats
from pipelines.site.components.data import empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figures import safe_url
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table
from pipelines.site.tokens import plain

_MARKED = ("unverified", "not_researched")


def _terms(scope: Scope, data: Table, level: int) -> Markup:
    if level not in (2, 3, 4):
        raise Fault(f"terms: level={level}", "2, 3 or 4")
    if not data.cells:
        return empty(scope, data)
    return scope.fill("terms", terms=[_term(scope, row) for row in data], level=level)


def _term(scope: Scope, row: Row) -> dict[str, str]:
    verified = str(row["verified"])
    return {
        "id": str(row["id"]),
        "term": str(row["term"]),
        "then": str(row["then"]),
        "then_source": str(row["then_source"]),
        "now": str(row["now"] or scope.locale.text("not_researched")),
        "when": _when(scope, row["since"]),
        "source": str(row["source"] or ""),
        "url": safe_url(str(row["source_url"] or "")),
        "mark": verified if verified in _MARKED else "",
    }


def _when(scope: Scope, since: object) -> str:
    """Return the word over what holds now, with its beginning where it is known."""
    if not since:
        return scope.locale.text("now")
    key = "since_year" if len(str(since)) == 4 else "since_day"
    return scope.locale.text(key, reference=formats.reference(str(since), scope.language))


def _feeds(scope: Scope) -> Markup:
    from pipelines.site import feeds  # here: one page needs it and the XML that comes along

    if scope.address != feeds.PAGE:
        raise Fault("feeds on another page than theirs", f"dashboards/pages/{feeds.PAGE}.md")
    links: list[Markup] = []
    for name, kind, text in (
        (feeds.ATOM, "application/atom+xml", "Atom"),
        (feeds.JSON, "application/feed+json", "JSON Feed"),
    ):
        scope.head.append(Markup('<link rel="alternate" type="{}" title="{}" href="{}">').format(kind, text, name))
        links.append(Markup('<a href="{}" type="{}">{}</a>').format(name, kind, text))
    return Markup('<p class="feeds">{} {}</p>').format(escape(scope.locale.text("feeds")), Markup(" · ").join(links))


def _contact(scope: Scope) -> Markup:
    """Print whom to write to; an address of a page is a link, anything else is text."""
    if not scope.contact:
        return Markup('<p class="contact">{}</p>').format(plain(scope.locale.text("contact_none")))
    url = safe_url(scope.contact)
    shown = Markup('<a href="{}">{}</a>').format(url, plain(scope.contact)) if url else plain(scope.contact)
    return Markup('<p class="contact">{} {}</p>').format(escape(scope.locale.text("contact")), shown)


ABOUT_COMPONENTS = (
    Component(
        "terms",
        "Terms and rules, each as an entry: what held in 2019 and what holds now, with sources and what is unchecked.",
        (
            Attribute("data", "data", "rows of marts.glossary"),
            Attribute("level", "count", "level of the headings, 2–4", 3),
        ),
        _terms,
    ),
    Component("contact", "Whom readers may write to, from the settings.", (), _contact),
    Component("feeds", "Links to the feeds of the page Muutokset, in the text and in the head.", (), _feeds),
)
