"""Wrong is loud: what a page's author can get wrong, and the file, line and nearest name in the answer."""

from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.site.queries import Database
from tests.site.conftest import FRONT, Build

TOWNS = "```sql towns\nselect * from marts.towns order by n\n```\n"
"""Three lines: what follows starts at line 7."""


def test_a_query_without_an_end_is_stopped_and_the_site_stays(
    site: Build, opened: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    site("Sivu.")
    before = (tmp_path / "site" / "fi" / "index.html").read_bytes()
    monkeypatch.setattr(opened.watch, "limit_s", 0.05)
    counting = (
        "```sql endless\nwith recursive n as (select 1 as i union all select i + 1 from n)\nselect i from n\n```\n"
    )
    told = answer(site, counting)
    assert "index.md:5: query 'endless': not done after 0.05 seconds; expected an answer by then." in told
    assert "query_timeout_s" in told
    monkeypatch.setattr(opened.watch, "limit_s", 60)
    monkeypatch.setattr("pipelines.site.queries.MOST_ROWS", 60_000)
    told = answer(site, "```sql many\nselect 1 as one from range(1000) as a, range(1000) as b\n```\n")
    assert "index.md:5: query 'many': more than 60000 rows" in told
    assert "a join without a condition" in told
    assert (tmp_path / "site" / "fi" / "index.html").read_bytes() == before
    site(TOWNS + "{{ data_table(towns, columns=['region']) }}")  # the database answers on


def answer(site: Build, text: str, **others: str) -> str:
    with pytest.raises(InputError) as error:
        site(text, others)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ('{{ bar_chart(towns, x="region", y="peple", title="t") }}', 7, ("'peple'", "perhaps 'people'")),
        ('\n{{ bar_chart(towns, x="regoin", y="people", title="t") }}', 8, ("'regoin'", "perhaps 'region'")),
        ('{{ data_table(towns, columns=["region", "peopel"]) }}', 7, ("'peopel'", "perhaps 'people'")),
        ('{{ bar_chat(towns, x="region", y="people", title="t") }}', 7, ("'bar_chat'", "perhaps 'bar_chart'")),
        ('{{ bar_chart(towns, x="region", y="people", titel="t") }}', 7, ("'titel' of bar_chart", "perhaps 'title'")),
        ('{{ bar_chart(towns, x="region", title="t") }}', 7, ("bar_chart needs y",)),
        ('{{ bar_chart(town, x="region", y="people", title="t") }}', 7, ("'town'", "perhaps 'towns'")),
        ('{{ bar_chart(towns, x="people", y="region", title="t") }}', 7, ("'region' is not numbers",)),
        ('{{ bar_chart("towns", x="region", y="people", title="t") }}', 7, ("data is 'towns'", "name of a query")),
        ('\n\n{{ value(figure("memebrs")) }}', 9, ("unknown figure 'memebrs'", "perhaps 'members'")),
        ('{{ value("members") }}', 7, ('figure("id")',)),
        ('{{ value(figure("members"), at="handbok") }}', 7, ("at='handbok'", "perhaps 'handbook'")),
        ('{{ value(figure("jobs"), at="handbook") }}', 7, ("not in the handbook",)),
        ('{{ ranked_list(figure("members")) }}', 7, ("not a list",)),
        ('{% for f in figures("pages") %}{{ value(f) }}{% endfor %}', 7, ("'pages'", "perhaps 'page'")),
        ("{% for row in towns %}\n{{ row.peple }}\n{% endfor %}", 8, ("'peple'", "perhaps 'people'")),
        ("{% if false %}\n{{ nonsense }}\n{% endif %}", 8, ("unknown name 'nonsense'",)),
        ("{{ towns | uper }}", 7, ("unknown filter 'uper'", "perhaps 'upper'")),
        ("{{ towns }}", 7, ("a Table is printed",)),
        ('{{ figure("members") }}', 7, ("'members' is printed",)),
        ("{% set x %}text{% endset %}{{ x }}", 7, ("block of text",)),
        ("{% if towns %}", 7, ("Unexpected end",)),
        ('{% include "page.html" %}', 7, ("no loader",)),
        ('Teksti {{ big_value(figure("members")) }} jatkuu.', 7, ("big_value stands in the middle of text",)),
        ('{{ note() }}', 7, ("note is used without a body", "{% call note(…) %}")),
        ('{% call value(figure("members")) %}x{% endcall %}', 7, ("value is used with a body",)),
        ('[x](https://example.org/{{ towns.rows[0].region }})', 7, ("a value in the address",)),
        ("[x](/tlia)", 7, ("unknown page '/tlia'",)),
        ("# Otsikko", 7, ("heading of level 1",)),
        ("## A\n#### B", 8, ("heading of level 4 after level 2",)),
        ("::: fi\nx\n:::\n", 7, ("no language slot 'sv'",)),
        ("::: fo\nx\n:::\n", 7, ("unknown language slot 'fo'",)),
        ("::: fi\nx\n", 7, ("has no end",)),
        ('{{ as_of(data=towns) }}', 7, ("unknown column 'as_of'",)),
        ('{{ ui("x") }}', 7, ("unknown name 'ui'",)),
        ("```\nlukuina run\n```\n\n```text\nlukuina run", 11, ("'```text' has no end",)),
        ('\n{{ "a" * 10**10 }}', 8, ("* makes a value longer than 1000000", "repeat fewer")),
        ("{{ 10**(10**10) }}", 7, ("** makes a value longer",)),
        ('{{ "%9999999999d" % 1 }}', 7, ("% makes a value longer",)),
        ('{{ "{:>9999999999}".format(1) }}', 7, ("'format'", "unsafe")),
        ('{{ "a".ljust(9999999999) }}', 7, ("'ljust'", "unsafe")),
        ("{% for i in range(10**10) %}{% endfor %}", 7, ("Range too big",)),
        ("\n{% for i in range(998) %}\n{% for j in range(998) %}{% endfor %}{% endfor %}", 9, ("turns of loops",)),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", 7, ("calls itself without an end",)),
        ("{% macro m(n) %}{% if n %}{{ m(n-1)|length }}{{ m(n-1)|length }}{% endif %}{% endmacro %}"
         "\n{{ m(40)|length }}", 7, ("and macros",)),
        ("{% for i in range(9) recursive %}{% if loop.depth<9 %}{{ loop(range(9))|length }}{% endif %}{% endfor %}", 7,
         ("turns of loops",)),
    ],
)  # fmt: skip
def test_a_page_says_where_and_what(site: Build, text: str, line: int, parts: tuple[str, ...]) -> None:
    message = answer(site, TOWNS + text)
    assert message.startswith(f"dashboards/pages/index.md:{line}: ")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("```sql a\nselect *\nfrom marts.twons\n```", 6, ("twons", 'Did you mean "towns"')),
        ("```sql a\nselect region,\n  peple from marts.towns\n```", 6, ("peple", "people")),
        ("```sql a\nselect * from marts.towns where n > 9\n```", 4, ("returned no rows", 'empty="…"')),
        ("```sql a\nselect 1 as n\nfrom ${b}\n```\n```sql b\nselect 1 from ${a}\n```", None, ("circle: a → b → a",)),
        ("```sql a\nselect 1 from ${a}\n```", 5, ("circle: a → a",)),
        ("```sql towns\nselect 1 as n\n```\n```sql a\nselect 1\nfrom ${twons}\n```", 9, ("'twons'", "'towns'")),
        ("```sql a\nselect 1\n```\n```sql a\nselect 1\n```", 7, ("defined twice",)),
        ("```sql a\nselect 1\n", 4, ("has no end",)),
        ("```sql A b\nselect 1\n```", 4, ("fence",)),
        ("```sql value\nselect 1 as n\n```", 4, ("can't be named 'value'",)),
        ("```sql none\nselect 1 as n\n```", 4, ("can't be named 'none'",)),
        ("```sql a\nselect 1; select 2\n```", 5, ("only one select",)),
        ("```sql a\ncreate temp table t as select 1\n```", 5, ("only one select",)),
        ("```sql a\ninsert into marts.towns values (9, 'x', 1, 'a')\n```", 5, ("only one select",)),
        ("```sql a\ncopy marts.towns to 'x.csv'\n```", 5, ("only one select",)),
        ("```sql a\nset threads = 4\n```", 5, ("only one select",)),
        ("```sql a\nattach 'x.duckdb'\n```", 5, ("only one select",)),
        ("```sql a\nselect *\nfrom read_csv('/etc/passwd')\n```", 6, ("disabled by configuration",)),
        ("```sql a\nselect * from read_text('/etc/passwd')\n```", 5, ("disabled by configuration",)),
        ("```sql a\nselect * from '/etc/passwd'\n```", 5, ("does not exist",)),
        ("```sql a\nselect * from read_csv('https://example.org/x')\n```", 5, ()),
    ],
)
def test_a_query_says_where_and_what(site: Build, text: str, line: int | None, parts: tuple[str, ...]) -> None:
    message = answer(site, text)
    assert message.startswith(f"dashboards/pages/index.md:{line or ''}")
    for part in parts:
        assert part in message


