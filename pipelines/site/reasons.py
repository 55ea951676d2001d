"""Why an edition is not admitted, in the page's language.

What belongs here: turning the judge's sentence (pipelines/judge.py) into words of the locales. What does not: judging.
A sentence that is not recognised is printed as it is: better English than nothing.
"""

import re
from collections.abc import Mapping

from pipelines import formats
from pipelines.dates import is_reference
from pipelines.site.locales import Locale
from pipelines.site.queries import Database

_MOVE = re.compile(
    r"(?P<key>.+): (?P<before>[\d.e+]+) → (?P<after>[\d.e+]+) \((?P<move>[+-]\d+) %\)"
    r" against edition (?P<edition>\S+) \((?P<limit>must be equal|at most ±(?P<percent>\d+) %)\)"
)


def places(database: Database, language: str) -> dict[str, str]:
    """Return the regions' Finnish names and those in the language."""
    rows = database.select(f"select name_fi, name_{language} from marts.regions").cells
    return {str(row[0]): str(row[1]) for row in rows}


def text(reason: str, locale: Locale, places: Mapping[str, str]) -> str:
    """Return the reason in the language of ``locale``; ``places``: the names of regions by their Finnish ones."""
    found = _MOVE.fullmatch(reason)
    if found is None:
        return reason
    language, edition = locale.language, found["edition"]
    limit = "reason_equal" if found["percent"] is None else "reason_limit"
    move = formats.number(float(found["move"]), language)
    return locale.text(
        "reason_move",
        what=places.get(found["key"], found["key"]),
        before=formats.number(float(found["before"]), language),
        after=formats.number(float(found["after"]), language),
        move=formats.percent(move if move.startswith(("-", "−")) else f"+{move}", language),
        edition=formats.reference(edition, language) if is_reference(edition) else edition,
        limit=locale.text(limit, percent=formats.percent(found["percent"] or "", language)),
    )
