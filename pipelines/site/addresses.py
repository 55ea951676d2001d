"""Addresses of pages: path templates such as ``luku/[id]/@[date]``, the slugs that fill them, files in the site.

What belongs here: text to address. What does not: which pages there are (house.py).

A segment of a path may hold holes ``[column]`` among literal characters. A slug is lower case, without marks on its
letters (``å`` and ``ä`` become ``a``, ``ö`` becomes ``o``), with ``-`` for everything that is not a letter or digit.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from pipelines.site.faults import Fault

_HOLE = re.compile(r"\[([^\[\]/]*)\]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ODD = re.compile(r"[^a-z0-9]+")


def columns(template: str) -> tuple[str, ...]:
    """Return the columns that fill the template. Raises Fault when a bracket is out of place."""
    names = tuple(match[1] for match in _HOLE.finditer(template))
    if any(bracket in _HOLE.sub("", template) for bracket in "[]") or not all(_NAME.fullmatch(name) for name in names):
        raise Fault(f"brackets in the address {template!r}", "[column], closed, with the name of a column")
    return names


def fill(template: str, cell: Callable[[str], object]) -> str:
    """Fill the holes with slugs of what ``cell(column)`` gives. Raises Fault when a slug would be empty."""

    def part(match: re.Match[str]) -> str:
        value = cell(match[1])
        made = "" if value is None else slug(str(value))
        if not made:
            raise Fault(
                f"{match[1]}={value!r} can't stand in the address {template!r}", "a text with a letter or digit"
            )
        return made

    return _HOLE.sub(part, template)


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """Return ``text`` as it stands in an address: ``Etelä-Pohjanmaa`` → ``etela-pohjanmaa``."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return _ODD.sub("-", bare).strip("-")


def file(address: str, language: str) -> str:
    """Return the path in the site of a page's file in one language."""
    return "/".join(part for part in (language, address, "index.html") if part)