def test_an_error_inside_a_chained_query_lies_in_its_own_fence(site: Build) -> None:
    text = "```sql top\nselect *\nfrom ${base}\nwhere nn > 1\n```\n```sql base\nselect\n  n\nfrom marts.towns\n```"
    assert answer(site, text).startswith("dashboards/pages/index.md:7: query 'top'")
    text = text.replace("nn > 1", "n > 1").replace("  n\n", "  nnn\n")
    assert answer(site, text).startswith("dashboards/pages/index.md:11: query 'base'")


@pytest.mark.parametrize(
    ("front", "line", "part"),
    [
        ("---\ntitle: {fi: Sivu, sv: Sida}\n---\n", 2, "title is missing in 'en'"),
        ("---\ntitle: {fi: Sivu, sv: '', en: Page}\n---\n", 2, "title is missing in 'sv'"),
        ("---\n\ntitle: Sivu\n---\n", 3, "title is not in three languages"),
        ("---\ntitle: {fi: a, sv: b, en: c, ee: d}\n---\n", 2, "unknown language 'ee'"),
        ("---\norder: 1\n---\n", 1, "no title"),
        ("---\ntitle: {fi: a, sv: b, en: c}\nmeno: x\n---\n", 3, "unknown key 'meno'; expected perhaps 'menu'"),
        ("---\ntitle: [\n---\n", 2, "not valid YAML"),
        ("---\ntitle: {fi: a, sv: b, en: c}\n", 1, "no end"),
    ],
)
def test_front_matter(site: Build, front: str, line: int, part: str) -> None:
    message = answer(site, front)
    assert message.startswith(f"dashboards/pages/index.md:{line}: ")
    assert part in message


