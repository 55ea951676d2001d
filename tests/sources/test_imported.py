"""RAY's workbook, exports of state grants and budget CSVs, in the shape that is described; no real file was at hand."""

from datetime import date
from html import escape

import pytest

from pipelines import imports
from pipelines.errors import InputError
from pipelines.sources import budjetti, ray, tutkiavustuksia
from pipelines.sources.base import Edition, Reading, Source
from tests.sources.stea_files import _START, _X, _frame, _zip

pytestmark = pytest.mark.unit

RAY = ["Järjestö", *ray.COLUMNS]
GRANT = ["Esimerkki ry", 2005, "=Toimintaan", "Ay", "Koko maa", "Terveys", "A", "B", 1000, 900.5]
VA = list(tutkiavustuksia.COLUMNS)


def book(sheets: dict[str, list[list[object]]]) -> bytes:
    """A workbook of the .NET writer's shape: no references, numbers as numbers, text inline."""
    parts = {f"xl/worksheets/sheet{n}.xml": sheet(rows) for n, rows in enumerate(sheets.values(), 1)}
    return _zip({**_frame(list(sheets), {}), **parts})


def sheet(rows: list[list[object]]) -> str:
    def cell(value: object) -> str:
        if isinstance(value, int | float):
            return f"<x:c><x:v>{value}</x:v></x:c>"
        return f'<x:c t="inlineStr"><x:is><x:t>{escape(str(value or ""))}</x:t></x:is></x:c>'

    lines = "".join(f"<x:row>{''.join(map(cell, row))}</x:row>" for row in rows)
    return f"{_START}<x:worksheet {_X}><x:sheetData>{lines}</x:sheetData></x:worksheet>"


def read(source: Source, body: bytes) -> Reading:
    return source.read(Edition(source.id, "x", (body,), ("tiedosto",)))


def state_grant(recipient: str, grantor: str = "OKM", granted: object = 50, day: object = 45292) -> list[object]:
    return [day, recipient, grantor, "VA/1", 100, granted, "", "Toimintaan", "Haku (VA/0)", "Lappi"]


def test_rays_columns_are_found_by_name_in_any_order_and_numbers_are_numbers():
    first = read(ray.SOURCE, book({"Taulu": [RAY, GRANT]})).tables["ray_grants"]
    other = read(ray.SOURCE, book({"Ohje": [["lue"]], "T": [RAY[::-1], GRANT[::-1]]}))
    row = first.row(0, named=True)
    assert (row["year"], row["applied_eur"], row["granted_eur"], row["sheet_row"]) == (2005, 1000.0, 900.5, 2)
    assert row["purpose"] == "=Toimintaan", "text stays text"
    assert other.tables["ray_grants"].drop("sheet").equals(first.drop("sheet"))
    assert "Ohje" in other.remarks[0]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        *(("Haettu", "1 000", "1 000"), ("Haettu", "10,5", "10,5"), ("Myönnetty", -1, "not negative")),
        *(("Vuosi", 2017, "2000 to 2016"), ("Järjestö", "", "a name")),
    ],
)
def test_a_wrong_cell_of_rays_is_named_with_its_place(column: str, value: object, said: str):
    row = [value if name == column else cell for name, cell in zip(RAY, GRANT, strict=True)]
    with pytest.raises(InputError) as caught:
        read(ray.SOURCE, book({"A": [RAY, GRANT, row]}))
    assert f"sheet A, row 3, column {column}" in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match=r"'Haettu' is missing"):
        read(ray.SOURCE, book({"A": [[n for n in RAY if n != "Haettu"], GRANT]}))
    with pytest.raises(InputError, match=r"'Myöntäjä' is missing"):
        read(tutkiavustuksia.SOURCE, book({"Export": [[n for n in VA if n != "Myöntäjä"]]}))
    with pytest.raises(InputError, match=r"'Nettokertymä' is missing"):
        budjetti.SOURCE.imported(b"Vuosi,Kk,Momentti_TunnusP\n2014,1,33.90.50.\n", "x.csv")


