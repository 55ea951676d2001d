"""What a component may use: the page's language, words, names, figures, templates.

What belongs here: the things of one page in one language. What does not: how a page is read (page.py, render.py).
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from pipelines import formats
from pipelines.quotes import Names
from pipelines.site.cells import Cells
from pipelines.site.locales import Locale
from pipelines.site.tables import Table
from pipelines.site.theme import Theme
from pipelines.site.values import Figure


@dataclass
class Scope:
    """One page in one language. ``files`` are written beside the page; ``day`` is the build date or known-on date."""

    locale: Locale
    cells: Cells
    figures: Mapping[str, Figure]
    publishers: Names
    regions: Names
    theme: Theme
    template: Callable[..., Markup]
    day: date
    known_on: date | None = None
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    _ids: int = 0

    @property
    def language(self) -> str:
        """The page's language."""
        return self.locale.language

    def fill(self, template: str, /, **values: Any) -> Markup:
        """Fill ``templates/components/<template>.html``."""
        return self.template(f"components/{template}.html", scope=self, ui=self.locale.text, **values)

    def next_id(self, prefix: str) -> str:
        """Return an id that is new on the page."""
        self._ids += 1
        return f"{prefix}{self._ids}"

    def day_text(self) -> str:
        """Return the word over current values: "now", or the day that is asked about."""
        return self.locale.text("now") if self.known_on is None else formats.short_date(self.known_on)

    def write_csv(self, table: Table) -> str:
        """Add the rows as CSV beside the page and return its file name.

        Plain values, UTF-8, RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe in front.
        """
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows([[_plain(cell) for cell in row] for row in table.cells])
        name = f"{table.name}.csv"
        self.files[name] = out.getvalue().encode("utf-8")
        return name


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return f"{cell:.12g}" if isinstance(cell, float) else str(cell)
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
