"""StatFin: the same rows whatever the era calls things, politeness to the server, and what is not believed."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest

from pipelines.errors import FetchError, InputError
from pipelines.http import Http, Limits, Validators
from pipelines.observations import check
from pipelines.raw import Answer
from pipelines.sources import pxweb
from pipelines.sources.base import Edition, Fetched, Reading
from pipelines.sources.placements import employer_sector
from pipelines.sources.statfin import SOURCE
from tests.servers import Publisher, Reply, Request, publisher
from tests.sources import statfin_server as server
from tests.sources.statfin_server import Data, annual, install, monthly, occupational, revised

NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
URLS = ("https://pxdata.stat.fi/PxWeb/api/v1/fi/StatFin/tyonv/12va.px",)
TRANSCRIBED = Path(__file__).resolve().parents[2] / "data" / "raw" / "transcribed" / "palkkatuki.csv"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "samples" / "statfin_pxweb_v1"

# Shared palkkatuki.md §6: private, municipality, state; True where a hidden cell makes it at least that many.
PRINTED = {
    "2010": ((25_460, False), (14_397, False), (2_799, False), 39_857),
    "2011": ((23_016, False), (13_578, False), (2_017, False), 36_594),
    "2012": ((19_850, False), (11_814, False), (1_142, False), 31_664),
    "2013": ((28_357, False), (13_591, False), (1_615, False), 41_948),
    "2014": ((33_825, False), (13_801, False), (1_514, False), 47_626),
    "2015": ((19_037, False), (11_482, False), (1_085, False), 30_519),
    "2016": ((20_542, False), (12_327, True), (907, False), 32_869),
    "2017": ((19_924, True), (13_124, False), (753, False), 33_048),
    "2018": ((21_411, False), (14_005, False), (706, False), 35_416),
    "2019": ((20_355, False), (12_397, False), (642, False), 32_752),
    "2020": ((18_084, False), (9_878, False), (743, False), 27_962),
    "2021": ((19_193, False), (10_532, False), (662, False), 29_725),
}


@dataclass
class Seen:
    """What fetch knows of earlier visits: page → when it was last seen well."""

    good: dict[str, datetime] = field(default_factory=dict)
    now: datetime = NOW
    work: Path = Path("unused")

    def validators(self, page: str) -> Validators:
        return Validators()

    named = False

    def last_good(self, page: str) -> datetime | None:
        return self.good.get(page)

    def content(self, page: str) -> str | None:
        return None


class Direct:
    """Stands for ``Http`` where the connection is not the point: the publisher's routes, without a socket."""

    def __init__(self, host: Publisher) -> None:
        self.host = host

    def resolve(self, url: str) -> str:
        return url

    def get(self, url: str, validators: Validators | None = None, accept: str = "*/*") -> Answer:
        return self._answer("GET", url, b"")

    def post_json(self, url: str, payload: Mapping[str, Any]) -> Answer:
        return self._answer("POST", url, json.dumps(payload).encode())

    def _answer(self, method: str, url: str, body: bytes) -> Answer:
        parts = urlsplit(url)
        request = Request(method, parts.path, parts.query, {}, body)
        self.host.requests.append(request)
        route = self.host.routes.get(parts.path, self.host.fallback)
        reply = route(request) if callable(route) else route
        if reply.status != 200:
            raise FetchError(url, f"answered {reply.status}", "200")
        return Answer(reply.body, url, url)


@pytest.fixture
def host() -> Publisher:
    """A publisher in memory; ``live`` is one on a port."""
    return Publisher()


@pytest.fixture
def live() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


def fetch(host: Publisher, *pages: str, seen: Seen | None = None) -> dict[str, Fetched]:
    """Fetch the named pages (all when none is named)."""
    source = replace(SOURCE, pages=tuple(page for page in SOURCE.pages if not pages or page.id in pages))
    http: Any = Http(host.url, None, Limits(timeout_s=2, attempts=1)) if host.url else Direct(host)
    return {fetched.page: fetched for fetched in source.fetch(http, seen or Seen())}


def read(fetched: Fetched) -> Reading:
    assert fetched.error == ""
    bodies, urls = tuple(a.body for a in fetched.answers), tuple(a.url for a in fetched.answers)
    return SOURCE.read(Edition("statfin", fetched.page, bodies, urls, first_seen=NOW.date()))


