"""Entries of reference lists: three formats, each valid and escaped, three languages, nothing made of nothing."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest

from pipelines import citations, quotes
from pipelines.citations import Cited
from pipelines.figure_spec import FigureSpec
from pipelines.figures import Item, Value
from pipelines.languages import LANGUAGES
from pipelines.registry import load
from pipelines.settings import PROJECT

pytestmark = pytest.mark.unit

REFERENCE = PROJECT / "data" / "raw" / "reference"
PUBLISHERS = quotes.load_publishers(REFERENCE / "publishers.csv")
REGIONS = quotes.load_regions(REFERENCE / "regions.csv")
REGISTRY = load(PROJECT / "dashboards" / "figures")
ASSOCIATIONS = Value(
    "yhdistykset",
    value=107851,
    unit="count",
    bound="at_least",
    as_of="2025-01-02",
    published_on=date(2025, 1, 2),
    publisher="PRH",
    source_url="https://prh.fi/x_y",
    status="derived",
    missing=("Ahvenanmaa",),
    recorded_at=date(2026, 11, 24),
)
BAROMETER = Value(
    "sote-jarjestot",
    value=10000,
    unit="count",
    bound="about",
    as_of="2016",
    published_on=date(2016, 12, 31),
    publisher="SOSTE",
    printed_citation="Peltosalmi ym. 2016",
    status="ok",
    recorded_at=date(2026, 11, 24),
)
EVIL = 'A & B {\\bf "x"} %50_$#~^ <b>ä</b> \u202egnp\nTY  - JOUR\r\n\u2028 👩\u200d🚒'


def entry(value: Value = ASSOCIATIONS, language: str = "fi", url: str = "") -> Cited:
    made = citations.cited(REGISTRY[value.figure], value, PUBLISHERS, REGIONS, language, url)
    assert made is not None
    return made


def evil() -> Cited:
    spec = REGISTRY["palkkatuki-nimikkeet"]
    value = Value(
        spec.id,
        items=(Item(1, EVIL), Item(2, "Myyjä")),
        period="2018",
        published_on=date(2019, 9, 12),
        publisher=EVIL,
        printed_citation=EVIL,
        source_url=EVIL,
        recorded_at=date(2026, 11, 24),
    )
    odd = FigureSpec.model_validate({**spec.model_dump(), "name": dict.fromkeys(LANGUAGES, EVIL)})
    made = citations.cited(odd, value, PUBLISHERS, REGIONS, "fi", "https://x.fi/a b{}\\")
    assert made is not None
    return made


def bibtex_fields(text: str) -> dict[str, str]:
    """Read an entry as BibTeX does: braces are counted, escaped or not."""
    head = re.match(r"@misc\{([A-Za-z0-9.-]+),\n", text)
    assert head is not None
    found: dict[str, str] = {}
    position = head.end()
    while text[position] != "}":
        name = re.compile(r"  ([a-z]+) = \{").match(text, position)
        assert name is not None, text[position : position + 40]
        depth, end = 1, name.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found[name[1]] = text[name.end() : end - 1]
        assert text[end : end + 2] == ",\n"
        position = end + 2
    assert text[position:] == "}\n"
    return found


def test_the_producer_is_the_author_and_the_day_is_that_of_the_data():
    fields = bibtex_fields(citations.bibtex(entry()))
    assert fields["author"] == "{Patentti- ja rekisterihallitus}"
    assert fields["title"] == "{Yhdistyksiä}"
    assert (fields["date"], fields["year"], fields["urldate"]) == ("2025-01-02", "2025", "2026-11-24")
    assert "url" not in fields
    assert fields["note"].startswith(
        "vähintään 107~851, ajankohta 2.1.2025, luvusta puuttuu Ahvenanmaa. Mukana: Kaikki"
    )
    assert r"prh.fi/x\_y" in fields["note"]


def test_a_report_has_its_year_and_its_printed_citation():
    fields = bibtex_fields(citations.bibtex(entry(BAROMETER)))
    assert (fields["date"], fields["year"]) == ("2016", "2016")
    assert "Tuottajan viite: Peltosalmi ym. 2016." in fields["note"]
    assert citations.text(entry(BAROMETER)) == (
        "SOSTE Suomen sosiaali ja terveys ry (2016). SOTE-järjestöjä. Tuottajan viite: Peltosalmi ym. 2016. "
        "Toiminta lukuina, kirjattu 24.11.2026."
    )


@pytest.mark.parametrize(
    ("language", "author", "note"),
    [
        ("fi", "Patentti- ja rekisterihallitus", "vähintään 107\u00a0851, ajankohta 2.1.2025"),
        ("sv", "Patent- och registerstyrelsen", "minst 107\u00a0851, avser 2.1.2025; Åland saknas i talet."),
        ("en", "Finnish Patent and Registration Office", "at least 107,851, reference 2 January 2025"),
    ],
)
def test_three_languages(language: str, author: str, note: str):
    [item] = json.loads(citations.csl(entry(language=language)))
    assert item["author"] == [{"literal": author}]
    assert item["note"].startswith(note)
    assert item["language"] == language
    assert citations.text(entry(language=language)).startswith(f"{author} (2.1.2025). ")


def test_csl_json_has_dates_and_an_address():
    [item] = json.loads(citations.csl(entry(url="https://luvut.example/fi/luku/yhdistykset/@2026-11-24/")))
    assert item["type"] == "dataset"
    assert item["issued"] == {"date-parts": [[2025, 1, 2]]}
    assert item["accessed"] == {"date-parts": [[2026, 11, 24]]}
    assert item["URL"] == "https://luvut.example/fi/luku/yhdistykset/@2026-11-24/"
    assert json.loads(citations.csl(entry(BAROMETER)))[0]["issued"] == {"date-parts": [[2016]]}
    assert "URL" not in json.loads(citations.csl(entry()))[0]


def test_ris_is_a_field_a_line():
    lines = citations.ris(entry()).split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines[:-1])
    assert "DA  - 2025/01/02/" in lines
    assert "DA  - 2016///" in citations.ris(entry(BAROMETER)).split("\r\n")


def test_a_hostile_name_stays_inside_its_field():
    fields = bibtex_fields(citations.bibtex(evil()))
    assert {"author", "title", "note", "url", "langid"} <= set(fields)
    for name in ("author", "title", "note"):
        inner = re.sub(r"\\[a-z]+\{\}|\\[&%$#_]", "", fields[name])
        assert not set("&%$#_^") & set(inner), inner
        assert r"\textbraceleft{}\textbackslash{}bf" in fields[name]
    assert fields["url"] == "https://x.fi/a%20b%7B%7D%5C"
    ris = citations.ris(evil())
    assert ris.count("TY  - ") == 1 + ris.count(" TY  - JOUR")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) for line in ris.split("\r\n")[:-1])
    [item] = json.loads(citations.csl(evil()))
    for text in (citations.bibtex(evil()), ris, item["title"], citations.text(evil())):
        assert "\u202e" not in text
        assert "\u2028" not in text
        assert "👩\u200d🚒" in text


def test_what_is_not_known_can_not_be_cited():
    spec = REGISTRY["yhdistykset"]
    assert citations.cited(spec, Value(spec.id, state="missing"), PUBLISHERS, REGIONS, "fi") is None


def test_an_imported_file_is_named_without_the_look_of_an_address() -> None:
    assert entry(replace(BAROMETER, source_url="file:STEA_2026.xlsx"), "en").note.endswith("Source: STEA_2026.xlsx")
