"""Workbooks and JSON in the shape of avustukset.stea.fi, well or with one fault each.

What belongs here: building bytes and routing them on the local server. What does not: tests, copies of real files.

The workbook has the publisher's odd shape (sources/stea.md §1.2): ``x:`` prefix, inline strings, no ``r`` attribute
on cells, a BOM, numbers as text, only the parts that the .NET SDK wrote.

    body = workbook(years(2023, 2025))                    three sheets that read admits, the newest undecided
    body = workbook({2025: [Grant(applied="1 000")]})     one wrong cell
    body = workbook(years(2025, 2025), rename={"Haettu": "Haettu eur"})
    api = install(server, {774: org_json(774, "A ry", [target_json(2025, granted=100)])})
"""

import io
import json
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from pipelines.sources.stea_api import PROBES
from tests.servers import Publisher, Reply, Request, Route

HEADINGS = (
    *("Järjestö", "Y-tunnus", "Vuosi", "Avustuksen käyttötarkoitus", "Avustuslaji", "Maantiet. alue"),
    *("Avustuskokonaisuus", "Järjestöluokka", "Haettu", "Ehdotettu", "Myönnetty"),
)

_X = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS = f'<Relationships xmlns="{_PACKAGE}/relationships">'
_START = '\ufeff<?xml version="1.0" encoding="utf-8"?>'
_DATE = (2025, 12, 19, 8, 43, 0)

Cell = int | str | None


@dataclass(frozen=True)
class Grant:
    """One row of a sheet. ``year`` None means the sheet's; money None means an empty cell."""

    organisation: str = "Esimerkkiyhdistys ry"
    kind: str = "Ak 1"
    applied: Cell = 1000
    proposed: Cell = 1000
    granted: Cell = 1000
    year: Cell = None
    business_id: str = ""
    purpose: str = "Toiminnan tukemiseen"
    scope: str = "Valtakunnallinen"
    theme: str = "Järjestöjen toimintaedellytysten vahvistaminen"
    organisation_class: str = "Työttömien järjestöt"

    def cells(self, sheet: str) -> list[str]:
        """The eleven cells in the publisher's order, as text."""
        year = sheet if self.year is None else self.year
        values = (
            *(self.organisation, self.business_id, year, self.purpose, self.kind, self.scope, self.theme),
            *(self.organisation_class, self.applied, self.proposed, self.granted),
        )
        return ["" if value is None else str(value) for value in values]


def year(count: int = 600, *, decided: bool = True, granted: int = 1000) -> list[Grant]:
    """Rows of one sheet that read finds plausible: two targets an organisation, every tenth refused.

    With ``decided`` false Myönnetty is empty in all of them. Granted in sum: ``granted`` × 0.9 × ``count``.
    """
    rows: list[Grant] = []
    for n in range(count):
        sum_eur = 0 if n % 10 == 9 else granted
        row = Grant(f"Yhdistys {n // 2:04} ry", f"{'Ak' if n % 2 else 'Ay'} {n}", 2 * granted, sum_eur, sum_eur)
        rows.append(row if decided else replace(row, granted=None))
    return rows


def years(first: int, last: int, *, count: int = 600, newest_decided: bool = False) -> dict[int, list[Grant]]:
    """Sheets newest first, all decided but (unless ``newest_decided``) the newest; at least two years are admitted."""
    return {y: year(count, decided=newest_decided or y < last, granted=y) for y in range(last, first - 1, -1)}


