"""Settings of an installation: folders, contact address, base addresses, limits.

What belongs here: reading ``lukuina.toml`` and the ``LUKUINA_…`` environment, checked once, with the option and
file in the error. What does not: anything about one publisher's pages (pipelines/sources/).

Precedence: command line, environment, ``lukuina.toml`` in the working directory, default.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import InputError

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: where ``sql/``, ``dashboards/`` and the bundled ``data/raw/`` live."""

SOURCE_IDS = ("prh", "statfin", "stea", "tem", "ray", "tutkiavustuksia", "budjetti", "transcribed")

_PRINTED = re.compile(r"""[^\s<>"'\x00-\x1f\x7f]+""")
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
LOOPBACK = ("localhost", "127.0.0.1", "::1")

_TOP = {"fetch", "sources", "site", "paths", "alerts"}
_SITE, _PATHS = {"base_url", "query_timeout_s"}, {"data", "site"}
_FETCH = {"contact", "timeout_s", "attempts", "max_bytes"}
_SOURCE = {"url", "workbook_url", "hosts", "max_id", "min_interval_s"}
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_ALERTS = {
    "mail_to", "mail_from", "smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password_file",
    "webhook_file", "webhook_format", "heartbeat_file", "heartbeat_fail", "language",
}  # fmt: skip
_SECURITY = {"starttls": 587, "ssl": 465, "none": 25}


@dataclass(frozen=True)
class SourceSettings:
    """What an installation may say about one source; ``None`` means the publisher's own."""

    url: str | None = None
    workbook_url: str | None = None
    hosts: tuple[str, ...] = ()
    max_id: int | None = None
    min_interval_s: float | None = None


@dataclass(frozen=True)
class AlertSettings:
    """Where the operator is told of trouble. Secrets are not in here, only the names of the files that hold them.

    The SMTP password, the webhook's address and the heartbeat's address come from ``LUKUINA_SMTP_PASSWORD``,
    ``LUKUINA_WEBHOOK_URL`` and ``LUKUINA_HEARTBEAT_URL``, else from these files; alerts.py reads them when it sends.
    """

    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    webhook_file: Path | None = None
    webhook_format: str = "slack"
    heartbeat_file: Path | None = None
    heartbeat_fail: bool = True
    language: str = "fi"


@dataclass(frozen=True)
class Settings:
    """Everything an installation may set. Folders need not exist yet."""

    data: Path = Path("data")
    site: Path = Path("site")
    contact: str | None = None
    timeout_s: float = 20.0
    attempts: int = 3
    max_bytes: int = 64 * 1024 * 1024
    base_url: str | None = None
    query_timeout_s: float = 60.0
    sources: Mapping[str, SourceSettings] = field(default_factory=dict[str, SourceSettings])
    alerts: AlertSettings = field(default_factory=AlertSettings)
    log_format: str = "text"
    watched_url: str | None = None
    """Asked instead of the hosts of watched pages (pipelines/watchers.py), for rehearsals on this machine."""

    @property
    def raw(self) -> Path:
        """The raw store, the only state."""
        return self.data / "raw"

    @property
    def marts(self) -> Path:
        """The published DuckDB and Parquet files."""
        return self.data / "marts"

    @property
    def work(self) -> Path:
        """Caches and intermediate files; may be deleted at any time."""
        return self.data / "work"

    def source(self, source_id: str) -> SourceSettings:
        """Return the settings of one source (empty when none were given)."""
        return self.sources.get(source_id, SourceSettings())


def load(data: Path | None = None, site: Path | None = None, cwd: Path | None = None) -> Settings:
    """Read settings from ``cwd/lukuina.toml`` and the environment; the arguments win over both.

    Raises InputError naming the file and key, or the variable, that is wrong.
    """
    path = (cwd or Path()) / "lukuina.toml"
    table = _toml(path)
    place = str(path)
    fetch, site_table, paths = (_table(table, key, place) for key in ("fetch", "site", "paths"))
    for keys, known, name in ((fetch, _FETCH, "fetch"), (site_table, _SITE, "site"), (paths, _PATHS, "paths")):
        _known(keys, known, f"{place} [{name}]")
    env = os.environ
    base_url = env.get("LUKUINA_BASE_URL") or _text(site_table, "base_url", place)
    return Settings(
        data=data or Path(env.get("LUKUINA_DATA") or _text(paths, "data", place) or "data"),
        site=site or Path(env.get("LUKUINA_SITE") or _text(paths, "site", place) or "site"),
        contact=_contact(
            env.get("LUKUINA_CONTACT") or _text(fetch, "contact", place), f"LUKUINA_CONTACT or {place} [fetch] contact"
        ),
        timeout_s=_number(env.get("LUKUINA_TIMEOUT") or fetch.get("timeout_s", 20), "LUKUINA_TIMEOUT/timeout_s"),
        attempts=int(_number(env.get("LUKUINA_ATTEMPTS") or fetch.get("attempts", 3), "LUKUINA_ATTEMPTS/attempts", 1)),
        max_bytes=int(_number(fetch.get("max_bytes", 64 * 1024 * 1024), f"{place} [fetch] max_bytes", 1)),
        base_url=(_address(base_url, f"LUKUINA_BASE_URL or {place} [site] base_url") or "").rstrip("/") or None,
        query_timeout_s=_number(
            env.get("LUKUINA_QUERY_TIMEOUT") or site_table.get("query_timeout_s", 60),
            f"LUKUINA_QUERY_TIMEOUT or {place} [site] query_timeout_s",
        ),
        sources=_sources(_table(table, "sources", place), place),
        alerts=_alerts(_table(table, "alerts", place), f"{place} [alerts]"),
        log_format=_one_of(env.get("LUKUINA_LOG_FORMAT") or "text", ("text", "json"), "LUKUINA_LOG_FORMAT"),
        watched_url=_address(env.get("LUKUINA_WATCHED_URL"), "LUKUINA_WATCHED_URL"),
    )