def one(host: Publisher, page: str = "12va", era: str = "new", **options: Any) -> Reading:
    install(host, era, **options)
    return read(fetch(host, page)[page])


def values(reading: Reading, series: str, **filters: str) -> dict[tuple[str, str], tuple[float, str]]:
    """(period, category) → (value, bound) of a series."""
    rows = reading.observations.filter(pl.col("series") == series, **filters)
    return {(r["period"], r["category"]): (r["value"], r["bound"]) for r in rows.iter_rows(named=True)}


def unreadable(bodies: tuple[bytes, ...], page: str = "12va") -> str:
    with pytest.raises(InputError) as error:
        SOURCE.read(Edition("statfin", page, bodies, URLS * len(bodies)))
    return str(error.value)


# -- the same numbers, whatever things are called ----------------------------------------------------------------


@pytest.mark.parametrize("page", ["12va", "12u6", "12u7"])
def test_three_eras_and_both_forms_say_the_same(host: Publisher, page: str) -> None:
    new = one(host, page, "new")
    assert new.observations.height > 200
    for era, form in (("old", "json-stat2"), ("future", "json-stat2"), ("new", "json"), ("future", "json")):
        other = one(host, page, era, form=form)
        assert other.observations.equals(new.observations), f"{era} {form}"
        assert (other.content, other.reference, other.problems) == (new.content, new.reference, ())


def test_rows_equal_those_that_a_person_transcribed(host: Publisher) -> None:
    install(host)
    readings = [read(each) for each in fetch(host, "12va", "12u6").values()]
    told = pl.concat([reading.observations for reading in readings])
    columns = ("series", "geo", "dimension", "category", "coverage", "period", "unit", "bound", "status")
    found = {tuple(row[:-1]): row[-1] for row in told.select(*columns, "value").rows()}
    ours = {"alkaneet_vuosi_koodi", "alkaneet_vuosi_sektori", "alkaneet_kk_koodi"}
    not_ours = {"kolmas_sektori", "oppisopimus", "palkkatuki_ja_valtio"}
    compared = 0
    with TRANSCRIBED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["series"] not in ours or row["category"] in not_ours or "2006" < row["period"][:5] < "2015":
                continue
            if row["series"] == "alkaneet_kk_koodi" and row["period"] < "2015":
                continue  # only SSS was transcribed of those months
            assert found[tuple(row[column] for column in columns)] == float(row["value"])
            compared += 1
    assert compared > 700
    check(told, "statfin")


@pytest.mark.parametrize("year", PRINTED)
def test_sums_of_the_contract(year: str, sums: dict[tuple[str, str], tuple[float, str]]) -> None:
    private, municipal, state, both = PRINTED[year]
    for sector, (value, hidden) in zip(("yksityinen", "kunta", "valtio"), (private, municipal, state), strict=True):
        assert sums[year, sector] == (value, "at_least" if hidden else "exact")
    hidden = private[1] or municipal[1]
    assert sums[year, "palkkatuki_yhteensa"] == (both, "at_least" if hidden else "exact")


@pytest.fixture(scope="module")
def sums() -> dict[tuple[str, str], tuple[float, str]]:
    return values(one(Publisher()), "alkaneet_vuosi_sektori")


def test_edition_says_when_it_was_published_and_by_whom(host: Publisher) -> None:
    reading = one(host, updated="2026-03-25")
    assert reading.published_on == date(2026, 3, 25)
    assert (reading.reference, reading.coverage) == ("2021", "started_periods")
    row = reading.observations.filter(series="alkaneet_vuosi_koodi", category="6T", period="2018").row(0, named=True)
    assert row["published_on"] == date(2026, 3, 25)
    assert row["source_url"] == URLS[0]
    assert row["publisher"].startswith("KEHA-keskus")
    assert row["note"] == "12va SIJOITALKOIVV"
    assert (row["basis"], row["as_of"], row["citation"]) == ("register", "", "")
    assert set(reading.observations["series"]) <= set(SOURCE.series)


# -- hidden cells and unknown codes ------------------------------------------------------------------------------


