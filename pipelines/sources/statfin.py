"""StatFin ``tyonv``: the source of wage-subsidised periods started, from Statistics Finland's PxWeb.

What belongs here: which tables, how their variables are told apart, what is asked, how answers become cells.
What does not: the protocol (pxweb.py), the formats (jsonstat.py), rows and plausibility (placements.py).

The data are KEHA-keskus's (TEM's until 28.2.2025), Työnvälitystilasto; contract: shared palkkatuki.md §1.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

import polars as pl

from pipelines.errors import FetchError, InputError
from pipelines.http import Http
from pipelines.raw import Answer
from pipelines.sources import jsonstat, placements, pxweb
from pipelines.sources.base import Edition, Fetched, Known, Page, Reading, Series
from pipelines.sources.jsonstat import Cube
from pipelines.sources.placements import TABLES, Table
from pipelines.sources.pxweb import Selection, Variable

BASE = "https://pxdata.stat.fi/PxWeb/api/v1/fi/"
FOLDER = BASE + "StatFin/tyonv/"

_CALLS_A_NIGHT = 100
"""A night needs about ten; more means that the server's limits or the table have changed beyond recognition."""


@dataclass(frozen=True)
class StatFin:
    """The source (see ``base.Source``): three tables, the annual one first; only that one carries the figure."""

    id: str = "statfin"
    publisher: str = "keha"
    licence: str = "StatFin CC BY 4.0 excludes other producers' data; tyonv is KEHA's: to be confirmed"
    cadence: timedelta = timedelta(days=400)
    min_interval_s: float = 2.0
    reader: int = 2
    floors: Mapping[str, int] = field(default_factory=lambda: {"12va": 32, "12u6": 96})
    witnesses: Mapping[str, str] = field(default_factory=dict[str, str])
    series: Mapping[str, Series] = field(default_factory=lambda: dict(placements.SERIES))
    pages: tuple[Page, ...] = (
        Page("12va", FOLDER + "12va.px", title="Sijoitukset lajeittain, vuosi"),
        Page("12u6", FOLDER + "12u6.px", main=False, title="Sijoitukset lajeittain, kuukausi"),
        # 170 000 cells for a table that changes once a month: asked for weekly.
        Page("12u7", FOLDER + "12u7.px", False, timedelta(days=6), "Sijoitukset ammateittain, kuukausi"),
    )

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Ask limits and folder, then each table: its metadata first among the answers, then the data.

        A page's trouble is its own; when the host does not answer, every page that is left says so.
        """
        due = [page for page in self.pages if _is_due(page, known)]
        session = _Session(http, self.min_interval_s)
        for position, page in enumerate(due):
            try:
                fetched = Fetched(page.id, session.answers(TABLES[page.id]))
            except InputError as error:
                if _host_down(error):
                    yield from (Fetched(left.id, error=str(error), host_down=True) for left in due[position:])
                    return
                fetched = Fetched(page.id, error=str(error))
            yield fetched

    def read(self, edition: Edition) -> Reading:
        """Read the stored answers of one table, whichever came first, in either of PxWeb's JSON forms.

        Raises InputError when they cannot be read or are not this table's whole-country numbers.
        """
        table, place = TABLES[edition.page], edition.urls[0]
        texts: dict[str, dict[str, str]] = {}
        cubes: list[Cube] = []
        for body, url in zip(edition.bodies, edition.urls, strict=True):
            if pxweb.is_metadata(body):
                texts = {variable.code: variable.labels for variable in pxweb.parse_metadata(body, url)}
            else:
                cubes.append(jsonstat.parse(body, url))
        cube = jsonstat.concat(cubes, place)
        cells = placements.with_sector(_cells(table, cube, texts, place))
        known = cells.filter(pl.col("value").is_not_null())
        if not known.height:
            raise InputError(place, "no cell has a value", "numbers")
        stamp = () if cube.updated else (f"{table.id}: no date of publication in the answer",)
        return Reading(
            observations=placements.observations(table, cells, FOLDER + f"{table.id}.px", cube.updated),
            content=placements.digest(table, cells),
            reference=str(known["period"].max()),
            published_on=cube.updated,
            coverage="started_periods",
            panels=placements.panels(table, cells),
            rows=cells.height,
            problems=tuple(placements.problems(table, cells, edition.first_seen)),
            remarks=(*placements.remarks(table, cells), *stamp),
            schema=_schema(table, cube, place),
        )

    def imported(self, body: bytes, name: str) -> str:
        """Return the page of a file that a person saved: by the table id inside, the file's name, or its contents.

        Raises InputError when it is none of our tables.
        """
        cube = jsonstat.parse(body, name)
        known = re.search(
            rf"(?<![0-9a-z])({'|'.join(TABLES)})(?![0-9a-z])", (cube.table or name).lower().replace("_", " ")
        )
        if known:
            return known[1]
        variables = pxweb.variables_of(cube)
        for table in () if cube.table else sorted(TABLES.values(), key=lambda table: not table.occupations):
            with suppress(InputError):
                _roles(table, variables, name)
                return table.id
        raise InputError(name, f"table {cube.table or '(no id)'} is none of ours", ", ".join(TABLES))


# -- asking ------------------------------------------------------------------------------------------------------


@dataclass
class _Session:
    """One night's conversation with the server, kept within its limits."""

    http: Http
    interval_s: float
    config: pxweb.Config | None = None
    rows: tuple[pxweb.Row, ...] | None = None
    folder_problem: str = ""
    calls: int = 0

    def answers(self, table: Table) -> tuple[Answer, ...]:
        """Return the metadata answer and then the data answers of a table. Raises InputError."""
        config = self.config or self._open()
        url = FOLDER + quote(self._file(table))
        try:
            metadata = self._get(url)
        except FetchError as error:
            if error.host_down or not self.folder_problem:
                raise
            problem = f"{error.problem}, and the folder list failed too ({self.folder_problem})"
            raise InputError(error.place, problem) from None
        roles = _roles(table, pxweb.parse_metadata(metadata.body, url), url)
        parts = pxweb.split(_selection(roles, table.newest, url), roles.time.code, config.max_cells)
        self._allow(len(parts), url)
        return (metadata, *(self.http.post_json(url, pxweb.query(part)) for part in parts))

    def _open(self) -> pxweb.Config:
        """Ask limits and folder list, once; without either we go on. Raises FetchError when the host is down."""
        self.config = pxweb.Config()
        try:
            self.config = pxweb.parse_config(self._get(BASE + "?config").body, BASE + "?config")
        except InputError as error:
            if _host_down(error):
                raise
        try:
            self.rows = pxweb.parse_folder(self._get(FOLDER).body, self.http.resolve(FOLDER))
        except InputError as error:
            if _host_down(error):
                raise
            self.folder_problem = str(error)
        return self.config

    def _file(self, table: Table) -> str:
        if self.rows is None:
            return f"{table.id}.px"
        name = pxweb.find_table(self.rows, table.id)
        if name is None:
            raise InputError(
                self.http.resolve(FOLDER),
                f"table {table.id} is not in the folder of {len(self.rows)}",
                f"{table.id}.px",
            )
        return name

    def _get(self, url: str) -> Answer:
        self._allow(1, url)
        return self.http.get(url, accept="application/json")

    def _allow(self, calls: int, url: str) -> None:
        """Count calls; where our pace alone does not keep the server's limit, one window's worth is all we take."""
        config = self.config or pxweb.Config()
        most = _CALLS_A_NIGHT if self.interval_s >= config.interval_s else config.max_calls
        if self.calls + calls > most:
            raise InputError(url, f"{self.calls + calls} calls needed", f"at most {most} a night, from ?config")
        self.calls += calls


