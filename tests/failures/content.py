"""Content that looks like data and is not right: the cases behind the second table of docs/failures.md.

What belongs here: the declared cases, and how each is served or imported. What does not: running them (matrix.py).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import lxml.html

from pipelines.sources import tutkiavustuksia
from tests.failures.cases import LOGIN
from tests.failures.worlds import NEWS, TOTALS, WORKBOOK, World, page
from tests.servers import Reply, Request
from tests.sources import prh_pages, statfin_server, stea_files
from tests.sources.test_imported import GRANT, RAY, book, state_grant

ABSURD, HALF, DOUBLED, ORDER = "Absurd values", "Half the rows", "Doubled rows", "Columns in another order"
RENAMED, CLASS, LANGUAGE, DATES = (
    "Column or code renamed",
    "New region or class",
    "Other language",
    "Other form of dates",
)
OLDER, FUTURE, CLOSED, HTML = "Older edition again", "Date of the future", "Register closed", "HTML instead of data"
ROWS = (ABSURD, HALF, DOUBLED, ORDER, RENAMED, CLASS, LANGUAGE, DATES, OLDER, FUTURE, CLOSED, HTML)


def _nothing(_: World) -> None:
    pass


@dataclass(frozen=True)
class Content:
    """``said``: a pattern of the message. ``news``: what is right and new is published. ``file``: for an import,
    ``earlier`` what was imported before it.
    """

    target: str
    title: str
    state: str
    said: str = "."
    serve: Callable[[World], None] = _nothing
    news: bool = False
    file: Callable[[], bytes] | None = None
    earlier: Callable[[], bytes] | None = None
    name: str = "x.xlsx"

    @property
    def source(self) -> str:
        return self.target.split()[0]

    @property
    def code(self) -> int:
        return {"failed": 1, "quarantined": 1, "refused": 2, "closed": 2}.get(self.state, 0)


FAILED, HELD, SAME, REFUSED = "failed", "quarantined", "unchanged", "refused"


# -- PRH ---------------------------------------------------------------------------------------------------------

_ENDED = "<html><body><h1>Tilasto on lopetettu</h1></body></html>"


def _prh(name: str, change: Callable[[], str]) -> Callable[[World], None]:
    return lambda world: page(world, prh_pages.PATHS[name], change())


def _good(factor: float = 1.01) -> prh_pages.Rows:
    return prh_pages.scaled(prh_pages.edition("2025-01-02"), factor)


def _turned(html: str) -> str:
    root = lxml.html.document_fromstring(html)
    for row in root.iter("tr"):
        row[:] = row[::-1]
    return lxml.html.tostring(root, encoding="unicode")


def _twice(html: str) -> str:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return html.replace("</tbody>", body + "</tbody>")


def _regions(name: str, lang: str, other: str) -> list[Content]:
    def shown(day: str = "2026-12-01", factor: float = 1.01, language: str = lang, **quirks: object) -> str:
        return prh_pages.render(day, _good(factor), language, **quirks)

    def case(title: str, state: str, said: str, change: Callable[[], str]) -> Content:
        return Content(f"prh {name}", title, state, said, _prh(name, change))

    new = {**_good(), "Lappi": {**_good()["Lappi"]}}
    iso = {"fi": "Taulukossa tilasto 2026-12-01", "sv": "Statistiken avser situationen 2026-12-01"}[lang]
    return [
        case(ABSURD, HELD, "at most ±25 %", lambda: shown(factor=10)),
        case(HALF, HELD, "lost rows", lambda: shown(half=True)),
        case(DOUBLED, FAILED, "there twice", lambda: _twice(shown())),
        case(ORDER, SAME, ".", lambda: _turned(shown("2026-01-02"))),
        case(RENAMED, FAILED, "unknown heading", lambda: shown(headings={"total": "Summa"})),
        case(CLASS, FAILED, "unknown region", lambda: prh_pages.render(
            "2026-12-01", {**new, "Uusi maakunta": new["Lappi"]}, lang)),
        case(LANGUAGE, SAME, ".", lambda: shown("2026-01-02", language=other)),
        case(DATES, FAILED, "no date of the statistics", lambda: shown(date=iso)),
        case(OLDER, SAME, "older edition", lambda: shown("2025-01-02", 1)),
        case(FUTURE, HELD, "already seen", lambda: shown("2052-01-02")),
        case(CLOSED, FAILED, "no table of the regions", lambda: _ENDED),
        case(HTML, FAILED, "no table of the regions", LOGIN.decode),
    ]  # fmt: skip


def _texts() -> list[Content]:
    def totals(title: str, state: str, said: str, text: str) -> Content:
        return Content("prh totals", title, state, said, _prh("totals", lambda: text))

    whole = TOTALS.replace("31.10.2026", "30.11.2026")
    found = [
        totals(ABSURD, HELD, "at most ±25 %", whole.format("999 999")),
        totals(HALF, HELD, "at most ±25 %", whole.format("54 100")),
        totals(RENAMED, SAME, ".", whole.format("108 900").replace("yhdistystä", "yhteisöä")),
        totals(LANGUAGE, SAME, ".", "<html><body><p>I föreningsregistret fanns 108 300 föreningar.</p></body></html>"),
        totals(DATES, SAME, ".", whole.replace("30.11.2026", "2026-11-30").format("108 900")),
        totals(OLDER, SAME, "older edition", TOTALS.replace("2026", "2025").format("107 900")),
        totals(FUTURE, HELD, "already seen", TOTALS.replace("2026", "2052").format("108 900")),
        totals(CLOSED, SAME, ".", _ENDED),
        totals(HTML, SAME, ".", LOGIN.decode()),
    ]
    for name in ("index-sv", "news-2023"):
        serve = _prh(name, lambda: NEWS.replace("maakunnittain", "lopetettu"))
        found.append(Content(f"prh {name}", CLOSED, SAME, ".", serve))
        found.append(Content(f"prh {name}", HTML, SAME, ".", _prh(name, LOGIN.decode)))
    return found


# -- StatFin -----------------------------------------------------------------------------------------------------


def occupational() -> statfin_server.Occupations:
    """A smaller table than the real one: it is served for every case."""
    return statfin_server.occupational(months=8, occupations=20)


_KINDS: Mapping[str, Any] = {
    "12va": (statfin_server.annual, "data"),
    "12u6": (statfin_server.monthly, "monthly_data"),
    "12u7": (occupational, "occupations"),
}


def _deep(data: Any, change: Callable[[float], float]) -> Any:
    if isinstance(data, dict):
        return {key: _deep(value, change) for key, value in data.items()}
    return data if data is None else change(data)


def _install(world: World, **options: Any) -> None:
    usual = {"updated": "2026-12-01", "occupations": occupational()}
    statfin_server.install(world.server, **{**usual, **options})


def _statfin(table: str, change: Callable[[Any], Any], **options: Any) -> Callable[[World], None]:
    made, name = _KINDS[table]
    return lambda world: _install(world, **{name: change(made()), **options})


def _shaped(
    change: Callable[[statfin_server.Variable], statfin_server.Variable], turn: bool
) -> Callable[[World], None]:
    """Serve the same numbers with variables in another order or with other texts."""
    make = statfin_server._table

    def made(*arguments: Any) -> statfin_server.Table:
        table = make(*arguments)
        variables = tuple(change(variable) for variable in table.variables)
        return replace(table, variables=variables[::-1] if turn else variables)

    def serve(world: World) -> None:
        with mock.patch.object(statfin_server, "_table", made):
            _install(world)

    return serve


def _english(variable: statfin_server.Variable) -> statfin_server.Variable:
    texts = {"Yhteensä": "Total", "KOKO MAA": "WHOLE COUNTRY", "Alkaneet": "Started", "Miehet": "Males"}
    values = {code: texts.get(text, text) for code, text in variable.values.items()}
    return replace(variable, text=f"Variable {variable.text}", values=values)


def _doubled(table: str) -> Callable[[World], None]:
    def serve(world: World) -> None:
        _install(world, form="json")
        path = f"{statfin_server.FOLDER}{table}.px"
        before = world.server.routes[path]

        def answer(request: Request) -> Reply:
            reply = before(request) if callable(before) else before
            content = json.loads(reply.body)
            if request.method == "POST":
                content["data"] *= 2
            return replace(reply, body=json.dumps(content).encode())

        world.server.routes[path] = answer

    return serve


def _no_5t_6t() -> Callable[[World], None]:
    def change(variable: statfin_server.Variable) -> statfin_server.Variable:
        kept = {{"6T": "6X", "5T": "5X"}.get(code, code): text for code, text in variable.values.items()}
        return replace(variable, values=kept)

    return _shaped(change, turn=False)


def _extra(data: Any) -> Any:
    newest = max(data)
    cells = data[newest]
    if all(isinstance(value, dict) for value in cells.values()):
        first = min(cells)
        return {**data, newest: {**cells, first: {**cells[first], "ZZ": 7.0}}}
    total = {"SSS": cells["SSS"] + 7} if "SSS" in cells else {}
    return {**data, newest: {**cells, "ZZ": 7.0, **total}}


def _table_cases(table: str) -> list[Content]:
    def case(title: str, state: str, said: str, serve: Callable[[World], None], news: bool = False) -> Content:
        return Content(f"statfin {table}", title, state, said, serve, news)

    def far(data: Any) -> Any:
        newest = max(data)
        return {**data, newest.replace("2021", "2052").replace("2022", "2052"): data[newest]}

    big = 100_000 if table == "12u7" else 10
    route = f"{statfin_server.FOLDER}{table}.px"
    return [
        case(ABSURD, HELD, "at most|above", _statfin(table, lambda data: _deep(data, lambda value: value * big))),
        case(HALF, HELD, "no values for|periods|must be|at most", _statfin(
            table, lambda data: {key: data[key] for key in sorted(data)[1::2]})),
        case(DOUBLED, HELD, "there twice", _doubled(table)),
        case(ORDER, SAME, ".", _shaped(lambda variable: variable, turn=True)),
        case(RENAMED, FAILED, "5T", _no_5t_6t()),
        case(CLASS, SAME, "placement code ZZ", _statfin(table, _extra), news=True),
        case(LANGUAGE, SAME, ".", _shaped(_english, turn=False)),
        case(DATES, SAME, ".", lambda world: _install(world, updated="1.12.2026")),
        case(OLDER, SAME, "older edition", _statfin(
            table, lambda data: {key: data[key] for key in sorted(data)[:-1]}, updated="2026-09-01")),
        case(FUTURE, HELD, "no values for|later than|future", _statfin(table, far)),
        case(CLOSED, FAILED, "not in the folder", lambda world: _install(world, without=(table,))),
        case(HTML, FAILED, "JSON", lambda world: page(world, route, LOGIN)),
    ]  # fmt: skip


# -- STEA --------------------------------------------------------------------------------------------------------

_SWEDISH = {"Järjestö": "Organisation", "Haettu": "Ansökt", "Myönnetty": "Beviljat", "Vuosi": "År"}


def _workbook(title: str, state: str, said: str, body: Callable[[], bytes], news: bool = False) -> Content:
    return Content("stea workbook", title, state, said, lambda world: page(world, WORKBOOK, body()), news)


def _sheets(change: Callable[[int, list[stea_files.Grant]], list[stea_files.Grant]]) -> bytes:
    return stea_files.workbook({y: change(y, rows) for y, rows in stea_files.years(2026, 2027).items()})


def _money(rows: list[stea_files.Grant], factor: int) -> list[stea_files.Grant]:
    def much(value: Any) -> Any:
        return value if value is None else int(value) * factor

    return [replace(r, applied=much(r.applied), proposed=much(r.proposed), granted=much(r.granted)) for r in rows]


def _stea() -> list[Content]:
    good = stea_files.years(2026, 2027)
    return [
        _workbook(ABSURD, HELD, "must be equal", lambda: _sheets(lambda _, rows: _money(rows, 10))),
        _workbook(HALF, HELD, "fewer than", lambda: _sheets(lambda _, rows: rows[::2])),
        _workbook(DOUBLED, FAILED, "twice in the year", lambda: _sheets(lambda _, rows: rows * 2)),
        _workbook(ORDER, SAME, ".", lambda: stea_files.workbook(good, order=stea_files.HEADINGS[::-1])),
        _workbook(RENAMED, FAILED, "unknown column", lambda: stea_files.workbook(
            good, rename={"Haettu": "Haettu eur"})),
        _workbook(CLASS, SAME, ".", lambda: _sheets(
            lambda year, rows: [replace(rows[0], organisation_class="Uusi luokka"), *rows[1:]]), news=True),
        _workbook(LANGUAGE, FAILED, "unknown column", lambda: stea_files.workbook(good, rename=_SWEDISH)),
        _workbook(DATES, FAILED, "Vuosi", lambda: _sheets(
            lambda year, rows: [replace(row, year=f"1.1.{year}") for row in rows])),
        _workbook(OLDER, SAME, "older edition", lambda: stea_files.workbook(stea_files.years(2026, 2026, count=1200))),
        _workbook(FUTURE, HELD, "2052", lambda: stea_files.workbook({2052: good[2027], **good})),
        _workbook(CLOSED, FAILED, ".", stea_files.html),
        _workbook(HTML, FAILED, ".", lambda: LOGIN),
    ]  # fmt: skip


def _orgs(title: str, state: str, said: str, change: Callable[[dict[int, Any]], None], news: bool = False) -> Content:
    return Content("stea organisations", title, state, said, lambda world: change(world.orgs), news)


def _probes(title: str, state: str, said: str, change: Callable[[Any], Any]) -> Content:
    def serve(world: World) -> None:
        for number in stea_files.PROBES:
            world.orgs[number] = change(world.orgs[number])

    return Content("stea probes", title, state, said, serve)


def _key(old: str, new: str) -> Callable[[Any], Any]:
    return lambda org: {new if key == old else key: value for key, value in org.items()}


def _endpoint() -> list[Content]:
    def drop(orgs: dict[int, Any]) -> None:
        for number in (2, 3, 4):
            del orgs[number]

    def set_2(change: Callable[[Any], Any]) -> Callable[[dict[int, Any]], None]:
        return lambda orgs: orgs.update({2: change(orgs[2])})

    html = Reply(LOGIN)
    return [
        _orgs(HALF, HELD, "at most", drop),
        _orgs(ORDER, SAME, ".", set_2(lambda org: dict(reversed(org.items())))),
        _orgs(RENAMED, FAILED, "allAidTargets", set_2(_key("allAidTargets", "tuet"))),
        _orgs(HTML, FAILED, ".", set_2(lambda _: html)),
        _probes(ORDER, SAME, ".", lambda org: dict(reversed(org.items()))),
        _probes(RENAMED, FAILED, "allAidTargets", _key("allAidTargets", "tuet")),
        _probes(CLOSED, FAILED, ".", lambda org: {**org, "name": None}),
        _probes(HTML, FAILED, ".", lambda _: html),
    ]


# -- what comes by import, and the closed register ----------------------------------------------------------------

_VA = list(tutkiavustuksia.COLUMNS)
_BUDGET = "Vuosi,Kk,Momentti_TunnusP,Nettokertymä\n2014,1,33.90.50.,7\n"
_BUDGET_ROWS = [f"2014,1,33.90.50.,{n}\n" for n in range(10, 18)]


def _ray_rows() -> list[list[object]]:
    return [["A ry", year, n, *GRANT[3:]] for year in (2005, 2006) for n in ("a", "b", "c", "d")]


def _va_rows() -> list[list[object]]:
    return [state_grant(f"{name} ry") for name in "ABCD"]


def _budget_rows(rows: list[str]) -> bytes:
    return (_BUDGET.splitlines()[0] + "\n" + "".join(rows)).encode()


def _by_hand() -> list[Content]:
    """Half and doubled files that a person imports after a good one; STEA's workbook by import, too."""

    def ray(title: str, state: str, said: str, rows: list[list[object]]) -> Content:
        good, given = book({"T": [RAY, *_ray_rows()]}), book({"T": [RAY, *rows]})
        return Content("ray", title, state, said, file=lambda: given, earlier=lambda: good)

    def va(title: str, state: str, said: str, rows: list[list[object]], news: bool = False) -> Content:
        good, given = book({"Export": [_VA, *_va_rows()]}), book({"Export": [_VA, *rows]})
        return Content("tutkiavustuksia", title, state, said, news=news, file=lambda: given, earlier=lambda: good)

    def budget(title: str, state: str, said: str, rows: list[str]) -> Content:
        good, given = _budget_rows(_BUDGET_ROWS), _budget_rows(rows)
        return Content("budjetti", title, state, said, file=lambda: given, earlier=lambda: good, name="x.csv")

    def stea(title: str, state: str, said: str, change: Callable[[list[stea_files.Grant]], Any]) -> Content:
        return Content("stea import", title, state, said, file=lambda: _sheets(lambda _, rows: change(rows)))

    twice = "every row stands there more than once"
    return [
        ray(HALF, HELD, r"-50 %\) against edition 2006", _ray_rows()[::2]),
        ray(DOUBLED, REFUSED, twice, _ray_rows() * 2),
        va(HALF, "ok", ".", _va_rows()[::2], news=True),
        va(DOUBLED, REFUSED, twice, _va_rows() * 2),
        budget(HALF, HELD, r"-5\d %\) against edition 2014-01", _BUDGET_ROWS[::2]),
        budget(DOUBLED, REFUSED, twice, _BUDGET_ROWS * 2),
        stea(HALF, HELD, "fewer than", lambda rows: rows[::2]),
        stea(DOUBLED, REFUSED, "twice in the year", lambda rows: rows * 2),
    ]


