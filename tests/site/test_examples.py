"""The reference of the components is current, and each example in it renders on the real bundled figures."""

import re
import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines import registry
from pipelines.errors import InputError
from pipelines.languages import LANGUAGES
from pipelines.site import feeds, reference
from pipelines.site.build import build
from pipelines.site.components import COMPONENTS
from pipelines.site.examples import EXAMPLES, QUERIES
from tests.site.conftest import PROJECT, REFERENCE

ROW = "---\ntitle: {fi: a, sv: b, en: c}\nparams: rows\n---\n"
SAID = "```sql rows\nselect id, valid_from as date from marts.figure_vintages where clock = 'said'\n```\n"
ROWS = {
    "maakunta/[region]": "```sql rows\nselect name_fi as region from marts.regions\n```\n",
    "luku/[id]": "```sql rows\nselect id from marts.figures\n```\n",
    "luku/[id]/@[date]": SAID,
    "kortti/[id]": "```sql rows\nselect id from marts.figures\n```\n",
    "kortti/[id]/@[date]": SAID,
}
STUBS = {
    "data/regions.parquet": b"",
    "data/regions.csv": b"",
    **{f"{language}/muutokset/{name}": b"" for language in LANGUAGES for name in (feeds.ATOM, feeds.JSON)},
    **{f"{language}/example/pdf/toiminta-lukuina.pdf": b"" for language in LANGUAGES},
}
"""Files that other makers than the components make (pipelines/site/extras.py)."""

FRONT = "---\ntitle: {fi: a, sv: b, en: c}\n---\n"


class Tags(HTMLParser):
    """The names of the elements in the main part of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)


def test_the_reference_is_current() -> None:
    """``python -m pipelines.site.reference > docs/components.md`` brings it up to date."""
    assert (PROJECT / "docs" / "components.md").read_text(encoding="utf-8") == reference.page()


def test_every_component_has_an_example() -> None:
    assert set(EXAMPLES) == set(COMPONENTS)


@pytest.fixture(scope="module")
def rendered(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The main part of a Finnish page with each example, by component."""
    folder = tmp_path_factory.mktemp("examples")
    pages = folder / "dashboards" / "pages"
    pages.mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (pages.parent / name).symlink_to(PROJECT / "dashboards" / name)
    (pages / "index.md").write_text(FRONT, encoding="utf-8")
    archived = "```sql rows\nselect valid_from as date from marts.figure_vintages where clock = 'said' limit 1\n```\n"
    for name, example in EXAMPLES.items():
        if name == "feeds":
            path, text = pages / f"{feeds.PAGE}.md", FRONT + example
        elif name == "figure_notice":
            path, text = pages / "example" / name / "@[date].md", ROW + archived + QUERIES + example
        else:
            path, text = pages / "example" / f"{name}.md", FRONT + QUERIES + _heading(example) + example
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for address, rows in ROWS.items():
        path = pages / f"{address}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROW + rows, encoding="utf-8")
    build(
        built_once / "marts" / "lukuina.duckdb",
        folder / "site",
        registry.load(PROJECT / "dashboards" / "figures"),
        reference=REFERENCE,
        build_date=date(2026, 11, 24),
        dashboards=pages.parent,
        extras=[lambda _: STUBS],
        base_url="https://example.org",
    )
    site = folder / "site" / "fi"
    texts = {
        path.relative_to(site / "example").parts[0]: path.read_text(encoding="utf-8")
        for path in sorted((site / "example").rglob("index.html"))
    }
    texts["feeds"] = (site / feeds.PAGE / "index.html").read_text(encoding="utf-8")
    return {name: text.partition("</h1>")[2].partition("</main>")[0] for name, text in texts.items()}


def _heading(example: str) -> str:
    """A heading of level 2 where the example's own is of level 3."""
    return "## Otsikko\n\n" if "big_value" in example else ""


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_an_example_renders(rendered: dict[str, str], name: str) -> None:
    html = rendered[name]
    assert html.strip() or name in {"figure_json_ld", "figure_rivals"}
    tags = Tags()
    tags.feed(html)
    if COMPONENTS[name].block and html.strip():
        assert tags.names, html