def workbook(
    sheets: Mapping[int | str, Sequence[Grant]] | Mapping[int, Sequence[Grant]],
    *,
    rename: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
    extra: Mapping[str, str] | None = None,
    order: Sequence[str] = HEADINGS,
    row_titles: bool = True,
    lost_rows: int = 0,
    blank_rows: int = 0,
    macros: bool = False,
) -> bytes:
    """Build the workbook. Faults: ``rename`` and ``drop`` headings, ``extra`` heading → text in its cells, ``order``
    of the columns, ``lost_rows`` of each sheet that its row title still counts, ``blank_rows`` before the last row.
    """
    shown = [name for name in order if name not in drop]
    parts: dict[str, str | bytes] = {}
    for number, (name, grants) in enumerate(sheets.items(), 1):
        headings = [(rename or {}).get(heading, heading) for heading in shown] + list(extra or {})
        lines = [headings]
        for grant in grants[: len(grants) - lost_rows]:
            cells = dict(zip(HEADINGS, grant.cells(str(name)), strict=True))
            lines.append([cells[heading] for heading in shown] + list((extra or {}).values()))
        lines[-1:-1] = [[""] * len(headings)] * blank_rows
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(lines)
    titles = {str(name): len(grants) + 1 for name, grants in sheets.items()} if row_titles else {}
    return _zip({**_frame([str(name) for name in sheets], titles), **parts}, macros=macros)


def many_sheets(count: int) -> bytes:
    """A workbook with ``count`` sheets of one heading each."""
    return workbook({f"{n:04}": [] for n in range(count)}, row_titles=False)


def html() -> bytes:
    """What a single-page application answers to any path."""
    return b"\xef\xbb\xbf<!doctype html><html><head><title>STEA avustukset</title></head><body></body></html>"


def lying(body: bytes, declared: int) -> bytes:
    """The same zip with ``declared`` as the unpacked size of its first sheet, in the directory and in front of it."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    name = info.filename.encode()
    changed = bytearray(body)
    struct.pack_into("<I", changed, info.header_offset + 22, declared)
    central = body.rfind(name) - 46
    struct.pack_into("<I", changed, central + 24, declared)
    return bytes(changed)


def bomb(megabytes: int = 4) -> bytes:
    """A small, well-formed workbook whose sheet unpacks to ``megabytes`` of spaces."""
    sheet = f"{_START}<x:worksheet {_X}><x:sheetData>{' ' * (megabytes * 1024 * 1024)}</x:sheetData></x:worksheet>"
    return _zip({**_frame(["2025"], {}), "xl/worksheets/sheet1.xml": sheet})


def stray_cell(column: str = "XFD", row: int = 1_048_576) -> bytes:
    """A sheet that Excel saved again, with one formatted cell far out."""
    cell = f'<x:row r="{row}"><x:c r="{column}{row}" t="inlineStr"><x:is><x:t>x</x:t></x:is></x:c></x:row>'
    first = f'<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>{HEADINGS[0]}</x:t></x:is></x:c></x:row>'
    sheet = f"{_START}<x:worksheet {_X}><x:sheetData>{first}{cell}</x:sheetData></x:worksheet>"
    return _zip({**_frame(["2025"], {}), "xl/worksheets/sheet1.xml": sheet})


def formula() -> bytes:
    """A workbook in which one amount is a formula without a stored value: read naively, an empty cell."""
    text = workbook({2025: [Grant(granted=777)]})
    with zipfile.ZipFile(io.BytesIO(text)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    cell = b'<x:c t="inlineStr"><x:is><x:t>777</x:t></x:is></x:c>'
    return _zip({**parts, name: parts[name].replace(cell, b"<x:c><x:f>700+77</x:f></x:c>")})


def damaged(body: bytes, right: bytes, wrong: bytes) -> bytes:
    """The same workbook, stored without compression, with some bytes changed in transit."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert target.getvalue().count(right) == 1
    return target.getvalue().replace(right, wrong)


def _sheet(lines: Sequence[Sequence[str]]) -> str:
    rows = (
        f'<x:row r="{n}">'
        + "".join(f'<x:c t="inlineStr"><x:is><x:t>{escape(cell, quote=False)}</x:t></x:is></x:c>' for cell in line)
        + "</x:row>"
        for n, line in enumerate(lines, 1)
    )
    return f"{_START}<x:worksheet {_X}><x:sheetData>{''.join(rows)}</x:sheetData></x:worksheet>"