def _is_due(page: Page, known: Known) -> bool:
    last = known.last_good(page.id)
    return last is None or known.named or known.now - last >= page.every


def _host_down(error: InputError) -> bool:
    return isinstance(error, FetchError) and error.host_down


# -- what is what ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Roles:
    """The variables of a table by what they are to us; ``content`` is the code of our measure."""

    time: Variable
    placement: Variable
    measure: Variable
    content: str
    occupation: Variable | None
    others: tuple[Variable, ...]


def _roles(table: Table, variables: Sequence[Variable], place: str) -> _Roles:
    """Tell variables apart by what they offer, never by code. Raises InputError naming the role that is missing."""
    placement = pxweb.offering(variables, ("5T", "6T"), place)
    measure, content = pxweb.measure_of(variables, table.measure, place)
    rest = [variable for variable in variables if variable.code not in {placement.code, measure.code}]
    time = pxweb.time_of(rest, place)
    rest.remove(time)
    occupation = pxweb.occupation_of(rest, place) if table.occupations else None
    others = tuple(variable for variable in rest if variable is not occupation)
    return _Roles(time, placement, measure, content, occupation, others)


def _selection(roles: _Roles, newest: int | None, place: str) -> Selection:
    """Return what to ask: every placement code, so that new ones arrive, for the whole country.

    Other variables: left out when the server says that it then gives their total, else their total is chosen.
    """
    times = tuple(sorted(roles.time.values))
    chosen = {
        roles.time.code: times[-newest:] if newest else times,
        roles.placement.code: roles.placement.values,
        roles.measure.code: (roles.content,),
    }
    if roles.occupation:
        chosen[roles.occupation.code] = roles.occupation.values
    for variable in roles.others:
        if variable.total is not None and (variable.area or not variable.eliminable):
            chosen[variable.code] = (variable.total,)
        elif not variable.eliminable:
            problem = f"variable {variable.code} ({variable.text}) must be chosen and offers no total"
            raise InputError(place, problem, "SSS or Yhteensä", "The table's structure has changed")
    return chosen


