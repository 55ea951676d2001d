"""Placeholders: what keeps values and component HTML out of Markdown's sight.

What belongs here: replacing every printed value by a mark before Markdown reads the page, and putting the escaped
value or the component's HTML in its place afterwards. What does not: what components print.

Why: a source string that Markdown or HTML could read would become markup. Here neither ever sees one: the mark is two
private-use characters around a number and a nonce that is new for each page file, so it can't be forged either. The
mark also tells whether it stands for a block, so the same text with the same marks always is the same Markdown.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

_OPEN, _CLOSE = "\ue000", "\ue001"
_BYTES = 6
_MARK = re.compile(f"{_OPEN}([0-9a-f]{{{2 * _BYTES}}})x([0-9]+)[bt]{_CLOSE}")
_CONTROLS = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " "),
    **dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF], None),
    **dict.fromkeys([ord(_OPEN), ord(_CLOSE), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)], "\ufffd"),
}
"""Control characters become a space; marks that turn the writing direction are dropped; marks of ours and what XML does
not take (a picture would not open) are replaced."""


def clean(text: str) -> str:
    """Return text of a source without control characters and direction marks, otherwise as it is."""
    return text if text.isprintable() else text.translate(_CONTROLS)  # nothing of the table is printable


@lru_cache(maxsize=65536)
def plain(text: str) -> Markup:
    """Return text of a source as HTML text: cleaned and escaped."""
    return escape(clean(text))


@dataclass(frozen=True)
class Part:
    """What one mark stands for: escaped text or a component's HTML, and the line where it was printed."""

    html: Markup
    block: bool
    line: int
    name: str = ""


class Tokens:
    """The marks of one page in one language; ``nonce`` is shared by the pages of one page file."""

    def __init__(self, nonce: str | None = None) -> None:
        self._nonce = nonce or os.urandom(_BYTES).hex()
        self._parts: list[Part] = []

    def keep(self, html: Markup, line: int, name: str, block: bool) -> str:
        """Keep a component's HTML and return its mark."""
        return self._keep(Part(html, block, line, name))

    def text(self, text: str) -> str:
        """Return ``text`` with everything but our own marks kept, escaped, behind marks."""
        found: list[str] = []
        position = 0
        for match in self.marks(text):
            found += [self._keep_text(text[position : match.start()]), match[0]]
            position = match.end()
        return "".join([*found, self._keep_text(text[position:])])

    def marks(self, text: str) -> list[re.Match[str]]:
        """Return where our marks stand in a text; those of another page are none."""
        return [match for match in _MARK.finditer(text) if match[1] == self._nonce]

    def part(self, mark: re.Match[str]) -> Part:
        """Return what a mark stands for."""
        return self._parts[int(mark[2])]

    def fill(self, html: str) -> Markup:
        """Put what they stand for in place of the marks, also of marks inside it."""
        if _OPEN not in html:
            return Markup(html)
        return Markup(self.replaced(html, lambda part: self.fill(part.html)))

    def replaced(self, text: str, by: Callable[[Part], str]) -> str:
        """Return a text with something in place of our marks; those of another page stay."""
        return _MARK.sub(lambda mark: by(self.part(mark)) if mark[1] == self._nonce else mark[0], text)

    def address(self, number: int) -> str:
        """Return the mark of an address that is filled in later (render.py)."""
        return f"{_OPEN}{self._nonce}a{number}a{_CLOSE}"

    def broken(self, html: str) -> bool:
        """Tell whether a mark was damaged on the way (by a filter, or by Markdown in an address)."""
        return self._nonce in html or _OPEN in html or _CLOSE in html

    def _keep_text(self, text: str) -> str:
        return self._keep(Part(plain(text), block=False, line=0)) if text else ""

    def _keep(self, part: Part) -> str:
        self._parts.append(part)
        return f"{_OPEN}{self._nonce}x{len(self._parts) - 1}{'b' if part.block else 't'}{_CLOSE}"
