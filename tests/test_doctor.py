"""`lukuina doctor`: every assumption has an answer or a person who gives it; bad installations and pages are named."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines import doctor, notify, settings
from pipelines.assumptions import ASSUMPTIONS
from pipelines.cli import main
from pipelines.lock import held
from pipelines.raw import RawStore
from pipelines.verify import problems
from tests.servers import Publisher, publisher
from tests.sources import prh_pages, statfin_server, stea_files

PROJECT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.pipeline
FI = prh_pages.PATHS["regions-fi"]


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publisher() as served:
        served.page(FI, prh_pages.render("2026-01-02", prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)))
        statfin_server.install(served)
        stea_files.install(served)
        for source in ("PRH", "STATFIN", "STEA"):
            monkeypatch.setenv(f"LUKUINA_{source}_URL", served.url)
        monkeypatch.setenv("LUKUINA_CONTACT", "yllapito@example.org")
        monkeypatch.setenv("LUKUINA_ATTEMPTS", "1")
        yield served


def test_every_assumption_of_the_docs_is_settled_by_a_visit_or_by_somebody():
    text = (PROJECT / "docs" / "unverified.md").read_text(encoding="utf-8")
    assert set(ASSUMPTIONS) == set(re.findall(r"^\| (U-[A-Z0-9-]+) \|", text, re.MULTILINE))


def test_a_sound_installation_is_ok_and_what_is_missing_is_said(built: settings.Settings):
    told = ask()
    assert told.exit_code == 2, "without a contact nobody can be asked"
    assert "fail contact: none" in told.stdout
    assert "lukuina.toml [fetch] contact" in told.stdout
    assert re.search(r"^\d+ ok, \d+ warn, 1 fail$", told.stdout, re.MULTILINE)
    lines = doctor.installation(replace(built, contact="yllapito@example.org", base_url="https://example.org"))
    assert {line.state for line in lines if line.what not in ("clock", "alerts", "heartbeat")} == {"ok"}, lines


def test_trouble_of_the_installation_is_named(built: settings.Settings, monkeypatch: pytest.MonkeyPatch):
    store = RawStore(built.raw)
    store.record_failure("prh", "regions-fi", "x", doctor.clock.now())
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-20T06:00:00+02:00")
    next(built.raw.glob("transcribed/prh/*.csv")).write_bytes(b"")
    (built.marts / "lukuina.duckdb").unlink()
    monkeypatch.setattr(doctor.metadata, "version", "0.1".format)
    wrong = {line.what: line for line in doctor.installation(built) if line.state != "ok"}
    assert "a visit was logged at 2026-11-24" in wrong["clock"].detail
    assert "altered" in wrong["raw store"].detail
    assert wrong["published"].todo == "lukuina run"
    assert "0.1 is installed" in wrong["library"].detail
    with held(built.work):
        assert "held by process" in next(iter(doctor.lock(built))).detail
    (built.work / "lock").write_text("process 99999 since 2026-11-20")
    assert "was killed" in next(iter(doctor.lock(built))).detail


def test_alerts_are_ok_only_when_a_way_is_set_and_its_secret_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def told(**own: Any) -> list[str]:
        alerts = settings.AlertSettings(**own)
        lines = doctor.configured(settings.Settings(contact="a@b.example", base_url="https://a.example", alerts=alerts))
        return [str(line) for line in lines][2:]

    for name in (notify.PASSWORD, notify.WEBHOOK, notify.HEARTBEAT):
        monkeypatch.delenv(name, raising=False)
    none = told()
    assert none[0].startswith("warn alerts: no mail or webhook is set")
    assert none[1].startswith("warn heartbeat: none")
    mail = {"mail_to": ("a@b.example",), "mail_from": "c@b.example", "smtp_host": "b.example", "smtp_user": "u"}
    lost = told(**mail, smtp_password_file=tmp_path / "no", heartbeat_file=tmp_path / "no")
    assert lost[0] == "ok   alerts: mail"
    assert lost[1].startswith(f"fail alerts: {tmp_path / 'no'}: the secret cannot be read")
    monkeypatch.setenv(notify.PASSWORD, "hush")
    monkeypatch.setenv(notify.HEARTBEAT, "https://beat.example/hush")
    monkeypatch.setenv(notify.WEBHOOK, "file:///hush")
    wrong = told(**mail)
    assert wrong[0] == "ok   alerts: mail and webhook"
    assert wrong[1].startswith("fail alerts: webhook: LUKUINA_WEBHOOK_URL or its file holds no address")
    assert "hush" not in "".join(wrong)
    monkeypatch.setenv(notify.WEBHOOK, "https://hook.example/hush")
    assert told(**mail) == ["ok   alerts: mail and webhook"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path):
    (tmp_path / "shut").mkdir(mode=0o500)
    wrong = [line for line in doctor.folders(settings.Settings(data=tmp_path / "shut", site=tmp_path))]
    assert wrong[0].state == "fail"


def test_live_asks_everybody_keeps_the_answers_and_compares(built: settings.Settings, server: Publisher):
    told = ask("--live")
    text = told.stdout
    assert re.search(r"^ok   prh/regions-fi: new, edition 2026-01-02, \d+ rows; kept as [0-9a-f]{12}", text, re.M)
    assert re.search(r"^ok   statfin/12va: new", text, re.M), text
    assert "ok   U-STATFIN-ELIMINATION: holds: 2018, 6T = 19674" in text
    assert "fail U-PRH-URLS: does not hold" in text, "the other pages are not served here"
    assert re.search(r"^warn U-PRH-106617: not settled by a visit -> a person", text, re.M)
    assert told.exit_code == 1
    assert [v.page for v in RawStore(built.raw).visits("stea")] == ["probes"], "the crawl is the night's"
    assert not [r for r in server.requests if r.path.endswith("/1")]
    assert list(problems(RawStore(built.raw))) == []


def test_live_says_what_does_not_hold(built: settings.Settings, server: Publisher):
    server.page(FI, "<html><body><h1>Kirjaudu</h1></body></html>")
    wrong = statfin_server.revised(statfin_server.annual(), "2018", "6T", 19_675)
    statfin_server.install(server, data=wrong, without=("12u7",))
    text = ask("--live").stdout
    assert re.search(r"^fail prh/regions-fi: .+ -> paste this line", text, re.M)
    assert re.search(r"^fail U-PRH-MARKUP: does not hold: .*regions?", text, re.M | re.I) or "fail U-PRH-MARKUP" in text
    assert "warn U-PRH-FLOOR: could not be settled this time" in text
    assert "fail U-STATFIN-ELIMINATION: does not hold: 2018, 6T = 19675" in text
    assert "fail U-STATFIN-TABLES: does not hold: 12u7" in text
