"""Publishers that live on for years, in process: what they serve on a night, and what a simple model expects of it.

What belongs here: the publishers' editions as time goes by, their failures (tests/failures/cases.py) without sockets,
the model: which edition was delivered last, and the one number that it holds. What does not: nights (nights.py).
"""

import io
import random
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from tests.failures.cases import FAILURES, TARGETS, Failure
from tests.servers import Publisher, Reply, Request
from tests.sources import prh_pages, statfin_server, stea_files

BASE = "http://127.0.0.1:9"
WORKBOOK = "/tyokirja.xlsx"
FIRST = date(2026, 11, 25)
_FI = prh_pages.PATHS["regions-fi"]
_MONTH = "2022-02"


@dataclass
class Outage:
    """A failure of one target for some nights."""

    target: str
    failure: Failure
    last: date


@dataclass
class Model:
    """What must come of it. ``said``: page → edition delivered last; ``changes``: page → how often that changed."""

    said: dict[str, object] = field(default_factory=dict[str, object])
    changes: dict[str, int] = field(default_factory=dict[str, int])
    associations: float | None = None
    granted: float | None = None
    starts: float | None = None

    def delivered(self, page: str, edition: object) -> None:
        if self.said.get(page) != edition:
            self.said[page] = edition
            self.changes[page] = self.changes.get(page, 0) + 1


class World:
    """The publishers; ``night`` moves them to a day, ``tell`` moves the model after a night on which all was asked."""

    def __init__(self, seed: int) -> None:
        self.random, self.server, self.model = random.Random(seed), Publisher(), Model()
        self.outages: list[Outage] = []
        self.injected, self.quarantined = 0, 0
        self.server.page("/circle", b"", status=302, headers={"Location": "/circle"})
        self._api = stea_files.install(self.server, {n: stea_files.org_json(n, f"A {n} ry") for n in (2, 5)})
        self._orgs = dict(self._api.orgs)
        self._books: dict[tuple[int, bool], bytes] = {}
        self._cells: dict[tuple[int, str, bytes], Reply] = {}
        self._as_of, self._rows = date(2026, 1, 2), prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
        self._next, self._wrong, self._revision = FIRST + timedelta(days=40), False, 0

    def night(self, day: date) -> None:
        """Serve what the publishers have on a day, with the failures of the night."""
        if day >= self._next:
            self._as_of, self._next = day - timedelta(days=3), day + timedelta(days=self.random.randint(90, 300))
            self._rows = prh_pages.scaled(self._rows, self.random.uniform(0.98, 1.02))
        self._wrong = self.random.random() < 0.01  # names and numbers mispaired, as in 2021
        token = day.isoformat() if day.weekday() == 0 else "a1"  # other bytes that say the same
        page = prh_pages.render(self._as_of.isoformat(), self._rows, token=token, mispaired=self._wrong)
        self.server.page(_FI, page)
        year = max(day.year + (day.month == 12), 2027)  # applications of the next year come in December
        self._book = (year, day.month in range(2, 12) and day.year == year)
        if self._book not in self._books:
            sheets = stea_files.years(2026, year, newest_decided=self._book[1])
            self._books[self._book] = stea_files.workbook(sheets)
        self.server.page(WORKBOOK, self._books[self._book], etag=f'"{self._book}"')
        if day.day == 20 or not self.model.said:
            self._revision += 1
            self._statfin(day)
        self._statfin_well = {p: r for p, r in self.server.routes.items() if p.startswith(statfin_server.ROOT)}
        self._api.orgs.clear()
        self._api.orgs.update(self._orgs)
        self._fail(day)

    def tell(self, day: date) -> None:
        """Move the model: every page that did not fail was delivered."""
        down = {outage.target for outage in self.outages}
        hosts = {outage.target.split()[0] for outage in self.outages if outage.failure.base}
        if "prh" not in down | hosts:
            self.model.delivered("prh/regions-fi", (self._as_of, self._wrong))
            self.quarantined += self._wrong
            if not self._wrong:
                self.model.associations = float(sum(row.get("total", 0) for row in self._rows.values()))
        if not {"stea workbook"} & down and "stea" not in hosts and not self._probes_down():
            self.model.delivered("stea/workbook", self._book)
            newest = self._book[0] if self._book[1] else self._book[0] - 1
            self.model.granted = 540.0 * newest
        if "statfin" not in hosts:
            self.model.delivered("statfin/12u6", self._revision)
            self.model.starts = self._starts
        for path, route in self._statfin_well.items():
            self.server.routes[path] = route
        self.outages = [outage for outage in self.outages if outage.last > day]

    def _probes_down(self) -> bool:
        """A host that does not answer the probes is not asked for the workbook."""
        return any(o.target == "stea probes" and _host_down(o.failure) for o in self.outages)

    def _statfin(self, day: date) -> None:
        data = statfin_server.monthly("2020-01", _MONTH)
        self._starts = (data[_MONTH]["6T"] or 0) + self._revision
        data = statfin_server.revised(data, _MONTH, "6T", self._starts)
        occupations = statfin_server.occupational(months=2, occupations=2)
        statfin_server.install(
            self.server, updated=day.isoformat(), data=statfin_server.annual("2015"), monthly_data=data,
            occupations=occupations,
        )  # fmt: skip
        for path, route in list(self.server.routes.items()):
            if path.endswith(".px") and callable(route):
                self.server.routes[path] = self._once(route, self._revision)

    def _once(self, route: Any, revision: int) -> Any:
        """Make an answer once a revision: the server's work is not what is measured."""

        def answer(request: Request) -> Reply:
            key = (revision, request.path, request.body)
            if key not in self._cells:
                self._cells[key] = route(request)
            return self._cells[key]

        return answer

    def _fail(self, day: date) -> None:
        if self.random.random() < 0.15:
            target, failure = self.random.choice(TARGETS), self.random.choice(FAILURES)
            taken = {outage.target.split()[0] for outage in self.outages}
            gone = failure.gone and target in ("stea probes", "stea organisations")  # says that there is none
            if not gone and target.split()[0] not in taken:
                self.outages.append(Outage(target, failure, day + timedelta(days=self.random.randint(0, 4))))
        for outage in self.outages:
            self.injected += 1
            if outage.failure.base:
                continue
            routes, keys = self._route(outage.target)
            routes.update(dict.fromkeys(keys, outage.failure.reply))

    def _route(self, target: str) -> tuple[dict[Any, Any], tuple[Any, ...]]:
        if target == "stea probes":
            return self._api.orgs, tuple(stea_files.PROBES)
        if target == "stea organisations":
            return self._api.orgs, (2,)
        path = {"prh": _FI, "statfin": statfin_server.FOLDER + "12va.px", "stea workbook": WORKBOOK}[target]
        return self.server.routes, (path,)

    # -- in the place of sockets -----------------------------------------------------------------------------

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Any:
        """What requests would give for a call, or raise."""
        parts = urlsplit(url)
        source = "statfin" if "/PxWeb/" in parts.path else "prh" if parts.path in prh_pages.PATHS.values() else "stea"
        for outage in self.outages:
            if outage.failure.base and outage.target.split()[0] == source:
                raise _unreachable(outage.failure.base)
        request = Request(method, parts.path, parts.query, headers, body or b"")
        route = self.server.routes.get(parts.path, self.server.fallback)
        reply = route(request) if callable(route) else route
        if reply.fault == "hang":
            raise requests.exceptions.ReadTimeout("timed out")
        if reply.fault == "refuse":
            raise requests.exceptions.ConnectionError("Connection aborted")
        if reply.etag and headers.get("If-None-Match") == reply.etag:
            return _response(304, {"ETag": reply.etag}, b"", "")
        given = {"Content-Type": reply.type, **reply.headers, **({"ETag": reply.etag} if reply.etag else {})}
        return _response(reply.status, given, reply.body, reply.fault)


