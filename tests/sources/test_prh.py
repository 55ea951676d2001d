"""PRH: the region × class page in the shapes that are known or feared, the page of totals, and fetching."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import InputError, NoContactError
from pipelines.http import Http, Limits, Validators
from pipelines.observations import DRAFT
from pipelines.sources.base import Edition, Fetched, Reading
from pipelines.sources.prh import SOURCE
from tests.servers import Publisher, Reply, bomb, publisher
from tests.sources import prh_pages

URL = "https://example.test/maakunnittain.html"
TRANSCRIBED = Path(__file__).resolve().parents[2] / "data" / "raw" / "transcribed" / "prh.csv"


def read(page: str | bytes, page_id: str = "regions-fi", first_seen: date | None = None) -> Reading:
    body = page.encode() if isinstance(page, str) else page
    return SOURCE.read(Edition("prh", page_id, (body,), (URL,), first_seen=first_seen))


def page(as_of: str = "2025-01-02", lang: str = "fi", **quirks: object) -> str:
    return prh_pages.render(as_of, prh_pages.edition(as_of), lang, **quirks)


def refusal(body: str | bytes, page_id: str = "regions-fi") -> str:
    with pytest.raises(InputError) as error:
        read(body, page_id)
    message = str(error.value)
    assert URL in message, "the message names the address"
    assert "expected" in message
    return message


# -- what an edition says ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fi", "sv"])
@pytest.mark.parametrize("as_of", prh_pages.EDITIONS)
def test_edition_gives_the_rows_that_a_person_transcribed(as_of: str, lang: str) -> None:
    reading = read(page(as_of, lang, misspelt=lang == "sv"))
    columns = ("series", "geo", "dimension", "category", "coverage", "period", "as_of", "unit", "bound", "publisher")
    with TRANSCRIBED.open(encoding="utf-8", newline="") as file:
        known = {
            (*(row[c] for c in columns), row["published_on"], float(row["value"]))
            for row in csv.DictReader(file)
            if row["series"] == "associations_by_region_and_class" and row["as_of"] == as_of
        }
    rows = reading.observations.to_dicts()
    assert {(*(r[c] for c in columns), r["published_on"].isoformat(), r["value"]) for r in rows} == known
    assert reading.observations.schema == dict(DRAFT)
    assert reading.observations.null_count().row(0) == (0,) * len(DRAFT)
    assert reading.problems == ()
    assert reading.reference == as_of
    assert reading.published_on == date.fromisoformat(as_of)
    assert (reading.rows, reading.tolerance) == (len(known), 0.25)


def test_the_break_of_2022_is_a_coverage_of_its_own() -> None:
    old, new = read(page("2022-08-31", "sv")), read(page("2024-01-02", "sv"))
    assert (old.coverage, new.coverage) == ("classified_only", "all_registered")
    assert list(old.panels) == ["prh-regions/classified_only"]
    assert list(new.panels) == ["prh-regions/all_registered"]
    assert "Luokittelemattomat" not in set(old.observations["category"])


def test_the_source_address_is_the_publishers_even_from_a_mirror() -> None:
    addresses = set(read(page(), "regions-fi").observations["source_url"])
    assert addresses == {f"https://www.prh.fi{prh_pages.PATHS['regions-fi']}"}


@pytest.mark.parametrize(
    "quirks",
    [
        {"br": True},
        {"thousands": "\u00a0"},
        {"thousands": "\u202f"},
        {"thousands": "\u2009"},
        {"thousands": " "},
        {"thousands": "&nbsp;"},
        {"order": "unclassified"},
        {"order": ""},
        {"token": "zz9"},
        {"heading_tag": "td", "sections": False},
        {"headings": {"region": "Maakunta <br>", "1": "1 Poliittiset", "2": "2.", "total": "<b>Yhteensä</b>"}},
        {"rows_before": '<tr><td colspan="12">Tarkoitusluokat</td></tr>'},
        {"rows_after": '<tr><td colspan="12">* Luokittelemattomat: vanhat yhdistykset</td></tr><tr><td></td></tr>'},
        {"rows_after": "<tr><td>1)</td><td>Vuodesta 2024</td>" + "<td></td>" * 10 + "</tr>"},
        {"country": "Koko maa"},
        {"country": "Yhteensä"},
        {"names": {"Uusimaa": "Uusimaa *", "Satakunta": " satakunta\n", "Päijät-Häme": "Pa\u0308ija\u0308t\u2011Häme"}},
        {"cells": {("Uusimaa", "1"): "<p>1236</p><sup>1)</sup>", ("Lappi", "1"): "<b>3</b>09"}},
        {"before": "<table><tr><th>Maakunta</th><th>Yhteensä</th></tr><tr><td>Uusimaa</td><td>1</td></tr></table>"},
        {"date": "Taulukossa tilasto 02.01.2025", "charset": None},
        {"date": "Tilanne 2.1.2025."},
        {"date": "Tilasto on päivältä 2. tammikuuta 2025"},
        {"date": "<b>Taulukossa tilasto</b>&nbsp;2.1.2025"},
        {"date": "Viimeksi päivitetty 3.3.2025", "before": "<h2>Tilasto yhdistyksistä 2.1.2025</h2>"},
    ],
    ids=lambda quirks: "-".join(quirks) if isinstance(quirks, dict) else "",
)
def test_the_same_numbers_in_another_dress_are_the_same_edition(quirks: dict[str, object]) -> None:
    rows = prh_pages.edition("2025-01-02")
    rows["Lappi"] |= {"1": 309, "total": rows["Lappi"]["total"] - rows["Lappi"]["1"] + 309}
    plain, odd = (read(prh_pages.render("2025-01-02", rows, **q)) for q in ({}, quirks))
    swedish = read(prh_pages.render("2025-01-02", rows, "sv", misspelt=True), "regions-sv")
    assert odd.content == plain.content == swedish.content
    assert odd.problems == ()
    assert sorted(odd.observations["value"]) == sorted(plain.observations["value"])


def test_headings_in_two_rows_with_spans() -> None:
    above = "".join(f'<th rowspan="2">{heading}</th>' for heading in ("Luokittelemattomat", "Yhteensä"))
    above = f'<tr><th rowspan="2">Maakunta</th><th colspan="9">Tarkoitusluokka</th>{above}</tr>'
    html = page(rows_before=above, headings={c: "@" for c in ("region", "unclassified", "total")})
    assert read(html.replace("<th>@</th>", "")).content == read(page()).content


def test_a_changed_number_a_changed_date_are_other_contents() -> None:
    contents = {
        read(page()).content,
        read(page(date="Taulukossa tilasto 3.1.2025")).content,
        read(prh_pages.render("2025-01-02", prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01))).content,
    }
    assert len(contents) == 3


@pytest.mark.parametrize("gap", ["", "-", "–", "..", "&nbsp;"])
def test_an_empty_cell_is_missing_and_never_zero(gap: str) -> None:
    reading = read(page(cells={("Kainuu", "7"): gap}))
    kainuu = [r for r in reading.observations.to_dicts() if r["geo"] == "Kainuu"]
    assert len(kainuu) == 10
    assert not any(r["category"].startswith("7") for r in kainuu)
    assert any(remark.startswith("Kainuu: no value in 7") for remark in reading.remarks)
    assert reading.problems == (), "an incomplete row cannot contradict its total"


def test_a_printed_zero_is_a_value() -> None:
    rows = prh_pages.edition("2024-01-02")
    rows["Kainuu"] |= {"7": 0, "total": rows["Kainuu"]["total"] - rows["Kainuu"]["7"]}
    assert 0.0 in set(read(prh_pages.render("2024-01-02", rows)).observations["value"])


def test_missing_regions_are_named() -> None:
    reading = read(page("2024-01-02", "sv"))
    assert reading.problems == ()
    assert "regions without any value: Ahvenanmaa, Keski-Pohjanmaa" in reading.remarks


# -- editions that contradict themselves ---------------------------------------------------------------------


def test_row_that_does_not_add_up_is_a_problem_with_both_numbers() -> None:
    (problem,) = read(page(cells={("Uusimaa", "total"): "32273"})).problems
    assert "Uusimaa" in problem
    assert "32272" in problem
    assert "32273" in problem


def test_parts_beyond_the_total_are_a_problem_even_with_a_gap() -> None:
    (problem,) = read(page(cells={("Uusimaa", "7"): "", ("Uusimaa", "total"): "3227"})).problems
    assert "Uusimaa" in problem


def test_whole_country_row_must_be_the_sum() -> None:
    (problem,) = read(page(country="Koko maa", cells={("Koko maa", "3"): "9999"})).problems
    assert "3 Sosiaali- ja terveysalan yhdistykset" in problem
    assert "9999" in problem
    assert "8150" in problem


def test_half_a_table_lost_rows() -> None:
    (problem,) = read(page(half=True)).problems
    assert "lost rows: 10 regions" in problem


def test_an_edition_from_the_future_is_a_problem() -> None:
    (problem,) = read(page(date="Taulukossa tilasto 2.1.2052"), first_seen=date(2026, 11, 24)).problems
    assert "2052-01-02" in problem
    assert read(page(), first_seen=date(2025, 1, 2)).problems == ()


def test_renumbered_classes_are_a_problem() -> None:
    labels = list(prh_pages.Quirks().legend)
    labels[2], labels[3] = labels[3], labels[2]
    problems = read(page(legend=labels)).problems
    assert len(problems) == 2
    assert "class 3" in problems[0]
    assert "Kulttuurialan" in problems[0]


def test_names_paired_with_the_wrong_numbers_show_in_the_panel() -> None:
    panels = [read(page("2022-08-31", mispaired=m)).panels["prh-regions/classified_only"] for m in (False, True)]
    right, wrong = (dict(panel.iter_rows()) for panel in panels)
    moved = [region for region in right if abs(wrong[region] / right[region] - 1) > 0.25]
    assert "Satakunta" in moved
    assert len(moved) >= 10
    assert read(page("2022-08-31", mispaired=True)).problems == (), "only its neighbours can tell"


# -- pages that are refused ----------------------------------------------------------------------------------


def test_letters_in_a_number_name_region_and_column() -> None:
    message = refusal(page(cells={("Kainuu", "unclassified"): "29O"}))
    assert "'Kainuu' column Luokittelemattomat" in message
    assert "'29O'" in message


@pytest.mark.parametrize("text", ["277<br>3504", "277 35", "12,5", "-5", "1" * 400, "32.272", "²"])
def test_what_is_no_count_is_refused(text: str) -> None:
    assert "'Pohjois-Savo' column 9" in refusal(page(cells={("Pohjois-Savo", "9"): text}))


def test_unknown_region_names_the_row_and_the_nearest_name() -> None:
    message = refusal(page(names={"Kainuu": "Kainu"}))
    assert "row 18" in message
    assert "'Kainu'" in message
    assert "'Kainuu'" in message


def test_numbers_without_a_region_are_refused() -> None:
    assert "unknown region ''" in refusal(page(names={"Kainuu": ""}))


@pytest.mark.parametrize("name", ["Uusimaa", "Nyland"])
def test_a_region_twice_is_refused(name: str) -> None:
    assert "'Uusimaa': the region is there twice" in refusal(page(names={"Pirkanmaa": name}))
    assert "'Lappi': the region is there twice" in refusal(page(repeat="Lappi"))


@pytest.mark.parametrize(
    ("headings", "said"),
    [
        ({"total": "Summa summarum"}, "unknown heading 'Summa summarum'"),
        ({"unclassified": "Muut"}, "unknown heading 'Muut'"),
        ({"3": "4"}, "heading '4' is there twice"),
        ({"total": ""}, "no column total"),
        ({"unclassified": ""}, "stands under no heading"),
        ({"region": "Alue"}, "no table"),
    ],
)
def test_columns_are_known_by_heading_only(headings: dict[str, str], said: str) -> None:
    message = refusal(page(headings=headings))
    assert said in message
    assert "Luokittelemattomat" in message or "heading" in message


def test_columns_in_another_order_are_read_by_heading() -> None:
    swap = {"3": "9", "9": "3"}
    values = {(row["geo"], row["category"][:1]): row["value"] for row in read(page()).observations.to_dicts()}
    swapped = {(r["geo"], r["category"][:1]): r["value"] for r in read(page(headings=swap)).observations.to_dicts()}
    assert swapped["Uusimaa", "3"] == values["Uusimaa", "9"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("<tr><td>Kainuu</td><td>1</td><td>2</td></tr>", "only 3 cells"),
        ("<tr><td>Kainuu</td>" + "<td>1</td>" * 12 + "</tr>", "stands under no heading"),
        ('<tr><td>Kainuu</td><td colspan="2">1</td>' + "<td>1</td>" * 9 + "</tr>", "a cell over 2 columns"),
        ('<tr><td>Kainuu</td><td colspan="999999999">1</td></tr>', "stands under no heading"),
    ],
)
def test_a_row_that_does_not_fit_its_headings_is_refused(row: str, said: str) -> None:
    rows = prh_pages.edition("2025-01-02")
    del rows["Kainuu"]
    message = refusal(prh_pages.render("2025-01-02", rows, rows_after=row))
    assert "'Kainuu'" in message
    assert said in message


def test_two_tables_with_the_headings_are_refused_unless_they_say_the_same() -> None:
    html = page()
    table = html[html.index("<table>\n") : html.index("</table>", html.index("<table>\n")) + 8]
    assert read(html.replace("</main>", table + "</main>")).content == read(html).content
    assert "2 different tables" in refusal(html.replace("</main>", table.replace("32272", "32273") + "</main>"))


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("Viimeksi päivitetty 14.12.2024", "no date of the statistics"),
        ("Tilasto päivitetty 14.12.2024", "no date of the statistics"),
        ("Lähde: Tilastokeskus 2.1.2025", "no date of the statistics"),
        ("Taulukossa tilasto 31.2.2025", "no day"),
        ("Taulukossa tilasto 2.1.2025. Edellinen tilasto 2.1.2024", "2024-01-02, 2025-01-02"),
        ("", "no date of the statistics"),
    ],
)
def test_only_the_date_of_the_statistics_counts(phrase: str, said: str) -> None:
    assert said in refusal(page(date=phrase))
    heading = f"<h2>Tilasto yhdistyksistä, viimeksi päivitetty {date(2025, 3, 3):%d.%m.%Y}</h2>"
    assert said in refusal(page(date=phrase, before=heading))


LOGIN = "<html><head><title>x</title></head><body><h1>Kirjaudu sisään</h1><form><input></form></body></html>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ('{"error": "not found"}', "no HTML"),
        (LOGIN, "Kirjaudu sisään"),
        (page(table=False), "no table"),
        (page()[: len(page()) // 2], "the page is cut"),
        (page()[:-30], "the page is cut"),
        (page().replace("<td>", "<p>").replace("</td>", "</p>"), "no rows"),
    ],
    ids=["empty", "blank", "json", "login", "no-table", "half", "end-missing", "no-cells"],
)
@pytest.mark.parametrize("page_id", ["regions-fi", "regions-sv"])
def test_what_is_not_the_page_is_refused(body: str, said: str, page_id: str) -> None:
    assert said in refusal(body, page_id)


# -- encodings -----------------------------------------------------------------------------------------------


def test_declared_latin_1_is_read_as_declared() -> None:
    assert read(page(charset="iso-8859-1").encode("latin-1")).content == read(page()).content


def test_undeclared_latin_1_is_read_when_the_names_then_make_sense() -> None:
    assert read(page(charset=None).encode("latin-1")).content == read(page()).content
    swedish = page("2022-08-31", "sv", charset=None).encode("latin-1")
    assert read(swedish).content == read(page("2022-08-31")).content


def test_latin_1_labelled_utf_8_is_refused() -> None:
    message = refusal(page(charset="utf-8").encode("latin-1"))
    assert "is not utf-8 as the page says" in message


def test_utf_8_labelled_latin_1_is_read_as_utf_8() -> None:
    assert read(page(charset="iso-8859-1")).content == read(page()).content


@pytest.mark.parametrize("headings", [{}, {"total": "Totalt"}])
def test_text_that_was_garbled_before_it_was_sent_is_refused(headings: dict[str, str]) -> None:
    garbled = page(headings=headings).encode().decode("cp1252").encode()
    assert "wrong encoding" in refusal(garbled)
    replaced = page(headings=headings).encode("ascii", "replace").replace(b"?", "\ufffd".encode())
    assert "wrong encoding" in refusal(replaced)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + page(charset=None).encode()).content == read(page()).content


# -- the other pages -----------------------------------------------------------------------------------------


def text_page(content: str) -> str:
    return f"<html><head><title>t</title></head><body><script>var n = 1;</script><main>{content}</main></body></html>"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<p>Yhdistysrekisterissä oli 31.8.2019 yhteensä 106 617 yhdistystä.</p>", {"yhdistykset_rekisteri"}),
        ("<p>Yhdistyksiä 106&nbsp;617 (31.8.2019)</p>", {"yhdistykset_rekisteri"}),
        ("<p>Tilanne 31.8.2019. Yhdistyksiä 106617.</p>", {"yhdistykset_rekisteri"}),
        ("<table><tr><td>Yhdistykset</td><td>31.8.2019</td><td>106 617</td></tr></table>", {"yhdistykset_rekisteri"}),
        (
            "<p>31.8.2019: yhdistyksiä ja uskonnollisia yhdyskuntia 106 617.</p>",
            {"yhdistykset_ja_uskonnolliset_yhdyskunnat"},
        ),
        ("<p>Yhdistyksiä ja uskonnollisia yhdyskuntia 31.8.2019, yhdistyksiä 106 617.</p>", set()),
        ("<p>Yhdistysten ja uskonnollisten yhdyskuntien rekisterit 31.8.2019: 106 617</p>", set()),
        ("<p>Luokittelemattomia yhdistyksiä 31.8.2019: 22 894</p>", set()),
        ("<p>Uusia yhdistyksiä 31.8.2019: 12 345</p>", set()),
        ("<p>Yhdistyksiä oli 31.8.2019 noin 106 000.</p>", set()),
        ("<p>Yhdistyksiä 106 617. Viimeksi päivitetty 31.8.2019</p>", set()),
        ("<p>Yhdistyksiä 106 617</p><p>Tilanne 31.8.2019</p>", set()),
        ("<table><tr><td>Yhdistyksiä</td><td>106 617</td><td>104 478</td><td>31.8.2019</td></tr></table>", set()),
        ("<p>Yhdistyksiä 31.8.2019: 106 617.</p><p>Yhdistyksiä 31.8.2019: 106 618.</p>", set()),
        ("<p>Yhdistyksiä 31.8.2019: 1 106 617</p>", set()),
    ],
)
def test_totals_are_read_only_where_nothing_is_in_doubt(content: str, found: set[str]) -> None:
    reading = read(text_page(content), "totals")
    rows = reading.observations.to_dicts()
    assert {row["series"] for row in rows} == found
    assert all((row["value"], row["as_of"], row["geo"]) == (106617.0, "2019-08-31", "FI") for row in rows)
    assert {row["coverage"] for row in rows} <= {"associations", "associations_and_religious_communities"}
    assert (reading.remarks == ()) == bool(found)
    assert reading.observations.schema == dict(DRAFT)
    assert found <= set(SOURCE.series)


def test_a_table_of_totals_by_day() -> None:
    rows = "".join(f"<tr><td>Yhdistyksiä</td><td>31.12.{year}</td><td>{n}</td></tr>" for year, n in
                   ((2017, "104 478"), (2018, "105 900")))  # fmt: skip
    reading = read(text_page(f"<table>{rows}</table>"), "totals")
    values = dict(reading.observations.select("as_of", "value").iter_rows())
    assert values == {"2017-12-31": 104478.0, "2018-12-31": 105900.0}
    assert reading.reference == "2018-12-31"
    assert dict(reading.panels["prh-totals"].iter_rows()) == {"yhdistykset_rekisteri": 105900.0}


@pytest.mark.parametrize("page_id", ["totals", "index-sv", "news-2023"])
def test_pages_of_unknown_layout_are_kept_and_compared_by_their_text(page_id: str) -> None:
    first = read(text_page("<p>Statistik</p>"), page_id)
    same = read(text_page("<div>\n Statistik&nbsp;</div><!-- t2 -->").replace("n = 1", "n = 2"), page_id)
    other = read(text_page("<p>Statistik 2</p>"), page_id)
    assert first.content == same.content != other.content
    assert first.observations.height == 0
    with pytest.raises(InputError, match="empty"):
        read("", page_id)
    with pytest.raises(InputError, match="no HTML"):
        read("%PDF-1.7", page_id)


def test_a_hand_saved_file_is_recognised_by_its_headings() -> None:
    assert SOURCE.imported(page().encode(), "a.html") == "regions-fi"
    assert SOURCE.imported(page("2022-08-31", "sv").encode(), "b.html") == "regions-sv"
    with pytest.raises(InputError, match=r"^c\.html: no table"):
        SOURCE.imported(LOGIN.encode(), "c.html")


# -- fetching ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@dataclass
class Known:
    """What an earlier night left behind."""

    good: dict[str, datetime] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    named: bool = False
    now: datetime = NOW
    work: Path = Path("unused")

    def validators(self, page: str) -> Validators:
        return Validators(self.etags.get(page))

    def last_good(self, page: str) -> datetime | None:
        return self.good.get(page)

    def content(self, page: str) -> str | None:
        return None


@pytest.fixture(scope="module")
def running() -> Iterator[Publisher]:
    with publisher() as server:
        yield server


@pytest.fixture
def server(running: Publisher) -> Publisher:
    running.routes.clear()
    running.requests.clear()
    running.fallback = Reply(b"<h1>404</h1>", 404)
    return running


def serve(server: Publisher) -> None:
    for page_id, path in prh_pages.PATHS.items():
        server.page(path, page() if page_id.startswith("regions-") else text_page("<p>x</p>"), etag=f'"{page_id}"')


def fetch(server: Publisher, known: Known | None = None, **limits: float) -> dict[str, Fetched]:
    http = Http(server.url, None, Limits(**({"timeout_s": 2.0, "attempts": 1} | limits)), sleep=lambda _: None)  # type: ignore[arg-type]
    return {fetched.page: fetched for fetched in SOURCE.fetch(http, known or Known())}


def test_fetch_gets_every_page_at_the_publishers_path(server: Publisher) -> None:
    serve(server)
    got = fetch(server)
    assert list(got) == ["regions-fi", "regions-sv", "totals", "index-sv", "news-2023"]
    assert all(fetched.answers and not fetched.error for fetched in got.values())
    assert read(got["regions-fi"].answers[0].body).problems == ()


def test_weekly_pages_wait_a_week_and_304_is_told(server: Publisher) -> None:
    known = Known(
        {"regions-fi": NOW, "totals": NOW - timedelta(days=7), "index-sv": NOW - timedelta(days=6)},
        {"regions-fi": '"regions-fi"', "news-2023": '"old"'},
    )
    serve(server)
    got = fetch(server, known)
    assert list(got) == ["regions-fi", "regions-sv", "totals", "news-2023"]
    assert got["regions-fi"] == Fetched("regions-fi", not_modified=True)
    assert got["news-2023"].answers, "an old ETag gets the new page"


def test_one_missing_page_stops_no_other(server: Publisher) -> None:
    serve(server)
    del server.routes[prh_pages.PATHS["regions-sv"]]
    server.page(prh_pages.PATHS["index-sv"], "", status=500)
    got = fetch(server)
    assert "404" in got["regions-sv"].error
    assert "500" in got["index-sv"].error
    assert all(got[page_id].answers for page_id in ("regions-fi", "totals", "news-2023"))


@pytest.mark.parametrize("fault", ["hang", "drop", "refuse"])
def test_a_host_that_does_not_answer_is_asked_once(server: Publisher, fault: str) -> None:
    server.fallback = Reply(page().encode(), fault=fault, headers={"seconds": "0.3"})
    got = fetch(server, timeout_s=0.1)
    assert {request.path for request in server.requests} == {prh_pages.PATHS["regions-fi"]}
    assert got["regions-fi"].error
    assert not got["regions-fi"].answers
    rest = [fetched for page_id, fetched in got.items() if page_id != "regions-fi"]
    assert len(rest) == 4
    assert all(fetched.host_down and "not asked" in fetched.error for fetched in rest)


def test_a_redirect_to_a_login_page_is_fetched_and_refused_by_read(server: Publisher) -> None:
    serve(server)
    server.page(prh_pages.PATHS["regions-fi"], "", status=302, headers={"Location": "/login"})
    server.page("/login", LOGIN)
    answer = fetch(server)["regions-fi"].answers[0]
    assert answer.final_url.endswith("/login")
    assert "Kirjaudu" in refusal(answer.body)


def test_a_gzip_bomb_is_cut_off_and_the_other_pages_are_fetched(server: Publisher) -> None:
    serve(server)
    server.routes[prh_pages.PATHS["regions-fi"]] = bomb(2)
    got = fetch(server, max_bytes=300_000)
    assert "larger than 300000 bytes" in got["regions-fi"].error
    assert got["regions-sv"].answers


def test_without_a_contact_the_public_host_is_not_asked() -> None:
    with pytest.raises(NoContactError, match="contact"):
        list(SOURCE.fetch(Http(None, None), Known()))
