"""The components of the page dialect, each declared once.

What belongs here: the list of them. What does not: their code (figures.py, ledger.py, data.py, pictures.py, text.py).
"""

from collections.abc import Mapping

from pipelines.site.components.data import DATA_COMPONENTS
from pipelines.site.components.declare import Component
from pipelines.site.components.figures import FIGURE_COMPONENTS
from pipelines.site.components.ledger import LEDGER_COMPONENTS
from pipelines.site.components.pictures import PICTURE_COMPONENTS
from pipelines.site.components.text import TEXT_COMPONENTS

COMPONENTS: Mapping[str, Component] = {
    component.name: component
    for component in (
        *FIGURE_COMPONENTS,
        *LEDGER_COMPONENTS,
        *DATA_COMPONENTS,
        *PICTURE_COMPONENTS,
        *TEXT_COMPONENTS,
    )
}
