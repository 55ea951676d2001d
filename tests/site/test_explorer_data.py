"""The data files of the grants explorer: everything of the rows is in them, and nothing in them is more than data."""

import json
import re
from typing import Any

import pytest

from pipelines.site import explorer
from pipelines.site.tables import Table
from tests.site.conftest import HOSTILE

pytestmark = pytest.mark.unit

THEME = "Järjestöjen toimintaedellytysten vahvistaminen"
KIND = "Työttömien järjestöt"


def row(**given: object) -> dict[str, object]:
    """One row of the page's query."""
    usual: dict[str, object] = {
        "year": 2025, "organisation_id": "a-ry", "organisation": "A ry", "grant_type": "Ak", "grant_number": 1,
        "theme": THEME, "organisation_class": KIND, "scope": "Valtakunnallinen", "areas": "national",
        "applied_eur": 300, "proposed_eur": 200, "granted_eur": 100, "employment_class": True,
        "employment_keyword": False, "employment_keyword_sv": False, "purpose": "Toiminnan tukemiseen",
    }  # fmt: skip
    return usual | given


def grants(*rows: dict[str, object]) -> Table:
    return Table("grants", explorer.COLUMNS, tuple(tuple(one[name] for name in explorer.COLUMNS) for one in rows))


def words(**families: str) -> Table:
    return Table("words", ("word", "family"), tuple(families.items()))


