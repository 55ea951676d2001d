"""The documentation says what the code does: links resolve, names are all there, examples run.

What belongs here: README, CHANGELOG, LICENSE-DATA and docs/ against the code. What does not: whether they read well.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
import yaml
from pydantic import BaseModel

from pipelines import catalogue, settings, warehouse
from pipelines.cli import main
from pipelines.figure_spec import FigureSpec
from pipelines.status import STATES

PROJECT = Path(__file__).resolve().parent.parent
DOCS = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", PROJECT / "LICENSE-DATA.md", *PROJECT.glob("docs/**/*.md")]

READ_VARIABLES = [f"pipelines/{name}.py" for name in ("settings", "clock", "notify", "defs/schedules")]
_FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:img|a)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """The text without fenced and inline code, where brackets are no links."""
    return _CODE.sub("", _FENCE.sub("", path.read_text(encoding="utf-8")))


def fenced(name: str, language: str) -> list[str]:
    return [match[3] for match in _FENCE.finditer(text(name)) if match[2] == language]


def anchors(path: Path) -> set[str]:
    """The anchors that a forge gives to the headings."""
    titles = (match[1].lower().replace("`", "") for match in _HEADING.finditer(path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def keys(model: type[BaseModel]) -> Iterator[str]:
    """The YAML keys of a record and of the records inside it."""
    for name, field in model.model_fields.items():
        yield name
        for kind in _kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from keys(kind)


def _kinds(annotation: Any) -> list[Any]:
    return [t for argument in get_args(annotation) for t in _kinds(argument)] or [annotation]


def test_there_is_documentation():
    assert len(DOCS) > 12


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_relative_link_and_image_resolves(path: Path):
    for match in _LINK.finditer(prose(path)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), f"{path.name}: {target}"
            continue
        found = (path.parent / unquote(target)).resolve() if target else path
        assert found.exists(), f"{path.name}: {target}"
        assert found.is_relative_to(PROJECT), f"{path.name}: {target} leads out of the project"
        if anchor:
            assert anchor in anchors(found), f"{path.name}: {target}#{anchor}"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_path_of_a_machine_and_no_registry(path: Path):
    found = re.search(
        r"(?<![\w./])/(?:work|tmp|root|home|opt)\b|pypi\.|/simple\b|index.url|registry\.npm\b",
        path.read_text(encoding="utf-8"),
    )
    assert not found, f"{path.name}: {found and found[0]}"


def test_images_have_sizes_and_words():
    images = re.findall(r"<img\b[^>]*>", text("README.md"))
    assert [re.findall(r"lukuina-(\w+)\.png", image) for image in images] == [
        ["desktop"],
        ["phone"],
        ["dark"],
        ["print"],
    ]
    for image in images:
        assert re.search(r'\bwidth="\d+"', image)
        assert re.search(r'\balt="[^"]{20,}"', image)


def test_the_readme_has_the_two_commands_and_they_exist():
    makefile = text("Makefile")
    for target in ("run", "test"):
        assert f"make {target}" in text("README.md")
        assert f"\n{target}:" in makefile
    for target in re.findall(r"`make ([a-z]+)`", "".join(path.read_text(encoding="utf-8") for path in DOCS)):
        assert f"\n{target}:" in makefile, target


def test_the_readme_names_every_command():
    for name in main.commands:
        assert f"| `{name}" in text("README.md"), name


def test_every_option_that_a_document_shows_exists():
    options = {option for command in [main, *main.commands.values()] for p in command.params for option in p.opts}
    for path in DOCS:
        for shown in re.findall(r"lukuina [^`\n]*", path.read_text(encoding="utf-8")):
            for option in re.findall(r"(?<= )--[a-z-]+", shown):
                assert option in {*options, "--help", "--version"}, f"{path.name}: {option}"


def test_operate_names_every_setting():
    operate = text("docs/operate.md")
    example = tomllib.loads("".join(fenced("docs/operate.md", "toml")))
    assert set(example) == settings._TOP
    assert set(example["fetch"]) == settings._FETCH
    assert set(example["site"]) == settings._SITE
    assert set(example["paths"]) == settings._PATHS
    assert set(example["alerts"]) == settings._ALERTS
    assert {key for table in example["sources"].values() for key in table} == settings._SOURCE
    for source in settings.SOURCE_IDS:
        assert re.search(rf"\b{source}\b", operate), source


def test_the_example_of_settings_loads(tmp_path: Path):
    (tmp_path / "lukuina.toml").write_text("".join(fenced("docs/operate.md", "toml")), encoding="utf-8")
    chosen = settings.load(cwd=tmp_path)
    assert (chosen.timeout_s, chosen.attempts, chosen.max_bytes) == (20.0, 3, settings.Settings().max_bytes)


def test_operate_names_every_variable():
    operate = text("docs/operate.md")
    named = set(re.findall(r"LUKUINA_[A-Z]+(?:_[A-Z]+)*", "".join(map(text, READ_VARIABLES))))
    for source in ("prh", "statfin", "stea"):
        named.add(f"LUKUINA_{source.upper()}_URL")
    for variable in named | {"LUKUINA_STEA_WORKBOOK_URL", "SOURCE_DATE_EPOCH"}:
        assert re.search(rf"\b{variable}\b", operate), variable


def test_operate_names_every_state():
    for state in STATES:
        assert f"| `{state}` |" in text("docs/operate.md"), state


def test_add_a_figure_names_every_key():
    page = text("docs/add-a-figure.md")
    for key in {*keys(FigureSpec), "fi", "sv", "en"}:
        assert f"`{key}`" in page, key


def test_the_example_figure_is_a_figure():
    (example,) = fenced("docs/add-a-figure.md", "yaml")
    spec = FigureSpec.model_validate(yaml.safe_load(example))
    assert f"dashboards/figures/{spec.id}.yaml" in text("docs/add-a-figure.md")


def test_architecture_names_every_module():
    page = text("docs/architecture.md")
    helpers = {"__init__", "definitions", "dates", "errors", "formats", "progress", "serve"}
    for path in (PROJECT / "pipelines").glob("*.py"):
        assert path.stem in helpers or f"`{path.stem}`" in page, path.name


def test_decisions_are_numbered_short_and_whole():
    records = sorted((PROJECT / "docs" / "adr").glob("*.md"))
    assert [path.name[:5] for path in records] == [f"{n:04d}-" for n in range(1, len(records) + 1)]
    for path in records:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 25, path.name
        assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", lines[2]), path.name


@pytest.mark.pipeline
@pytest.mark.parametrize("query", fenced("docs/methodology.md", "sql"), ids=lambda query: query.split("\n")[0][:50])
def test_the_queries_of_the_methodology_run_and_find_something(built_once: Path, query: str):
    with warehouse.connect(built_once / "marts") as con:
        rows = con.execute(query).fetchall()
    assert rows or "-- may be empty" in query


@pytest.mark.pipeline
def test_what_was_known_what_we_had_recorded_and_where_each_number_comes_from(built_once: Path):
    query = next(q for q in fenced("docs/methodology.md", "sql") if "figures_said_on(date '2023-01-01')" in q)
    with warehouse.connect(built_once / "marts") as con:
        known, said = con.execute(query).fetchall()
    assert known[:4] == ("known", 106_617.0, "exact", "2019-08-31")
    assert said == ("said", *[None] * 10), "our record had not begun"
    sha, path = known[-2:]
    assert hashlib.sha256((built_once / "raw" / path).read_bytes()).hexdigest() == sha


def test_the_licence_of_the_data_names_every_source() -> None:
    told = (PROJECT / "LICENSE-DATA.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split("|")[1] for line in told.splitlines() if line.startswith("| `"))
    missing = [name for name in catalogue.build(settings.load()) if f"`{name}`" not in rows]
    assert not missing, "add what the producer states about its terms, or that nothing was found"