def test_what_some_of_them_say(rendered: dict[str, str]) -> None:
    assert "+1\u00a0109 (+6,1\u00a0%), 2020–2021" in rendered["delta"]
    assert rendered["region_map"].count('class="region"') == 19
    assert "&lt;iframe src=&#34;https://example.org/fi/maakunta/ahvenanmaa/&#34;" in rendered["embed"]
    assert 'href="by_region.json"' in rendered["download"]
    assert rendered["tabs"].count("<section") == 2
    assert 'href="#2019"' in rendered["tabs"]
    assert "<polygon" in rendered["area_chart"]
    assert 'class="spark"' in rendered["sparkline"]
    assert rendered["link"].count("<a href") == 19


# -- docs/add-a-page.md: who knows Markdown and SQL follows it, word for word ---------------------------------------

GUIDE = (PROJECT / "docs" / "add-a-page.md").read_text(encoding="utf-8")
PLACE = "sote-yhdistykset.md"


def guided(folder: Path, page: str) -> Path:
    """Dashboards with the guide's page and nothing else, and the guide's texts in the language files."""
    dashboards = folder / "dashboards"
    (dashboards / "pages").mkdir(parents=True)
    for name in ("templates", "assets"):
        (dashboards / name).symlink_to(PROJECT / "dashboards" / name)
    shutil.copytree(PROJECT / "dashboards" / "locales", dashboards / "locales")
    for language, added in zip(
        ("sv", "en"), re.findall(r"```yaml\n(messages:\n.*?)```", GUIDE, re.DOTALL), strict=True
    ):
        path = dashboards / "locales" / f"{language}.yaml"
        lines = added.removeprefix("messages:\n")
        path.write_text(path.read_text(encoding="utf-8").replace("\nmessages:\n", f"\nmessages:\n{lines}", 1), "utf-8")
    (dashboards / "pages" / PLACE).write_text(page, encoding="utf-8")
    (dashboards / "pages" / "index.md").write_text(f"{FRONT}x\n", encoding="utf-8")
    return dashboards


def followed(folder: Path, page: str, database: Path) -> Path:
    figures = registry.load(PROJECT / "dashboards" / "figures")
    dashboards = guided(folder, page)
    build(
        database, folder / "site", figures, reference=REFERENCE, build_date=date(2026, 11, 24), dashboards=dashboards,
        extras=(),
    )  # fmt: skip
    return folder / "site"


@pytest.fixture
def example() -> str:
    (found,) = re.findall(r"````markdown\n(.*?)````", GUIDE, re.DOTALL)
    return found


def test_the_guide_s_own_page_is_built_as_it_says(example: str, built_once: Path, tmp_path: Path):
    site = followed(tmp_path, example, built_once / "marts" / "lukuina.duckdb")
    page = (site / "en" / "sote-yhdistykset" / "index.html").read_text(encoding="utf-8")
    for said in ("at least 107,851", "2,746", "Social and health associations by region", "The three largest"):
        assert said in page, said
    assert (site / "en" / "sote-yhdistykset" / "top3.csv").read_text().splitlines()[1] == "Uusimaa,2746"
    for language, word in (("fi", "Kolme suurinta"), ("sv", "De tre största")):
        assert word in (site / language / "sote-yhdistykset" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('title=_("Sosiaali- ja', 'title=_("Sote- ja'),
        ('y="associations"', 'y="association"'),
        ("${by_region}", "${by_regio}"),
        ('as_of(figure("yhdistykset"))', 'as_of(figure("yhdistys"))'),
        ("\norder by a.associations", "\nwhere false\norder by a.associations"),
    ],
)
def test_the_guide_s_messages_are_those_that_come(
    example: str, built_once: Path, tmp_path: Path, right: str, wrong: str
):
    with pytest.raises(InputError) as caught:
        followed(tmp_path, example.replace(right, wrong, 1), built_once / "marts" / "lukuina.duckdb")
    told = [line for line in GUIDE.splitlines() if line.startswith(f"dashboards/pages/{PLACE}:")]
    assert any(message(line) in message(str(caught.value)) for line in told), str(caught.value)


def message(line: str) -> str:
    """What a message says, without its place."""
    return re.sub(r"^\S+?:\d+: |; .*$| has no 'sv' text|'So[^']*'", "", line)
