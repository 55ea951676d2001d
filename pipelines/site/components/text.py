"""Components around text: folded details and notes.

What belongs here: blocks whose body is the page's own Markdown. What does not: anything of data.
"""

from markupsafe import Markup

from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope


def _details(scope: Scope, summary: str, open: bool, body: Markup) -> Markup:
    return scope.fill("details", summary=summary, open=open, body=body)


def _note(scope: Scope, kind: str, body: Markup) -> Markup:
    return scope.fill("note", kind=kind, body=body)


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
)
