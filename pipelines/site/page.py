"""A page file: YAML front matter, named SQL fences, language slots, a body whose line numbers are kept.

What belongs here: taking the file apart and checking its form. What does not: running queries (queries.py),
Jinja2 and Markdown (render.py).

Form::

    ---
    title: {fi: …, sv: …, en: …}
    ---
    ```sql by_region empty="Ei rivejä."
    select …
    ```
    ## Otsikko {: #anchor}
    ::: fi
    Suomenkielinen teksti.
    :::
    ::: sv
    …
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import InputError
from pipelines.registry import LANGUAGES, nearest
from pipelines.site.faults import Fault

_FENCE = re.compile(r'```sql +([a-z][a-z0-9_]*)(?: +empty="([^"]*)")? *')
_HEADING = re.compile(r"(#{1,6}) +\S")
_SLOT = re.compile(r"::: *(\S*) *")
_KEYS = ("title", "description", "menu", "order")


@dataclass(frozen=True)
class Query:
    """One SQL fence: ``line`` is the file line of its first SQL line; ``empty`` the text for no rows."""

    name: str
    sql: str
    line: int
    empty: str | None = None


@dataclass(frozen=True)
class PageFile:
    """A page taken apart. ``place`` names the file in messages; ``address`` is its path without language.

    ``menu`` is its name in the navigation (None: not there), ``order`` its position. In ``body`` the front matter
    and the SQL are blank lines, so that line numbers are the file's.
    """

    place: str
    address: str
    title: Mapping[str, str]
    body: str
    queries: tuple[Query, ...] = ()
    description: Mapping[str, str] = field(default_factory=dict[str, str])
    menu: Mapping[str, str] | None = None
    order: int = 100

    def text(self, language: str) -> str:
        """Return the body in one language: the slots of the others are blank lines."""
        return "\n".join(_choose(self.body.split("\n"), language))


def load(path: Path, pages: Path) -> PageFile:
    """Read a page file below the folder ``pages``. Raises InputError with file and line."""
    place = (Path(pages.parent.name) / path.relative_to(pages.parent)).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(place, f"not UTF-8 (byte {error.start})", "text saved as UTF-8") from None
    inner = path.relative_to(pages).with_suffix("")
    address = "" if inner.as_posix() == "index" else inner.as_posix().removesuffix("/index")
    return parse(text, place, address)


def parse(text: str, place: str, address: str) -> PageFile:
    """Take the text of a page apart. Raises InputError with file and line."""
    if "[" in address:
        raise InputError(f"{place}:1", "pages with a parameter are not built yet", "a name without brackets")
    lines = text.split("\n")
    front, lines_of, start = _front_matter(lines, place)
    body = [""] * start + lines[start:]
    queries = _take_queries(body, place)
    _check_headings(body, place)
    _check_slots(body, place)
    texts = {key: _slots(front, lines_of, key, place) for key in ("title", "description", "menu") if key in front}
    if "title" not in texts:
        raise InputError(f"{place}:1", "no title", "title: {fi: …, sv: …, en: …}")
    order = front.get("order", 100)
    if not isinstance(order, int):
        raise InputError(f"{place}:{lines_of['order']}", f"order {order!r} is not a whole number")
    return PageFile(
        place,
        address,
        texts["title"],
        "\n".join(body),
        queries,
        texts.get("description", {}),
        texts.get("menu"),
        order,
    )


def _front_matter(lines: Sequence[str], place: str) -> tuple[Mapping[str, Any], Mapping[str, int], int]:
    if not lines or lines[0].rstrip() != "---":
        raise InputError(f"{place}:1", "no front matter", "--- and title: {fi: …, sv: …, en: …} on top")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise InputError(f"{place}:1", "the front matter has no end", "a line ---")
    text = "\n".join(["", *lines[1:end]])
    try:
        content: Any = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(f"{place}:{mark.line + 1 if mark else 1}", "the front matter is not valid YAML") from None
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        raise InputError(f"{place}:1", "the front matter is not keys and values", "title: {fi: …, sv: …, en: …}")
    lines_of = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    for key in lines_of:
        if key not in _KEYS:
            raise InputError(f"{place}:{lines_of[key]}", f"unknown key {key!r}", nearest(key, list(_KEYS)))
    return content, lines_of, end + 1


def _slots(front: Mapping[str, Any], lines_of: Mapping[str, int], key: str, place: str) -> dict[str, str]:
    value = front[key]
    where = f"{place}:{lines_of[key]}"
    if not isinstance(value, dict):
        raise InputError(where, f"{key} is not in three languages", f"{key}: {{fi: …, sv: …, en: …}}")
    found: dict[str, str] = {str(language): str(text) for language, text in value.items() if text}
    for language in found:
        if language not in LANGUAGES:
            raise InputError(where, f"{key}: unknown language {language!r}", nearest(language, list(LANGUAGES)))
    for language in LANGUAGES:
        if not found.get(language, "").strip():
            raise InputError(where, f"{key} is missing in {language!r}", f"{key}: {{fi: …, sv: …, en: …}}")
    return found


def _take_queries(body: list[str], place: str) -> tuple[Query, ...]:
    queries: dict[str, Query] = {}
    n = 0
    while n < len(body):
        if not body[n].startswith("```sql"):
            n += 1
            continue
        match = _FENCE.fullmatch(body[n])
        if match is None:
            raise InputError(f"{place}:{n + 1}", f"fence {body[n]!r}", '```sql name or ```sql name empty="…"')
        end = next((k for k in range(n + 1, len(body)) if body[k].rstrip() == "```"), None)
        if end is None:
            raise InputError(f"{place}:{n + 1}", f"query {match[1]!r} has no end", "a line ```")
        if match[1] in queries:
            raise InputError(f"{place}:{n + 1}", f"query {match[1]!r} is defined twice", "another name")
        queries[match[1]] = Query(match[1], "\n".join(body[n + 1 : end]), n + 2, match[2])
        body[n : end + 1] = [""] * (end + 1 - n)
        n = end + 1
    return tuple(queries.values())


def _check_headings(body: Sequence[str], place: str) -> None:
    level = 1
    for n, line in enumerate(body, 1):
        match = _HEADING.match(line)
        if match is None:
            continue
        deep = len(match[1])
        if deep == 1 or deep > level + 1:
            expected = "## (the page's title is its first-level heading)" if deep == 1 else "#" * (level + 1)
            raise InputError(f"{place}:{n}", f"heading of level {deep} after level {level}", expected)
        level = deep


def _check_slots(body: Sequence[str], place: str) -> None:
    """Check that slots close and that each group of neighbouring slots has the three languages once."""
    group: dict[str, int] = {}
    inside = ""
    for n, line in enumerate(body, 1):
        match = _SLOT.fullmatch(line)
        if match is None:
            if group and not inside and line.strip():
                _check_group(group, place)
                group = {}
            continue
        if len(group) == len(LANGUAGES) and not inside:
            group = {}
        try:
            inside = _step(match[1], inside, group)
        except Fault as fault:
            raise fault.at(place, n) from None
        if inside:
            group[inside] = n
    if inside:
        raise InputError(f"{place}:{group[inside]}", f"language slot {inside!r} has no end", "a line :::")
    _check_group(group, place)


def _step(word: str, inside: str, group: Mapping[str, int]) -> str:
    if inside and word:
        raise Fault(f"language slot {word!r} inside {inside!r}", "a line ::: first")
    if not inside and not word:
        raise Fault("::: without a language", "::: fi")
    if word and word not in LANGUAGES:
        raise Fault(f"unknown language slot {word!r}", nearest(word, list(LANGUAGES)))
    if word in group:
        raise Fault(f"language slot {word!r} twice", "each language once")
    return word


def _check_group(group: Mapping[str, int], place: str) -> None:
    for language in LANGUAGES:
        if group and language not in group:
            raise InputError(f"{place}:{min(group.values())}", f"no language slot {language!r}", "fi, sv and en")


def _choose(lines: Sequence[str], language: str) -> list[str]:
    chosen: list[str] = []
    inside = ""
    for line in lines:
        match = _SLOT.fullmatch(line)
        if match is not None:
            inside = match[1]
        chosen.append("" if match is not None or (inside and inside != language) else line)
    return chosen
