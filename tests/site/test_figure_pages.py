"""A figure's own page, its archived page and its card, on the bundled figures and on hostile ones recorded later."""

import csv
import io
import json
import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines import answers, record, run, settings
from pipelines.figure_spec import FigureSpec
from pipelines.languages import LANGUAGES
from pipelines.site import jsonld
from tests.site.conftest import HOSTILE
from tests.site.figure_sites import (
    ALLOWED,
    BASE,
    DAY,
    LATER,
    NBSP,
    REGISTRY,
    Site,
    clock,
    elements,
    json_ld,
    main,
    press,
    text,
)  # fmt: skip
from tests.test_citations import bibtex_fields

pytestmark = pytest.mark.pipeline

SHOWN = HOSTILE.replace("\u202e", "")
"""How the pages print it: as text, without the mark that turns the writing direction."""
CORRECTION = {
    "id": "sote-2023", "day": LATER, "kind": "korjaus", "status": "confirmed", "reporter": HOSTILE,
    "reason": {language: f"{language} {HOSTILE}" for language in LANGUAGES},
    "target": {"figure": "sote-jarjestot"}, "expect": 10708, "value": 10718, "citation": HOSTILE,
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The bundled figures, without a base address."""
    return press(settings.Settings(data=built_once), tmp_path_factory.mktemp("plain"), DAY)


@pytest.fixture(scope="module")
def full(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The bundled figures, with a base address."""
    return press(settings.Settings(data=built_once), tmp_path_factory.mktemp("full"), DAY, BASE)


@pytest.fixture(scope="module")
def later(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Eleven days later, with hostile answers recorded: a newer value, and a revised list of the newest year."""
    folder = tmp_path_factory.mktemp("later")
    shutil.copytree(built_once, folder / "data")
    chosen = settings.Settings(data=folder / "data", site=folder / "site")
    names = {"publisher": HOSTILE, "citation": HOSTILE, "note": HOSTILE, "published": date(2026, 12, 1)}
    given = record.Given(**names, source_url=f"https://example.org/{HOSTILE}")  # pyright: ignore[reportArgumentType]
    with clock(LATER):
        for figure, extra in (
            ("palkkatuki-aloitukset", {"value": "5120", "period": "2025"}),
            (
                "palkkatuki-nimikkeet",
                {"items": (HOSTILE, "Myyjä", "👩\u200d🚒 'pelastaja'", "C", "D"), "period": "2025"},
            ),
        ):
            one = record.Given(**{**given.__dict__, **extra})
            record.add(chosen.raw, REGISTRY[figure], one, date.fromisoformat(LATER))
        (chosen.raw / "corrections").mkdir()
        (chosen.raw / "corrections" / "2026.yaml").write_text(json.dumps([CORRECTION]), encoding="utf-8")
        run.run(chosen, lambda _: None)
    return press(chosen, folder, LATER, BASE)


@pytest.fixture(scope="module")
def early(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The world as it was public on 1.1.2010: most figures did not exist."""
    folder = tmp_path_factory.mktemp("early")
    shutil.copytree(built_once, folder / "data")
    chosen = settings.Settings(data=folder / "data", site=folder / "site")
    day = date(2010, 1, 1)
    with clock(DAY):
        run.run(chosen, lambda _: None, known_on=day)
    return press(chosen, folder, DAY, marts=run.marts_folder(chosen, day), known_on=day)


# -- the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("spec", REGISTRY.figures, ids=lambda spec: spec.id)
def test_every_figure_has_its_page_card_and_archive(plain: Site, spec: FigureSpec, language: str):
    page = plain.html(f"luku/{spec.id}", language)
    for words in (spec.name, spec.definition, spec.counted, spec.not_counted, spec.why):
        assert words[language] in text(page).replace("\u00ad", "")
    for id in ("lainaa", "silloin-ja-nyt", "maaritelma", "vaiheet", "mista", "lataa", "viittaa", "upota", "kysy"):
        assert f'id="{id}"' in page
    assert f"dashboards/figures/{spec.id}.yaml" in page
    assert f"@{DAY}/index.html" in page
    assert spec.name[language] in text(plain.html(f"kortti/{spec.id}", language))
    assert "noindex" in plain.html(f"luku/{spec.id}/@{DAY}", language)
    assert "noindex" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_quote_is_the_command_lines(plain: Site, language: str):
    for spec in REGISTRY.figures:
        with clock(DAY):
            quote = answers.quote(plain.chosen, spec.id, None, language)
        for address in (f"luku/{spec.id}", f"luku/{spec.id}/@{DAY}"):
            assert quote in text(plain.html(address, language))


def test_the_quote_links_to_the_archived_page_of_its_vintage(plain: Site, full: Site):
    assert f'<a href="@{DAY}/index.html">Patentti- ja rekisterihallitus 2.1.2025</a>' in plain.html("luku/yhdistykset")
    url = f"{BASE}/fi/luku/yhdistykset/@{DAY}/"
    page = full.html("luku/yhdistykset")
    assert f'<a href="{url}">Patentti- ja rekisterihallitus 2.1.2025</a>' in page
    assert f"17.5.2026 alkaen. {url}" in text(page)
    assert url not in plain.html("luku/yhdistykset")


def test_what_is_stale_is_said_on_page_card_and_quote(plain: Site):
    for address in ("luku/yhdistykset", "kortti/yhdistykset"):
        assert "Uudempaa lukua on odotettu 17.5.2026 alkaen." in text(plain.html(address))
    assert "badge-stale" in plain.html("luku/yhdistykset")
    assert "Luku vuodelta 2016, uudempaa ei ole." in text(plain.html("luku/tyopajat-jarjestojen-osuus"))
    assert "Lähde lakkautettiin 1.7.2023" in text(plain.html("kortti/sosiaaliset-yritykset"))


def test_an_assumed_day_of_publication_is_not_printed_as_a_day(plain: Site):
    assert "2017, tarkka päivä ei tiedossa" in text(plain.html("luku/tyopajat-jarjestojen-osuus"))
    assert "2018, exact day not known" in text(plain.html("luku/kuntouttava-tyotoiminta-rooli", "en"))
    assert "12.9.2019" in text(plain.html("luku/palkkatuki-osuus"))


def test_then_and_now(plain: Site):
    page = text(plain.html("luku/palkkatuki-tyonantajat"))
    assert "(Haavisto-Vuori & Heinonen 27.9.2015)" in page
    assert "Oikea viite: Haavisto-Vuori & Heinonen 27.9.2016" in page
    assert "Lukua ei ole käsikirjassa." in text(plain.html("luku/stea-saajat"))
    bracketed = text(plain.html("luku/vamma-tai-pitkaaikaissairaus"))
    assert "Tilastokeskus (2012)" in bracketed
    assert "Oikea viite" not in bracketed, "Tilastokeskus (2012) is the same reference as Tilastokeskus 2012"


def test_a_bound_has_the_same_word_in_the_table_of_the_chart_and_in_the_vintages(plain: Site):
    page = text(plain.html("luku/yhdistykset"))
    assert f"yli 106{NBSP}000" in page
    assert f"vähintään 106{NBSP}000" not in page, "SOSTE printed yli; vähintään is our word for a sum that lacks parts"
    assert f"vähintään 106{NBSP}066" in page


@pytest.mark.parametrize(("language", "basis"), [("fi", "HE 175/2022 vp"), ("sv", "RP 175/2022 rd"), ("en", "bill HE")])
def test_the_legal_basis_of_a_closing_is_in_the_language_of_the_page(plain: Site, language: str, basis: str):
    page = text(plain.html("luku/sosiaaliset-yritykset", language))
    assert basis in page
    assert ("tarkistamatta" in page) == (language == "fi")


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("stea-saajat", "Muutos 2024 – 2025: "),
        ("yhdistykset", "Muutosta ei lasketa, koska luku tai sen edeltäjä (2.1.2024) ei ole tarkka."),
        ("sote-jarjestot", "Muutosta ei lasketa, koska sarja katkeaa: 1.1.2023."),
        ("palkkatuki-osuus", "Vertailukelpoista aiempaa lukua ei ole"),
    ],
)
def test_a_change_stays_within_one_coverage_and_without_a_break(plain: Site, figure: str, said: str):
    assert said in text(plain.html(f"luku/{figure}"))


