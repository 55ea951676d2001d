"""The components of the page dialect, each declared once.

What belongs here: the list of them. What does not: their code (one module a kind).
"""

from collections.abc import Mapping

from pipelines.site.components.about import ABOUT_COMPONENTS
from pipelines.site.components.data import DATA_COMPONENTS
from pipelines.site.components.declare import Component
from pipelines.site.components.dictionary import DICTIONARY_COMPONENTS
from pipelines.site.components.explorer import EXPLORER_COMPONENTS
from pipelines.site.components.figure_page import FIGURE_PAGE_COMPONENTS
from pipelines.site.components.figure_past import FIGURE_PAST_COMPONENTS
from pipelines.site.components.figure_trail import FIGURE_TRAIL_COMPONENTS
from pipelines.site.components.figures import FIGURE_COMPONENTS
from pipelines.site.components.files import FILE_COMPONENTS
from pipelines.site.components.ledger import LEDGER_COMPONENTS
from pipelines.site.components.paper import PAPER_COMPONENTS
from pipelines.site.components.past import PAST_COMPONENTS
from pipelines.site.components.pictures import PICTURE_COMPONENTS
from pipelines.site.components.rows import ROW_COMPONENTS
from pipelines.site.components.text import TEXT_COMPONENTS

COMPONENTS: Mapping[str, Component] = {
    component.name: component
    for component in (
        *FIGURE_COMPONENTS,
        *FIGURE_PAGE_COMPONENTS,
        *FIGURE_PAST_COMPONENTS,
        *FIGURE_TRAIL_COMPONENTS,
        *LEDGER_COMPONENTS,
        *DATA_COMPONENTS,
        *PICTURE_COMPONENTS,
        *PAST_COMPONENTS,
        *ROW_COMPONENTS,
        *FILE_COMPONENTS,
        *EXPLORER_COMPONENTS,
        *ABOUT_COMPONENTS,
        *DICTIONARY_COMPONENTS,
        *TEXT_COMPONENTS,
        *PAPER_COMPONENTS,
    )
}
