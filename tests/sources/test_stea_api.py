"""The endpoint of STEA: when it is crawled, how a broken crawl goes on, what its JSON may not say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.http import Http, Limits, Validators
from pipelines.raw import Answer
from pipelines.sources import stea, stea_api
from pipelines.sources.base import Edition, Fetched, Reading
from pipelines.sources.stea_workbook import GRANTS
from tests.servers import Publisher, Reply, publisher
from tests.sources import stea_files
from tests.sources.stea_files import install, org_json, target_json, workbook, years

NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def read(body: bytes) -> Reading:
    return stea.SOURCE.read(Edition("stea", "organisations", (body,), (stea_api.ADDRESS,)))


@dataclass
class Known:
    """What fetch may know, kept as the orchestration would keep it."""

    work: Path
    named: bool = False
    now: datetime = NIGHT
    seen: dict[str, datetime] = field(default_factory=dict[str, datetime])
    contents: dict[str, str] = field(default_factory=dict[str, str])

    def validators(self, page: str) -> Validators:
        return Validators(etag='"1"') if page == "workbook" and page in self.seen else Validators()

    def last_good(self, page: str) -> datetime | None:
        return self.seen.get(page)

    def content(self, page: str) -> str | None:
        return self.contents.get(page)


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


@pytest.fixture
def known(tmp_path: Path) -> Known:
    return Known(tmp_path / "work" / "stea")


MAX_ID = 12
ORGS = {n: org_json(n, f"Yhdistys {n} ry", [target_json(2025, granted=n)]) for n in (2, 3, 5, 7, 11)}


def client(server: Publisher) -> Http:
    return Http(server.url, None, Limits(timeout_s=2, attempts=2), sleep=lambda _: None)


def run(server: Publisher, known: Known, workbook_url: str | None = None, max_id: int = MAX_ID) -> dict[str, Fetched]:
    """One night: fetch, and take over what read admits, as the orchestration does."""
    source = stea.source(workbook_url, max_id)
    found: dict[str, Fetched] = {}
    for fetched in source.fetch(client(server), known):
        found[fetched.page] = fetched
        if fetched.answers:
            bodies, urls = zip(*((a.body, a.url) for a in fetched.answers), strict=True)
            known.contents[fetched.page] = source.read(Edition("stea", fetched.page, bodies, urls)).content
        if not fetched.error:
            known.seen[fetched.page] = known.now
    return found


def test_the_first_night_crawls_and_reads_what_came(server: Publisher, known: Known) -> None:
    orgs = {**ORGS, 4: org_json(4, None)}
    orgs[7] = org_json(
        7, " Uusi nimi ry ", [target_json(2024, organisationName="Vanha nimi ry", purpose=None)],
        business_id="", history=["Vanha nimi ry"],
    )  # fmt: skip
    api = install(server, orgs)
    found = run(server, known)
    assert list(found) == ["probes", "organisations"]
    assert api.crawled() == list(range(1, MAX_ID + 1))
    (answer,) = found["organisations"].answers
    assert answer.content_type == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [line["id"] for line in lines] == [2, 3, 5, 7, 11]
    assert lines[0]["body"] == json.dumps(ORGS[2], ensure_ascii=False)  # verbatim
    reading = read(answer.body)
    assert reading.problems == ()
    names = reading.tables["organisations"].filter(pl.col("organisation_id") == 7).row(0)
    assert names == (7, "Uusi nimi ry", None, ["Vanha nimi ry"])
    grants = reading.tables["grants"]
    assert dict(grants.schema) == dict(GRANTS)
    assert set(grants["basis"]) == {"json"}
    assert grants.filter(pl.col("year") == 2024)["organisation"].to_list() == ["Vanha nimi ry"]
    assert dict(reading.panels["stea-organisations"].iter_rows()) == {"count": 5.0}
    assert reading.observations.height == 0
    assert not list(known.work.iterdir())


def test_unchanged_probes_mean_no_crawl_until_a_month_has_passed(server: Publisher, known: Known) -> None:
    api = install(server, ORGS)
    run(server, known)
    api.crawled()
    for night in (1, 2, 30):
        known.now = NIGHT + timedelta(days=night)
        assert list(run(server, known)) == ["probes"]
        assert api.crawled() == []
    known.now = NIGHT + timedelta(days=31)
    assert list(run(server, known)) == ["probes", "organisations"]
    assert len(api.crawled()) == MAX_ID


def test_a_change_in_a_probe_starts_a_crawl(server: Publisher, known: Known) -> None:
    api = install(server, ORGS)
    run(server, known)
    probe = api.orgs[774]
    api.orgs[774] = json.loads(json.dumps(probe, sort_keys=True))  # the same, other bytes
    assert list(run(server, known)) == ["probes"]
    api.orgs[774] = {**probe, "allAidTargets": [target_json(2026, granted=None)]}
    assert list(run(server, known)) == ["probes", "organisations"]


@pytest.mark.parametrize(
    "fault", [Reply(b"", 503), Reply(b"", 429), Reply(b"", fault="refuse"), Reply(stea_files.html())]
)
def test_a_crawl_that_fails_is_no_edition_and_goes_on_the_next_night(
    server: Publisher, known: Known, fault: Reply
) -> None:
    api = install(server, {**ORGS, 6: fault})
    first = run(server, known)["organisations"]
    assert first.answers == ()
    assert "crawl stopped at id 6 (5 of 12 asked), will resume" in first.error
    assert first.host_down == (fault.fault == "refuse")
    api.crawled()
    del api.orgs[6]
    known.now += timedelta(days=1)
    second = run(server, known)["organisations"]  # though the probes have not changed since
    assert api.crawled() == list(range(6, MAX_ID + 1))
    assert [json.loads(line)["id"] for line in second.answers[0].body.splitlines()] == [2, 3, 5, 7, 11]
    assert not list(known.work.iterdir())


class Killed(BaseException):
    """Not an error that anyone catches."""


class Killing(Http):
    """A client whose process dies when it asks for one id."""

    def __init__(self, base: str, at: int) -> None:
        super().__init__(base, None)
        self._at = at

    def get(self, url: str, validators: Validators | None = None, accept: str = "*/*") -> Answer:
        if url.endswith(f"/{self._at}"):
            raise Killed
        return super().get(url, validators, accept)


def test_a_killed_crawl_goes_on_where_it_was_even_with_a_torn_line(server: Publisher, known: Known) -> None:
    api = install(server, ORGS)
    with pytest.raises(Killed):
        list(stea.source(max_id=MAX_ID).fetch(Killing(server.url, 5), known))
    assert api.crawled() == [1, 2, 3, 4]
    file = known.work / stea_api.PARTIAL
    lines = file.read_bytes().splitlines(keepends=True)
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3, 4]
    file.write_bytes(b"".join([lines[0], b"spoiled\n", *lines[2:], b'{"id": 5, "status": 200, "bo']))
    with pytest.raises(Killed):
        list(stea.source(max_id=MAX_ID).fetch(Killing(server.url, 7), known))
    assert api.crawled() == [2, 5, 6]
    answer = run(server, known)["organisations"].answers[0]
    assert api.crawled() == list(range(7, MAX_ID + 1))
    assert [json.loads(line)["id"] for line in answer.body.splitlines()] == [2, 3, 5, 7, 11]


def test_a_run_killed_between_probes_and_crawl_still_crawls_the_next_night(server: Publisher, known: Known) -> None:
    install(server, ORGS)
    run(server, known)
    known.contents["probes"] = "older"
    http = client(server)
    probes = next(stea.source(max_id=MAX_ID).fetch(http, known))
    bodies, urls = zip(*((a.body, a.url) for a in probes.answers), strict=True)
    known.contents["probes"] = stea.SOURCE.read(
        Edition("stea", "probes", bodies, urls)
    ).content  # recorded, then killed
    assert "organisations" in run(server, known)


def test_answers_older_than_a_week_are_asked_again(server: Publisher, known: Known) -> None:
    api = install(server, {**ORGS, 6: Reply(b"", 503)})
    run(server, known)
    api.crawled()
    known.now += timedelta(days=8)
    del api.orgs[6]
    run(server, known)
    assert api.crawled() == list(range(1, MAX_ID + 1))


def test_a_host_that_is_down_is_asked_once_and_keeps_the_partial_crawl(known: Known, server: Publisher) -> None:
    server.fallback = Reply(fault="refuse")
    found = run(server, known, f"{server.url}/aineisto.xlsx")
    assert [(f.page, f.host_down) for f in found.values()] == [("probes", True), ("workbook", True)]
    assert len(server.requests) == 2  # one page, two attempts


def test_probes_of_another_format_start_no_crawl(server: Publisher, known: Known) -> None:
    api = install(server, {n: {"organisationId": n, "nimi": "A ry"} for n in stea_api.PROBES})
    source = stea.source(max_id=MAX_ID)
    (probes,) = source.fetch(client(server), known)
    assert api.crawled() == []
    with pytest.raises(InputError, match="key name is missing"):
        source.read(Edition("stea", "probes", tuple(a.body for a in probes.answers), (stea_api.ADDRESS,) * 3))


def test_the_workbook_is_asked_only_where_an_address_is_known_and_conditionally(
    server: Publisher, known: Known
) -> None:
    install(server, ORGS)
    server.page("/aineisto.xlsx", workbook(years(2024, 2025)), etag='"1"')
    url = "https://avustukset.stea.fi/aineisto.xlsx"
    assert [page.id for page in stea.source().pages] == ["probes", "organisations"]
    assert [page.id for page in stea.source(url).pages] == ["probes", "workbook", "organisations"]
    first = run(server, known, url)["workbook"]
    assert first.answers[0].body[:2] == b"PK"
    assert run(server, known, url)["workbook"].not_modified
    server.page("/aineisto.xlsx", b"", status=500)
    broken = run(server, known, url)
    assert "answered 500" in broken["workbook"].error
    assert broken["probes"].error == ""
    server.page("/aineisto.xlsx", stea_files.lying(stea_files.bomb(), 100_000))
    assert "is damaged" in run(server, known, url)["workbook"].error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"allAidTargets": ...}, "key allAidTargets is missing"),
        ({"organisationId": 99}, "organisationId is 99"),
        ({"name": None}, "organisationId is none"),
        ({"name": 5}, "key name"),
        ({"allAidTargets": [target_json(2025, granted="100")]}, "target 1, key granted: '100'"),
        ({"allAidTargets": [target_json(2025), target_json(2025, granted=0.5)]}, "target 2, key granted: 0.5"),
        ({"allAidTargets": [{"year": 2025}]}, "requested, proposed, granted is missing"),
        ({"nameHistory": "Vanha"}, "key nameHistory"),
        ({"nameHistory": ["\ud800"]}, "key nameHistory"),
        ({"allAidTargets": [target_json(25)]}, "target 1, key year: 25"),
    ],
)
def test_json_that_is_not_as_known_is_refused_by_id_and_key(change: dict[str, Any], said: str) -> None:
    content = {k: v for k, v in {**org_json(3, "A ry", [target_json(2025)]), **change}.items() if v is not ...}
    body = json.dumps({"id": 3, "body": json.dumps(content)}).encode()
    with pytest.raises(InputError) as caught:
        read(body)
    assert "organisation 3" in str(caught.value)
    assert said in str(caught.value)


def test_unknown_keys_are_tolerated_and_reported_and_an_empty_crawl_is_a_problem() -> None:
    content = org_json(3, "A ry", [target_json(2025, granted=5000.0, aidType="Ak")], uusi=1)
    reading = read(json.dumps({"id": 3, "body": json.dumps(content)}).encode())
    assert reading.remarks[0] == "keys that are not known: allAidTargets.aidType, uusi"
    assert "granted exceeds requested in 1 targets: A ry 2025" in reading.remarks[1]
    grants = reading.tables["grants"]
    assert grants.row(0, named=True)["granted_eur"] == 5000
    assert grants["grant_type"].to_list() == [""]
    assert read(b"").problems == ("the crawl found no organisation at all",)
