"""The reference of the page dialect's components, ``docs/components.md``, from their declarations.

What belongs here: declarations to Markdown. What does not: the declarations (components/), the examples (examples.py).

``python -m pipelines.site.reference > docs/components.md`` writes it; a test fails while the file is not current.
"""

import sys

from pipelines.site.components import COMPONENTS
from pipelines.site.components.declare import EXPECTED, REQUIRED, Attribute, Component
from pipelines.site.examples import EXAMPLES, QUERIES

_HEAD = """\
# Components of pages

<!-- Written by python -m pipelines.site.reference: change the declarations in pipelines/site/components/ instead. -->

A page is Markdown with SQL fences ([add a page](add-a-page.md)). Components are called in `{{ … }}`; those with a body
stand around it: `{% call note() %} … {% endcall %}`. A *block* stands alone on its line, *inline* ones stand in text.
An unknown name, attribute, column, figure or value is a build error with file, line and the nearest valid name.

Without a component: `{{ query.rows[0].column }}` prints a cell plainly, `{% for row in query %}` loops,
`{{ params.column }}` is the page's own row on a page a row, `{{ _("…") }}` a text of the page in its language,
`figure("id")` a figure, `figure("id", said_on="2026-11-24")` the figure as we had recorded it that day.

"""


def page() -> str:
    """Return the whole reference."""
    names = sorted(COMPONENTS)
    contents = ", ".join(f"[{name}](#{name})" for name in names)
    parts = [_HEAD + contents + "\n"]
    parts += [_section(COMPONENTS[name]) for name in names]
    parts.append(f"## The examples' queries\n\n````markdown\n{QUERIES.rstrip()}\n````\n")
    return "\n".join(parts)


def _section(component: Component) -> str:
    kind = "Block with a body" if component.body else "Block" if component.block else "Inline"
    lines = [f"## {component.name}", "", f"{kind}. {component.doc}", ""]
    if component.attributes:
        lines += ["| attribute | value | default | |", "|---|---|---|---|"]
        lines += [_row(attribute) for attribute in component.attributes]
        lines.append("")
    if component.name in EXAMPLES:
        lines += ["````markdown", EXAMPLES[component.name], "````", ""]
    return "\n".join(lines)


def _row(attribute: Attribute) -> str:
    value = " or ".join(f'`"{allowed}"`' for allowed in attribute.allowed) or EXPECTED[attribute.kind]
    return f"| `{attribute.name}` | {_cell(value)} | {_default(attribute)} | {_cell(attribute.doc)} |"


def _default(attribute: Attribute) -> str:
    default = attribute.default
    if default is REQUIRED:
        return "required"
    if default is None:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default!r}`".replace("'", '"')


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{%", "{ %")


if __name__ == "__main__":
    sys.stdout.write(page())