def test_a_hidden_cell_is_no_row_and_a_zero_is_one(host: Publisher) -> None:
    reading = one(host)
    codes = values(reading, "alkaneet_vuosi_koodi")
    assert ("2016", "53") not in codes
    assert codes["2018", "53"] == (0, "exact")
    note = reading.observations.filter(series="alkaneet_vuosi_sektori", category="kunta", period="2016")["note"][0]
    assert "53 suppressed" in note
    assert "5T" in note


def test_a_sector_that_is_hidden_whole_has_no_row(host: Publisher) -> None:
    state = values(one(host, "12u6"), "alkaneet_kk_sektori", category="valtio")
    assert ("2019-12", "valtio") not in state  # both codes hidden
    assert state["2020-12", "valtio"] == (9, "at_least")
    assert state["2020-11", "valtio"] == (37, "exact")


def test_a_code_never_seen_goes_to_its_own_bucket_and_is_named(host: Publisher) -> None:
    data = revised(revised(annual(), "2021", "5U", 321), "2021", "X", 4)
    reading = one(host, data=data)
    sums = values(reading, "alkaneet_vuosi_sektori", period="2021")
    assert sums["2021", "tuntematon"] == (325, "exact")
    assert sums["2021", "kunta"] == (10_532, "exact")
    assert "tuntematon" not in {category for _, category in values(reading, "alkaneet_vuosi_sektori", period="2020")}
    assert values(reading, "alkaneet_vuosi_koodi")["2021", "5U"] == (321, "exact")
    remarks = " ".join(reading.remarks)
    assert "5U (Laji 5U)" in remarks
    assert "321 in 2021" in remarks
    assert "X (Laji X)" in remarks
    assert reading.problems == ()


def test_grouping_of_codes() -> None:
    assert employer_sector("74", "2007-11") == "yksityinen"
    assert employer_sector("75", "2006") == "kunta"
    assert employer_sector("74", "2008") == employer_sector("75", "2005") == "muu"
    assert employer_sector("SSS", "2018") == "kaikki"
    assert employer_sector("X", "2018") == "tuntematon"
    known = {code: employer_sector(code, "2018") for code in server.CODES if code != "X"}
    assert "tuntematon" not in known.values(), "the published list is grouped whole"


def test_five_hundred_day_placements_count_in_their_years_only(host: Publisher) -> None:
    data = revised(revised(annual(), "2006", "75", 250), "2008", "75", 250)
    sums = values(one(host, data=data), "alkaneet_vuosi_sektori", category="kunta")
    assert sums["2006", "kunta"] == (18_543, "exact")  # the EC's LMP entrants of 2006
    assert sums["2008", "kunta"] == (13_259, "exact")


def test_periods_of_the_new_client_register_are_marked(host: Publisher) -> None:
    years = annual(last="2021") | {str(year): annual()["2021"] for year in range(2022, 2026)}
    rows = one(host, data=years).observations.filter(pl.col("period") >= "2024")
    marked = {(r["series"], r["period"]): (r["status"], "new client register" in r["note"]) for r in rows.to_dicts()}
    assert marked == {
        ("alkaneet_vuosi_koodi", "2024"): ("ok", False),
        ("alkaneet_vuosi_koodi", "2025"): ("preliminary", True),
        ("alkaneet_vuosi_sektori", "2024"): ("derived", False),
        ("alkaneet_vuosi_sektori", "2025"): ("derived", True),
    }


def test_preliminary_years_are_marked(host: Publisher) -> None:
    install(host)
    answers = fetch(host, "12va")["12va"].answers
    body = answers[1].body.replace(b'"2021": "2021"', b'"2021": "2021*"')
    reading = SOURCE.read(Edition("statfin", "12va", (body,), URLS))
    status = dict(reading.observations.filter(category="6T").select("period", "status").rows())
    assert (status["2021"], status["2020"]) == ("preliminary", "ok")


# -- by occupation -----------------------------------------------------------------------------------------------


