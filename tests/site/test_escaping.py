"""A source string can never become markup: not as HTML, not as Markdown, not as Jinja2, not by its direction marks."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.site.tokens import Tokens, clean
from tests.site.conftest import HOSTILE, PROJECT, Build

Html = Callable[..., str]
ROWS = "```sql rows\nselect text, text as region, n, '2018' as period from marts.hostile\n```\n"
PLACES = [
    "{{ rows.rows[0].text }}",
    "**{{ rows.rows[0].text }}** and _{{ rows.rows[0].text }}_",
    "{% for row in rows %}{{ row.text }}{% endfor %}",
    "{{ rows.rows[0].text ~ rows.rows[0].text }}",
    "{{ rows.rows[0].text | upper }}",
    "- {{ rows.rows[0].text }}\n- x",
    '{{ web_link(rows.rows[0].text, row=rows.rows[0], column="text") }}',
    "## {{ rows.rows[0].text }}",
    "| a | b |\n|---|---|\n| {{ rows.rows[0].text }} | c |",
    '{{ data_table(rows, columns=["region", "n"], labels={"n": "n"}) }}',
    '{{ data_table(rows, columns=["n", "region"], labels={"n": rows.rows[0].text}, caption=rows.rows[0].text) }}',
    '{{ bar_chart(rows, x="region", y="n", title=rows.rows[0].text, labels={"n": "n"}, source=rows.rows[0].text) }}',
    '{{ bar_chart(rows, x="region", y="n", variant="text", title="t", labels={"n": "n", "text": "x"}) }}',
    '{{ line_chart(rows, x="period", y="n", series="text", title="t", labels={"n": "n"}) }}',
    '{{ big_value(figure("jobs"), compare="handbook", level=2) }}',
    '{{ ranked_list(figure("jobs")) }}',
    '{{ cite(figure("jobs")) }} {{ value(figure("jobs")) }} {{ source(figure("jobs")) }}',
    '{{ quote(figure("jobs")) }}',
    "{% call note() %}{{ rows.rows[0].text }}{% endcall %}",
    "{% call details(rows.rows[0].text) %}x{% endcall %}",
]


class Elements(HTMLParser):
    """Which elements and attributes are there, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.text += " ".join(value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_string_is_text(html: Html, place: str) -> None:
    plain = html(ROWS + place.replace("rows.rows[0].text", '"Tavallinen"').replace("row.text", '"x"'))
    hostile = html(ROWS + place)
    seen, wanted = Elements(), Elements()
    seen.feed(hostile)
    wanted.feed(plain)
    assert seen.seen == wanted.seen
    assert seen.attributes == wanted.attributes
    assert "script" not in seen.seen
    assert "\u202e" not in hostile
    assert "javascript:" not in hostile.replace("[x](javascript:1)", "").replace("[X](JAVASCRIPT:1)", "")
    assert "1337" not in seen.text


def test_the_text_itself_is_kept(html: Html) -> None:
    seen = Elements()
    seen.feed(html(ROWS + "{{ rows.rows[0].text }}"))
    assert HOSTILE.replace("\u202e", "") in seen.text


def test_raw_html_of_a_page_is_text(html: Html) -> None:
    assert "&lt;b&gt;" in html("<b>x</b>")
    assert "<img" not in html("![x](https://example.org/x.png)")
    assert "javascript" not in html("[x](javascript:alert(1))").replace("[x](javascript:alert(1))", "")


@pytest.mark.parametrize("name", ["safe", "xmlattr", "urlize", "tojson", "escape", "e", "forceescape", "attr", "map"])
def test_filters_that_make_markup_or_reach_inside_are_not_there(site: Build, name: str) -> None:
    with pytest.raises(Exception, match=f"unknown filter '{name}'"):
        site(ROWS + f"{{{{ rows.rows[0].text | {name} }}}}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ rows.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ rows.rows[0]._table }}",
        "{{ figure.__globals__ }}",
        "{{ value.__code__ }}",
        "{{ range(10000000) | list }}",
    ],
)
def test_the_sandbox_holds(site: Build, text: str) -> None:
    with pytest.raises(Exception, match=r"index\.md:7"):
        site(ROWS + text)


def test_a_mark_can_not_be_forged() -> None:
    tokens = Tokens()
    mark = tokens.text("secret")
    forged = tokens.text(mark[:3] + "0x\ue001")
    assert "secret" not in tokens.fill(forged)
    assert tokens.fill(tokens.text(mark)) == "secret"
    other = Tokens()
    assert "secret" not in other.fill(other.text(mark))
    assert not other.broken(other.fill(other.text(mark)))


def test_clean_keeps_letters_and_drops_controls() -> None:
    assert clean("Äiti\u00a0ja\u00adisä\u200e\u2067\x00\x1b") == "Äiti\u00a0ja\u00adisä  "


def test_an_unsafe_address_is_not_linked(html: Html) -> None:
    text = html('{{ source(figure("members")) }}')
    assert "javascript" not in text
    assert 'href="https://www.prh.fi"' in text


def test_csv_does_not_run_in_a_spreadsheet(site: Build, tmp_path: Path) -> None:
    sql = "```sql rows\nselect '=cmd()' as region, -1.5 as total, 'a,b' as reason, null as rows\n```\n"
    site(sql + "{{ data_table(rows, download=true) }}")
    assert (tmp_path / "site/fi/rows.csv").read_bytes() == b'region,total,reason,rows\r\n\'=cmd(),-1.5,"a,b",\r\n'


def test_no_page_of_the_project_writes_a_value_into_an_address_itself() -> None:
    """Markdown refuses it when there is a row to show, on the night when it comes: ``link`` and ``web_link`` do it."""
    folder = PROJECT / "dashboards" / "pages"
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}
    assert {name: found for name, text in pages.items() if (found := re.findall(r"\]\([^)\s]*\{\{.*", text))} == {}