def _imports() -> list[Content]:
    def ray(title: str, said: str, rows: list[list[object]]) -> Content:
        return Content("ray", title, REFUSED, said, file=lambda: book({"Taulu": rows}))

    def va(title: str, said: str, rows: list[list[object]]) -> Content:
        return Content("tutkiavustuksia", title, REFUSED, said, file=lambda: book({"Export": rows}))

    def budget(title: str, said: str, text: str) -> Content:
        return Content("budjetti", title, REFUSED, said, file=text.encode, name="x.csv")

    def with_cell(column: str, value: object) -> list[object]:
        return [value if name == column else cell for name, cell in zip(RAY, GRANT, strict=True)]

    html = LOGIN.decode()
    return [
        ray(ABSURD, "not negative", [RAY, with_cell("Myönnetty", -1)]),
        Content("ray", ORDER, "ok", news=True, file=lambda: book({"T": [RAY[::-1], GRANT[::-1]]})),
        ray(RENAMED, "'Haettu' is missing", [["Haettu eur" if n == "Haettu" else n for n in RAY], GRANT]),
        ray(FUTURE, "2000 to 2016", [RAY, with_cell("Vuosi", 2052)]),
        ray(DATES, "a year", [RAY, with_cell("Vuosi", "1.1.2005")]),
        Content("ray", HTML, REFUSED, file=lambda: LOGIN),
        va(ABSURD, "not negative", [_VA, state_grant("A ry", granted=-1)]),
        Content("tutkiavustuksia", ORDER, "ok", news=True,
                file=lambda: book({"Export": [_VA[::-1], state_grant("A ry")[::-1]]})),
        va(RENAMED, "'Myöntäjä' is missing", [["Grantor" if n == "Myöntäjä" else n for n in _VA], state_grant("A ry")]),
        va(DATES, "Päätös pvm", [_VA, state_grant("A ry", day="joulukuussa")]),
        Content("tutkiavustuksia", HTML, REFUSED, file=lambda: LOGIN),
        budget(ABSURD, "a number such as", _BUDGET.replace(",7", ",1e30")),
        Content("budjetti", ORDER, "ok", news=True, name="x.csv",
                file="Kk,Vuosi,Nettokertymä,Momentti_TunnusP\n1,2014,7,33.90.50.\n".encode),
        budget(RENAMED, "'Nettokertymä' is missing", _BUDGET.replace("Nettokertymä", "Summa")),
        budget(DATES, "a month", _BUDGET.replace(",1,", ",tammi,")),
        budget(HTML, ".", html),
        Content("tem", CLOSED, "closed", "repealed", file=lambda: LOGIN),
    ]  # fmt: skip


CASES = (
    *_regions("regions-fi", "fi", "sv"), *_regions("regions-sv", "sv", "fi"), *_texts(),
    *(case for table in _KINDS for case in _table_cases(table)), *_stea(), *_endpoint(), *_imports(), *_by_hand(),
)  # fmt: skip
