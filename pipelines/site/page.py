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

Keys of the front matter: ``title`` (required) and ``description`` in three languages; ``menu`` (its name in the
navigation in three languages, or ``false``) and ``order`` (from 60 on in the menu at the foot); ``layout`` (another
template of ``dashboards/templates``);
``noindex: true``; ``canonical`` (the address of the page that stands for this one, as a path template); ``pictures:
false`` (charts stand on the page with their data as CSV, no SVG or PNG files are made of them: for thousands of pages);
``params``.

**One page a row.** A file whose path has holes is a parameterised page: ``dashboards/pages/maakunta/[region].md``,
``dashboards/pages/luku/[id]/@[date].md``. ``params: name`` names one of its SQL fences; each row of it gives a page,
whose address is the path with the slugs (addresses.py) of the row's columns in the holes::

    ---
    title: {fi: "Yhdistykset: {{ params.name }}", sv: "Föreningar: {{ params.name }}", en: …}
    params: regions
    ---
    ```sql regions
    select name_fi as region, region_code, name_fi, name_sv, name_en from marts.regions
    ```
    ```sql own empty="Ei rivejä."
    select * from marts.associations_by_region_class where region_code = ${params.region_code}
    ```
    {{ params.name }} …

Many pages: a fence ``sql grants by=organisation_id`` runs once for all pages of the file, and each page gets the rows
whose ``organisation_id`` equals its own ``params.organisation_id``; a page without any follows ``empty="…"``. A query
that takes ``${params.…}`` can't be shared so. ``params`` itself may find nothing where its fence has ``empty="…"``:
then the file gives no pages.

``params.<column>`` is the page's own row: in the text, in title and description, and in queries as
``${params.<column>}``, where it is bound as a parameter of the statement and never becomes SQL. Columns in three
languages (``name_fi``, ``name_sv``, ``name_en``) are used as one, ``name`` (tables.py). Two rows with one address, and
a column that is empty, are errors. Links lead to such pages as to others: ``[x](/maakunta/uusimaa)`` in the text,
``link(…, to="/maakunta/[region]", row=row)`` for a row.

``language`` is the page's language, ``known_on`` the day that the whole site is asked about (none: now).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines import yaml_lines
from pipelines.errors import InputError, nearest
from pipelines.languages import LANGUAGES
from pipelines.site import addresses, strays
from pipelines.site.faults import Fault

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE = re.compile(r'```sql +([a-z][a-z0-9_]*)(?: +by=([A-Za-z_][A-Za-z0-9_]*))?(?: +empty="([^"]*)")? *')
_HEADING = re.compile(r"(#{1,6}) +\S")
_SLOT = re.compile(r"::: *(\S*) *")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEGMENT = re.compile(r"(?:[a-z0-9_@\[\]-]|\[[^\]]*\])+")
"""One part of a page's path: it is an address as it is, and the same one on a disk that tells no A from a."""
_KEYS = ("title", "description", "menu", "order", "params", "layout", "noindex", "canonical", "pictures")
_SIMPLE: Mapping[str, tuple[type, str]] = {
    "order": (int, "is not a whole number"),
    "params": (str, "is not the name of a query"),
    "layout": (str, "is not the name of a template"),
    "noindex": (bool, "is not true or false"),
    "canonical": (str, "is not an address such as /luku/[id]"),
    "pictures": (bool, "is not true or false"),
}


@dataclass(frozen=True)
class Query:
    """One SQL fence: ``line`` is the file line of its first SQL line; ``empty`` the text for no rows.

    ``by`` is the column by which the rows of one run are shared among the pages of a file with ``params``.
    """

    name: str
    sql: str
    line: int
    empty: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class PageFile:
    """A page taken apart. ``place`` names the file in messages; ``address`` is its path without language.

    ``menu`` is its name in the navigation (None: not there), ``order`` its position. In ``body`` the front matter
    and the SQL are blank lines, so that line numbers are the file's. ``params`` is the query of a page with holes in
    its address, ``lines`` tells the line of each key of the front matter.
    """

    place: str
    address: str
    title: Mapping[str, str]
    body: str
    queries: tuple[Query, ...] = ()
    description: Mapping[str, str] = field(default_factory=dict[str, str])
    menu: Mapping[str, str] | None = None
    order: int = 100
    params: str | None = None
    layout: str = "page.html"
    noindex: bool = False
    canonical: str | None = None
    pictures: bool = True
    lines: Mapping[str, int] = field(default_factory=dict[str, int])

    def text(self, language: str) -> str:
        """Return the body in one language: the slots of the others are blank lines."""
        return "\n".join(_choose(self.body.split("\n"), language))


def load(path: Path, pages: Path) -> PageFile:
    """Read a page file below the folder ``pages``. Raises InputError with file and line."""
    place = (Path(pages.parent.name) / path.relative_to(pages.parent)).as_posix()
    read = yaml_lines.decoded(path.read_bytes(), place).removeprefix("\ufeff")  # Notepad puts a mark in front
    text = read.replace("\r\n", "\n").replace("\r", "\n")
    odd = _CONTROL.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise InputError(f"{place}:{line}", f"the control character U+{ord(odd[0]):04X}", "text")
    inner = path.relative_to(pages).with_suffix("")
    for part in inner.parts:
        if not _SEGMENT.fullmatch(part):
            raise InputError(place, f"{part!r} can't stand in an address", f"a–z, 0–9 and -: {addresses.slug(part)}")
    address = "" if inner.as_posix() == "index" else inner.as_posix().removesuffix("/index")
    return parse(text, place, address)


