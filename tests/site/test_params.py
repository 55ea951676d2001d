"""Pages with a parameter: addresses, the page's own row, bound queries, flags of the front matter, wrong ones."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.site import addresses
from pipelines.site.draft import Draft
from pipelines.site.queries import Database
from pipelines.site.tables import Table
from tests.site.conftest import HOSTILE, Build

FRONT = '---\ntitle: {fi: "Alue: {{ params.name }}", sv: "{{ params.name }}", en: "{{ params.name }}"}\nparams: towns\n'
TOWNS = (
    "```sql towns\nselect n, region, people, region as name_fi, region || ' sv' as name_sv, 'en' as name_en\n"
    "from marts.towns order by n\n```\n"
)
OWN = "```sql own\nselect people as total from marts.towns where region = ${params.region}\n```\n"


def read(tmp_path: Path, path: str) -> str:
    return (tmp_path / "site" / path).read_text(encoding="utf-8")


def town(body: str = "", front: str = "---\n", name: str = "maakunta/[region].md") -> dict[str, str]:
    return {name: FRONT + front + TOWNS + OWN + body}


def test_one_page_a_row(site: Build, tmp_path: Path) -> None:
    body = "{{ params.name }}: {{ cell(own.rows[0], 'total') }}, {{ own.rows[0].total }}\n\n[Alku](/)"
    built = site("[Lappi](/maakunta/lappi) {{ link('U', to='/maakunta/uusimaa') }}", town(body))
    assert [page for page in built.pages if page.startswith("sv/m")] == [
        f"sv/maakunta/{slug}/index.html" for slug in ("ahvenanmaa", "lappi", "uusimaa")
    ]
    page = read(tmp_path, "fi/maakunta/uusimaa/index.html")
    assert "<h1>Alue: Uusimaa</h1>" in page
    assert "<p>Uusimaa: 30, 30</p>" in page
    assert 'href="../../../sv/maakunta/uusimaa/index.html"' in page
    assert "<h1>Lappi sv</h1>" in read(tmp_path, "sv/maakunta/lappi/index.html")
    assert "<p>Ahvenanmaa: ei tietoa, ei tietoa</p>" in read(tmp_path, "fi/maakunta/ahvenanmaa/index.html")
    assert '<a href="maakunta/lappi/index.html">Lappi</a>' in read(tmp_path, "fi/index.html")
    assert '<a href="maakunta/uusimaa/index.html">U</a>' in read(tmp_path, "fi/index.html")


def test_several_holes_and_a_literal_prefix(site: Build, tmp_path: Path) -> None:
    pages = (
        "```sql pages\nselect * from (values ('a', date '2024-01-02'), ('b', date '2024-01-03')) as t(id, day)\n```\n"
    )
    body = pages + "{{ link('nyt', to='/luku/[id]', row=params) }} [b](/luku/b) {{ value(figure('members')) }}"
    front = "---\ntitle: {fi: a, sv: b, en: c}\nparams: pages\ncanonical: /luku/[id]\nnoindex: true\n---\n"
    live = front.replace("canonical: /luku/[id]\nnoindex: true\n", "")
    others = {"luku/[id]/@[day].md": front + body, "luku/[id].md": live + pages}
    built = site("x", others, base_url="https://example.org")
    assert "fi/luku/a/@2024-01-02/index.html" in built.pages
    page = read(tmp_path, "sv/luku/a/@2024-01-02/index.html")
    assert '<meta name="robots" content="noindex">' in page
    assert '<link rel="canonical" href="https://example.org/sv/luku/a/">' in page
    assert "hreflang" not in page.partition("</head>")[0]
    assert '<a href="../index.html">nyt</a> <a href="../../b/index.html">b</a>' in page
    assert "noindex" not in read(tmp_path, "sv/luku/a/index.html")


def test_a_value_never_becomes_sql_or_markup(site: Build, tmp_path: Path) -> None:
    text = "```sql rows\nselect text, n, text || '''; drop' as other from marts.hostile\n```\n"
    own = "```sql own\nselect count(*) as n from marts.hostile where text || '''; drop' = ${params.other}\n```\n"
    front = "---\ntitle: {fi: '{{ params.text }}', sv: '{{ params.text }}', en: x}\nparams: rows\n---\n"
    site("x", {"x/[text].md": front + text + own + "{{ params.text }} ({{ own.rows[0].n }})"})
    [page] = [path for path in (tmp_path / "site/fi/x").iterdir()]
    html = (page / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "(1)</p>" in html
    assert "<h1>&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt; **b**" in html
    assert "{{ 7*191 }}" in html


def test_the_parts_that_do_not_depend_on_the_row_are_done_once(site: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.site import markdown, queries

    ran: list[str] = []
    read_texts: list[str] = []
    select, render = queries.Database.select, markdown.render

    def count(self: queries.Database, sql: str, name: str = "query", values: object = None) -> object:
        ran.append(name)
        return select(self, sql, name, values)  # pyright: ignore[reportArgumentType]

    def note(text: str, *rest: object) -> object:
        read_texts.append(text)
        return render(text, *rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(queries.Database, "select", count)
    monkeypatch.setattr("pipelines.site.render.markdown.render", note)
    shared = "```sql shared\nselect count(*) as n from ${towns}\n```\n"
    site("x", town(shared + "{{ params.name }} {{ shared.rows[0].n }}"))
    assert (ran.count("towns"), ran.count("shared"), ran.count("own")) == (1, 1, 3)
    assert sum("\ue000" in text for text in read_texts) == 3  # one text a language for the three rows


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Etelä-Pohjanmaa", "etela-pohjanmaa"), ("Åland", "aland"), ("Työ ja  Kulttuuri (ry)!", "tyo-ja-kulttuuri-ry"),
     ("2024-01-02", "2024-01-02"), ("../../etc", "etc"), ("Ñandú", "nandu")],
)  # fmt: skip
def test_slugs(text: str, slug: str) -> None:
    assert addresses.slug(text) == slug


@pytest.mark.parametrize(
    ("front", "body", "line", "part"),
    [
        ("---\n", "${x}{{ params.nme }}", 12, "unknown column 'nme' of towns; expected perhaps 'name'"),
        ("---\n", "```sql q\nselect ${params.regoin} as x\n```", 13, "unknown column 'regoin' of params"),
        ("---\n", "```sql q\nselect 1 as n\nwhere ${params.n} = 2\n```", 12, "returned no rows for n=1"),
        ("---\n", "```sql q\nselect\n  x where ${params.n} = 2\n```", 14, '"x" was not found'),
        ("menu: {fi: a, sv: b, en: c}\n---\n", "", 4, "can't stand in the menu"),
        ("layout: crad.html\n---\n", "", 4, "unknown layout 'crad.html'"),
        ("canonical: /maakunta\n---\n", "", 4, "no page /maakunta"),
        ("canonical: /x/[nme]\n---\n", "", 3, "unknown column 'nme'"),
        ("noindex: yes please\n---\n", "", 4, "noindex 'yes please' is not true or false"),
    ],
)
def test_wrong_is_loud(site: Build, front: str, body: str, line: int, part: str) -> None:
    with pytest.raises(InputError) as error:
        site("x", town(body, front))
    assert str(error.value).startswith(f"dashboards/pages/maakunta/[region].md:{line}: ")
    assert part in str(error.value)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a/[n].md", "", ":1: the address has [n] and there is no params"),
        ("a.md", "params: towns\n", ":3: params without a hole"),
        ("a/[n].md", "params: twons\n", ":3: unknown query 'twons'; expected perhaps 'towns'"),
        ("a/[coverage].md", "params: towns\n", ":3: the address /a/a is there twice (two rows)"),
        ("a/[people].md", "params: towns\n", ":3: people=None can't stand in the address"),
        ("a/[regoin].md", "params: towns\n", ":3: unknown column 'regoin' of towns"),
        ("a/[n.md", "params: towns\n", ":1: brackets in the address"),
        ("a/[].md", "params: towns\n", ":1: brackets in the address"),
        (
            "[region].md",
            "params: towns\n",
            "lappi.md:1: the address /lappi is there twice (dashboards/pages/[region].md)",
        ),
    ],
)
def test_wrong_addresses(site: Build, name: str, text: str, part: str) -> None:
    front = f"---\ntitle: {{fi: a, sv: b, en: c}}\n{text}---\n```sql towns\nselect * from marts.towns\n```\n"
    with pytest.raises(InputError) as error:
        site("x", {name: front, "lappi.md": "y"})
    assert part in str(error.value)


def test_a_parameter_where_there_is_none(site: Build) -> None:
    with pytest.raises(InputError, match="unknown name 'params'"):
        site("{{ params.x }}")
    with pytest.raises(InputError, match=r"index.md:5: \$\{params.n\} on a page without params"):
        site("```sql q\nselect ${params.n}\n```")
    with pytest.raises(InputError, match="in the query that gives the pages"):
        site("x", {"a/[n].md": "---\ntitle: {fi: a, sv: b, en: c}\nparams: q\n---\n```sql q\nselect ${params.n}\n```"})


def test_a_figure_as_it_was_recorded(html: object, site: Build, tmp_path: Path) -> None:
    site("{{ value(figure('members', said_on='2025-07-01')) }} · {{ value(figure('members', said_on='2024-01-01')) }}")
    page = read(tmp_path, "fi/index.html")
    assert 'vähintään 100</span> · <span class="value">ei tietoa' in page.replace("\u00a0", " ")


def test_extras_see_the_draft_and_add_files(site: Build, tmp_path: Path) -> None:
    seen: list[Draft] = []

    def extra(draft: Draft) -> dict[str, bytes | Path]:
        seen.append(draft)
        return {"sitemap.txt": "\n".join(page.path for page in draft.pages if not page.noindex).encode()}

    site("x", town(), extras=[extra])
    assert read(tmp_path, "sitemap.txt").count("\n") == 11
    [draft] = seen
    record = next(page for page in draft.pages if page.path == "fi/maakunta/lappi/index.html")
    assert (record.title, draft.build_date) == ("Alue: Lappi", date(2026, 11, 24))
    assert HOSTILE not in record.title


SHARED = '```sql own by=region empty="Saajia ei ole."\nselect region, people from marts.towns where n < 3\n```\n'


def test_a_query_by_column_runs_once_and_each_page_gets_its_rows(
    site: Build, tmp_path: Path, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    select = opened.select

    def counted(sql: str, name: str = "query", values: Mapping[str, object] | None = None) -> Table:
        asked.append(name)
        return select(sql, name, values)

    monkeypatch.setattr(opened, "select", counted)
    site("x", {"maakunta/[region].md": FRONT + "---\n" + TOWNS + SHARED + "{{ data_table(own, columns=['region']) }}"})
    assert asked.count("own") == 1
    assert '<th scope="row">Uusimaa</th>' in read(tmp_path, "fi/maakunta/uusimaa/index.html")
    assert "Lappi</th>" not in read(tmp_path, "fi/maakunta/uusimaa/index.html")
    assert '<th scope="row">Lappi</th>' in read(tmp_path, "fi/maakunta/lappi/index.html")
    assert '<p class="empty">Saajia ei ole.</p>' in read(tmp_path, "fi/maakunta/ahvenanmaa/index.html")


def test_a_page_whose_share_is_empty_is_wrong_without_its_text(site: Build) -> None:
    page = FRONT + "---\n" + TOWNS + SHARED.replace(' empty="Saajia ei ole."', "")
    with pytest.raises(InputError, match=r"returned no rows for region='Ahvenanmaa'"):
        site("x", {"maakunta/[region].md": page})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("by=region", "by=regio", r"\[region\]\.md:9: by=regio: unknown column 'regio' of params; .*'region'"),
        ("select region, people", "select people", r":9: unknown column 'region' of own"),
        ("where n < 3", "where n < ${params.n}", r":9: by=region on a query that takes \$\{params.n\}"),
        ("by=region", "by=", r":9: fence .*by=column"),
    ],
)
def test_a_wrong_by_names_the_line(site: Build, old: str, new: str, told: str) -> None:
    page = FRONT + "---\n" + TOWNS + SHARED.replace(old, new)
    with pytest.raises(InputError, match=told):
        site("x", {"maakunta/[region].md": page})


def test_by_needs_a_page_a_row(site: Build) -> None:
    with pytest.raises(InputError, match="by=region on a page without params"):
        site(SHARED)


def test_no_rows_of_params_give_no_pages(site: Build, tmp_path: Path) -> None:
    none = TOWNS.replace("sql towns", 'sql towns empty="Ei kuntia."').replace("order by n", "where n > 9")
    site("x", {"maakunta/[region].md": FRONT + "---\n" + none + SHARED + "{{ data_table(own) }}"})
    assert not (tmp_path / "site" / "fi" / "maakunta").exists()


def test_a_page_without_picture_files(site: Build, tmp_path: Path) -> None:
    chart = "```sql rows\nselect 'a' as region, 1 as associations\n```\n"
    chart += "{{ bar_chart(rows, x='region', y='associations', title='Kuva') }}"
    site("---\ntitle: {fi: a, sv: b, en: c}\npictures: false\n---\n" + chart)
    assert sorted(path.name for path in (tmp_path / "site" / "fi").iterdir()) == ["index.html", "kuva.csv"]
    assert "<svg" in read(tmp_path, "fi/index.html")
