"""Atom and JSON Feed of the changes, one of each a language, beside the page Muutokset.

What belongs here: the two formats (RFC 4287, JSON Feed 1.1). What does not: which changes there are (changes.py).

Without ``[site] base_url`` nobody knows the site's address, so the feeds hold no links; they are still valid, because
ids are ``urn:uuid:`` and every entry carries its text. Titles and texts are text nodes: a source's string can't
become markup. The feeds go with the page: without ``dashboards/pages/muutokset.md`` there are none.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from pipelines.clock import HELSINKI
from pipelines.site import locales
from pipelines.site.changes import Entry, entries
from pipelines.site.draft import Draft, Files, PageRecord
from pipelines.site.locales import Locale
from pipelines.site.queries import Database
from pipelines.site.tokens import clean

PAGE = "muutokset"
ATOM, JSON = "atom.xml", "feed.json"

_ATOM, _XHTML = "http://www.w3.org/2005/Atom", "http://www.w3.org/1999/xhtml"
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


def make(draft: Draft) -> Files:
    """Return the feeds by path in the site; none when the site has no page Muutokset."""
    pages = [page for page in draft.pages if page.address == PAGE]
    if not pages:
        return {}
    words = locales.load(draft.dashboards / "locales")
    files: dict[str, bytes] = {}
    with Database(draft.database) as opened:
        for page in pages:
            locale = words[page.language]
            found = entries(opened, locale)
            folder = page.path.rpartition("/")[0]
            files[f"{folder}/{ATOM}"] = atom(draft, page, locale, found)
            files[f"{folder}/{JSON}"] = json_feed(draft, page, locale, found)
    return files


def atom(draft: Draft, page: PageRecord, locale: Locale, found: Sequence[Entry]) -> bytes:
    """Return the Atom feed of one language."""
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": locale.language})
    _add(feed, "id", _feed_id(draft, page))
    _add(feed, "title", _title(page, locale))
    _add(feed, "subtitle", page.description)
    _add(feed, "updated", _moment(_newest(draft, found)))
    _add(_add(feed, "author"), "name", locale.text("site"))
    _add(feed, "rights", locale.text("producers_first"))
    if draft.base_url:
        _link(feed, "self", _beside(draft, page, ATOM), "application/atom+xml")
        _link(feed, "alternate", _address(draft, page), "text/html")
    for entry in found:
        _atom_entry(draft, page, feed, entry)
    ElementTree.indent(feed, " ")
    return ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True) + b"\n"


def json_feed(draft: Draft, page: PageRecord, locale: Locale, found: Sequence[Entry]) -> bytes:
    """Return the JSON Feed of one language."""
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(page, locale),
        "description": page.description,
        "language": locale.language,
        "authors": [{"name": locale.text("site")}],
    }
    if draft.base_url:
        feed |= {"home_page_url": _address(draft, page), "feed_url": _beside(draft, page, JSON)}
    feed["items"] = [_json_item(draft, page, entry) for entry in found]
    return json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def target(draft: Draft, page: PageRecord, entry: Entry) -> str:
    """Return the full address of what an entry is about: its archived page, else its page, else the page Muutokset."""
    if not entry.figure:
        return _address(draft, page)
    wanted = (f"luku/{entry.figure}/@{entry.day.isoformat()}", f"luku/{entry.figure}")
    known = {one.address: one for one in draft.pages if one.language == page.language}
    found = next((known[address] for address in wanted if address in known), None)
    return _address(draft, found) if found else _address(draft, page)


def _atom_entry(draft: Draft, page: PageRecord, feed: ElementTree.Element, entry: Entry) -> None:
    made = _add(feed, "entry")
    _add(made, "id", entry.id)
    _add(made, "title", entry.title)
    _add(made, "updated", _moment(entry.day))
    if entry.author:
        _add(_add(made, "author"), "name", entry.author)
    if draft.base_url:
        _link(made, "alternate", target(draft, page, entry), "text/html")
    content = _add(made, "content", type="xhtml")
    body = _add(content, "div", xmlns=_XHTML)
    for text in entry.text:
        _add(body, "p", text)


def _json_item(draft: Draft, page: PageRecord, entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {"id": entry.id}
    if draft.base_url:
        item["url"] = target(draft, page, entry)
    item |= {
        "title": _plain(entry.title),
        "content_text": "\n\n".join(_plain(text) for text in entry.text),
        "date_published": _moment(entry.day),
    }
    return item | ({"authors": [{"name": _plain(entry.author)}]} if entry.author else {})


def _add(parent: ElementTree.Element, name: str, text: str = "", /, **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    if text:
        child.text = _plain(text)
    return child


def _link(parent: ElementTree.Element, rel: str, href: str, kind: str) -> None:
    _add(parent, "link", rel=rel, type=kind, href=href)


def _plain(text: str) -> str:
    """Return text without the characters that neither XML nor a reader takes."""
    return _NOT_XML.sub("\ufffd", clean(text))


def _title(page: PageRecord, locale: Locale) -> str:
    return f"{locale.text('site')}: {page.title}"


def _feed_id(draft: Draft, page: PageRecord) -> str:
    return uuid5(NAMESPACE_URL, f"{draft.base_url or 'toiminta-lukuina'}/{page.path}").urn


def _newest(draft: Draft, found: Sequence[Entry]) -> date:
    return max((entry.day for entry in found), default=draft.build_date)


def _moment(day: date) -> str:
    return datetime.combine(day, time(), HELSINKI).isoformat()


def _address(draft: Draft, page: PageRecord) -> str:
    return f"{draft.base_url}/{page.path.removesuffix('index.html')}"


def _beside(draft: Draft, page: PageRecord, name: str) -> str:
    return _address(draft, page) + name