def test_occupations_count_private_employers_in_the_newest_twelve_months(host: Publisher) -> None:
    rows = values(one(host, "12u7"), "alkaneet_kk_ammatti")
    months = sorted(occupational())[-12:]
    assert sorted({period for period, _ in rows}) == months
    assert len(rows) == 12 * 24, "every occupation, without the total"
    assert rows[months[-1], "5002 Ammatti 5002"] == (20 + 13 + 2, "exact")
    assert rows[months[-1], "5003 Ammatti 5003"] == (30 + 13, "at_least")


def test_occupations_are_found_by_their_codes_when_the_name_does_not_tell(host: Publisher) -> None:
    install(host)
    answers = [answer.body for answer in fetch(host, "12u7")["12u7"].answers]
    renamed = tuple(body.replace("Ammattiryhmä".encode(), b"luokka_9").replace(b"Ammatti ", b"L ") for body in answers)
    reading = SOURCE.read(Edition("statfin", "12u7", renamed, URLS * 2))
    assert reading.observations["category"].unique().sort()[0] == "5001 L 5001"


# -- what is the same edition ------------------------------------------------------------------------------------


def test_content_changes_with_values_only(host: Publisher) -> None:
    first = one(host, updated="2022-04-17")
    again = one(host, "12va", "future", updated="2027-02-01", form="json")
    assert again.content == first.content
    assert again.published_on != first.published_on
    answers = fetch(host, "12va")["12va"].answers
    relabelled = tuple(answer.body.replace(b"Laji 6T", b"Palkkatuki") for answer in answers)
    assert SOURCE.read(Edition("statfin", "12va", relabelled, URLS * 2)).content == first.content
    assert one(host, data=revised(annual(), "2018", "6T", 19_675)).content != first.content
    assert one(host, data=revised(annual(), "2018", "53", None)).content != first.content


def test_panels_hold_whole_years(host: Publisher) -> None:
    yearly = dict(one(host).panels["statfin-12va"].rows())
    assert yearly["2018|yksityinen"] == 21_411
    assert {key.split("|")[1] for key in yearly} == {"yksityinen", "kunta"}
    by_month = dict(one(host, "12u6").panels["statfin-12u6"].rows())
    assert "2022|yksityinen" not in by_month, "two months are no year"
    expected = sum((cells["6T"] or 0) + (cells["6V"] or 0) for p, cells in monthly().items() if p.startswith("2018"))
    assert by_month["2018|yksityinen"] == expected
    assert one(host, "12u7").panels == {}


# -- what is not believed ----------------------------------------------------------------------------------------


def without(data: Data, *periods: str) -> Data:
    return {period: cells for period, cells in data.items() if period not in periods}


def only_codes(data: Data, *codes: str) -> Data:
    """The other codes are hidden, SSS stays: what an answer that lost half its rows would say."""
    return {p: {c: (v if c in (*codes, "SSS") else None) for c, v in cells.items()} for p, cells in data.items()}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (revised(annual(), "2019", "6T", -5), "negative: 2019 6T -5"),
        (revised(annual(), "2019", "6T", 18_363.5), "not a whole number"),
        (revised(annual(), "2019", "6T", 1_836_300), "above 500000"),
        (annual("2015", "2021"), "7 periods with values, at least 8"),
        (without(annual(), "2010", "2013"), "no values for 2010, 2013"),
        (without(annual(), *(str(year) for year in range(2007, 2021, 2))), "and 4 more"),
        (only_codes(annual(), "40", "41", "61", "62", "5T", "5V"), "less than 95% of SSS in 20"),
        (only_codes(annual(), "6T", "6V", "5T"), "3 placement codes with values in 2021"),
        ({p: cells | {"SSS": 30_000} for p, cells in annual().items()}, "more than SSS in 2006"),
        (annual() | {"2022": annual()["2021"], "2023": annual()["2021"]}, ""),
        (annual(last="2021") | {str(year): annual()["2021"] for year in range(2022, 2027)}, "2026 was not over on"),
    ],
)
def test_implausible_editions_name_their_problem(host: Publisher, data: Data, named: str) -> None:
    problems = one(host, data=data).problems
    assert bool(problems) == bool(named)
    assert named in " ".join(problems)


def test_cells_that_come_twice_are_a_problem(host: Publisher) -> None:
    install(host)
    metadata, data = (answer.body for answer in fetch(host, "12va")["12va"].answers)
    reading = SOURCE.read(Edition("statfin", "12va", (metadata, data, data), URLS * 3))
    assert "there twice" in " ".join(reading.problems)


