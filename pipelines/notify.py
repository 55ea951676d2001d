"""The ways by which the operator is told: e-mail, webhook, heartbeat.

What belongs here: sending one message, secrets, time limits, what went wrong in words that hold no secret. What does
not: which messages there are and what was told already (alerts.py), their text (dashboards/locales).

Secrets come from the environment or from a file, are read when something is sent, and are in no message, log or error:
an address of a webhook is one. Redirects are not followed: a secret address is told to nobody else.
"""

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import requests

from pipelines import clock
from pipelines.connections import Adapter
from pipelines.errors import LukuinaError
from pipelines.http import user_agent
from pipelines.settings import AlertSettings

PASSWORD, WEBHOOK, HEARTBEAT = "LUKUINA_SMTP_PASSWORD", "LUKUINA_WEBHOOK_URL", "LUKUINA_HEARTBEAT_URL"
_TIMEOUT_S = 10.0
"""Seconds for connecting and for each read."""
_WHOLE_S = 30.0
"""Seconds for a whole call."""


class ChannelError(LukuinaError):
    """A message could not be sent. The text names the channel and what to look at, and holds no secret."""


@dataclass(frozen=True)
class Message:
    """One message. ``id`` is the same whenever the same is told again; ``thread`` is the id of the problem's first."""

    id: str
    thread: str
    subject: str
    body: str


Channel = Callable[[Message], None]


def channels(own: AlertSettings) -> Mapping[str, Channel]:
    """Return the configured channels by name: ``mail``, ``webhook``."""
    found: dict[str, Channel] = {}
    if own.mail_to:
        found["mail"] = lambda message: send_mail(own, message)
    if os.environ.get(WEBHOOK) or own.webhook_file:
        found["webhook"] = lambda message: post(own, message)
    return found


def secret(variable: str, path: Path | None) -> str:
    """Return a secret from the environment, else from the first line of a file; "" when neither is set.

    Raises ChannelError naming variable or file when it cannot be read or is empty.
    """
    if value := os.environ.get(variable, "").strip():
        return value
    if path is None:
        return ""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelError(f"{path}: the secret cannot be read ({type(error).__name__}). Or set {variable}") from None
    if not lines or not lines[0].strip():
        raise ChannelError(f"{path}: empty; expected the secret on its first line. Or set {variable}")
    return lines[0].strip()


def check(own: AlertSettings) -> None:
    """Read every secret that a message will need; nothing is sent. Raises ChannelError for the first that is wrong."""
    if own.mail_to:
        _password(own)
    for name, variable, path in (
        ("webhook", WEBHOOK, own.webhook_file),
        ("heartbeat", HEARTBEAT, own.heartbeat_file),
    ):
        if address := secret(variable, path):
            _address(name, variable, address)


def send_mail(own: AlertSettings, message: Message) -> None:
    """Send a message to all of ``mail_to``. Raises ChannelError."""
    place = _place(own)
    password = _password(own)
    try:
        with _connected(own) as server:
            if own.smtp_user:
                server.login(own.smtp_user, password)
            refused = server.send_message(_letter(own, message))
    except smtplib.SMTPAuthenticationError as error:
        raise ChannelError(f"{place}: user or password not accepted ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise ChannelError(f"{place}: answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"{place}: {type(error).__name__}. Check [alerts] smtp_… in lukuina.toml") from None
    if refused:
        raise ChannelError(f"{place}: refused for {', '.join(sorted(refused))}")


def post(own: AlertSettings, message: Message) -> None:
    """Post a message to the webhook, in the shape that Slack or Teams expects. Raises ChannelError."""
    payload = _slack(message) if own.webhook_format == "slack" else _teams(message)
    headers = {"User-Agent": user_agent(None), "Idempotency-Key": message.id}
    _call("webhook", WEBHOOK, secret(WEBHOOK, own.webhook_file), json=payload, headers=headers)


def beat(own: AlertSettings, well: bool) -> None:
    """Tell the dead-man switch that a night ended, at ``/fail`` below its address when not well. Raises ChannelError.

    Does nothing when there is no address, or when it failed and ``heartbeat_fail`` is off.
    """
    if not (own.heartbeat_file or os.environ.get(HEARTBEAT)) or not (well or own.heartbeat_fail):
        return
    address = secret(HEARTBEAT, own.heartbeat_file)
    if not well:
        address = address.rstrip("/") + "/fail"
    _call("heartbeat", HEARTBEAT, address, data=b"", headers={"User-Agent": user_agent(None)})


def _place(own: AlertSettings) -> str:
    return f"mail by {own.smtp_host}:{own.smtp_port}"


def _password(own: AlertSettings) -> str:
    password = secret(PASSWORD, own.smtp_password_file) if own.smtp_user else ""
    if own.smtp_user and not password:
        raise ChannelError(f"{_place(own)}: smtp_user without a password. Set {PASSWORD} or smtp_password_file")
    return password


def _connected(own: AlertSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if own.smtp_security == "ssl":
        return smtplib.SMTP_SSL(own.smtp_host, own.smtp_port, timeout=_TIMEOUT_S, context=context)
    server = smtplib.SMTP(own.smtp_host, own.smtp_port, timeout=_TIMEOUT_S)
    try:
        if own.smtp_security == "starttls":
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _letter(own: AlertSettings, message: Message) -> EmailMessage:
    host = own.mail_from.rpartition("@")[2]
    letter = EmailMessage()
    letter["From"], letter["To"] = own.mail_from, ", ".join(own.mail_to)
    letter["Subject"] = " ".join(message.subject.split())
    letter["Date"] = format_datetime(clock.now())
    letter["Message-ID"] = f"<{message.id}@{host}>"
    if message.thread != message.id:  # so that a mail program shows one problem as one conversation
        letter["In-Reply-To"] = letter["References"] = f"<{message.thread}@{host}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.body)
    return letter


def _slack(message: Message) -> dict[str, object]:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    return {"text": f"*{escaped(message.subject)}*\n{escaped(message.body)}"}


def _teams(message: Message) -> dict[str, object]:
    blocks = [{"type": "TextBlock", "text": message.subject, "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": line, "wrap": True} for line in message.body.splitlines() if line]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _address(name: str, variable: str, address: str) -> None:
    if not address.startswith(("https://", "http://")):
        raise ChannelError(f"{name}: {variable} or its file holds no address; expected https://…")


def _call(name: str, variable: str, address: str, **what: object) -> None:
    _address(name, variable, address)
    adapter = Adapter(lambda _: True)  # a channel of the operator's own network is theirs to choose
    with requests.Session() as session, adapter.limited(_WHOLE_S) as limit:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:  # what it says beside its status is not read
            response = session.post(address, timeout=_TIMEOUT_S, allow_redirects=False, stream=True, **what)  # type: ignore[arg-type]
        except requests.exceptions.RequestException as error:  # its text holds the address
            raise ChannelError(f"{name}: no answer ({type(error).__name__}). Check the address in {variable}") from None
        response.close()
    if limit.over:
        raise ChannelError(f"{name}: no answer in {_WHOLE_S:.0f} seconds. Check the address in {variable}")
    if not 200 <= response.status_code < 300:
        raise ChannelError(f"{name}: answered {response.status_code}; expected 2xx. Check the address in {variable}")