def _alerts(table: Mapping[str, Any], place: str) -> AlertSettings:
    """Check ``[alerts]``: mail needs a server and a sender, and a password never travels in the clear."""
    _known(table, _ALERTS, place)
    text = {key: _text(table, key, place) or "" for key in _ALERTS - {"mail_to", "smtp_port", "heartbeat_fail"}}
    security = _one_of(text["smtp_security"] or "starttls", tuple(_SECURITY), f"{place} smtp_security")
    host, mail_to = text["smtp_host"], _addressees(table.get("mail_to", []), f"{place} mail_to")
    if mail_to and not (host and text["mail_from"]):
        raise InputError(f"{place} mail_to", "given without smtp_host and mail_from", "all three, or none")
    if mail_to:
        _addressees([text["mail_from"]], f"{place} mail_from")
    if text["smtp_user"] and security == "none" and host not in LOOPBACK:
        raise InputError(f"{place} smtp_security", "'none' would send the password in the clear", "'starttls' or 'ssl'")
    fail = table.get("heartbeat_fail", True)
    if not isinstance(fail, bool):
        raise InputError(f"{place} heartbeat_fail", f"{fail!r}", "true or false")
    return AlertSettings(
        mail_to=mail_to,
        mail_from=text["mail_from"],
        smtp_host=host,
        smtp_port=int(_number(table.get("smtp_port", _SECURITY[security]), f"{place} smtp_port", 1)),
        smtp_security=security,
        smtp_user=text["smtp_user"],
        smtp_password_file=_path(text["smtp_password_file"]),
        webhook_file=_path(text["webhook_file"]),
        webhook_format=_one_of(text["webhook_format"] or "slack", ("slack", "teams"), f"{place} webhook_format"),
        heartbeat_file=_path(text["heartbeat_file"]),
        heartbeat_fail=fail,
        language=_one_of(text["language"] or "fi", ("fi", "sv", "en"), f"{place} language"),
    )


def _addressees(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(place, f"{value!r} is not a list", '["somebody@your-organisation.example"]')
    found: list[str] = []
    for one in value:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(one, str) or not _MAIL.fullmatch(one):
            raise InputError(place, f"{one!r} is not an e-mail address", "name@host")
        found.append(one)
    return tuple(found)


def _one_of(value: str, known: tuple[str, ...], place: str) -> str:
    if value not in known:
        raise InputError(place, f"{value!r}", "one of " + ", ".join(known))
    return value


def _path(value: str) -> Path | None:
    return Path(value) if value else None


def _sources(table: Mapping[str, Any], place: str) -> dict[str, SourceSettings]:
    _known(table, set(SOURCE_IDS), f"{place} [sources]")
    found: dict[str, SourceSettings] = {}
    for source_id in SOURCE_IDS:
        where = f"{place} [sources.{source_id}]"
        own = _table(table, source_id, place)
        _known(own, _SOURCE, where)
        variable = f"LUKUINA_{source_id.upper()}"
        max_id, interval = own.get("max_id"), own.get("min_interval_s")
        found[source_id] = SourceSettings(
            url=_address(os.environ.get(f"{variable}_URL") or own.get("url"), f"{variable}_URL or {where} url"),
            workbook_url=_address(
                os.environ.get(f"{variable}_WORKBOOK_URL") or own.get("workbook_url"), f"{where} workbook_url"
            ),
            hosts=_hosts(own.get("hosts", []), f"{where} hosts"),
            max_id=None if max_id is None else int(_number(max_id, f"{where} max_id")),
            min_interval_s=None if interval is None else _number(interval, f"{where} min_interval_s", low=0.0),
        )
    return found


def _hosts(value: object, place: str) -> tuple[str, ...]:
    names: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
    for name in names:
        if not isinstance(name, str) or not _HOST.fullmatch(name):
            raise InputError(place, f"{name!r} is not a host", 'names alone, e.g. ["files.example.fi"]')
    return tuple(str(name).lower() for name in names)


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"not valid TOML: {error}", fix="See docs/operate.md for an example") from None
    _known(table, _TOP, str(path))
    return table


def _known(table: Mapping[str, Any], known: set[str], place: str) -> None:
    for key in table:
        if key not in known:
            raise InputError(place, f"unknown key {key!r}", "one of " + ", ".join(sorted(known)))


def _table(table: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{place} {key}", f"{value!r} is not a table", f"[{key}]")
    return value  # pyright: ignore[reportUnknownVariableType]


def _text(table: Mapping[str, Any], key: str, place: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{place} {key}", f"{value!r} is not text", "a quoted string")
    return value


def _number(value: object, place: str, low: float = 0.001) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise InputError(place, f"{value!r} is not a number", "a positive number") from None
    if not low <= number < 1e12:
        raise InputError(place, f"{value!r} is out of range", "a positive number")
    return number


def _address(value: object, place: str) -> str | None:
    if value is None or value == "":
        return None
    try:
        parts = urlsplit(str(value))
        _ = parts.port  # raises ValueError when it is none
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and _PRINTED.fullmatch(str(value))
    except ValueError:
        sound = False
    if not sound:
        raise InputError(place, f"{value!r} is not an address", "http:// or https:// with a host")
    return str(value)


def _contact(value: str | None, place: str) -> str | None:
    """Check that it can stand in the header of a request, User-Agent."""
    contact = (value or "").strip()
    if not all(" " <= sign <= "~" for sign in contact):
        raise InputError(place, f"{contact!r} cannot stand in a request", "an e-mail or web address, in ASCII")
    return contact or None