def test_both_clocks_and_their_reasons(plain: Site):
    page = text(plain.html("luku/yhdistykset"))
    assert "Mitä tällä sivustolla on lukenut" in page
    known = page[page.index("Mikä on ollut uusin julkinen luku") :]
    assert known.index(f"vähintään 107{NBSP}851") < known.index(f"106{NBSP}617") < known.index(f"136{NBSP}950")
    assert "Luku lasketaan maakuntataulukosta, joka vuodesta 2024" in known
    assert "rinnalla oleva laskelma muuttui" in text(plain.html("luku/palkkatuki-osuus"))


def test_computed_shares_rivals_and_what_is_beside(plain: Site):
    page = text(plain.html("luku/palkkatuki-osuus"))
    assert f"22,4{NBSP}%" in page
    assert f"7{NBSP}926 / (21{NBSP}411 + 14{NBSP}005)" in page
    assert "alkaneet_vuosi_sektori yksityinen 2018 = 21411" in page
    assert "895 (2020), Suomen Kuvalehti, toisen käden lähteestä" in text(plain.html("luku/stea-saajat"))
    assert f"yli 108{NBSP}000 (2023), PRH, toisen käden lähteestä" in text(plain.html("luku/yhdistykset"))
    assert "muiden-esittamia" not in plain.html("luku/palkkatuki-osuus")


