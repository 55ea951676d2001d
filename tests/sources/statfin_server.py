"""A faithful little StatFin: PxWeb v1 with the tables 12va, 12u6 and 12u7 of ``tyonv`` on a Publisher of tests.servers.

What belongs here: the three eras of names, PxWeb's refusals (400, 403), answers in both JSON forms, and the real
transcribed values as data. What does not: misbehaviour of the connection (tests/servers.py), assertions.

    install(publisher)                                    # names as since 8.6.2026
    install(publisher, era="old", data=revised(annual(), "2018", "6T", 19_700), updated="2026-09-01")

Data of 12va and 12u6: ``{period: {code: value or None}}``, None = suppressed, a code that is not named = 0, ``SSS``
made from the others when not given. Of 12u7: ``{period: {occupation: {code: value or None}}}``. Periods are ours
("2018", "2018-06"), shown as the era shows them.
"""

import csv
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from tests.servers import Publisher, Reply, Request

Data = dict[str, dict[str, float | None]]
Occupations = dict[str, Data]

ROOT = "/PxWeb/api/v1/fi/"
FOLDER = ROOT + "StatFin/tyonv/"
CODES = (
    *("SSS", "5T", "5V", "50", "51", "53", "54", "57", "58", "55", "56", "6T", "6V", "60", "68", "69", "80", "81"),
    *("87", "88", "89", "40", "41", "61", "62", "65", "64", "73", "70", "71", "74", "75", "X"),
)
SUPPRESSED = {"2009": ("55", "58"), "2015": ("55", "58"), "2016": ("53", "55"), "2017": ("69",)}
"""Which cells are hidden is our choice; that so many are, in these groups and years, is in the transcription."""

_CSV = Path(__file__).resolve().parents[2] / "data" / "raw" / "transcribed" / "palkkatuki.csv"
_TITLES = {
    "12va": "Sijoitukset työllistämisen lajin mukaan, vuosi",
    "12u6": "Sijoitukset työllistämisen lajin mukaan, kuukausi",
    "12u7": "Sijoitukset työllistämisen lajin ja ammatin mukaan, kuukausi",
    "12r5": "Työttömät työnhakijat eri ryhmissä",
}


# -- data --------------------------------------------------------------------------------------------------------


