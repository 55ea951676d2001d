"""Whatever text a source gives, no live markup comes out: properties, checked with an HTML5 and an XML parser.

What belongs here: generated text through components, tables, charts, quotes, JSON-LD, feeds and the social picture.
What does not: single known attacks (test_escaping.py).

One built page takes a list of texts, so that few builds try many: what the page may hold is what the same page holds
with harmless texts.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import html5rdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from pipelines.registry import Registry
from pipelines.site import feeds, locales, svg
from pipelines.site.build import build
from pipelines.site.changes import Entry
from pipelines.site.draft import Draft, Site
from tests.site.conftest import PROJECT, REFERENCE
from tests.site.test_feeds import PAGES

FEW = settings(
    max_examples=3, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
MANY = settings(FEW, max_examples=60)

PIECES = [
    *("<script>alert(1)</script>", "</script>", "<!--", "-->", "]]>", "<![CDATA[", "<?x ", "&lt;", "&#x3c;b&#x3e;"),
    *('"', "'", "`", "<", ">", "&", "=", "/", "\\", "\n", "\r", "\t", "\x00", "\x0b", "\x1b", "\u2028", "\u202e"),
    *("{{ 7*191 }}", "{% raw %}", "${rows}", "[x](javascript:alert(1))", "![x](//evil.test/x.png)", "<//evil.test>"),
    *("**", "__", "|", "\n\n# x", "\n:::", " onclick=alert(1) ", "javascript:alert(1)", "<svg/onload=x>", "\ufffe"),
    *("data:text/html,x", "https://example.org/\"onmouseover='x'", "<style>*{}</style>", "<base href=//evil.test>"),
    *("\ue000", "\ue001", "\ue0000x\ue001"),
]  # fmt: skip
TEXT = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=6
).map("".join)
FRONT = "---\ntitle: {fi: Sivu, sv: Sida, en: Page}\n---\n"
ROWS = """
```sql rows
select text, text as region, row_number() over () as n, '2018' as period, 'x' || n as own from marts.hostile
```

```sql few
select * from ${rows} order by n limit 5
```

```sql kept
select 's' as sha256, text as path, text as url, text as licence, text as imported_from from marts.hostile limit 1
```
"""
PAGE = """
{{ rows.rows[0].text }} **{{ rows.rows[1].text }}** [{{ rows.rows[2].text }}](#main)

{% for row in rows %}
- {{ row.text }} {{ cell(row, "text") }}
{% endfor %}

## {{ rows.rows[0].text }}

| a | b |
|---|---|
| {{ rows.rows[0].text }} | {{ rows.rows[1].text }} |

{{ data_table(rows, columns=["text", "n"], labels={"text": rows.rows[1].text, "n": "n"}, caption=rows.rows[0].text) }}

{{ bar_chart(rows, x="own", y="n", title=rows.rows[0].text, source=rows.rows[1].text, labels={"n": "n", "own": "x"}) }}

{{ line_chart(few, x="period", y="n", series="text", title="t", labels={"n": "n", "text": "x"}) }}

{{ big_value(figure("jobs"), compare="handbook", level=2) }}

{{ ranked_list(figure("jobs")) }}

{{ cite(figure("jobs")) }} {{ value(figure("jobs")) }} {{ source(figure("members")) }}

{{ quote(figure("jobs")) }}

{{ figure_cite(figure("jobs")) }}

{{ figure_json_ld(figure("jobs"), snapshots=kept) }}

{% call note() %}{{ rows.rows[0].text }}{% endcall %}

{% call details(rows.rows[0].text) %}{{ rows.rows[1].text }}{% endcall %}
"""


class House:
    """A made database whose texts can be exchanged, and the page built on it."""

    def __init__(self, folder: Path, database: Path, figures: Registry) -> None:
        self._folder, self._figures, self._database = folder, figures, folder / "made.duckdb"
        shutil.copy(database, self._database)
        dashboards = folder / "dashboards"
        (dashboards / "pages").mkdir(parents=True)
        (dashboards / "pages" / "index.md").write_text(FRONT + ROWS + PAGE, encoding="utf-8")
        for name in ("templates", "assets", "locales"):
            (dashboards / name).symlink_to(PROJECT / "dashboards" / name)

    def build(self, texts: list[str]) -> Path:
        """Build with the texts everywhere that a source's text goes."""
        with duckdb.connect(str(self._database)) as con:
            con.execute("delete from marts.hostile")
            con.executemany("insert into marts.hostile values (?, 1)", [[text] for text in texts])
            names = {"a": texts[0], "b": texts[-1]}
            items = "[{'rank': 1, 'name': $a}, {'rank': 2, 'name': $b}]"
            own = f"items = {items}, publisher = $b, printed_citation = $a, source_url = $a"
            for table in ("figures", "figure_vintages"):
                con.execute(f"update marts.{table} set {own} where id = 'jobs'", names)
                other = "source_url = $a, publisher = $b where id = 'members'"
                con.execute(f"update marts.{table} set {other}", names)
        build(
            self._database, self._folder / "site", self._figures, reference=REFERENCE, build_date=date(2026, 11, 24),
            dashboards=self._folder / "dashboards", base_url="https://luvut.example", extras=(),
        )  # fmt: skip
        return self._folder / "site"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, database: Path, figures: Registry) -> House:
    return House(tmp_path_factory.mktemp("fuzz"), database, figures)