def read(content: bytes) -> Any:
    """Undo the string of a script, as JavaScript does, and read the JSON in it."""
    found = re.fullmatch(r"lukuinaData\('(\w+)',JSON\.parse\('(.*)'\)\)\n", content.decode())
    assert found is not None
    assert not re.search(r"(?<!\\)(?:\\\\)*'", found[2])
    undone = re.sub(r"\\(u[0-9a-f]{4}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else m[1], found[2])
    return json.loads(undone)


def unpacked(core: Any, name: str) -> list[int]:
    """Read numbers as explorer.js does: a digit of the latter half ends one."""
    base = len(core["digits"]) // 2
    found, value = list[int](), 0
    for digit in map(core["digits"].index, core[name]):
        if digit < base:
            value = value * base + digit
        else:
            found.append(value * base + digit - base)
            value = 0
    return found


def test_numbers_come_back_as_they_were() -> None:
    numbers = [0, 1, 44, 45, 46, 2024, 2025, 91_124, 91_125, 4_100_625, 2**31]
    assert unpacked({"digits": explorer.DIGITS, "n": explorer.packed(numbers)}, "n") == numbers
    assert (len(explorer.DIGITS), len(set(explorer.DIGITS))) == (90, 90)
    assert explorer.script("n", explorer.DIGITS).decode() == f"lukuinaData('n',JSON.parse('\"{explorer.DIGITS}\"'))\n"
    with pytest.raises(ValueError, match="-1 is less than 0"):
        explorer.packed([3, -1])


def test_the_core_holds_every_row() -> None:
    made = explorer.files(
        grants(
            row(year=2026, granted_eur=None, theme="", scope="Espoo, Kotka, Ranska", areas="01,08,abroad"),
            row(
                organisation="B ry",
                organisation_id="b-ry",
                grant_type="Ay",
                grant_number=None,
                granted_eur=0,
                employment_keyword_sv=True,
            ),
            row(employment_class=False, employment_keyword=True, purpose="Muuhun", scope="Kotka", areas="08"),
        ),
        words(toiminnan="toimin", tukemiseen="tuke", muuhun="muu"),
        {"edition": "e"},
    )
    core = read(made["core.js"])
    assert core["edition"] == "e"
    assert core["years"] == [[2026, 1], [2025, 2]]
    assert [core["organisations"][n] for n in unpacked(core, "organisation")] == [
        ["a-ry", "A ry"],
        ["b-ry", "B ry"],
        ["a-ry", "A ry"],
    ]
    assert (core["type_names"], core["type"]) == (["Ak", "Ay"], "010")
    assert (core["theme_names"], core["theme"]) == ([THEME], "-00")
    assert (core["class_names"], core["class"]) == ([KIND], "000")
    assert core["area"] == ["01", "08", "abroad", "national"]
    listed, scopes = unpacked(core, "scopes"), list[list[list[object]]]()
    while listed:
        count, *listed = listed
        scopes.append([core["places"][n] for n in listed[:count]])
        listed = listed[count:]
    assert [scopes[n] for n in unpacked(core, "scope")] == [
        [["Espoo", 0], ["Kotka", 1], ["Ranska", 2]], [["Valtakunnallinen", 3]], [["Kotka", 1]],
    ]  # fmt: skip
    assert (unpacked(core, "number"), core["employment"]) == ([2, 0, 2], "152")  # none is 0
    euros = [unpacked(core, name) for name in ("granted", "proposed", "applied")]
    assert euros == [[0, 2, 102], [202, 202, 202], [302, 302, 302]]  # 0 none, else two more
    assert unpacked(core, "purpose") == [0, 1, 0]  # the second row has the text of the first


def test_euros_of_the_column_before_are_not_said_again() -> None:
    rows = (row(granted_eur=None, proposed_eur=None), row(proposed_eur=100, applied_eur=None), row(applied_eur=200))
    core = read(explorer.files(grants(*rows), words(toiminnan="toimin"), {})["core.js"])
    euros = [unpacked(core, name) for name in ("granted", "proposed", "applied")]
    assert euros == [[0, 102, 102], [0, 0, 202], [302, 1, 0]]  # 0 as before it, 1 none


def test_the_texts_of_the_rows() -> None:
    purposes = ("Toiminnan tukemiseen", "Toiminnan tukemiseen", "Muuhun")
    made = explorer.files(grants(*(row(purpose=one) for one in purposes)), words(muuhun="muu"), {})
    assert read(made["p0.js"]) == ["Toiminnan tukemiseen", "Muuhun"]


def test_the_index_leads_from_any_form_to_the_texts() -> None:
    texts = ["Nuorten talo", "Talon väki", "nuorille"]
    made = explorer.files(
        grants(*(row(purpose=text) for text in texts)),
        words(nuorten="nuor", nuorille="nuor", nuortu="nuortu", talo="talo", talon="talo", väki="väki"),
        {},
    )
    core = read(made["core.js"])
    assert core["shards"] == ["nuo"]
    assert read(made["w0.js"]) == [
        ["nuor", "nuorille nuorten", [0, 2]],
        ["talo", "talo talon", [0, 1]],
        ["väki", "väki", [1]],
    ]


def test_texts_and_words_are_in_pieces() -> None:
    names = ["".join(chr(97 + n // 26**place % 26) for place in (2, 1, 0)) for n in range(3000)]
    made = explorer.files(
        grants(*(row(purpose=f"ja {name}") for name in names)),
        words(ja="ja", **{name: name for name in names if name != "ja"}),
        {},
    )
    core = read(made["core.js"])
    pieces = [read(made[f"p{n}.js"]) for n in range(len([name for name in made if name.startswith("p")]))]
    assert [text for piece in pieces for text in piece] == [f"ja {name}" for name in names]
    assert len(core["shards"]) > 1
    assert core["shards"] == sorted(core["shards"])
    found = {entry[0]: entry[2] for n in range(len(core["shards"])) for entry in read(made[f"w{n}.js"])}
    assert found["ja"] == 0, "a word of every purpose has no list"
    assert found["aab"] == [1]
    assert len(found) == 3001


def test_a_source_s_string_stays_a_string() -> None:
    nasty = f"{HOSTILE} \\ ' \\' \u2028\u2029 </script><!-- \n\r\t=1+1"
    made = explorer.files(grants(row(purpose=nasty, organisation=nasty, scope=nasty)), words(script="script"), {})
    assert read(made["p0.js"]) == [nasty]
    assert read(made["core.js"])["organisations"] == [["a-ry", nasty]]
    for content in made.values():
        assert b"<" not in content
        assert content.count(b"\n") == 1


def test_the_same_rows_give_the_same_bytes() -> None:
    given = [row(purpose=f"talo {n} nuorten", year=2026 - n) for n in range(9)]
    known = words(talo="talo", nuorten="nuort")
    assert explorer.files(grants(*given), known, {}) == explorer.files(grants(*given), known, {})
