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

_TOP = {"fetch", "sources", "site", "paths"}
_SITE, _PATHS = {"base_url"}, {"data", "site"}
_FETCH = {"contact", "timeout_s", "attempts", "max_bytes"}
_SOURCE = {"url", "workbook_url", "hosts", "max_id", "min_interval_s"}
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


@dataclass(frozen=True)
class SourceSettings:
    """What an installation may say about one source; ``None`` means the publisher's own."""

    url: str | None = None
    workbook_url: str | None = None
    hosts: tuple[str, ...] = ()
    max_id: int | None = None
    min_interval_s: float | None = None


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
    sources: Mapping[str, SourceSettings] = field(default_factory=dict[str, SourceSettings])

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
        contact=(env.get("LUKUINA_CONTACT") or _text(fetch, "contact", place) or "").strip() or None,
        timeout_s=_number(env.get("LUKUINA_TIMEOUT") or fetch.get("timeout_s", 20), "LUKUINA_TIMEOUT/timeout_s"),
        attempts=int(_number(env.get("LUKUINA_ATTEMPTS") or fetch.get("attempts", 3), "LUKUINA_ATTEMPTS/attempts", 1)),
        max_bytes=int(_number(fetch.get("max_bytes", 64 * 1024 * 1024), f"{place} [fetch] max_bytes", 1)),
        base_url=(_address(base_url, f"LUKUINA_BASE_URL or {place} [site] base_url") or "").rstrip("/") or None,
        sources=_sources(_table(table, "sources", place), place),
    )


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
    parts = urlsplit(str(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(place, f"{value!r} is not an address", "http:// or https:// with a host")
    return str(value)
