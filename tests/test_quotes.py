"""Sentences, citations and quotes: the producer first, bounds and gaps said, nothing invented (R4, R10, R14)."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import quotes, registry
from pipelines.figures import Item, Value
from pipelines.languages import LANGUAGES

pytestmark = pytest.mark.unit

PROJECT = Path(__file__).resolve().parent.parent
REFERENCE = PROJECT / "data" / "raw" / "reference"
SPECS = registry.load(PROJECT / "dashboards" / "figures")
PUBLISHERS = quotes.load_publishers(REFERENCE / "publishers.csv")
REGIONS = quotes.load_regions(REFERENCE / "regions.csv")
TODAY = date(2026, 11, 24)
N = "\u00a0"

THEN = Value("yhdistykset", 106617, unit="count", bound="exact", as_of="2019-08-31", published_on=date(2019, 8, 31),
             publisher="PRH", status="ok")  # fmt: skip
NOW = replace(THEN, value=107851, bound="at_least", as_of="2025-01-02", published_on=date(2025, 1, 2),
              status="derived", missing=("Ahvenanmaa",))  # fmt: skip


def quote(value: Value, language: str, on: date | None = None) -> str:
    return quotes.quote(SPECS[value.figure], value, PUBLISHERS, REGIONS, language, on)


def test_the_handbooks_sentence() -> None:
    assert quote(THEN, "fi") == f"Yhdistyksiä oli 106{N}617 (Patentti- ja rekisterihallitus 31.8.2019)."
    assert quote(THEN, "sv") == f"Det fanns 106{N}617 föreningar (Patent- och registerstyrelsen 31.8.2019)."
    assert quote(THEN, "en") == "There were 106,617 associations (Finnish Patent and Registration Office 31.8.2019)."


def test_a_sum_says_what_it_lacks() -> None:
    assert quote(NOW, "fi") == (
        f"Yhdistyksiä oli vähintään 107{N}851, luvusta puuttuu Ahvenanmaa (Patentti- ja rekisterihallitus 2.1.2025)."
    )
    assert "minst" in quote(NOW, "sv")
    assert "; Åland saknas i talet (" in quote(NOW, "sv")
    assert "at least 107,851 associations; Åland is not included (" in quote(NOW, "en")


def test_several_missing_regions() -> None:
    value = replace(NOW, missing=("Keski-Pohjanmaa", "Lappi", "Ahvenanmaa"))
    assert ", luvusta puuttuvat Keski-Pohjanmaa, Lappi ja Ahvenanmaa (" in quote(value, "fi")
    assert "; Central Ostrobothnia, Lapland and Åland are not included (" in quote(value, "en")


def test_a_printed_bound_keeps_the_producers_word() -> None:
    spec = SPECS["terveys-vaikuttaa-tyohon"]
    value = Value(spec.id, 600000, unit="persons", bound="at_least", period="2011", published_on=date(2012, 12, 31),
                  publisher="Tilastokeskus", printed_citation="Tilastokeskus 2012", status="ok")  # fmt: skip
    assert quotes.value_text(spec, value, "fi") == f"yli 600{N}000"
    assert quotes.value_text(spec, value, "en") == "over 600,000"


def test_a_list_keeps_its_ranks() -> None:
    spec = SPECS["palkkatuki-nimikkeet"]
    value = Value(spec.id, items=(Item(1, "Myyjä"), Item(2, "Muu ohjaaja ja neuvoja")), unit="rank", period="2018",
                  published_on=date(2019, 9, 12), publisher="TEM", printed_citation="Kuoppala 12.9.2019")  # fmt: skip
    assert "1) Myyjä, 2) Muu ohjaaja ja neuvoja (Kuoppala 12.9.2019)." in quote(value, "fi")
    assert "2018" in quote(value, "fi")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_said_and_is_never_zero(language: str) -> None:
    said = quote(Value("yhdistykset", state="missing"), language, on=date(2010, 1, 1))
    assert "0 " not in said.replace("2010", "")
    assert SPECS["yhdistykset"].name[language] in said
    assert "2010" in said
    assert len(said.split(". ")) == 2, "the reason is missing"
    assert quote(Value("yhdistykset", state="missing"), "fi") == "Yhdistyksiä: ei tietoa."


def test_a_zero_is_a_number() -> None:
    assert "oli 0 (" in quote(replace(THEN, value=0.0), "fi")


def test_citation_of_a_register_without_a_day_takes_the_day_of_publication() -> None:
    spec = SPECS["stea-avustukset"]
    value = Value(spec.id, 1.0, period="2025", published_on=date(2025, 12, 19), publisher="STEA")
    assert quotes.citation(spec, value, PUBLISHERS, "fi").endswith("STEA 19.12.2025")


def test_citation_of_a_publication() -> None:
    spec = SPECS["sote-jarjestot"]
    value = Value(spec.id, 1.0, period="2016", published_on=date(2016, 12, 31), publisher="SOSTE")
    assert quotes.citation(spec, replace(value, printed_citation="Peltosalmi ym. 2016"), PUBLISHERS, "sv") == (
        "Peltosalmi ym. 2016"
    )
    assert quotes.citation(spec, value, PUBLISHERS, "fi") == "SOSTE 2016"


def test_an_unknown_publisher_is_cited_as_it_is() -> None:
    value = replace(THEN, publisher="Joku muu ry")
    assert quotes.citation(SPECS["yhdistykset"], value, PUBLISHERS, "fi") == "Joku muu ry 31.8.2019"
    value = replace(THEN, publisher="PRH, yhdistysrekisteri")
    assert quotes.citation(SPECS["yhdistykset"], value, PUBLISHERS, "fi").startswith("Patentti- ja")


def test_a_name_that_a_language_lacks_falls_back() -> None:
    assert PUBLISHERS["lvv"].text("sv", long=False) == "Tillstånds- och tillsynsverket"


@pytest.mark.parametrize(
    ("figure", "state", "stale_from", "note"),
    [
        ("yhdistykset", "stale", date(2026, 3, 31), "Uudempaa lukua on odotettu 31.3.2026 alkaen."),
        ("yhdistykset", "current", date(2027, 3, 31), ""),
        ("yhdistykset", "old", None, "Luku vuodelta 2019, uudempaa ei ole."),
        ("sosiaaliset-yritykset", "closed", None, "Lähde lakkautettiin 1.7.2023, tämä on sen viimeinen luku."),
    ],
)  # fmt: skip
def test_age_is_said_honestly(figure: str, state: str, stale_from: date | None, note: str) -> None:
    value = replace(THEN, figure=figure, state=state, stale_from=stale_from)
    assert quotes.age_note(SPECS[figure], value, TODAY, "fi") == note
    assert quotes.quote(SPECS[figure], value, PUBLISHERS, REGIONS, "fi", TODAY).endswith(note or ".")


def test_a_closed_source_was_open_before_it_closed() -> None:
    value = replace(THEN, figure="sosiaaliset-yritykset", state="closed")
    assert quotes.age_note(SPECS["sosiaaliset-yritykset"], value, date(2020, 1, 1), "fi") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_can_be_quoted_as_the_handbook_printed_it(language: str) -> None:
    for spec in SPECS.figures:
        then = quotes.handbook_value(spec)
        if then is None:
            continue
        said = quotes.quote(spec, then, PUBLISHERS, REGIONS, language)
        assert said.endswith(").")
        assert "{" not in said
        if spec.kind == "number":
            assert quotes.value_text(spec, then, language) in said


@pytest.mark.parametrize(
    ("figure", "state"), [("kuntouttava-tyotoiminta-rooli", "old"), ("palkkatuki-nimikkeet", "on_request")]
)
def test_a_list_and_a_sentence_are_not_called_a_figure(figure: str, state: str) -> None:
    """R7: they have no number, so "Luku vuodelta 2018" under a sentence was wrong."""
    items = (Item(1, "Myyjä"),) if figure == "palkkatuki-nimikkeet" else ()
    value = Value(figure, items=items, period="2018", published_on=date(2018, 12, 31), state=state)
    said = {language: quotes.age_note(SPECS[figure], value, TODAY, language) for language in LANGUAGES}
    assert said["fi"].startswith("Tieto vuodelta 2018")
    assert said["sv"].startswith("Uppgiften är från 2018")
    assert said["en"].startswith("This is from 2018")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Tilastokeskus 2012", ("Tilastokeskus 2012", "Statistikcentralen 2012", "Statistics Finland 2012")),
        ("Vates-säätiö 2013", ("Vates-säätiö 2013", "Stiftelsen Vates 2013", "Vates Foundation 2013")),
        ("Peltosalmi ym. 2016", ("Peltosalmi ym. 2016",) * 3),
        ("Kuoppala 12.9.2019", ("Kuoppala 12.9.2019",) * 3),
        ("THL 33/2017", ("THL 33/2017",) * 3),
    ],
)
def test_an_organisation_as_author_has_its_name_in_the_language(printed: str, expected: tuple[str, ...]) -> None:
    value = Value("sote-jarjestot", 1, published_on=date(2018, 12, 31), printed_citation=printed)
    given = tuple(quotes.citation(SPECS["sote-jarjestot"], value, PUBLISHERS, language) for language in LANGUAGES)
    assert given == expected
