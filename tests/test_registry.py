"""The figure registry: the bundled records are whole and right, and a bad record is refused with its place."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel

from pipelines import collect
from pipelines.errors import InputError, nearest
from pipelines.figure_spec import FigureSpec, Select, Text
from pipelines.languages import LANGUAGES
from pipelines.registry import Registry, load

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "dashboards" / "figures"
REFERENCE = ROOT / "data" / "raw" / "reference"
TRANSCRIBED = ROOT / "data" / "raw" / "transcribed"
LIVE_SERIES = frozenset({"alkaneet_kk_sektori"})
"""Series that only the fetched sources give, so that they are not in series.csv."""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def bundled() -> Registry:
    series = frozenset(row["series"] for row in rows_of(TRANSCRIBED / "series.csv")) | LIVE_SERIES
    publishers = frozenset(row["id"] for row in rows_of(REFERENCE / "publishers.csv"))
    return load(FIGURES, series, publishers)


REGISTRY = bundled()
PAGE = {row["id"]: row for row in rows_of(REFERENCE / "handbook_page.csv")}
EXTRA = ("stea-avustukset", "stea-saajat", "kuntouttava-tyotoiminta-osallistuneet")
OBSERVATIONS = [row for path in sorted(TRANSCRIBED.glob("*.csv")) if path.stem != "series" for row in rows_of(path)]


def texts(record: BaseModel, where: str = "") -> Iterator[tuple[str, Text]]:
    """Every text of a record with the path to it."""
    for name in type(record).model_fields:
        yield from _texts(getattr(record, name), f"{where}.{name}" if where else name)


def _texts(value: Any, where: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, BaseModel):
        yield from texts(value, where)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{where}.{index}")


def rules(spec: FigureSpec) -> Iterator[Select]:
    """Every rule of a figure that picks observations."""
    yield from spec.select
    yield from (beside.select for beside in spec.beside)
    for share in spec.computed:
        yield share.numerator
        yield from share.denominator


def matches(rule: Select, row: dict[str, str]) -> bool:
    """Whether a rule could pick this transcribed row: dated, of the right series, place, category and status."""
    basis = "quoted" if "as quoted by" in row["note"] else "publication"
    return (
        bool(row["published_on"])
        and (row["series"], row["coverage"]) == (rule.series, rule.coverage)
        and rule.category in ("*", row["category"])
        and (row["geo"] == rule.geo or (rule.geo == "regions" and row["geo"] != "FI"))
        and basis in rule.basis
        and row["status"] in rule.statuses
    )


# The bundled records


def test_page_comes_first_and_in_its_own_order() -> None:
    assert REGISTRY.ids == (*sorted(PAGE, key=lambda figure: int(PAGE[figure]["order"])), *EXTRA)
    assert [spec.order for spec in REGISTRY.figures] == list(range(1, len(REGISTRY.figures) + 1))


@pytest.mark.parametrize("figure", sorted(PAGE))
def test_handbook_block_is_what_the_handbook_printed(figure: str) -> None:
    spec, row = REGISTRY[figure], PAGE[figure]
    printed = spec.handbook
    assert printed is not None
    assert (spec.section, spec.unit or "") == (row["section"], row["unit"])
    assert printed.value == (float(row["value"]) if row["value"] else None)
    assert (printed.bound or "", printed.unit or "") == (row["bound"], row["unit"])
    assert (printed.period or "", printed.as_of or "") == (row["period"], row["as_of"])
    assert printed.published_on.isoformat() == row["published_on"]
    assert (printed.citation, printed.citation_correct) == (row["citation_as_printed"], row["citation_correct"])


def test_printed_list_is_in_the_printed_order() -> None:
    printed = REGISTRY["palkkatuki-nimikkeet"].handbook
    assert printed is not None
    numbered = "; ".join(f"{rank} {name}" for rank, name in enumerate(printed.items, start=1))
    assert numbered == PAGE["palkkatuki-nimikkeet"]["note"]


@pytest.mark.parametrize("figure", EXTRA)
def test_figures_beyond_the_page_have_no_handbook_block(figure: str) -> None:
    assert REGISTRY[figure].handbook is None


@pytest.mark.parametrize("spec", REGISTRY.figures, ids=REGISTRY.ids)
def test_texts_are_whole_in_three_languages(spec: FigureSpec) -> None:
    for where, text in texts(spec):
        for language in LANGUAGES:
            content = text[language]
            assert content == " ".join(content.split()), f"{where}.{language}: stray white space"
            assert '"' not in content, f"{where}.{language}: straight quotation marks"
            if not where.endswith("name"):
                assert content.endswith("."), f"{where}.{language}: not a whole sentence"
        assert len({text.fi, text.sv, text.en}) == len(LANGUAGES), f"{where}: the same text in two languages"


@pytest.mark.parametrize("spec", REGISTRY.figures, ids=REGISTRY.ids)
def test_sentences_hold_the_value_in_every_language(spec: FigureSpec) -> None:
    placeholders = [{name for _, name, _, _ in Formatter().parse(spec.sentence[code]) if name} for code in LANGUAGES]
    assert placeholders[0] == placeholders[1] == placeholders[2]
    expected = {"number": {"value"}, "list": {"items"}, "sentence": set[str]()}[spec.kind]
    assert placeholders[0] & {"value", "items"} == expected
    # A bound word ("noin", "yli") may stand first in the value, in lower case.
    assert not any(spec.sentence[code].startswith("{value}") for code in LANGUAGES)


@pytest.mark.parametrize("spec", REGISTRY.figures, ids=REGISTRY.ids)
def test_every_rule_finds_an_observation_of_the_right_unit(spec: FigureSpec) -> None:
    """A misspelt category or coverage would otherwise be a figure that is never found."""
    for rule in rules(spec):
        found = [row for row in OBSERVATIONS if matches(rule, row)]
        assert found, f"no transcribed row for {rule}"
        if rule in spec.select:
            assert {row["unit"] for row in found} == {spec.unit}


def test_publisher_names_map_every_publisher_of_the_transcribed_rows() -> None:
    names = rows_of(REFERENCE / "publisher_names.csv")
    publishers = {row["id"] for row in rows_of(REFERENCE / "publishers.csv")}
    assert {row["publisher"] for row in names} == {row["publisher"] for row in OBSERVATIONS}
    assert len({row["publisher"] for row in names}) == len(names)
    assert {row["id"] for row in names if row["id"]} <= publishers
    assert all(re.fullmatch(r"[a-z0-9_-]+", row["lineage"]) for row in names)


def test_unknown_figure_names_the_nearest() -> None:
    with pytest.raises(InputError, match="perhaps 'yhdistykset'"):
        REGISTRY["yhdistys"]


def test_nearest_lists_all_when_none_is_alike() -> None:
    assert nearest("zzz", ["stea", "prh"]) == "one of prh, stea"


# Bad records: copies of yhdistykset.yaml with one change

GOOD = (FIGURES / "yhdistykset.yaml").read_text(encoding="utf-8")


def write(folder: Path, text: str, name: str = "yhdistykset.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    assert old in GOOD, f"yhdistykset.yaml has no {old!r} any more"
    return GOOD.replace(old, new, 1)


def line_of(text: str, start: str) -> int:
    """The number of the first line that begins with ``start``, leading space aside."""
    return next(n for n, line in enumerate(text.splitlines(), start=1) if line.strip().startswith(start))


def refused(folder: Path) -> str:
    series = frozenset(row["series"] for row in rows_of(TRANSCRIBED / "series.csv"))
    publishers = frozenset(row["id"] for row in rows_of(REFERENCE / "publishers.csv"))
    with pytest.raises(InputError) as caught:
        load(folder, series, publishers)
    return str(caught.value)


def test_good_copy_loads(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert load(tmp_path).ids == ("yhdistykset",)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        pytest.param("  sv: Föreningar\n", "", "name:", ["name.sv", "required"], id="missing language"),
        pytest.param("  sv: Föreningar\n", '  sv: ""\n', 'sv: ""', ["name.sv", "pattern"], id="empty language"),
        pytest.param("order: 2\n", "order: 2\nordre: 3\n", "ordre", ["ordre", "order"], id="unknown key"),
        pytest.param("order: 2\n", "order: 2\norder: 3\n", "order: 3", ["order", "twice"], id="key twice"),
        pytest.param("{value}.", "{value!r}.", "sentence:", ["format"], id="format in a sentence"),
        pytest.param("oli {value}.", "oli paljon.", "", ["{value}"], id="sentence without its value"),
        pytest.param(
            'at: "2024-01-02"',
            'at: "2.1.2024"',
            '- at: "2.1.2024"',
            ["breaks", "reference"],
            id="break at no reference",
        ),
        pytest.param("fresh_for_days: 500", "fresh_for_days: -1", "fresh_for_days", ["greater"], id="negative days"),
        pytest.param("order: 2\n", "", "id:", ["order", "required"], id="missing key"),
        pytest.param(
            "series: yhdistykset_rekisteri",
            "series: yhdistykset_rekistri",
            "- series: yhdistykset_rekistri",
            ["unknown series 'yhdistykset_rekistri'", "expected perhaps 'yhdistykset_rekisteri'"],
            id="unknown series",
        ),
        pytest.param(
            "publisher: prh", "publisher: phr", "publisher", ["unknown publisher 'phr'", "prh"], id="publisher"
        ),
        pytest.param("\nunit: count", "\nunit: kpl", "unit: kpl", ["unknown unit 'kpl'", "count"], id="wrong unit"),
        pytest.param(
            "fi: Yhdistyksiä oli {value}.",
            "fi: Yhdistyksiä oli {arvo}.",
            "sentence:",
            ["fi: unknown placeholder {arvo}", "{value}"],
            id="bad placeholder",
        ),
        pytest.param(
            "fi: Yhdistyksiä oli {value}.",
            "fi: Yhdistyksiä oli {value.",
            "sentence:",
            ["expected '}'"],
            id="placeholder left open",
        ),
        pytest.param("section: page", "section: sivu", "section", ["'page'", "'glossary'"], id="unknown section"),
        pytest.param(
            'as_of: "2019-08-31"', "as_of: 2019-08-31", "as_of", ["handbook.as_of", "string"], id="unquoted date"
        ),
        pytest.param("id: yhdistykset", "id: yhdistys", "id:", ["'yhdistys'", "expected yhdistykset"], id="wrong id"),
        pytest.param(
            "update_path: automatic", "update_path: closed", "id:", ["closed record go together"], id="half closed"
        ),
        pytest.param("fresh_for_days: 500", "decimals: 0", "id:", ["needs fresh_for_days"], id="automatic, no limit"),
    ],
)
def test_bad_record_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: str, said: list[str]) -> None:
    text = changed(old, new)
    path = write(tmp_path, text)
    message = refused(tmp_path)
    assert message.startswith(f"{path}:{line_of(text, line)}: ")
    for words in said:
        assert words in message


def test_a_number_needs_a_rule(tmp_path: Path) -> None:
    start, end = GOOD.index("select:\n"), GOOD.index("handbook:\n")
    path = write(tmp_path, GOOD[:start] + GOOD[end:])
    assert refused(tmp_path).startswith(f"{path}:1: record: ")


def test_a_sentence_needs_the_handbook(tmp_path: Path) -> None:
    start, end = GOOD.index("handbook:\n"), GOOD.index("breaks:\n")
    write(tmp_path, (GOOD[:start] + GOOD[end:]).replace("section: page\n", "section: page\nkind: sentence\n"))
    assert "a sentence figure needs the handbook's citation and dates" in refused(tmp_path)


def test_not_yaml_is_refused_with_line_and_column(tmp_path: Path) -> None:
    text = changed("section: page\n", "section: [page\n")
    path = write(tmp_path, text)
    place = re.escape(str(path))
    found = re.match(rf"{place}:(\d+):(\d+): not valid YAML: expected ", refused(tmp_path))
    assert found is not None
    # The bracket is noticed where the next key stands.
    assert int(found[1]) == line_of(text, "publisher")


@pytest.mark.parametrize("text", ["", "- yhdistykset\n", "yhdistykset\n"], ids=["empty", "list", "word"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert refused(tmp_path).startswith(f"{path}:1: not a record; expected keys and values")


def test_not_utf8_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "yhdistykset.yaml"
    content = GOOD.encode("cp1252")
    path.write_bytes(content)
    first = next(n for n, byte in enumerate(content) if byte > 127)
    message = refused(tmp_path)
    line = content[:first].count(b"\n") + 1
    assert message.startswith(f"{path}:{line}: ")
    assert f"not UTF-8 (byte {first}); expected text saved as UTF-8" in message


def test_two_figures_may_not_share_an_order(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    path = write(tmp_path, changed("id: yhdistykset", "id: yhdistykset-uudet"), "yhdistykset-uudet.yaml")
    message = refused(tmp_path)
    first, second = sorted([tmp_path / "yhdistykset.yaml", path])
    assert message.startswith(f"{second}:{line_of(GOOD, 'order')}: order 2 is taken by {first.stem}")


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: no figures; expected one YAML file a figure"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("published_on: 2019-08-31", "published_on: 2019-02-31", "'2019-02-31' is no value: day is out of range"),
        ("value: 106617", f"value: {'9' * 5000}", "is no value: Exceeds the limit"),
        ("order: 2", f"order: {'9' * 30}", "order: Input should be less than or equal to 999"),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_line(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    path = write(tmp_path, changed(right, wrong))
    message = refused(tmp_path)
    assert message.startswith(f"{path}:{line_of(GOOD, right)}: ")
    assert said in message
    assert len(message) < 400


def test_a_mistyped_key_is_named_and_not_only_the_one_that_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path, changed("not_counted:", "not_conted:"))
    line = line_of(GOOD, "not_counted:")
    assert refused(tmp_path).startswith(f"{path}:{line}: not_conted: unknown key; expected perhaps 'not_counted'")


def test_a_rule_that_can_find_nothing_is_told_with_its_line(tmp_path: Path) -> None:
    """A misspelt category made an error without a line."""
    text = (FIGURES / "palkkatuki-aloitukset.yaml").read_text(encoding="utf-8")
    wrong = text.replace("category: kolmas_sektori", "category: kolmas_sektri", 1)
    path = write(tmp_path, wrong, "palkkatuki-aloitukset.yaml")
    known = {"series": ["palkkatuki_aloitetut_jaksot"], "coverage": ["started_periods"], "category": ["kolmas_sektori"]}
    with pytest.raises(InputError) as error:
        collect.check_rules(load(tmp_path), pl.DataFrame(known), tmp_path)
    line = line_of(wrong, "- series: palkkatuki_aloitetut_jaksot")
    assert str(error.value).startswith(f"{path}:{line}: palkkatuki_aloitetut_jaksot: no observation of coverage")
    assert "'kolmas_sektri'; expected started_periods / kolmas_sektori" in str(error.value)
