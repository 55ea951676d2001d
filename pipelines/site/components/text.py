"""Components around text: folded details, notes, columns side by side, a choice of parts, a page break in print.

What belongs here: blocks whose body is the page's own Markdown. What does not: anything of data.
"""

from markupsafe import Markup

from pipelines.site import addresses
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault


def _details(scope: Scope, summary: str, open: bool, body: Markup) -> Markup:
    return scope.fill("details", summary=summary, open=open, body=body)


def _note(scope: Scope, kind: str, body: Markup) -> Markup:
    return scope.fill("note", kind=kind, body=body)


def _grid(scope: Scope, columns: int, body: Markup) -> Markup:
    if columns not in (2, 3, 4):
        raise Fault(f"grid: columns={columns}", "2, 3 or 4")
    return scope.fill("grid", columns=columns, body=body)


def _tab(scope: Scope, title: str, level: int, body: Markup) -> Markup:
    if level not in (2, 3, 4):
        raise Fault(f"tab: level={level}", "2, 3 or 4")
    anchor = addresses.slug(title) or scope.next_id("tab")
    scope.tabs.append((anchor, title))
    return scope.fill("tab", id=anchor, title=title, level=level, body=body)


def _tabs(scope: Scope, label: str, body: Markup) -> Markup:
    found, scope.tabs[:] = list(scope.tabs), []
    if len(found) < 2:
        raise Fault(f"tabs: {len(found)} parts", "two or more {% call tab(title) %} … {% endcall %} inside")
    return scope.fill("tabs", label=label, tabs=found, body=body)


def _page_break(scope: Scope) -> Markup:
    return scope.fill("page_break")


TEXT_COMPONENTS = (
    Component(
        "details",
        "Folded text: {% call details(summary) %} … {% endcall %}.",
        (
            Attribute("summary", "text", "what stands on the fold"),
            Attribute("open", "flag", "unfolded at first", False),
        ),
        _details,
        body=True,
    ),
    Component(
        "note",
        "A remark beside the text: {% call note() %} … {% endcall %}.",
        (Attribute("kind", "text", "how loud it is", "info", ("info", "warning")),),
        _note,
        body=True,
    ),
    Component(
        "grid",
        "Blocks side by side where there is room: {% call grid(columns=2) %} … {% endcall %}.",
        (Attribute("columns", "count", "at most how many beside each other, 2–4", 2),),
        _grid,
        body=True,
    ),
    Component(
        "tabs",
        "Parts to choose from, all of them on the page: a list of links above parts with headings, no script.",
        (Attribute("label", "text", "what is chosen, for those who don't see it"),),
        _tabs,
        body=True,
    ),
    Component(
        "tab",
        "One part of tabs: {% call tab(title) %} … {% endcall %}.",
        (
            Attribute("title", "text", "its heading, also its anchor"),
            Attribute("level", "count", "level of its heading, 2–4", 3),
        ),
        _tab,
        body=True,
    ),
    Component("page_break", "In print, what follows starts on a new page.", (), _page_break),
)