@pytest.mark.parametrize(
    ("page", "data", "named"),
    [
        ("12u6", {"monthly_data": monthly("2020-04")}, "periods with values, at least 24"),
        ("12u7", {"occupations": occupational(months=5)}, "periods with values, at least 6"),
        ("12u7", {"occupations": occupational(occupations=12)}, "12 occupations, at least 20"),
    ],
)
def test_monthly_tables_have_their_own_floor(host: Publisher, page: str, data: dict[str, Any], named: str) -> None:
    assert named in " ".join(one(host, page, **data).problems)


def test_unreadable_answers_say_what_they_are(host: Publisher) -> None:
    install(host)
    metadata, data = (answer.body for answer in fetch(host, "12va")["12va"].answers)
    assert "HTML page titled 'Kirjaudu'" in unreadable((metadata, b"<html><title>Kirjaudu</title>"))
    assert "cut short" in unreadable((metadata, data[: len(data) // 2]))
    assert "no data among the answers" in unreadable((metadata,))
    assert "12va.px" in unreadable((metadata, b""))
    assert "month" in unreadable((fetch(host, "12u6")["12u6"].answers[1].body.replace(b"M01", b""),), "12u6")


def test_a_file_saved_with_areas_and_sexes_is_read_by_their_totals(host: Publisher) -> None:
    install(host)
    everything = {"filter": "all", "values": ["*"]}
    variables = json.loads(Direct(host).get("http://x" + server.FOLDER + "12va.px").body)["variables"]
    query = {"query": [{"code": variable["code"], "selection": everything} for variable in variables]}
    saved = Direct(host).post_json("http://x" + server.FOLDER + "12va.px", query).body
    assert len(json.loads(saved)["id"]) == 6
    reading = SOURCE.read(Edition("statfin", "12va", (saved,), URLS))
    assert reading.content == one(host).content


def test_one_municipality_is_not_the_whole_country(host: Publisher) -> None:
    install(host)
    data = json.loads(fetch(host, "12va")["12va"].answers[1].body)
    data["dimension"]["Alue"]["category"] = {"index": {"KU091": 0}, "label": {"KU091": "Helsinki"}}
    assert "Alue (Alue) has only KU091" in unreadable((json.dumps(data).encode(),))


# -- asking ------------------------------------------------------------------------------------------------------


def test_metadata_is_the_first_answer_and_bodies_are_as_sent(live: Publisher) -> None:
    install(live)
    fetched = fetch(live, "12va")["12va"]
    assert [pxweb.is_metadata(answer.body) for answer in fetched.answers] == [True, False]
    assert fetched.answers[1].body.startswith(b'{"version": "2.0"')
    assert json.loads(fetched.answers[0].body)["title"].startswith("Sijoitukset")


def posted(host: Publisher) -> list[Request]:
    return [request for request in host.requests if request.method == "POST"]


@pytest.mark.parametrize(("page", "limit"), [("12va", 100), ("12u6", 500), ("12u7", 1000), ("12u7", 200)])
def test_queries_are_split_under_the_limit_and_put_together_again(host: Publisher, page: str, limit: int) -> None:
    whole = one(host, page)
    host.requests.clear()
    parts = one(host, page, max_cells=limit)  # the server answers 403 above it
    assert len(posted(host)) > 2
    assert (parts.content, parts.observations.equals(whole.observations)) == (whole.content, True)


def test_more_calls_than_the_window_allows_are_not_made(host: Publisher) -> None:
    install(host, max_cells=100, max_calls=6)  # 12va alone needs 6 requests for its data
    found = fetch(host)
    assert "at most 6 a night" in found["12va"].error
    assert len(host.requests) <= 6


def test_selection_is_the_whole_country_and_every_placement_code(host: Publisher) -> None:
    install(host, "future")
    fetch(host, "12va")
    asked = {entry["code"]: entry["selection"]["values"] for entry in posted(host)[0].json["query"]}
    assert asked["alue_24_20270101"] == ["SSS"]
    assert asked["koulutusaste_1_20270101"] == ["SSS"], "must be chosen, so its total is"
    assert asked["sisalto_1"] == ["tyonv-SIJOITALKOIVV"]
    assert "X" in asked["tyollistamisenlaji_7_20270101"]
    assert "sukupuoli_9_20270101" not in asked, "eliminable, so left to the server"


def test_a_variable_without_a_total_stops_that_table_only(host: Publisher) -> None:
    install(host)
    path = server.FOLDER + "12va.px"
    content = json.loads(fetch(host, "12va")["12va"].answers[0].body)
    content["variables"].append({"code": "kesto_1", "text": "Kesto", "values": ["1", "2"], "valueTexts": ["a", "b"]})
    host.json(path, content)
    found = fetch(host, "12va", "12u6")
    assert "kesto_1 (Kesto) must be chosen" in found["12va"].error
    assert found["12u6"].error == ""


def test_a_table_that_left_the_folder_is_named_and_the_others_go_on(host: Publisher) -> None:
    install(host, without=("12va",))
    found = fetch(host)
    assert "table 12va is not in the folder" in found["12va"].error
    assert not found["12va"].host_down
    assert [found[page].error for page in ("12u6", "12u7")] == ["", ""]


def test_refusals_of_one_table_leave_the_others(live: Publisher) -> None:
    install(live)
    live.routes[server.FOLDER + "12u6.px"] = Reply(b"Bad Request", 400, "text/plain")
    found = fetch(live)
    assert "answered 400" in found["12u6"].error
    assert [found[page].error for page in ("12va", "12u7")] == ["", ""]


@pytest.mark.parametrize("reply", [Reply(b"no", 404), Reply(b"<title>Huolto</title>"), Reply(b'{"maxCells": "x"}')])
def test_limits_that_cannot_be_had_are_replaced_by_cautious_ones(host: Publisher, reply: Reply) -> None:
    install(host)
    host.routes[server.ROOT] = reply
    assert fetch(host, "12va")["12va"].error == ""


def test_without_the_folder_list_the_short_name_is_tried(host: Publisher) -> None:
    install(host)
    host.routes[server.FOLDER] = Reply(b"Bad Request", 400)
    assert fetch(host, "12va")["12va"].error == ""
    install(host, "old")
    host.routes[server.FOLDER] = Reply(b"Bad Request", 400)
    error = fetch(host, "12va")["12va"].error
    assert "12va.px" in error
    assert "folder list failed too" in error


def test_a_host_that_is_down_is_asked_once(live: Publisher) -> None:
    live.fallback = Reply(fault="refuse")
    found = fetch(live)
    assert {page: fetched.host_down for page, fetched in found.items()} == dict.fromkeys(("12va", "12u6", "12u7"), True)
    assert len({request.path for request in live.requests}) == 1


def test_a_host_that_goes_down_midway_keeps_what_came(live: Publisher) -> None:
    install(live)
    live.routes[server.FOLDER + "12u6.px"] = Reply(fault="refuse")
    found = fetch(live)
    assert found["12va"].error == ""
    assert [found[page].host_down for page in ("12u6", "12u7")] == [True, True]
    assert not live.asked(server.FOLDER + "12u7.px")


def test_occupations_are_asked_for_weekly(host: Publisher) -> None:
    install(host)
    yesterday = NOW - timedelta(days=1)
    assert set(fetch(host, seen=Seen(dict.fromkeys(("12va", "12u6", "12u7"), yesterday)))) == {"12va", "12u6"}
    assert "12u7" in fetch(host, seen=Seen({"12u7": NOW - timedelta(days=7)}))


# -- files saved by hand -----------------------------------------------------------------------------------------


def test_a_saved_file_is_recognised_by_its_id_its_name_or_its_contents(host: Publisher) -> None:
    for page in ("12va", "12u6", "12u7"):
        install(host, "old")
        with_id = fetch(host, page)[page].answers[1].body
        assert SOURCE.imported(with_id, "lataus.json") == page
        install(host, form="json")
        without_id = fetch(host, page)[page].answers[1].body
        assert SOURCE.imported(without_id, f"statfin_tyonv_pxt_{page}_20261001.json") == page
        assert SOURCE.imported(without_id, "lataus(3).json") == page


def test_a_file_of_another_table_is_refused(host: Publisher) -> None:
    install(host)
    data = json.loads(fetch(host, "12va")["12va"].answers[1].body)
    data["extension"]["px"] = {"tableid": "12r5"}
    with pytest.raises(InputError, match="12r5 is none of ours"):
        SOURCE.imported(json.dumps(data).encode(), "12va.json")
    with pytest.raises(InputError, match=r"x\.json: an HTML page"):
        SOURCE.imported(b"<html>", "x.json")


# -- the protocol ------------------------------------------------------------------------------------------------


def sample(name: str) -> bytes:
    if not (SAMPLES / name).is_file():
        pytest.skip(f"sample {name} is not on this machine: ../shared is absent")
    return (SAMPLES / name).read_bytes()


def test_real_folder_list_and_metadata() -> None:
    rows = pxweb.parse_folder(sample("vaerak_table_list_2026schema.json"), "list")
    assert len(rows) == 32
    assert pxweb.find_table(rows, "11RE") == "11re.px"
    assert pxweb.find_table(rows, "12va") is None
    body = sample("tyti_metadata_v1_2026schema.json")
    variables = pxweb.parse_metadata(body, "meta")
    assert pxweb.is_metadata(body)
    assert pxweb.time_of(variables, "meta").code == "timeperiod_m"
    assert pxweb.measure_of(variables, "tyolliset", "meta")[0].code == "contentscode"
    with pytest.raises(InputError, match="5T and 6T"):
        pxweb.offering(variables, ("6T", "5T"), "meta")


@pytest.mark.parametrize(
    ("id", "text", "found"),
    [
        ("12va.px", "12va -- Sijoitukset", True),
        ("statfin_tyonv_pxt_12va.px", "Sijoitukset", True),
        ("12VA.PX", "", True),
        ("uusinimi.px", "12va -- Sijoitukset", True),
        ("statfin_tyonv_pxt_12va_2025q4.px", "Arkisto", False),
        ("112va.px", "Sijoitukset (12va)", False),
        ("12u6.px", "12u6 -- vertaa 12va -- x", False),
    ],
)
def test_a_table_is_found_by_name_or_text(id: str, text: str, found: bool) -> None:
    rows = pxweb.parse_folder(json.dumps([{"id": id, "type": "t", "text": text}]).encode(), "list")
    assert (pxweb.find_table(rows, "12va") == id) is found


def test_a_folder_of_that_name_is_no_table() -> None:
    rows = pxweb.parse_folder(b'[{"id": "12va", "type": "l", "text": "12va -- x"}]', "list")
    assert pxweb.find_table(rows, "12va") is None


def test_split_gives_every_cell_once_and_in_order_of_time() -> None:
    selection = {"t": tuple("abcdefg"), "x": tuple("12345"), "y": ("z",)}
    parts = pxweb.split(selection, "t", 12)
    assert [part["t"] for part in parts] == [("a", "b"), ("c", "d"), ("e", "f"), ("g",)]
    small = pxweb.split(selection, "t", 2)
    asked = [(t, x) for part in small for t in part["t"] for x in part["x"]]
    assert sorted(asked) == sorted((t, x) for t in "abcdefg" for x in "12345")
    assert max(pxweb.cells(part) for part in small) == 2


def test_limits_are_read_and_nonsense_keeps_the_defaults() -> None:
    body = b'{"maxValues":120000,"maxCells":120000,"maxCalls":40,"timeWindow":60,"CORS":true}'
    assert pxweb.parse_config(body, "c") == pxweb.Config(120_000, 40, 60)
    assert pxweb.parse_config(b'{"maxCells": 0, "maxCalls": "many", "timeWindow": true}', "c") == pxweb.Config()
    assert pxweb.Config().interval_s <= SOURCE.min_interval_s, "our pace keeps the cautious limit"


@pytest.mark.parametrize(
    "content",
    [{}, [], {"variables": []}, {"variables": [{"code": "a"}]}, {"variables": [{"code": "a", "values": "b"}]}],
)
def test_metadata_without_variables_is_refused(content: Any) -> None:
    with pytest.raises(InputError, match="meta"):
        pxweb.parse_metadata(json.dumps(content).encode(), "meta")