@lru_cache
def _transcribed(series: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    with _CSV.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["series"] == series:
                found.setdefault(row["period"], {})[row["category"]] = float(row["value"])
    return found


def annual(first: str = "2006", last: str = "2021") -> Data:
    """12va as transcribed. What SSS holds beyond the transcribed codes until 2014 stands under 70."""
    data: Data = {}
    for period, known in sorted(_transcribed("alkaneet_vuosi_koodi").items()):
        if not first <= period <= last:
            continue
        cells: dict[str, float | None] = dict(known)
        if period < "2015":
            cells["70"] = 2 * known["SSS"] - sum(known.values())
        data[period] = cells | dict.fromkeys(SUPPRESSED.get(period, ()))
    return data


def monthly(first: str = "2015-01", last: str = "2022-02") -> Data:
    """12u6 as transcribed, from 2015. The rest of SSS (start-up grants) stands under 61; absent 40/41 are hidden."""
    data: Data = {}
    for period, known in sorted(_transcribed("alkaneet_kk_koodi").items()):
        if first <= period <= last and "6T" in known:
            cells: dict[str, float | None] = {"40": None, "41": None, **known}
            data[period] = cells | {"61": 2 * known["SSS"] - sum(known.values())}
    return data


def occupational(months: int = 14, occupations: int = 24) -> Occupations:
    """12u7, made up: 6T grows with the occupation, 6V is hidden in every third, municipal cells must not count."""
    periods = sorted(monthly())[-months:]
    return {
        period: {
            str(5000 + n): {"6T": 10 * n + m, "6V": None if n % 3 == 0 else n, "5T": 1000, "61": 7}
            for n in range(1, occupations + 1)
        }
        for m, period in enumerate(periods)
    }


def revised(data: Data, period: str, code: str, value: float | None) -> Data:
    """Return a copy with one cell changed and SSS moved with it."""
    cells = dict(data.get(period, {}))
    if "SSS" in cells:
        cells["SSS"] = (cells["SSS"] or 0) + (value or 0) - (cells.get(code) or 0)
    return {**data, period: {**cells, code: value}}


# -- tables ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Names:
    """How an era calls things. ``required``: a variable, not seen before, that must be chosen."""

    file: str
    area: str
    sex: str
    age: str
    placement: str
    year: str
    month: str
    content: str
    occupation: str
    prefix: str = ""
    required: str = ""


ERAS = {
    "old": Names(
        *("statfin_tyonv_pxt_{}.px", "Alue", "Sukupuoli", "Ikäryhmät", "Työllistämisen laji"),
        *("Vuosi", "Kuukausi", "Tiedot", "Ammattiryhmä"),
    ),
    "new": Names(
        *("{}.px", "Alue", "sukupuoli_9_20180101", "ikaryhma_10_20180101", "Työllistämisen laji"),
        *("timeperiod_y", "timeperiod_m", "contentscode", "Ammattiryhmä"),
    ),
    "future": Names(
        *("{}.px", "alue_24_20270101", "sukupuoli_9_20270101", "ika_77_20270101", "tyollistamisenlaji_7_20270101"),
        *("aika_v_20270101", "aika_k_20270101", "sisalto_1", "ammatti_3_20270101"),
        *("tyonv-", "koulutusaste_1_20270101"),
    ),
}


@dataclass(frozen=True)
class Variable:
    code: str
    text: str
    values: Mapping[str, str]
    eliminable: bool = False
    time: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "code": self.code,
            "text": self.text,
            "values": list(self.values),
            "valueTexts": list(self.values.values()),
        }
        return found | ({"elimination": True} if self.eliminable else {}) | ({"time": True} if self.time else {})


@dataclass(frozen=True)
class Table:
    """One table: ``cell`` gives the starts of (period, placement, occupation) for the whole country."""

    id: str
    era: str
    variables: tuple[Variable, ...]
    cell: Callable[[str, str, str], float | None]
    measure: str

    @property
    def file(self) -> str:
        return ERAS[self.era].file.format(self.id)

    def value(self, picked: Mapping[str, str]) -> float | None:
        """Only the right measure of the whole country gives the right number: other picks give another."""
        names = ERAS[self.era]
        period = _ours(picked.get(names.year, "") or picked.get(names.month, ""))
        value = self.cell(period, picked[names.placement], picked.get(names.occupation, "SSS"))
        if value is None:
            return None
        if picked[names.content] != names.prefix + self.measure:
            return value * 2 + 1
        whole = {picked.get(code, "SSS") for code in (names.area, names.sex, names.age, names.required)} == {"SSS"}
        return value if whole else value // 3


def _theirs(period: str) -> str:
    return period.replace("-", "M")


def _ours(code: str) -> str:
    return code.replace("M", "-")


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _total(cells: Mapping[str, float | None]) -> float:
    return sum(value or 0 for code, value in cells.items() if code != "SSS")


def _codes(cells: list[Mapping[str, float | None]], usual: tuple[str, ...] = CODES) -> dict[str, str]:
    """Placement codes with texts; codes that the data name and StatFin has not are added at the end."""
    extra = sorted({code for row in cells for code in row} - set(usual))
    return {code: "Yhteensä" if code == "SSS" else f"Laji {code}" for code in (*usual, *extra)}