def test_persons_and_steas_own_rows_never_leave_the_reader():
    rows = [
        state_grant("Esimerkki ry (1234567-1)"),
        state_grant("Matti Meikäläinen"),
        state_grant("Liisa Mallikas Tmi (7654321-4)"),
        state_grant("Ulkomainen säätiö", granted=""),
        state_grant("Toinen ry (2345678-0)", "Sosiaali- ja terveysjärjestöjen avustuskeskus STEA"),
    ]
    reading = read(tutkiavustuksia.SOURCE, book({"Export": [VA, *rows[:2]], "Export 2": [VA, *rows[2:]]}))
    kept = reading.tables["state_grants"]
    assert kept["recipient"].to_list() == ["Esimerkki ry", "Ulkomainen säätiö"]
    assert kept["business_id"].to_list() == ["1234567-1", None]
    assert kept["granted_eur"].to_list() == [50.0, None], "empty is not 0"
    assert set(kept["decided_on"]) == {date(2024, 1, 1)}
    assert [remark.split(" ")[0] for remark in reading.remarks] == ["2", "1"]


def test_a_date_that_is_none_is_named():
    with pytest.raises(InputError, match=r"row 2, column Päätös pvm: 'eilen'"):
        read(tutkiavustuksia.SOURCE, book({"Export": [VA, state_grant("A ry", day="eilen")]}))


def test_a_month_of_the_budget_is_summed_over_its_moment_only():
    text = (
        "\ufeffVuosi,Kk,Momentti_TunnusP,Muu,Nettokertymä\n"
        '2014,1,33.90.50.,x,"1\u00a0000,25"\n2014,1,33.90.50.,x,"\u2212200,25"\n2014,1,33.92.50.,x,"7"\n'
    )
    reading = read(budjetti.SOURCE, text.encode())
    assert reading.tables["budget_outturn"].rows() == [(2014, 1, 800.0, 2)]
    assert budjetti.SOURCE.imported(text.encode(), "x") == "2014-01"
    old = text.replace("2014", "2007").encode()
    assert read(budjetti.SOURCE, old).tables["budget_outturn"].rows() == [(2007, 1, 7.0, 1)]


@pytest.mark.parametrize("amount", ["tuhat", "1.000,5", "1e3"])
def test_an_amount_of_the_budget_that_is_none_is_named(amount: str):
    text = f'Vuosi,Kk,Momentti_TunnusP,Nettokertymä\n2014,1,33.90.50.,"{amount}"\n'
    with pytest.raises(InputError, match="row 2, column Nettokertymä"):
        read(budjetti.SOURCE, text.encode())


@pytest.mark.parametrize("source", [ray.SOURCE, tutkiavustuksia.SOURCE])
def test_what_is_no_workbook_is_refused(source: ray.RaySource):
    for body in (b"", b"<html></html>", book({"Export": [VA]})[:300], b"\xd0\xcf\x11\xe0" + bytes(64)):
        with pytest.raises(InputError, match=r"x\.xlsx"):
            source.imported(body, "x.xlsx")


def test_names_are_offered_for_identity():
    reading = read(ray.SOURCE, book({"A": [RAY, GRANT, [*GRANT[:-1], 7]]}))
    source, named = imports.names("ray_grants", reading.tables["ray_grants"]) or pytest.fail("no names")
    assert (source, named.rows()) == ("ray", [("Esimerkki ry", None, 2005)])
    assert imports.names("budget_outturn", named) is None


def test_a_file_in_which_every_row_stands_twice_is_refused_and_single_repeated_rows_stay():
    other = ["Toinen ry", *GRANT[1:]]
    assert read(ray.SOURCE, book({"A": [RAY, GRANT, GRANT, other]})).rows == 3
    with pytest.raises(InputError, match="every row stands there more than once: 4 rows, 2 different ones"):
        read(ray.SOURCE, book({"A": [RAY, GRANT, other], "B": [RAY, other, GRANT]}))
    line = "2014,1,33.90.50.,7\n"
    text = "Vuosi,Kk,Momentti_TunnusP,Nettokertymä\n" + line + line
    with pytest.raises(InputError, match="every row stands there more than once"):
        read(budjetti.SOURCE, text.encode())
    assert read(budjetti.SOURCE, (text + "2014,1,33.92.50.,7\n").encode()).rows == 2