def parse(text: str, place: str, address: str) -> PageFile:
    """Take the text of a page apart. Raises InputError with file and line."""
    lines = text.split("\n")
    front, lines_of, start = _front_matter(lines, place)
    body = [""] * start + lines[start:]
    queries = _take_queries(body, place)
    _check_fences(body, place)
    _check_headings(body, place)
    _check_slots(body, place)
    _check_strays(body, queries, place)
    shown = ("title", "description", *(["menu"] if front.get("menu") is not False else []))
    texts = {key: _slots(front, lines_of, key, place) for key in shown if key in front}
    if "title" not in texts:
        raise InputError(f"{place}:1", "no title", "title: {fi: …, sv: …, en: …}")
    simple = {key: _simple(front, lines_of, key, place) for key in _SIMPLE if key in front}
    page = PageFile(
        place,
        address,
        texts["title"],
        "\n".join(body),
        queries,
        texts.get("description", {}),
        texts.get("menu"),
        lines=lines_of,
        **simple,
    )
    _check_params(page)
    return page


def _simple(front: Mapping[str, Any], lines_of: Mapping[str, int], key: str, place: str) -> Any:
    kind, wrong = _SIMPLE[key]
    if type(front[key]) is not kind:
        raise InputError(f"{place}:{lines_of[key]}", f"{key} {front[key]!r} {wrong}")
    return front[key]


def _check_params(page: PageFile) -> None:
    """Check that the holes of the address, ``params`` and the queries go together."""
    try:
        holes = addresses.columns(page.address)
    except Fault as fault:
        raise fault.at(page.place, 1) from None
    line = page.lines.get("params", 1)
    if page.params is None and holes:
        raise InputError(f"{page.place}:1", f"the address has [{holes[0]}] and there is no params", "params: a_query")
    if page.params is not None and not holes:
        raise InputError(f"{page.place}:{line}", "params without a hole in the file's name", "[column].md")
    if page.params is not None and page.params not in (names := [query.name for query in page.queries]):
        raise InputError(f"{page.place}:{line}", f"unknown query {page.params!r}", nearest(page.params, names))
    if page.params is not None and page.menu is not None:
        raise InputError(f"{page.place}:{page.lines['menu']}", "a page a row can't stand in the menu", "menu: false")
    for query in page.queries:
        if query.by is not None and page.params is None:
            raise InputError(
                f"{page.place}:{query.line - 1}", f"by={query.by} on a page without params", "params: a_query"
            )
        if query.by is not None and query.name == page.params:
            problem = f"by={query.by} on the query that gives the pages"
            raise InputError(f"{page.place}:{query.line - 1}", problem, "no by")


def _front_matter(lines: Sequence[str], place: str) -> tuple[Mapping[str, Any], Mapping[str, int], int]:
    if not lines or lines[0].rstrip() != "---":
        raise InputError(f"{place}:1", "no front matter", "--- and title: {fi: …, sv: …, en: …} on top")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise InputError(f"{place}:1", "the front matter has no end", "a line ---")
    text = "\n".join(["", *lines[1:end]])
    try:
        content: Any = yaml.load(text, _LOADER)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        raise InputError(f"{place}:{_wrong_line(text)}", "the front matter is not valid YAML") from None
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        raise InputError(f"{place}:1", "the front matter is not keys and values", "title: {fi: …, sv: …, en: …}")
    lines_of = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    for key in lines_of:
        if key not in _KEYS:
            raise InputError(f"{place}:{lines_of[key]}", f"unknown key {key!r}", nearest(key, list(_KEYS)))
    return content, lines_of, end + 1


def _wrong_line(text: str) -> int:
    """Return the line of a YAML error: the slow loader tells it more exactly than the fast one."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return mark.line + 1 if mark else 1
    return 1


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
        if not body[n].startswith("```sql") and not strays.fence(body[n]):
            n += 1
            continue
        match = _FENCE.fullmatch(body[n])
        if match is None:
            raise InputError(f"{place}:{n + 1}", f"fence {body[n]!r}", '```sql name, then by=column, then empty="…"')
        end = next((k for k in range(n + 1, len(body)) if body[k].rstrip() == "```"), None)
        if end is None:
            raise InputError(f"{place}:{n + 1}", f"query {match[1]!r} has no end", "a line ```")
        if match[1] in queries:
            raise InputError(f"{place}:{n + 1}", f"query {match[1]!r} is defined twice", "another name")
        queries[match[1]] = Query(match[1], "\n".join(body[n + 1 : end]), n + 2, match[3], match[2])
        body[n : end + 1] = [""] * (end + 1 - n)
        n = end + 1
    return tuple(queries.values())


def _check_fences(body: Sequence[str], place: str) -> None:
    """Check that a fence of code ends: without its end the rest of the page would be code, which Markdown allows."""
    opened = 0
    for n, line in enumerate(body, 1):
        if line.startswith("```"):
            closes = opened and not line.strip("`").strip()
            opened = 0 if closes else opened or n
    if opened:
        raise InputError(f"{place}:{opened}", f"fence {body[opened - 1]!r} has no end", "a line ```")


def _check_strays(body: Sequence[str], queries: Sequence[Query], place: str) -> None:
    """Check that no component stands as text, without its two braces."""
    stray = strays.call("\n".join(body), [query.name for query in queries])
    if stray:
        line, name = stray
        raise InputError(f"{place}:{line}", f"{name}(…) would be printed as text", f"{{{{ {name}(…) }}}}")


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