def test_the_way_back_to_the_bytes(plain: Site):
    page = plain.html("luku/palkkatuki-aloitukset")
    sha = re.search(r'class="fig-sha">([0-9a-f]{64})<', page)
    path = re.search(r"data/raw/(transcribed/handbook/[^<]+)<", page)
    assert sha is not None
    assert path is not None
    import hashlib

    body = (plain.chosen.raw / path[1]).read_bytes()
    assert hashlib.sha256(body).hexdigest() == sha[1]
    line = re.search(r"Rivit tiedostossa: (\d+)\.", page)
    assert line is not None
    assert body.decode("utf-8").splitlines()[int(line[1]) - 1].startswith("palkkatuki_aloitetut_jaksot,")


def test_downloads_say_what_the_page_says(plain: Site):
    rows = list(csv.DictReader(io.StringIO(plain.file("luku/yhdistykset/yhdistykset.csv"))))
    assert {row["clock"] for row in rows} == {"said", "known"}
    content = json.loads(plain.file("luku/yhdistykset/yhdistykset.json"))
    assert (content["value"], content["bound"], content["missing"]) == (107851, "at_least", ["Ahvenanmaa"])
    assert content["quote"] in text(plain.html("luku/yhdistykset"))
    assert len(content["vintages"]) == len(rows)
    assert (
        json.loads(plain.file("luku/kuntouttava-tyotoiminta-rooli/kuntouttava-tyotoiminta-rooli.json"))["value"] is None
    )


def test_how_to_cite(full: Site):
    fields = bibtex_fields(full.file("luku/yhdistykset/yhdistykset.bib", "sv"))
    assert fields["author"] == "{Patent- och registerstyrelsen}"
    assert fields["url"] == f"{BASE}/sv/luku/yhdistykset/@{DAY}/"
    assert full.file(f"luku/yhdistykset/@{DAY}/yhdistykset.ris", "sv") == full.file(
        "luku/yhdistykset/yhdistykset.ris", "sv"
    )
    [item] = json.loads(full.file("luku/yhdistykset/yhdistykset.csl.json", "en"))
    assert item["accessed"] == {"date-parts": [[2026, 11, 24]]}


