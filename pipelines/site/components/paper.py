"""The component ``pdf``: where a page offers itself as a PDF.

What belongs here: the link. What does not: the file, and the sentence where there is none (pipelines/site/pdf.py).
"""

import re

from markupsafe import Markup

from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault

_NAME = re.compile(r"[a-z0-9-]+")


def _pdf(scope: Scope, name: str) -> Markup:
    if not _NAME.fullmatch(name):
        raise Fault(f"pdf: the name {name!r}", "small letters, digits and hyphens")
    scope.papers.append(f"{name}.pdf")
    return Markup('<p class="pdf"><a href="{}.pdf" type="application/pdf">{}</a></p>').format(
        name, scope.locale.text("pdf_link")
    )


PAPER_COMPONENTS = (
    Component(
        "pdf",
        "The whole page as a PDF for print: the link, or a sentence where it could not be made. Once on a page.",
        (Attribute("name", "text", "the file's name without its ending"),),
        _pdf,
    ),
)