def _frame(names: Sequence[str], titles: Mapping[str, int]) -> dict[str, str]:
    sheets = "".join(
        f'<x:sheet name="{name}" sheetId="{n}" r:id="R{n}" xmlns:r="{_R}" />' for n, name in enumerate(names, 1)
    )
    defined = "".join(
        f'<x:definedName name="RowTitle{name}" localSheetId="{names.index(name)}">'
        f"'{name}'!$A$2:$A${last}</x:definedName>"
        for name, last in titles.items()
    )
    links = "".join(
        f'<Relationship Type="{_R}/worksheet" Target="/xl/worksheets/sheet{n}.xml" Id="R{n}" />'
        for n in range(1, len(names) + 1)
    )
    office = f'<Relationship Type="{_R}/officeDocument" Target="/xl/workbook.xml" Id="R0" />'
    return {
        "xl/workbook.xml": f"{_START}<x:workbook {_X}><x:sheets>{sheets}</x:sheets>"
        f"<x:definedNames>{defined}</x:definedNames></x:workbook>",
        "_rels/.rels": f"{_START}{_RELATIONS}{office}</Relationships>",
        "xl/_rels/workbook.xml.rels": f"{_START}{_RELATIONS}{links}</Relationships>",
        "[Content_Types].xml": f'{_START}<Types xmlns="{_PACKAGE}/content-types"></Types>',
    }


def _zip(parts: Mapping[str, str | bytes], *, macros: bool = False) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), part, zipfile.ZIP_DEFLATED, 1)
        if macros:
            archive.writestr(zipfile.ZipInfo("xl/vbaProject.bin", _DATE), b"\xd0\xcf\x11\xe0 not run")
    return target.getvalue()


# -- JSON --------------------------------------------------------------------------------------------------------


def target_json(year: int, *, requested: Any = 1000, proposed: Any = 1000, granted: Any = 1000, **extra: Any) -> Any:
    """One avustuskohde; ``extra`` adds or replaces keys."""
    known = {"purpose": "Toimintaan", "organisationName": None}
    return {"year": year, "requested": requested, "proposed": proposed, "granted": granted, **known, **extra}


def org_json(
    number: int,
    name: str | None = "Esimerkkiyhdistys ry",
    targets: Sequence[Any] = (),
    *,
    business_id: str | None = "0116589-4",
    history: Sequence[str] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """One organisation; ``name`` None is the endpoint's way to say that there is none."""
    listed = None if history is None else list(history)
    known = {"organisationId": number, "name": name, "businessId": business_id, "nameHistory": listed}
    return {**known, "allAidTargets": list(targets), **extra}


@dataclass
class Api:
    """The endpoint on a local server. Change ``orgs`` (id → JSON or Reply) at any time; ``asked`` is what came."""

    orgs: dict[int, Any] = field(default_factory=dict[int, Any])
    asked: list[int] = field(default_factory=list[int])

    def crawled(self) -> list[int]:
        """Ids that were asked, the probes left out; forgets them."""
        found = [number for number in self.asked if number not in PROBES]
        self.asked.clear()
        return found


def install(publisher: Publisher, orgs: Mapping[int, Any] | None = None) -> Api:
    """Route ``/api/organisation/{id}`` of ``publisher`` to ``orgs``, 404 for the others; other paths as they were.

    The three probe organisations are added when ``orgs`` lacks them.
    """
    probes = {number: org_json(number, f"Koejärjestö {number} ry", [target_json(2025)]) for number in PROBES}
    api = Api({**probes, **(orgs or {})})
    before: Route = publisher.fallback

    def answer(request: Request) -> Reply:
        head, _, tail = request.path.rpartition("/")
        if head != "/api/organisation" or not tail.isdigit():
            return before(request) if callable(before) else before
        api.asked.append(int(tail))
        found = api.orgs.get(int(tail), Reply(b"not found", 404))
        if isinstance(found, Reply):
            return found
        return Reply(json.dumps(found, ensure_ascii=False).encode(), type="application/json; charset=utf-8")

    publisher.fallback = answer
    return api