def parsed(page: str) -> Any:
    """The document as an HTML5 parser, and so a browser, sees it."""
    return html5rdf.parse(page, namespaceHTMLElements=False)


def shape(root: Any) -> set[tuple[str, str]]:
    """Every element's name with each of its attributes."""
    return {(str(one.tag), str(name)) for one in root.iter() for name in ("", *one.attrib) if isinstance(one.tag, str)}


def live(root: Any) -> Iterator[str]:
    """What would run, load or lead away: handlers, scripts that are code, addresses of other schemes."""
    for one in root.iter():
        for name, value in one.attrib.items():
            bare = str(name).rpartition("}")[2]
            if bare.startswith("on") or bare in {"style", "srcdoc", "formaction", "action", "ping"}:
                yield f"{one.tag} {name}={value}"
            if bare in {"href", "src", "data", "poster"} and urlsplit(str(value).strip()).scheme not in {
                "",
                "http",
                "https",
            }:
                yield f"{one.tag} {name}={value}"
        if one.tag == "script" and one.attrib.get("type") != "application/ld+json" and not one.attrib.get("src"):
            yield f"script {one.text}"


@pytest.fixture(scope="module")
def harmless(house: House) -> dict[str, set[tuple[str, str]]]:
    """What each page holds with texts that are only letters."""
    return shapes(house.build(["Tavallinen", "https://example.org/a", *(f"Sana {n}" for n in range(8)), "Toinen"]))


def shapes(site: Path) -> dict[str, set[tuple[str, str]]]:
    return {
        path.relative_to(site).as_posix(): shape(parsed(path.read_text(encoding="utf-8")))
        for path in sorted(site.rglob("*.html"))
    }


@FEW
@given(texts=st.lists(TEXT, min_size=8, max_size=20, unique=True))
def test_no_text_of_a_source_becomes_markup(house: House, harmless: dict[str, set[tuple[str, str]]], texts: list[str]):
    site = house.build(texts)
    for path in sorted(site.rglob("*.html")):
        root = parsed(path.read_text(encoding="utf-8"))
        name = path.relative_to(site).as_posix()
        assert not list(live(root))
        extra = shape(root) - harmless[name] - {("br", ""), ("wbr", "")}
        assert {pair for pair in extra if pair[0] not in {"a"}} == set(), name
        for script in root.iter("script"):
            if script.attrib.get("type") == "application/ld+json":
                json.loads(script.text)
        shown = "".join(root.itertext())
        assert "1337" not in shown
        assert "\u202e" not in shown
    for path in site.rglob("*.svg"):
        drawing = etree.fromstring(path.read_bytes())
        assert not list(live(drawing))
        assert not list(drawing.iter("{*}script", "{*}foreignObject"))


@MANY
@given(text=TEXT, attribute=TEXT)
def test_a_drawing_is_well_formed_and_dead(text: str, attribute: str):
    drawn = svg.element("svg", svg.element("text", text, aria_label=attribute), svg.element("title", attribute))
    root = etree.fromstring(f'<x xmlns="http://www.w3.org/2000/svg">{drawn}</x>'.encode())
    assert [one.tag.rpartition("}")[2] for one in root.iter()] == ["x", "svg", "text", "title"]
    assert {name for one in root.iter() for name in one.attrib} == {"aria-label"}


@MANY
@given(texts=st.lists(TEXT, min_size=4, max_size=4))
def test_feeds_hold_text_alone(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    locale = next(one for code, one in LOCALES.items() if code == "fi")
    folder = PROJECT / "dashboards"
    draft = Draft(Site({}), PAGES, (), None, date(2026, 12, 24), None, folder / "none", folder, ())
    draft = replace(draft, base_url="https://example.org/luvut")
    page = next(one for one in PAGES if one.address == "muutokset" and one.language == "fi")
    entry = Entry("urn:uuid:1", date(2026, 12, 1), "members", texts[0], (texts[1], texts[2]), texts[3])
    root = etree.fromstring(feeds.atom(draft, page, locale, [entry]))
    allowed = {"feed", "id", "title", "updated", "author", "name", "link", "entry", "content", "div", "p", "generator"}
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= allowed | {"subtitle", "uri", "rights"}
    assert not list(live(root))
    told = json.loads(feeds.json_feed(draft, page, locale, [entry]))
    for item in told["items"]:
        assert {one.tag for one in parsed(item.get("content_html", "")).iter()} <= {"html", "head", "body", "p", "div"}


LOCALES = locales.load(PROJECT / "dashboards" / "locales")