def _table(
    era: str, id: str, periods: list[str], codes: dict[str, str], occupations: dict[str, str], cell: Any
) -> Table:
    names, month = ERAS[era], "-" in periods[0]
    end = "" if month else "VV"
    measures = {f"SIJOITYHT{end}": "Sijoitettuna", f"SIJOITALKOI{end}": "Alkaneet", f"SIJOITPAATTYI{end}": "Päättyneet"}
    everything = {"SSS": "Yhteensä"}
    variables = [
        Variable(names.area, "Alue", {"SSS": "KOKO MAA", "MK01": "Uusimaa", "KU091": "Helsinki"}, eliminable=True),
        Variable(names.sex, "Sukupuoli", everything | {"1": "Miehet", "2": "Naiset"}, eliminable=era != "new"),
        Variable(
            names.age, "Ikäryhmä", everything | {"-24": "Alle 25", "25-": "25 ja yli"}, eliminable=era != "future"
        ),
        Variable(names.placement, "Työllistämisen laji", codes),
        Variable(
            names.month if month else names.year,
            "Kuukausi" if month else "Vuosi",
            {_theirs(period): _theirs(period) for period in periods},
            time=era != "future",
        ),
        Variable(names.content, "Tiedot", {names.prefix + code: text for code, text in measures.items()}),
    ]
    if occupations:
        variables.insert(3, Variable(names.occupation, "Ammattiryhmä", everything | occupations, eliminable=True))
    if names.required:
        variables.append(Variable(names.required, "Koulutusaste", everything | {"3": "Toinen aste"}))
    return Table(id, era, tuple(variables), cell, f"SIJOITALKOI{end}")


def _plain(era: str, id: str, data: Data) -> Table:
    def cell(period: str, code: str, _: str) -> float | None:
        cells = data[period]
        return cells.get(code, _total(cells) if code == "SSS" else 0)

    return _table(era, id, sorted(data), _codes(list(data.values())), {}, cell)


def _by_occupation(era: str, data: Occupations) -> Table:
    def cell(period: str, code: str, occupation: str) -> float | None:
        if occupation == "SSS":
            return sum(cell(period, code, each) or 0 for each in data[period])
        cells = data[period].get(occupation, {})
        return cells.get(code, _total(cells) if code == "SSS" else 0)

    rows = [cells for month in data.values() for cells in month.values()]
    occupations = {code: f"Ammatti {code}" for month in data.values() for code in month}
    codes = _codes(rows, ("SSS", "5T", "5V", "60", "6T", "6V", "40", "41", "61", "X"))
    return _table(era, "12u7", sorted(data), codes, occupations, cell)


# -- the server --------------------------------------------------------------------------------------------------


def install(
    publisher: Publisher,
    era: str = "new",
    data: Data | None = None,
    *,
    monthly_data: Data | None = None,
    occupations: Occupations | None = None,
    updated: str = "2022-04-17",
    max_cells: int = 120_000,
    max_calls: int = 40,
    form: str = "json-stat2",
    without: tuple[str, ...] = (),
) -> None:
    """Answer on StatFin's paths as in ``era`` (old | new | future); ``data`` is 12va's. Replaces an earlier install.

    ``updated``: the day that answers carry. ``form``: the JSON form of answers whatever was asked (json-stat2 |
    json). ``without``: tables that are not there.
    """
    for path in [path for path in publisher.routes if path.startswith(ROOT)]:
        del publisher.routes[path]
    tables = (
        _plain(era, "12va", annual() if data is None else data),
        _plain(era, "12u6", monthly() if monthly_data is None else monthly_data),
        _by_occupation(era, occupational() if occupations is None else occupations),
    )
    present = [table for table in tables if table.id not in without]
    limits = {"maxValues": max_cells, "maxCells": max_cells, "maxCalls": max_calls, "timeWindow": 60, "CORS": True}
    publisher.json(ROOT, limits)
    rows = [_row("12r5", ERAS[era].file.format("12r5")), *(_row(table.id, table.file) for table in present)]
    publisher.json(FOLDER, [{"id": "kk", "type": "l", "text": "12va"}, *rows])
    for table in present:
        publisher.routes[FOLDER + table.file] = _route(table, updated, max_cells, form)
        other = ERAS["new" if era == "old" else "old"].file.format(table.id)
        publisher.routes[FOLDER + other] = Reply(b"Bad Request", 400, "text/plain")


