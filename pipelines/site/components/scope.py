"""What a component may use: the page's language, words, names, figures, templates.

What belongs here: the things of one page in one language. What does not: how a page is read (page.py, render.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipelines import formats
from pipelines.dates import last_day
from pipelines.quotes import Names
from pipelines.site.cells import Cells
from pipelines.site.faults import Fault
from pipelines.site.lineage import Input, Used, used
from pipelines.site.locales import Locale
from pipelines.site.tables import Table
from pipelines.site.theme import Theme
from pipelines.site.values import Figure

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec


def _no_link(address: str) -> str:
    raise Fault(f"unknown page {address!r}")


@dataclass
class Scope:
    """One page in one language. ``files`` are written beside the page; ``day`` is the build date or known-on date.

    ``link`` turns the address of a page (``/tila``, ``/maakunta/lappi#x``) into a relative one, or raises Fault;
    ``said`` gives a figure as recorded on a day; ``root`` leads to the site's root; ``absolute`` is the page's full
    address, "" without ``[site] base_url``. ``head`` is printed in the page's head; ``pictures`` are the charts among
    the files: name, title, source; ``formats`` the kinds of file that an extra makes of each (``png``), ``drawn``
    whether charts are written as files at all; ``papers`` the PDF files that the page offers. ``inputs`` is what each
    file was made of; ``given`` the table and columns that the component being rendered was given.
    """

    locale: Locale
    cells: Cells
    figures: Mapping[str, Figure]
    publishers: Names
    regions: Names
    theme: Theme
    template: Callable[..., Markup]
    day: date
    known_on: date | None = None
    link: Callable[[str], str] = _no_link
    said: Callable[[str, date], Figure] | None = None
    root: str = "."
    absolute: str = ""
    address: str = ""
    contact: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    head: list[Markup] = field(default_factory=list[Markup])
    pictures: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    formats: tuple[str, ...] = ()
    drawn: bool = True
    papers: list[str] = field(default_factory=list[str])
    tabs: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    inputs: dict[str, tuple[Used, ...]] = field(default_factory=dict[str, tuple[Used, ...]])
    given: tuple[Table, tuple[str, ...]] | None = None
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

    def why(self, spec: "FigureSpec") -> str:
        """Return why the figure stands as it does; "" as of another day, because the sentence speaks of today's."""
        return spec.why[self.language] if self.known_on is None else ""

    def breaks(self, spec: "FigureSpec") -> list[tuple[str, str]]:
        """Return the declared breaks, (reference, text), without those that lie after the day that is asked about."""
        day = self.known_on
        told = [one for one in spec.breaks if day is None or last_day(one.at) <= day]
        return [(formats.reference(one.at, self.language), one.text[self.language]) for one in told]

    def write_csv(self, table: Table, name: str = "") -> str:
        """Add the rows as CSV beside the page and return its file name, by default that of the query."""
        return self.write(f"{name or table.name}.csv", table.as_csv, table)

    def write(self, name: str, content: bytes, *made_of: Input) -> str:
        """Add a file beside the page and return its name. Raises Fault when another file has that name.

        ``made_of``: what it was made of, for the record (lineage.py).
        """
        if self.files.setdefault(name, content) != content:
            raise Fault(f"two files {name!r} beside one page", "another name of the query, or another title")
        self.inputs[name] = (*self.inputs.get(name, ()), *(used(one) for one in made_of))
        return name

    def given_of(self, table: Table) -> Table:
        """Return the columns of a table that the component being rendered was told to draw; all when it made it."""
        if self.given is None or self.given[0] is not table:
            return table
        return table.only(self.given[1])