# -- letter and command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_asks_exactly_and_the_command_is_one_of_ours(plain: Site, language: str):
    for spec in REGISTRY.figures:
        page = plain.html(f"luku/{spec.id}", language)
        assert ("fig-letter" in page) == (spec.update_path == "on-request")
    page = plain.html("luku/palkkatuki-aloitukset", language)
    letter = text(page[page.index('<div class="fig-letter" lang="fi"') :])
    for words in (
        "(621/1999) 13",
        "vuodet 2019–2025",
        "kolmas sektori omana ryhmänään",
        "Kuoppala 12.9.2019",
        f"7{NBSP}926",
    ):
        assert words in letter
    command = re.search(r"lukuina record palkkatuki-aloitukset [^<]+", page)
    assert command is not None
    import html
    import shlex

    from pipelines.cli import main as cli

    words = shlex.split(html.unescape(command[0]))[2:]
    known = {option for parameter in cli.commands["record"].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    listed = plain.html("luku/palkkatuki-nimikkeet", language)
    assert listed.count("--item") == 5


# -- archived pages -----------------------------------------------------------------------------------------------


def without_frame(html: str) -> str:
    """Drop what may change: the banner and the frame around the page."""
    body = main(html)
    return re.sub(r"<aside class=\"note.*?</aside>", "", body, flags=re.DOTALL)


def test_an_archived_page_never_changes_but_for_its_banner(full: Site, later: Site):
    for spec in REGISTRY.figures:
        for language in LANGUAGES:
            for address in (f"luku/{spec.id}/@{DAY}", f"kortti/{spec.id}/@{DAY}"):
                before, after = full.html(address, language), later.html(address, language)
                assert without_frame(before) == without_frame(after), address
            name = f"luku/{spec.id}/@{DAY}/{spec.id}.bib"
            assert full.file(name, language) == later.file(name, language)


def test_the_banner_says_what_stands_now(full: Site, later: Site):
    address = f"luku/palkkatuki-aloitukset/@{DAY}"
    assert "Se on edelleen sama." in text(full.html(address))
    page = later.html(address)
    assert "Luku on sittemmin muuttunut." in text(page)
    assert f"Nyt: Vuonna 2025 kolmannella sektorilla aloitettiin 5{NBSP}120 palkkatukijaksoa" in text(page)
    assert "Talet har sedan dess ändrats." in text(later.html(address, "sv"))
    assert "Se on edelleen sama." in text(later.html(f"luku/yhdistykset/@{DAY}"))
    for language, told in (
        ("fi", "Luku on sittemmin korjattu."),
        ("sv", "Talet har sedan dess rättats."),
        ("en", "The figure has since been corrected."),
    ):
        page = text(later.html(f"luku/sote-jarjestot/@{DAY}", language))
        assert told in page
        assert f"{language} {SHOWN}" in page
        live = text(later.html("luku/sote-jarjestot", language))
        assert f"{language} {SHOWN}" in live
        assert {"fi": "Korjaukset", "sv": "Rättelser", "en": "Corrections"}[language] in live
    live = later.html("luku/palkkatuki-aloitukset")
    assert f"{BASE}/fi/luku/palkkatuki-aloitukset/@{LATER}/" in live
    assert {f"@{DAY}/index.html", f"@{LATER}/index.html"} <= {v for _, n, v in elements(live).attributes if n == "href"}


def test_an_archived_page_is_not_the_canonical_one(full: Site, plain: Site):
    page = full.html(f"luku/yhdistykset/@{DAY}")
    assert '<meta name="robots" content="noindex">' in page
    assert f'<link rel="canonical" href="{BASE}/fi/luku/yhdistykset/">' in page
    assert 'rel="alternate" hreflang' not in page
    assert "canonical" not in plain.html(f"luku/yhdistykset/@{DAY}")
    assert f'<link rel="canonical" href="{BASE}/sv/luku/yhdistykset/">' in full.html("kortti/yhdistykset", "sv")


# -- the card -----------------------------------------------------------------------------------------------------


def test_the_card_has_value_sentence_source_and_link_and_no_menu(full: Site):
    page = full.html("kortti/yhdistykset", "sv")
    assert "Det fanns minst 107" in text(page)
    assert "Källa: Patent- och registerstyrelsen" in text(page)
    assert '<a href="../../luku/yhdistykset/index.html" target="_blank" rel="noopener">' in page
    assert not {"nav", "header", "footer"} & elements(page).names
    archived = full.html(f"kortti/yhdistykset/@{DAY}")
    assert f'href="../../../luku/yhdistykset/@{DAY}/index.html"' in archived
    assert "Luku sellaisena kuin se oli 24.11.2026." in text(archived)
    assert f"{BASE}/fi/kortti/yhdistykset/" in text(full.html("luku/yhdistykset"))


# -- JSON-LD ------------------------------------------------------------------------------------------------------


def test_json_ld_says_a_bound_as_a_bound(full: Site):
    found = json_ld(full.html("luku/yhdistykset"))
    assert found is not None
    observation = found["hasPart"]
    assert isinstance(observation, dict)
    assert observation["@type"] == "Observation"
    assert observation["minValue"] == 107851
    assert "value" not in observation
    assert found["url"] == f"{BASE}/fi/luku/yhdistykset/"
    assert json.dumps(found["distribution"]).count(BASE) == 2


def test_json_ld_gates(plain: Site, full: Site):
    for spec in REGISTRY.figures:
        found = json_ld(plain.html(f"luku/{spec.id}", "en"))
        assert (found is None) == (spec.kind == "sentence"), spec.id  # no snapshot: no provenance
        if found is not None:
            assert not {"license", "url", "distribution"} & set(found), spec.id
            assert str(found.get("isBasedOn", "https:")).startswith("http"), spec.id
            assert found["spatialCoverage"]["name"] == "Finland"
            assert ("hasPart" in found) == (spec.kind == "number")
    assert json_ld(full.html(f"luku/yhdistykset/@{DAY}")) is None


def test_a_licence_only_where_the_source_states_one():
    assert jsonld.LICENCES.get("not stated: facts quoted with source and date", "") == ""
    words = "StatFin CC BY 4.0 excludes other producers' data; tyonv is KEHA's: to be confirmed"
    assert jsonld.LICENCES.get(words, "") == ""


# -- bad input ----------------------------------------------------------------------------------------------------

PLACES = [
    *(f"luku/{figure}" for figure in ("palkkatuki-aloitukset", "palkkatuki-nimikkeet", "palkkatuki-osuus")),
    *(f"luku/{figure}/@{day}" for figure in ("palkkatuki-aloitukset", "palkkatuki-nimikkeet") for day in (DAY, LATER)),
    *(f"kortti/{figure}/@{LATER}" for figure in ("palkkatuki-aloitukset", "palkkatuki-nimikkeet")),
    "kortti/palkkatuki-nimikkeet",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", PLACES)
def test_a_source_string_never_becomes_markup(later: Site, address: str, language: str):
    page = later.html(address, language)
    parsed = elements(page)
    assert parsed.names <= ALLOWED, parsed.names - ALLOWED
    assert not [a for a in parsed.attributes if a[1].startswith("on") or a[2].lstrip().startswith("javascript:")]
    assert all(kind in {"application/ld+json", "js", "module"} for kind, _ in parsed.scripts)
    assert not [content for kind, content in parsed.scripts if kind != "application/ld+json" and "alert" in content]
    assert "\u202e" not in page
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|\b49\b", text(page))


def test_the_hostile_name_is_shown_as_it_is(later: Site):
    assert HOSTILE.replace("\u202e", "") in text(later.html("luku/palkkatuki-aloitukset"))
    assert "👩\u200d🚒 'pelastaja'" in text(later.html("kortti/palkkatuki-nimikkeet"))
    fields = bibtex_fields(later.file("luku/palkkatuki-nimikkeet/palkkatuki-nimikkeet.bib"))
    assert r"\$" not in fields["url"]
    found = json_ld(later.html("luku/palkkatuki-aloitukset"))
    assert found is not None
    assert "<script>alert(1)</script>" in json.dumps(found, ensure_ascii=False)
    assert "<script>alert" not in later.html("luku/palkkatuki-aloitukset")


def test_a_figure_without_data_says_so_and_why(early: Site):
    for address in ("luku/palkkatuki-aloitukset", "luku/palkkatuki-nimikkeet", "kortti/palkkatuki-aloitukset"):
        page = text(early.html(address))
        assert "ei tietoa" in page
        assert "Lukua ei ollut julkaistu vielä 1.1.2010." in page
        assert not re.search(r'fig-number[^"]*">\s*0', early.html(address))
    page = early.html("luku/palkkatuki-aloitukset", "sv")
    assert "uppgift saknas" in text(page)
    assert "Det finns inget tal att citera." in text(page)
    assert json_ld(page) is None
    assert f"306{NBSP}000{NBSP}000" in text(early.html("luku/stea-avustukset"))


def test_as_of_another_day_nothing_is_said_of_what_came_after(early: Site):
    """Seen on the site of 30.11.2019: "nykyisessä myös säätiöt" and the break of 2023 beside the figure of 2016."""
    for address in ("luku/stea-avustukset", "luku/yhdistykset", "luku/sote-jarjestot"):
        spec = REGISTRY[address.split("/")[1]]
        page = text(early.html(address)).replace("\u00ad", "")
        assert spec.why["fi"] not in page
        assert not [one for one in spec.breaks if one.text["fi"] in page]
        assert not [one for one in spec.beside if one.why["fi"] in page]
    assert 'id="rinnalla"' not in early.html("luku/yhdistykset")
    assert "Miksi sarja päättyi" not in text(early.html("")), "the register was open until 2023"


def test_a_newer_edition_in_quarantine_is_said(built_once: Path, tmp_path: Path):
    with duckdb.connect(str(shutil.copytree(built_once, tmp_path / "data") / "marts" / "lukuina.duckdb")) as con:
        con.execute("update marts.figures set quarantined_reference = '2026-01-02' where id = 'yhdistykset'")
    made = press(settings.Settings(data=tmp_path / "data"), tmp_path, DAY)
    assert "Lähteen uudempi julkaisuerä (2.1.2026) on karanteenissa" in text(made.html("luku/yhdistykset"))
    assert "(2 January 2026) is in quarantine" in text(made.html("luku/yhdistykset", "en"))
    assert "karanteenissa" not in text(made.html("luku/sote-jarjestot"))
