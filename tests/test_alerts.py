"""Alerts against local servers: one open message a problem, over every channel, and no secret anywhere."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import CliRunner

from pipelines import alerts, doctor, night, notify, run, settings
from pipelines.alerts import Problem
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.settings import AlertSettings, load
from tests import bare_site
from tests.servers import Publisher, Reply, publisher
from tests.sources import prh_pages

SECRET = "hush-hush-4711"
DOWN = Problem("prh", "failed", "regions-fi: https://prh.fi/a: answered 500; expected 200", "2026-11-20T00:30:00+00:00")


class Letters:
    """What a local mail server took; ``refuse`` answers 550 instead."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:
        if self.refuse:
            return "451 later"
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 ok"


@contextmanager
def mail_server(handler: Letters, context: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    """Serve mail on a free loopback port; with ``context`` in TLS from the first byte."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(handler, hostname="localhost", loop=loop, **options), "127.0.0.1", 0, ssl=context
        )

    try:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@pytest.fixture
def mail(world: settings.Settings) -> Iterator[tuple[Letters, settings.Settings]]:
    """A mail server, and an installation that writes to it."""
    letters = Letters()
    with mail_server(letters) as port:
        own = AlertSettings(("ops@example.test",), "lukuina@example.test", "127.0.0.1", port, "none")
        yield letters, replace(world, alerts=own, base_url="https://luvut.example.test")


def tell(chosen: settings.Settings, *problems: Problem) -> tuple[int, list[str]]:
    said: list[str] = []
    return alerts.tell(chosen, problems, said.append), said


def test_one_message_a_problem_updated_and_closed_by_itself(mail: tuple[Letters, settings.Settings]):
    letters, chosen = mail
    assert tell(chosen, DOWN) == (1, [])
    assert tell(chosen, DOWN) == (0, []), "the same problem on the next night is no news"
    assert tell(chosen, replace(DOWN, detail=DOWN.detail.replace("500", "503"))) == (0, []), "nor is another 5xx"
    assert tell(chosen, replace(DOWN, detail="regions-fi: https://prh.fi/a: no table; expected one")) == (1, [])
    assert tell(chosen) == (1, [])
    assert tell(chosen) == (0, [])
    assert tell(chosen, DOWN) == (1, []), "when it comes back it is a new problem"
    first, changed, closed, again = letters.letters
    assert [str(one["Subject"]) for one in letters.letters] == [
        "Uusi: PRH, yhdistysrekisterin tilastot: haku epäonnistuu",
        "Muuttunut: PRH, yhdistysrekisterin tilastot: haku epäonnistuu",
        "Ohi: PRH, yhdistysrekisterin tilastot: haku epäonnistuu",
        "Uusi: PRH, yhdistysrekisterin tilastot: haku epäonnistuu",
    ]
    body = first.get_content()
    for part in (
        "Alkoi: 24.11.2026", "viimeisin kelvollinen sisältö (20.11.2026)", "Avaa alla oleva osoite",
        "answered 500", "https://luvut.example.test/fi/tila/",
    ):  # fmt: skip
        assert part in body
    assert "no table" in changed.get_content()
    assert "Sinun ei tarvitse tehdä mitään" in closed.get_content()
    assert changed["References"] == closed["In-Reply-To"] == first["Message-ID"], "one conversation a problem"
    assert again["References"] is None
    assert len({one["Message-ID"] for one in letters.letters}) == 4


def test_while_a_source_cannot_be_had_its_quarantine_is_not_said_to_be_over(world: settings.Settings):
    held, other = replace(DOWN, kind="quarantined"), replace(DOWN, subject="stea", kind="quarantined")
    nights = ([held, other], [DOWN], [DOWN], [held], [])
    for problems in nights:
        alerts.tell(world, problems, lambda _: None, only=alerts.may_be_over(problems))
    lines = map(json.loads, alerts.path_of(world.raw).read_text(encoding="utf-8").splitlines())
    assert [(line["problem"], line["event"]) for line in lines] == [
        ("prh:quarantined", "opened"),
        ("stea:quarantined", "opened"),
        ("prh:failed", "opened"),
        ("stea:quarantined", "closed"),
        ("prh:failed", "closed"),
        ("prh:quarantined", "closed"),
    ]


def test_a_crash_between_send_and_record_sends_once_more_with_the_same_id(
    mail: tuple[Letters, settings.Settings], monkeypatch: pytest.MonkeyPatch
):
    letters, chosen = mail
    honest = alerts._line_to

    def killed(path: Path, row: dict[str, object]) -> None:
        if row["event"] == "told":
            raise KeyboardInterrupt
        honest(path, row)

    monkeypatch.setattr(alerts, "_line_to", killed)
    with pytest.raises(KeyboardInterrupt):
        tell(chosen, DOWN)
    monkeypatch.setattr(alerts, "_line_to", honest)
    with alerts.path_of(chosen.raw).open("ab") as file:
        file.write(b'{"at": "2026-11-')  # and its line was torn
    assert tell(chosen, DOWN) == (1, []), "at least once"
    assert tell(chosen, DOWN) == (0, [])
    assert len({one["Message-ID"] for one in letters.letters}) == 1
    assert len(letters.letters) == 2


def test_a_channel_that_fails_is_said_and_tried_again(mail: tuple[Letters, settings.Settings]):
    letters, chosen = mail
    letters.refuse = True
    sent, said = tell(chosen, DOWN)
    assert sent == 0
    assert "tried again next night: mail by 127.0.0.1" in said[0]
    assert "451" in said[0]
    letters.refuse = False
    assert tell(chosen, DOWN) == (1, [])
    letters.refuse = True
    tell(chosen, replace(DOWN, subject="stea"), DOWN)
    letters.refuse = False
    assert tell(chosen, DOWN) == (0, []), "what came and went while nobody could be told is not told"
    gone = replace(chosen, alerts=replace(chosen.alerts, smtp_port=1))
    sent, said = tell(gone, DOWN, replace(DOWN, subject="statfin"))
    assert (sent, len(said)) == (0, 1), "a server that is down is asked once a night"


def test_a_clock_set_back_a_day_dates_no_alert_before_the_one_before_it(
    mail: tuple[Letters, settings.Settings], monkeypatch: pytest.MonkeyPatch
):
    letters, chosen = mail
    days = ("2026-11-24T02:30:00+02:00", "2026-11-23T02:30:00+02:00", "2026-11-25T02:30:00+02:00")
    for now, problems in zip(days, ([DOWN], [replace(DOWN, subject="stea")], []), strict=True):
        monkeypatch.setenv("LUKUINA_NOW", now)
        tell(chosen, *problems)
    lines = alerts.path_of(chosen.raw).read_text(encoding="utf-8").splitlines()
    moments = [json.loads(line)["at"] for line in lines]
    assert moments == sorted(moments)
    assert {moment[:10] for moment in moments} == {"2026-11-24", "2026-11-25"}
    assert "Alkoi: 24.11.2026" in letters.letters[2].get_content(), "the alert that opened while the clock was wrong"


def test_a_clock_set_back_dates_no_alert_before_the_last_visit(
    world: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    RawStore(world.raw).record_failure("prh", "regions-fi", "answered 500", datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-23T02:30:00+02:00")
    tell(world, DOWN)
    line = alerts.path_of(world.raw).read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(line)["at"] == "2026-11-24T00:30:00+00:00"


def test_a_night_that_breaks_off_closes_nothing_else(mail: tuple[Letters, settings.Settings]):
    _, chosen = mail
    tell(chosen, DOWN)
    own = alerts.of_night("gate: observation_keys_unique failed")
    alerts.tell(chosen, [own], print, only=lambda key: key == own.key)
    rows = json.loads((chosen.data / "alerts.json").read_text())
    assert [row["problem"] for row in rows] == ["night:night", "prh:failed"]
    assert "Yöajoa ei voitu tehdä loppuun" in (chosen.data / "alerts.txt").read_text()
    tell(chosen)
    assert json.loads((chosen.data / "alerts.json").read_text()) == []
    assert (chosen.data / "alerts.txt").read_text() == "Ei avoimia ongelmia.\n"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("kind", alerts.KINDS)
def test_every_kind_and_event_has_words(kind: str, language: str):
    words = alerts.locales.load(settings.PROJECT / "dashboards" / "locales")[language]
    for event in alerts.EVENTS:
        told = alerts.Told(2, event, "x", "2026-11-24T00:30:00+00:00", "", 1)
        message = alerts.message(f"prh:{kind}", told, words, None)
        assert "{" not in message.subject + message.body


class Login:
    """Takes one user and password."""

    def __call__(self, _: Any, __: Any, ___: Any, ____: Any, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == SECRET.encode(), handled=False)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, by the openssl command."""
    import subprocess

    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return key, cert


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_mail_goes_encrypted_with_a_password_from_a_file(
    world: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
):
    key, cert = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    letters = Letters()
    options: dict[str, Any] = {"authenticator": Login(), "auth_required": True}
    if security == "ssl":
        options |= {"context": context, "auth_require_tls": False}
    else:
        options |= {"tls_context": context, "require_starttls": True}
    with mail_server(letters, **options) as port:
        password = tmp_path / "password"
        password.write_text(f"{SECRET}\n")
        own = AlertSettings(
            ("ops@example.test",), "l@example.test", "localhost", port, security, "lukuina", password
        )  # fmt: skip
        chosen = replace(world, alerts=own)
        _, said = tell(chosen, DOWN)
        assert "SSLCertVerificationError" in said[0], "a certificate that nobody vouches for is not trusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        password.write_text("wrong\n")
        _, said = tell(chosen, DOWN)
        assert "user or password not accepted" in said[0]
        password.unlink()
        _, said = tell(chosen, DOWN)
        assert "the secret cannot be read" in said[0]
        password.write_text(f"{SECRET}\n")
        assert tell(chosen, DOWN) == (1, [])
        assert len(letters.letters) == 1


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A local server for webhooks and heartbeats, at secret addresses."""
    with publisher() as running:
        running.page(f"/{SECRET}", "ok")
        running.page(f"/beat/{SECRET}", "ok")
        running.page(f"/beat/{SECRET}/fail", "ok")
        monkeypatch.setenv(notify.WEBHOOK, f"{running.url}/{SECRET}")
        monkeypatch.setenv(notify.HEARTBEAT, f"{running.url}/beat/{SECRET}")
        yield running


@pytest.mark.parametrize("shape", ["slack", "teams"])
def test_a_webhook_gets_the_shape_that_it_expects(world: settings.Settings, hooks: Publisher, shape: str):
    chosen = replace(world, alerts=AlertSettings(webhook_format=shape))
    assert tell(chosen, replace(DOWN, detail="<!channel> & <b>")) == (1, [])
    (asked,) = hooks.asked(f"/{SECRET}")
    assert asked.headers["Idempotency-Key"].startswith("lukuina.")
    if shape == "slack":
        assert asked.json["text"].startswith("*Uusi: PRH")
        assert "&lt;!channel&gt; &amp;" in asked.json["text"], "a source's text must not call everybody"
    else:
        card = asked.json["attachments"][0]["content"]
        assert card["type"] == "AdaptiveCard"
        assert card["body"][0]["text"].startswith("Uusi: PRH")


def test_what_a_webhook_goes_on_saying_keeps_no_night(world: settings.Settings, hooks: Publisher):
    hooks.routes[f"/{SECRET}"] = Reply(b"x" * 200, fault="drip")  # ten seconds
    began = monotonic()
    assert alerts.tell(world, [DOWN], lambda _: None) == 1
    assert monotonic() - began < 5


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(status=302, headers={"Location": "/x"}), Reply(fault="refuse")]
)
def test_a_webhook_that_fails_is_said_without_its_address(world: settings.Settings, hooks: Publisher, reply: Reply):
    hooks.routes[f"/{SECRET}"] = reply
    sent, said = tell(world, DOWN)
    assert sent == 0
    assert len(said) == 1
    assert notify.WEBHOOK in said[0]
    assert SECRET not in said[0]
    assert not hooks.asked("/x"), "a redirect would tell the secret to another"


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b'"x"',
        b'{"at": "yesterday", "problem": "prh:failed", "event": "opened", "number": 1, "detail": "", "good": ""}',
        b'{"at": "2026-11-24T05:00:00", "problem": "prh:failed", "event": "opened", "number": 1, "good": ""}',
        b'{"at": "2026-11-24T05:00:00Z", "problem": "prh", "event": "opened", "number": 1, "detail": "", "good": ""}',
        b'{"at": "2026-11-24T05:00:00Z", "problem": "prh:x", "event": "opened", "number": 1, "detail": "", "good": ""}',
        b'{"at": "2026-11-24T05:00:00Z", "problem": "prh:failed", "event": "opened", "number": "1", "good": ""}',
    ],
)
def test_alerts_that_fall_silent_are_told_by_the_heartbeat(world: settings.Settings, hooks: Publisher, line: bytes):
    path, said = alerts.path_of(world.raw), list[str]()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(line + b"\n")
    night.after(world, night.Ended(night.clock.now(), 1.0, sources=()), said.append)
    assert said[0].startswith(f"alerts: not done. {path}:1: not an event")
    assert [request.path for request in hooks.requests] == [f"/beat/{SECRET}/fail"]
    told = next(one for one in doctor.stored(world) if one.what == "alerts")
    assert (told.state, f"nothing is told: {path}:1" in told.detail) == ("fail", True)


def test_the_heartbeat_tells_how_the_night_ended(world: settings.Settings, hooks: Publisher):
    notify.beat(world.alerts, well=True)
    notify.beat(world.alerts, well=False)
    notify.beat(replace(world.alerts, heartbeat_fail=False), well=False)
    assert [request.path for request in hooks.requests] == [f"/beat/{SECRET}", f"/beat/{SECRET}/fail"]
    hooks.page(f"/beat/{SECRET}", "no", status=404)
    with pytest.raises(notify.ChannelError) as error:
        notify.beat(world.alerts, well=True)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail = 'a@b'", "unknown key 'mail'"),
        ("mail_to = 'a@b'", "is not a list"),
        ("mail_to = ['a']", "'a' is not an e-mail address"),
        ("mail_to = ['a@b']", "without smtp_host and mail_from"),
        ("smtp_security = 'tls'", "one of starttls, ssl, none"),
        ("smtp_host = 'mail.test'\nsmtp_user = 'u'\nsmtp_security = 'none'", "in the clear"),
        ("webhook_format = 'irc'", "one of slack, teams"),
        ("webhook_url = 'https://a'", "unknown key 'webhook_url'"),
        ("heartbeat_fail = 1", "true or false"),
        ("language = 'de'", "one of fi, sv, en"),
        ("smtp_port = 'x'", "is not a number"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str):
    (tmp_path / "lukuina.toml").write_text(f"[alerts]\n{text}\n")
    with pytest.raises(InputError, match=r"lukuina\.toml \[alerts\]") as error:
        load(cwd=tmp_path)
    assert said in str(error.value)


def test_a_damaged_log_is_named_and_costs_no_night(world: settings.Settings, monkeypatch: pytest.MonkeyPatch):
    path = alerts.path_of(world.raw)
    path.parent.mkdir()
    path.write_text("{}\n")
    said: list[str] = []
    night.after(world, night.Ended(night.clock.now(), 1.0), said.append)
    assert "alerts: not done." in said[0]
    assert "alerts.jsonl:1" in said[0]


@pytest.mark.pipeline
def test_whole_nights_from_the_command_line(
    built: settings.Settings, hooks: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Trouble, the same again, recovery; a night that breaks off. Every step of it in report, log and trace."""
    monkeypatch.setattr(run, "render", bare_site.render)
    monkeypatch.setenv("LUKUINA_ATTEMPTS", "1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hooks.url)
    hooks.page("/v1/traces", "", type="application/x-protobuf")
    monkeypatch.setenv("LUKUINA_PRH_URL", hooks.url)
    page = prh_pages.PATHS["regions-fi"]

    def sent(*arguments: str) -> list[str]:
        before = len(hooks.asked(f"/{SECRET}"))
        result = CliRunner().invoke(main, [*arguments])
        assert SECRET not in result.output + result.stderr
        heads = [one.json["text"].split("\n")[0] for one in hooks.asked(f"/{SECRET}")[before:]]
        return [head for head in heads if "ei ole vielä haettu" not in head] + [str(result.exit_code)]

    name = "PRH, yhdistysrekisterin tilastot"
    hooks.page(page, "gone", status=404)
    assert sent("refresh", "prh") == [f"*Uusi: {name}: haku epäonnistuu*", "1"]
    earlier = json.loads((built.data / "reports" / "2026-11-24T040000Z.json").read_text())
    assert {(step["name"], step["source"]) for step in earlier["steps"]} >= {
        ("fetch", "prh"), ("read", ""), ("publish", "")
    }  # fmt: skip
    assert "prh:failed" in earlier["problems"]
    quiet = run.Report(date(2026, 11, 24), False, (), {}, {}, (), (), {})
    monkeypatch.setattr(run, "run", lambda *_, **__: quiet)  # building again shows nothing more
    assert sent("refresh", "prh") == ["0"]
    hooks.page(page, prh_pages.render("2025-01-02", prh_pages.edition("2025-01-02")))
    assert sent("refresh", "prh") == [f"*Ohi: {name}: haku epäonnistuu*", "0"]
    kept = next((built.raw / "prh" / "regions-fi").glob("*.html"))
    bytes_kept = kept.read_bytes()
    kept.write_bytes(bytes_kept + b" ")
    assert sent("refresh", "prh") == ["*Uusi: Talletettuja tavuja on vioittunut tai kadonnut*", "1"]
    assert sent("refresh", "prh") == ["0"]
    kept.write_bytes(bytes_kept)
    assert sent("refresh", "prh") == ["*Ohi: Talletettuja tavuja on vioittunut tai kadonnut*", "0"]
    rows = built.raw / "transcribed" / "handbook.csv"
    whole = rows.read_bytes()
    rows.write_bytes(whole + b"not,a,row\n")
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-25T02:30:00+02:00")
    assert sent("--log-format", "json", "refresh") == ["*Uusi: Yöajoa ei voitu tehdä loppuun*", "2"]
    assert [r.path.rpartition("/")[2] for r in hooks.requests if r.path.startswith("/beat")][-2:] == [SECRET, "fail"]
    report = json.loads((built.data / "reports" / "2026-11-25T003000Z.json").read_text())
    assert (report["outcome"], "handbook.csv" in report["failure"]) == ("not done", True)
    assert "Night of" in (built.data / "reports" / "2026-11-25T003000Z.html").read_text()
    log = [json.loads(line) for line in (built.data / "logs" / "lukuina.jsonl").read_text().splitlines()]
    assert {"at", "level", "process", "message"} == set(log[0])
    assert "error" in {line["level"] for line in log}
    assert b"lukuina.fetch" in b"".join(one.body for one in hooks.asked("/v1/traces"))
    for path in built.data.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
