"""``sitemap.xml`` and ``robots.txt``: which pages a search engine should know.

What belongs here: the two files. What does not: the head of pages (dashboards/templates), feeds (feeds.py).

A sitemap needs full addresses: without ``[site] base_url`` there is none. Pages that ask not to be indexed, and pages
that another page stands for, are left out; the twins in the other languages are named with each page. There is no
``lastmod``: the day of the build is not the day on which a page changed.
"""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from pipelines.site.draft import Draft, Files, PageRecord

_SITEMAP, _XHTML = "http://www.sitemaps.org/schemas/sitemap/0.9", "http://www.w3.org/1999/xhtml"


def make(draft: Draft) -> Files:
    """Return the files by path in the site."""
    robots = "User-agent: *\nDisallow:\n"
    if draft.base_url is None or draft.known_on is not None:
        return {"robots.txt": robots.encode()}
    robots += f"\nSitemap: {draft.base_url}/sitemap.xml\n"
    return {"robots.txt": robots.encode(), "sitemap.xml": sitemap(draft.base_url, draft.pages)}


def sitemap(base_url: str, pages: Sequence[PageRecord]) -> bytes:
    """Return the sitemap of the pages that are to be found."""
    found = [page for page in pages if not page.noindex and page.canonical == page.address]
    twins: dict[str, dict[str, str]] = {}
    for page in found:
        twins.setdefault(page.address, {})[page.language] = _address(base_url, page)
    root = ElementTree.Element("urlset", {"xmlns": _SITEMAP, "xmlns:xhtml": _XHTML})
    for page in sorted(found, key=lambda page: page.path):
        _url(root, _address(base_url, page), twins[page.address])
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _url(root: ElementTree.Element, address: str, twins: Mapping[str, str]) -> None:
    url = ElementTree.SubElement(root, "url")
    ElementTree.SubElement(url, "loc").text = address
    for language, href in sorted(twins.items()):
        ElementTree.SubElement(url, "xhtml:link", {"rel": "alternate", "hreflang": language, "href": href})


def _address(base_url: str, page: PageRecord) -> str:
    return f"{base_url}/{page.path.removesuffix('index.html')}"
