"""The frame around a page: what the template of ``dashboards/templates`` needs beside the body.

What belongs here: menu, languages, addresses of the head, the front door. What does not: markup (the templates), the
body (render.py).
"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pipelines import formats
from pipelines.errors import InputError
from pipelines.registry import LANGUAGES
from pipelines.site.addresses import file
from pipelines.site.house import House, Page

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


def frame(
    house: House, page: Page, language: str, title: str, description: str, head: Sequence[Markup], version: str
) -> dict[str, Any]:
    """Return the names that page templates use, ``body`` apart.

    ``version``: the version of the page's data (lineage.py).

    ``absolute``: the page's full address by language, empty without a base address; ``canonical``: the full address
    of the page that stands for this one, ``instead`` its relative one. A page with another canonical one has no twins
    of its own (hreflang).
    """
    folder = file(page.address, language).rpartition("/")[0]
    base, known_on = house.options.base_url, house.options.known_on
    absolute = {other: absolute_address(house, page.address, other) for other in LANGUAGES} if base else {}
    canonical = absolute_address(house, page.canonical, language) if base and page.source.canonical is not None else ""
    return {
        "title": title,
        "description": description,
        "address": page.address,
        "noindex": page.source.noindex,
        "canonical": canonical or absolute.get(language, ""),
        "instead": relative(file(page.canonical, language), folder) if page.source.canonical is not None else "",
        "alternates": {} if canonical or page.source.noindex else absolute,
        "absolute": absolute,
        "head": head,
        "root": relative(".", folder),
        "home": relative(file("", language), folder),
        "menu": _menu(house, page, language, folder),
        "languages": [{"code": other, "href": relative(file(page.address, other), folder)} for other in LANGUAGES],
        "state": relative(file(STATE, language), folder) if STATE in house.by_address else "",
        "version": version,
        "known_on": formats.long_date(known_on, language) if known_on else "",
        "downloads": [
            {"href": relative(path, folder), "name": path.rpartition("/")[2]}
            for path in sorted(house.options.downloads)
            if path.endswith(".duckdb")
        ],
        "ui": house.locales[language].text,
        "language": language,
    }


def absolute_address(house: House, address: str, language: str) -> str:
    """Return the full address of a page; "" without a base address."""
    base = house.options.base_url
    return f"{base}/{file(address, language).removesuffix('index.html')}" if base else ""


def _menu(house: House, page: Page, language: str, folder: str) -> list[dict[str, Any]]:
    return [
        {
            "href": relative(file(source.address, language), folder),
            "name": source.menu[language],
            "here": source is page.source,
            "foot": source.order >= FOOT,
        }
        for source in house.sources
        if source.menu is not None
    ]


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
