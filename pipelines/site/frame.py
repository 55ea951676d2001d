"""The frame around a page: what the template of ``dashboards/templates`` needs beside the body.

What belongs here: menu, languages, addresses of the head, the front door. What does not: markup (the templates), the
body (render.py).
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines import formats
from pipelines.errors import InputError
from pipelines.languages import LANGUAGES
from pipelines.site.addresses import file
from pipelines.site.house import House, Page
from pipelines.site.page import PageFile

STATE = "tila"
"""The address of the page that tells when each source was read; every other page says nothing of the night."""

FOOT = 60
"""From this ``order`` on a page stands in the menu at the foot of the page, not in the one on top."""


def relative(target: str, folder: str) -> str:
    """Return the relative address of a file of the site from a folder of it; ``.`` is the site's root.

    As posixpath.relpath, which asks the system for the working folder twice: here it is called a million times.
    """
    there, here = ([part for part in path.split("/") if part not in ("", ".")] for path in (target, folder))
    same = 0
    for one, other in zip(there, here, strict=False):
        if one != other:
            break
        same += 1
    return "/".join([".."] * (len(here) - same) + there[same:]) or "."


class Frames:
    """The frames of the pages of one page file in one language.

    Menu and foot are the same on every page of a folder, and are made once.
    """

    def __init__(self, house: House, source: PageFile, language: str) -> None:
        self._house, self._source, self._language = house, source, language
        self._menu = [other for other in house.sources if other.menu is not None]
        self._state = file(STATE, language) if STATE in house.by_address else ""
        self._downloads = [path for path in sorted(house.options.downloads) if path.endswith(".duckdb")]
        targets = [self._state, *self._downloads, *(file(other.address, language) for other in self._menu)]
        self._deep = frozenset(folder for target in targets for folder in _above(target))
        self._edges: dict[str, Mapping[str, Markup]] = {}

    def names(self, page: Page, title: str, description: str, head: Sequence[Markup], version: str) -> dict[str, Any]:
        """Return the names that page templates use, ``body`` apart.

        ``version``: the version of the page's data (lineage.py).

        ``absolute``: the page's full address by language, empty without a base address; ``canonical``: the full
        address of the page that stands for this one, ``instead`` its relative one. A page with another canonical one
        has no twins of its own (hreflang).
        """
        house, language = self._house, self._language
        folder = file(page.address, language).rpartition("/")[0]
        base, known_on, moved = house.options.base_url, house.options.known_on, page.source.canonical is not None
        absolute = {other: absolute_address(house, page.address, other) for other in LANGUAGES} if base else {}
        canonical = absolute_address(house, page.canonical, language) if base and moved else ""
        return {
            "title": title,
            "description": description,
            "address": page.address,
            "noindex": page.source.noindex,
            "canonical": canonical or absolute.get(language, ""),
            "instead": relative(file(page.canonical, language), folder) if moved else "",
            "alternates": {} if canonical or page.source.noindex else absolute,
            "absolute": absolute,
            "head": head,
            "root": relative(".", folder),
            "home": relative(file("", language), folder),
            "languages": [{"code": other, "href": relative(file(page.address, other), folder)} for other in LANGUAGES],
            "version": version,
            "known_on": formats.long_date(known_on, language) if known_on else "",
            "ui": house.locales[language].text,
            "language": language,
            **self._edge(folder),
        }

    def _edge(self, folder: str) -> Mapping[str, Markup]:
        """Return menu and foot of a page in this folder: the same for all beside it that no target lies in."""
        key = folder if folder in self._deep else f"{folder.rpartition('/')[0]}/*"
        if key not in self._edges:
            self._edges[key] = self._made(folder)
        return self._edges[key]

    def _made(self, folder: str) -> Mapping[str, Markup]:
        names = {
            "menu": [
                {
                    "href": relative(file(other.address, self._language), folder),
                    "name": (other.menu or {})[self._language],
                    "here": other is self._source,
                    "foot": other.order >= FOOT,
                }
                for other in self._menu
            ],
            "state": relative(self._state, folder) if self._state else "",
            "downloads": [
                {"href": relative(path, folder), "name": path.rpartition("/")[2]} for path in self._downloads
            ],
            "ui": self._house.locales[self._language].text,
        }
        return {name: self._house.fill(f"components/{name}.html", **names) for name in ("menu", "foot")}


def _above(path: str) -> Generator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def absolute_address(house: House, address: str, language: str) -> str:
    """Return the full address of a page; "" without a base address."""
    base = house.options.base_url
    return f"{base}/{file(address, language).removesuffix('index.html')}" if base else ""


def front_door(house: House) -> str:
    """Return the page at the root: the languages to choose from."""
    home = next((source for source in house.sources if source.address == ""), None)
    if home is None:
        raise InputError("dashboards/pages", "no index.md", "a first page")
    doors = [
        {"code": code, "href": file("", code), "title": home.title[code], "text": home.description.get(code, "")}
        for code in LANGUAGES
    ]
    template = house.templates.get_template("front_door.html")
    return template.render(doors=doors, ui=house.locales["fi"].text, locales=house.locales)
