"""What components print, and that each is declared well."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.site.components import COMPONENTS
from pipelines.site.components.declare import EXPECTED, REQUIRED, Component

Html = Callable[..., str]
N = "\u00a0"
TOWNS = "```sql towns\nselect region, people as associations from marts.towns order by n\n```\n"
SERIES = "```sql series\nselect * from marts.series\n```\n"


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split(" ")).replace("\n", " ")


def segments(html: str) -> int:
    """How many pieces the first line of a chart has."""
    return html.partition('<g class="line-s1"')[2].partition("</g>")[0].count("<line")


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda c: c.name)
def test_a_declaration_is_complete(component: Component) -> None:
    assert component.doc.endswith(".")
    names = [attribute.name for attribute in component.attributes]
    assert len(set(names)) == len(names)
    for attribute in component.attributes:
        assert attribute.kind in EXPECTED
        assert attribute.doc
        if attribute.kind in {"column", "columns"}:
            assert attribute.of in names
        if attribute.allowed and attribute.default is not REQUIRED and attribute.default is not None:
            assert attribute.default in attribute.allowed


def test_every_component_that_the_issue_names_is_there() -> None:
    wanted = "value big_value cite quote line_chart bar_chart data_table ranked_list status_badge source details note"
    assert {*wanted.split(), "as_of", "definition", "breaks"} <= set(COMPONENTS)


def test_then_and_now(html: Html) -> None:
    entry = html('{{ big_value(figure("members"), compare="handbook", level=2) }}')
    assert '<article class="entry" id="members"' in entry
    said = text(entry)
    assert f"vähintään  12{N}345" in said
    assert "7926" in said
    assert "(PRH 31.8.2018)" in said
    assert "Oikea viite: PRH 31.8.2019" in said
    assert "luvusta puuttuu Ahvenanmaa" in said
    assert "Uudempaa lukua on odotettu 31.3.2026 alkaen." in said
    assert "(Patentti- ja rekisterihallitus 2.1.2025)" in said
    assert "noin 99" in said
    assert "2015: Katkos." in said
    assert "badge-stale" in entry


def test_without_comparison_the_handbook_is_not_shown(html: Html) -> None:
    assert "7926" not in text(html('{{ big_value(figure("members"), level=2) }}'))


def test_inline_components(html: Html) -> None:
    said = text(html('Jäseniä on {{ value(figure("members")) }} ({{ cite(figure("members")) }}).'))
    assert f"Jäseniä on  vähintään 12{N}345  (Patentti- ja rekisterihallitus 2.1.2025)." in said
    assert "(7926)" in text(html('({{ value(figure("members"), at="handbook") }})')).replace(" ", "")
    assert html('{{ as_of(figure("members")) }}').count("2.1.2025") == 1


def test_in_three_languages(html: Html) -> None:
    page = '{{ big_value(figure("members"), level=2) }}'
    assert f"minst  12{N}345" in text(html(page, "sv"))
    assert "at least  12,345" in text(html(page, "en"))
    assert "Åland is not included" in text(html(page, "en"))


def test_a_table(html: Html) -> None:
    table = html(TOWNS + '{{ data_table(towns, caption="Kunnat") }}', "sv")
    assert "<span>Kunnat</span></caption>" in table
    assert '<th scope="col">Landskap</th>' in table
    assert '<th scope="row">Nyland</th>' in table
    assert '<td class="n">30</td>' in table
    assert "uppgift saknas</span></td>" in table


def test_bars(html: Html) -> None:
    chart = html(TOWNS + '{{ bar_chart(towns, x="region", y="associations", title="Kunnat", source="PRH") }}')
    assert chart.count("<rect") == 2
    assert '<svg class="chart" role="img" aria-labelledby="c1-t c1-d" width="100%"' in chart
    assert '<title id="c1-t">Kunnat</title>' in chart
    assert "Suurin: Uusimaa 30. Pienin: Lappi 20." in chart
    assert "ei tietoa</text>" in chart
    assert "<details>" in chart
    assert "Lähde: PRH" in chart


def test_lines_break_where_the_figure_declares_it(html: Html) -> None:
    page = SERIES + '{{ line_chart(series, x="period", y="starts", title="t"%s) }}'
    assert segments(html(page % "")) == 2
    broken = html(page % ', breaks=figure("members")')
    assert segments(broken) == 1
    assert "2015: Katkos." in broken


def test_an_event_does_not_interrupt_the_line(html: Html) -> None:
    events = "```sql reforms\nselect '2015-01-01' as since, 'Uudistus' as text\n```\n"
    page = html(SERIES + events + '{{ line_chart(series, x="period", y="starts", title="t", events=reforms) }}')
    assert segments(page) == 2
    assert "1.1.2015: Uudistus" in page


def test_two_coverages_are_never_joined(html: Html) -> None:
    sql = "```sql s\nselect *, period >= '2015' as coverage from marts.series\n```\n"
    page = html(sql + '{{ line_chart(s, x="period", y="starts", title="t") }}')
    assert segments(page) == 1


def test_a_missing_value_is_a_gap(html: Html) -> None:
    sql = "```sql s\nselect period, case when period <> '2015' then starts end as starts from marts.series\n```\n"
    page = html(sql + '{{ line_chart(s, x="period", y="starts", title="t") }}')
    assert segments(page) == 0


def test_a_label_and_the_words_of_a_picture_keep_the_bound(html: Html) -> None:
    """R4: the picture is shared without its table; it said 107 851 where the table says "vähintään 107 851"."""
    sql = "```sql s\nselect period, starts, 'at_least' as bound, %s from marts.series\n```\n"
    chart = '{{ line_chart(s, x="period", y="starts", bound="bound", title="t"%s) }}'
    ours, printed = html(sql % "false as printed" + chart % ""), html(sql % "true as printed" + chart % "")
    last = r"[^<]*</text><text[^>]*>"
    assert re.search(rf">vähintään{last}\d", ours)
    assert re.search(rf">yli{last}\d", printed)
    assert re.search(r"<desc[^>]*>[^<]* vähintään \d[^<]*, \d+ vähintään \d", ours)
    named = html(sql % "'Kunta' as who" + chart % ', series="who"')
    assert ">Kunta, vähintään</text>" in named or ">Kunta,</text>" in named


def test_empty_is_said(html: Html) -> None:
    sql = '```sql nothing empty="Ei katkoksia."\nselect 1 as n where false\n```\n'
    page = sql + '{{ data_table(nothing) }}\n\n{{ bar_chart(nothing, x="n", y="n", title="t") }}'
    assert html(page).count('<p class="empty">Ei katkoksia.</p>') == 2
    assert html(page, "en").count('<p class="empty">No breaks.</p>') == 2


def test_bodies_are_markdown(html: Html) -> None:
    assert "<em>x</em>" in html("{% call note(kind='warning') %}\n_x_ {{ value(figure('members')) }}\n{% endcall %}")
    assert "<summary>Lisää</summary>" in html("{% call details('Lisää') %}\nx\n{% endcall %}")


def test_chaining_in_any_order(html: Html) -> None:
    page = "```sql b\nselect n + 1 as n from ${a}\n```\n```sql a\nselect 41 as n -- comment\n```\n{{ b.rows[0].n }}"
    assert "42" in html(page)


def test_language_slots(html: Html) -> None:
    page = "::: fi\nsuomi\n:::\n::: sv\nsvenska\n:::\n::: en\nEnglish\n:::\n"
    assert "suomi" in html(page)
    assert "svenska" not in html(page)
    assert "svenska" in html(page, "sv")


def test_anchors(html: Html) -> None:
    assert '<h2 id="luvut">Luvut</h2>' in html("## Luvut {: #luvut}\n\n[x](#luvut)")


DICTIONARY = """
```sql columns
select
    'marts' as schema_name, 'figures' as table_name, 'bound' as column_name, 'VARCHAR' as data_type, null as unit,
    'How exact' as meaning, 'Kuinka tarkka' as meaning_fi, ['exact', ''] as allowed_values,
    'no number' as missing_means, 'numeroa ei ole' as missing_means_fi
```
```sql tables
select
    'marts' as schema_name, 'figures' as table_name, 'table' as table_kind, ['closed'] as warnings,
    ['id'] as key_columns
```
```sql warnings
select 'closed' as warning, 'Shut' as meaning, 'Suljettu' as meaning_fi, 'Stängd' as meaning_sv
```
{{ dictionary(columns, tables=tables, warnings=warnings, level=2) }}
"""


def test_the_dictionary_says_values_warnings_and_what_is_empty_in_the_language_of_the_page(html: Callable[..., str]):
    finnish, swedish = html(DICTIONARY), html(DICTIONARY, "sv")
    assert "<td><code>exact · &#34;&#34;</code></td>" in finnish
    assert "<td>Kuinka tarkka</td>" in finnish
    assert "numeroa ei ole" in finnish
    assert "Suljettu" in finnish
    assert '<td lang="en">How exact</td>' in swedish
    assert "Stängd" in swedish
    assert " object at 0x" not in finnish, "a method printed instead of a word"


def test_the_files_of_a_table_are_linked_with_their_sizes(site: Callable[..., object], tmp_path: Path):
    query = "select 'marts' as schema_name, 'figures' as table_name, 1234 as row_count"
    rows = f"{query}, 'figures.csv' as path, 'csv' as file_format, 1234567 as size_bytes"
    more = f"{query}, 'figures.parquet' as path, 'parquet' as file_format, 400 as size_bytes"
    files = {f"data/figures.{kind}": tmp_path / f"figures.{kind}" for kind in ("csv", "parquet")}
    for path in files.values():
        path.write_bytes(b"x")
    site(f"```sql files\n{rows} union all {more}\n```\n{{{{ table_files(files) }}}}\n", downloads=files)
    made = (tmp_path / "site" / "fi" / "index.html").read_text(encoding="utf-8").replace(N, " ")
    assert 'href="../data/figures.csv" download>CSV' in made
    assert "1,2 Mt" in made
    assert "1 kt" in made
    assert "1 234" in made


def test_a_text_in_another_language_than_the_page_says_so(html: Html) -> None:
    query = "```sql named\nselect region, 'arbete <b>' as purpose, 'sv' as code from marts.towns order by n\n```\n"
    use = 'columns=["region", "purpose"], labels={"purpose": "a"}, languages={"purpose": "code"}'
    page = f"{query}{{{{ data_table(named, {use}) }}}}"
    made = html(page)
    assert made.count('<span lang="sv">arbete &lt;b&gt;</span>') == made.count("<tr>") - 1
    own = html(page.replace("'sv' as code", "'fi' as code")).partition("<table")[2].partition("</table")[0]
    assert "arbete" in own
    assert "lang=" not in own