def _host_down(failure: Failure) -> bool:
    faults = {"hang", "stall", "drip", "reset", "refuse", "drop"}
    return bool(failure.base) or (failure.reply is not None and failure.reply.fault in faults)


def _unreachable(base: str) -> requests.exceptions.RequestException:
    if base == "https":
        return requests.exceptions.SSLError("wrong version number")
    return requests.exceptions.ConnectionError("refused" if base == "refused" else "Failed to resolve the name")


def _response(status: int, headers: dict[str, str], body: bytes, fault: str) -> Any:
    raw: Any = urllib3.HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
    if fault:
        raw = SimpleNamespace(read1=_broken(fault))
    return SimpleNamespace(status_code=status, headers=CaseInsensitiveDict(headers), raw=raw, close=lambda: None)


def _broken(fault: str) -> Any:
    def read1(*_: Any, **__: Any) -> bytes:
        if fault in ("stall", "drip"):
            raise urllib3.exceptions.ReadTimeoutError(urllib3.HTTPConnectionPool("h"), "u", "Read timed out.")
        raise urllib3.exceptions.ProtocolError("Connection broken: IncompleteRead")

    return read1


@contextmanager
def connected(world: World) -> Generator[None]:
    """Let requests talk to the world instead of the network, for the with block."""

    def request(_: Any, method: str, url: str, headers: Any, data: bytes | None, **__: Any) -> Any:
        return world.answer(method, url, headers, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", request)
        yield