def _row(id: str, file: str) -> dict[str, str]:
    return {"id": file, "type": "t", "text": f"{id} -- {_TITLES[id]}", "updated": "2026-06-06T21:04:30"}


def _route(table: Table, updated: str, max_cells: int, form: str) -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return _json({"title": _TITLES[table.id], "variables": [v.metadata for v in table.variables]})
        picked = _picked(table, request.json)
        if picked is None:
            return Reply(b"Bad Request", 400, "text/plain")
        if math.prod(len(values) for values in picked.values()) > max_cells:
            return Reply(b"Forbidden", 403, "text/plain")
        return _json((_json_stat if form == "json-stat2" else _px_json)(table, picked, updated))

    return answer


def _picked(table: Table, query: Any) -> dict[str, list[str]] | None:
    """Return the values picked by variable in the table's order; None when PxWeb would refuse the query."""
    asked = {entry["code"]: entry["selection"] for entry in query["query"]}
    if set(asked) - {variable.code for variable in table.variables}:
        return None
    picked: dict[str, list[str]] = {}
    for variable in table.variables:
        selection = asked.get(variable.code)
        if selection is None:
            if not variable.eliminable:
                return None
            continue
        offered, wanted = list(variable.values), selection["values"]
        kind = selection["filter"]
        values = offered if kind == "all" else offered[-int(wanted[0]) :] if kind == "top" else wanted
        if not values or set(values) - set(offered):
            return None
        picked[variable.code] = [value for value in offered if value in values]
    return picked


def _json(content: Any) -> Reply:
    return Reply(json.dumps(content, ensure_ascii=False).encode(), type="application/json; charset=utf-8")


def _json_stat(table: Table, picked: dict[str, list[str]], updated: str) -> dict[str, Any]:
    variables = [variable for variable in table.variables if variable.code in picked]
    values = [_number(table.value(dict(zip(picked, key, strict=True)))) for key in product(*picked.values())]
    names = ERAS[table.era]
    content: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": _TITLES[table.id],
        "source": "KEHA-keskus, Työnvälitystilasto",
        "updated": f"{updated}T05:00:00Z",
        "role": {"time": [v.code for v in variables if v.time], "metric": [names.content]},
        "id": list(picked),
        "size": [len(own) for own in picked.values()],
        "dimension": {
            v.code: {
                "label": v.text,
                "category": {
                    "index": {code: n for n, code in enumerate(picked[v.code])},
                    "label": {code: v.values[code] for code in picked[v.code]},
                },
            }
            for v in variables
        },
        "extension": {"px": {"tableid": table.file.removesuffix(".px"), "matrix": table.id}},
        "value": values,
    }
    hidden = {str(n): "..." for n, value in enumerate(values) if value is None}
    return content | ({"status": hidden} if hidden else {})


def _px_json(table: Table, picked: dict[str, list[str]], updated: str) -> dict[str, Any]:
    content = ERAS[table.era].content
    keys = {code: own for code, own in picked.items() if code != content}
    columns = [
        {"code": v.code, "text": v.text, "type": "t" if v.time else "d"} for v in table.variables if v.code in keys
    ]
    data = []
    for key in product(*keys.values()):
        cells = [table.value({**dict(zip(keys, key, strict=True)), content: code}) for code in picked[content]]
        data.append({"key": list(key), "values": ["..." if value is None else str(_number(value)) for value in cells]})
    stamp = f"{updated}T05.00.00Z"
    meta = [{"updated": stamp, "label": _TITLES[table.id], "source": "KEHA-keskus, Työnvälitystilasto"}]
    measures = [{"code": code, "text": "Alkaneet", "type": "c", "comment": "x\r\n"} for code in picked[content]]
    return {"columns": columns + measures, "comments": [], "data": data, "metadata": meta}
