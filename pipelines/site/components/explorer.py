"""The component of the grants explorer: its form, and the data files beside the page.

What belongs here: which choices the form has, in which words. What does not: the data (site/explorer.py), filtering
(dashboards/assets/explorer.js), markup (dashboards/templates/components/explorer.html).

The data are the same in all languages: the Finnish page writes them, the others load its files.
"""

import json
from collections.abc import Iterable
from hashlib import sha256

from markupsafe import Markup

from pipelines.languages import LANGUAGES
from pipelines.site import addresses, explorer
from pipelines.site.components.data import DATA, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.tables import Table

_APART = ("national", "abroad", "unmapped")
_SCRIPT_WORDS = (
    *("applied", "granted", "proposed", "refused", "undecided", "page", "loading", "failed", "nothing"),
    *("more_places", "ready", "exporting", "too_common", "no_numbers", "notes"),
)

Choice = tuple[str, str]


def _explorer(scope: Scope, data: Table, words: Table, edition: Table, link: str) -> Markup:
    if not data.cells:
        return empty(scope, data)
    told = edition.rows[0]
    facts = {name: str(told[name] or "") for name in ("edition", "published_on", "snapshot_sha256")}
    version = sha256(f"{explorer.FORM} {data.digest} {words.digest} {facts}".encode()).hexdigest()[:12]
    if scope.language == LANGUAGES[0]:
        for name, content in explorer.files(data, words, facts).items():
            scope.write(f"data-{name}", content, data, words, edition)
    home = addresses.file(scope.address, LANGUAGES[0]).rpartition("/")[0]
    scope.head.append(Markup('<link rel="stylesheet" href="{}/assets/explorer.css" media="screen">').format(scope.root))
    base = f"{scope.root}/{home}/data-"
    scope.head.append(Markup('<link rel="preload" as="script" href="{}core.js?v={}">').format(base, version))
    scope.head.append(Markup('<script src="{}/assets/explorer.js" defer></script>').format(scope.root))
    return scope.fill(
        "explorer",
        base=base,
        version=version,
        page=_folder(scope, link, data) if link else "",
        words=json.dumps({name: scope.locale.text(f"exp_{name}") for name in _SCRIPT_WORDS}, ensure_ascii=False),
        years=[str(year) for year in dict.fromkeys(data.column("year"))],
        types=_choices(scope, data, "grant_type"),
        themes=_themes(scope, data),
        classes=_choices(scope, data, "organisation_class"),
        areas=_areas(scope, data),
    )


def _folder(scope: Scope, link: str, data: Table) -> str:
    """Return the relative address of the folder of the organisations' pages, from that of the first one."""
    first = data.rows[0]
    return scope.link(addresses.fill(link, first.__getitem__)).removesuffix("/index.html").rpartition("/")[0]


def _choices(scope: Scope, data: Table, column: str) -> list[Choice]:
    return _sorted((value, scope.cells.text(value, column)) for value in _values(data, column))


def _themes(scope: Scope, data: Table) -> list[tuple[str, list[Choice]]]:
    """Return the themes of each of the two classifications, the newer first."""
    years = dict[str, set[int]]()
    for theme, year in data.only(("theme", "year")).cells:
        if theme:
            years.setdefault(str(theme), set()).add(int(str(year)))
    groups: dict[str, list[Choice]] = {"exp_themes_now": [], "exp_themes_before": []}
    for theme, seen in years.items():
        group = "exp_themes_before" if max(seen) <= 2020 else "exp_themes_now"
        groups[group].append((theme, scope.cells.text(theme, "theme")))
    return [(scope.locale.text(key), _sorted(listed)) for key, listed in groups.items() if listed]


def _areas(scope: Scope, data: Table) -> list[Choice]:
    codes = {code for areas in _values(data, "areas") for code in areas.split(",")}
    regions: list[Choice] = []
    for code in codes - set(_APART):
        found = scope.regions.find(code)
        regions.append((code, found.text(scope.language) if found else code))
    return [*_sorted(regions), *((code, scope.locale.text(f"exp_area_{code}")) for code in _APART if code in codes)]


def _values(data: Table, column: str) -> list[str]:
    return sorted({str(value) for value in data.column(column) if value})


def _sorted(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: (choice[1].casefold(), choice[0]))


EXPLORER_COMPONENTS = (
    Component(
        "grants_explorer",
        "A search over all grants: filters, sums, a list, export. Works with JavaScript only.",
        (
            DATA,
            Attribute("words", "data", "a query with the columns word and family"),
            Attribute("edition", "data", "a query with edition, published_on and snapshot_sha256"),
            Attribute("link", "text", "the address of an organisation's page: /jarjesto/[organisation_id]", ""),
        ),
        _explorer,
    ),
)