def test_a_text_that_was_not_translated(site: Build) -> None:
    message = answer(site, TOWNS + '{{ data_table(towns, columns=["region"], caption=_("Ei käännetty")) }}')
    assert message.startswith("dashboards/pages/index.md:7: 'Ei käännetty' has no 'sv' text")


def test_a_column_without_a_heading(site: Build) -> None:
    assert "no heading for column 'people' in 'fi'" in answer(
        site, TOWNS + '{{ data_table(towns, columns=["people"]) }}'
    )


def test_two_coverages_are_not_compared(site: Build) -> None:
    text = TOWNS.replace("*", "region, people, region as coverage")
    message = answer(
        site, text.replace(" order by n", "") + '{{ bar_chart(towns, x="region", y="people", title="t") }}'
    )
    assert "two coverages" in message


def test_the_old_site_stays_when_the_new_one_is_wrong(site: Build, tmp_path: Path) -> None:
    site("Hyvä.")
    before = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    with pytest.raises(InputError):
        site("{{ wrong }}")
    assert {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()} == before
    assert not list(tmp_path.glob(".site-*"))


def test_a_link_that_leads_nowhere(site: Build) -> None:
    assert "index.html: the link 'missing.html' leads nowhere" in answer(site, "[x](missing.html)")
    assert "no anchor 'nothing'" in answer(site, "[x](#nothing)")


def test_no_database(figures: object, dashboards: Path, tmp_path: Path) -> None:
    from pipelines.site.queries import Database

    with pytest.raises(InputError, match="no such database"):
        Database(tmp_path / "none.duckdb")
    (tmp_path / "bad.duckdb").write_text("not a database" * 1000)
    with pytest.raises(InputError, match="cannot be opened"):
        Database(tmp_path / "bad.duckdb")


def test_front_is_three_lines() -> None:
    assert FRONT.count("\n") == 3


def test_a_control_character_is_told_with_its_line(site: Build) -> None:
    """A NUL in a page made HTML that no browser and no checker reads."""
    assert answer(site, "Hei\n\x00hei").startswith("dashboards/pages/index.md:5: the control character U+0000")


@pytest.mark.parametrize("name", ["Uusi sivu.md", "näin.md", "Tila.md"])
def test_a_page_has_a_name_that_can_be_an_address(site: Build, name: str) -> None:
    """``Tila.md`` beside ``tila.md`` is one file on many disks; a space in an address breaks when it is pasted."""
    message = answer(site, "x", **{name: f"{FRONT}y"})
    assert message.startswith(f"dashboards/pages/{name}: ")
    assert "can't stand in an address" in message


def test_a_page_with_a_byte_order_mark_and_crlf_is_the_same_page(site: Build) -> None:
    """As Notepad saves it."""
    site("x", {"toinen.md": f"\ufeff{FRONT}Hei".replace("\n", "\r\n")})


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ('x { value(figure("members")) } y', 7, "value"),
        ('\n{{ value(figure("members")) }', 8, "value"),
        ("data_table(towns)", 7, "data_table"),
        ('bar_chart(towns, x="region", y="people", title="t")', 7, "bar_chart"),
    ],
)
def test_a_component_without_its_braces_is_not_printed_as_text(site: Build, text: str, line: int, name: str):
    told = answer(site, TOWNS + text)
    assert f"index.md:{line}: {name}(…) would be printed as text; expected {{{{ {name}(…) }}}}" in told


def test_words_with_brackets_and_code_stay_text(site: Build):
    site(
        TOWNS
        + "Luku(a), source(s), `value(figure(x))`.\n\n```\nvalue(figure(x))\n```\n"
        + "{{ data_table(towns, columns=['region']) }}"
    )


@pytest.mark.parametrize("fence", ["```SQL towns", "``` sql towns", "````sql towns", "~~~sql towns", " ```sql towns"])
def test_a_fence_that_is_not_quite_a_query_is_named(site: Build, fence: str):
    """Its SQL was printed on the page, and what used it was told that there is no such query."""
    told = answer(site, f"{fence}\nselect 1 as one\n```\n")
    assert f"index.md:4: fence {fence!r}" in told
    assert "```sql name" in told
