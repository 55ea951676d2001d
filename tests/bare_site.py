"""A site of one page in the place of the whole one, for tests of what comes before and after it.

What belongs here: that stand-in for ``run.render``. What does not: tests of pages (tests/site, tests/browser).
"""

from datetime import date
from pathlib import Path

from pipelines import folders, run
from pipelines.settings import Settings
from pipelines.site import place


def render(
    settings: Settings, _: object, known_on: date | None = None, *__: object, exchange: folders.Exchange
) -> Path:
    """Put the page in place as ``run.render`` does, with the tables if there are new ones."""
    out = run.site_folder(settings, known_on)
    place.put({"index.html": b"a rehearsal", place.OURS[0]: b""}, out, exchange=exchange)
    return out / "index.html"