def _cells(table: Table, cube: Cube, texts: Mapping[str, Mapping[str, str]], place: str) -> pl.DataFrame:
    """Return the cells of our measure for the whole country, as ``placements`` describes them.

    ``texts``: the metadata's variable code → value code → text, which the older form of answer does not carry.
    """
    roles = _roles(table, pxweb.variables_of(cube), place)
    wanted = pl.col(roles.measure.code) == roles.content
    for variable in roles.others:
        if variable.total is None:
            offered = ", ".join(variable.values[:3])
            raise InputError(place, f"{variable.code} ({variable.text}) has only {offered}", "a total, SSS or Yhteensä")
        wanted &= pl.col(variable.code) == variable.total
    occupation = pl.lit("")
    if roles.occupation:
        named = {code: _named(code, text) for code, text in _labels(roles.occupation, texts).items()}
        occupation = pl.col(roles.occupation.code).replace_strict(named, return_dtype=pl.String)
        wanted &= pl.col(roles.occupation.code) != (roles.occupation.total or "")
    time, placement = pl.col(roles.time.code), pl.col(roles.placement.code)
    periods = {code: _period(table, code, place) for code in roles.time.values}
    starred = {code: "*" in code + text for code, text in _labels(roles.time, texts).items()}
    return cube.frame.filter(wanted).select(
        period=time.replace_strict(periods, return_dtype=pl.String),
        starred=time.replace_strict(starred, return_dtype=pl.Boolean),
        code=placement,
        label=placement.replace_strict(_labels(roles.placement, texts), return_dtype=pl.String),
        occupation=occupation,
        value=pl.col("value"),
    )


def _schema(table: Table, cube: Cube, place: str) -> dict[str, tuple[str, ...]]:
    """Return the variables' codes and what each offers, but for time, which grows by itself."""
    variables = pxweb.variables_of(cube)
    time = _roles(table, variables, place).time.code
    offered = {f"variable {v.code}": tuple(v.values) for v in variables if v.code != time}
    return {"variables": tuple(v.code for v in variables), **offered}


def _labels(variable: Variable, texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return code → text of a variable; metadata says it better where it knows the code."""
    return {code: texts.get(variable.code, {}).get(code, text) for code, text in variable.labels.items()}


def _named(code: str, text: str) -> str:
    return text if text.startswith(code) else f"{code} {text}"


def _period(table: Table, code: str, place: str) -> str:
    found = pxweb.PERIOD.fullmatch(code)
    if not found or bool(found[2]) != table.monthly or not 1 <= int(found[2] or 1) <= 12:
        raise InputError(place, f"time {code!r}", "a month, 2026M06" if table.monthly else "a year, 2026")
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


SOURCE = StatFin()
