"""Markdown of a page: CommonMark and tables, without raw HTML, with the placeholders of ``tokens.py`` inside.

What belongs here: headings with anchors ``{: #id}``, links to other pages, and the check that a block component
stands alone. What does not: Jinja2 (render.py).
"""

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from pipelines.site.faults import Fault
from pipelines.site.tokens import Tokens

_ANCHOR = re.compile(r"\s*\{:\s*#([a-z0-9-]+)\s*\}$")
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def render(text: str, tokens: Tokens, link: Callable[[str], str]) -> Markup:
    """Return the HTML of ``text`` with its placeholders still in it.

    ``link`` turns the address of another page (``/tila``) into a relative one. Raises Fault.
    """
    parsed = _PARSER.parse(text)
    for n, token in enumerate(parsed):
        if token.type == "inline":
            _inline(parsed, n, tokens, link)
    html = str(_PARSER.renderer.render(parsed, _PARSER.options, {}))
    html = html.replace("<table>", '<div class="scroll" role="region" tabindex="0"><table>')
    return Markup(html.replace("</table>", "</table></div>"))


def _inline(parsed: Sequence[Token], n: int, tokens: Tokens, link: Callable[[str], str]) -> None:
    token, before = parsed[n], parsed[n - 1]
    if before.type == "heading_open":
        _anchor(token, before)
    if before.type == "paragraph_open" and _stands_alone(token.content, tokens):
        before.hidden = parsed[n + 1].hidden = True
    for child in token.children or []:
        href = str(child.attrs.get("href", ""))
        if tokens.broken(href) or "%EE%80%80" in href:
            words = href.partition("%EE%80%80")[0]
            raise Fault(f"a value in the address of a link ({words}…)", "an address that is written out", words=words)
        if href.startswith("/"):
            child.attrs["href"] = link(href)
        if tokens.broken(str(child.attrs.get("title", ""))):
            raise Fault("a value in the title of a link", "a title that is written out", words=href)


def _anchor(token: Token, heading: Token) -> None:
    match = _ANCHOR.search(token.content)
    if match is None:
        return
    heading.attrs["id"] = match[1]
    for child in reversed(token.children or []):
        if child.type == "text":
            child.content = _ANCHOR.sub("", child.content)
            return


def _stands_alone(content: str, tokens: Tokens) -> bool:
    """Tell whether a paragraph holds block components only. Raises Fault when it mixes one with text."""
    parts = [tokens.part(mark) for mark in tokens.marks(content)]
    block = next((part for part in parts if part.block), None)
    if block is None:
        return False
    if tokens.replaced(content, lambda _: "").strip() or not all(part.block for part in parts):
        raise Fault(f"{block.name} stands in the middle of text", f"{block.name} on a line of its own", line=block.line)
    return True
