"""What looks like code of a page and would be printed as its text: a component without its braces, a fence not quite.

What belongs here: finding it, because Markdown takes it for text and nobody is told (page dialect: wrong is loud).
What does not: the form of what is code (page.py), its meaning (render.py).
"""

import re
from collections.abc import Collection

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_CALL = r"(?<![\w.])([a-z]\w*)\((?:figure\(|_\(|(?:{queries})\s*[,)])"
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,}) *sql\b.*", re.IGNORECASE)


def call(body: str, queries: Collection[str]) -> tuple[int, str] | None:
    """Return line and name of the first component that stands outside braces: ``{ value(figure("x")) }``."""
    text = _CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body)
    names = "|".join(re.escape(name) for name in queries) or r"(?!)"
    found = re.search(_CALL.replace("{queries}", names), text)
    return (text.count("\n", 0, found.start()) + 1, found[1]) if found else None


def fence(line: str) -> bool:
    """Tell whether a line was meant to begin a query: three backticks and ``SQL``, four of them, a blank, ``~~~``."""
    return _FENCE.fullmatch(line) is not None
