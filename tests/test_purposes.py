"""Words of purposes: what a word is, which forms belong together, and stems that are kept between runs."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines import purposes, vocabulary
from tests.conftest import PROJECT

pytestmark = pytest.mark.unit


def words(*texts: str | None, work: Path | None = None) -> pl.DataFrame:
    return purposes.words(pl.DataFrame({"purpose": texts}, schema={"purpose": pl.String()}), work)


def family(word: str) -> str:
    return words(word).item(0, "family")


def test_words_are_runs_of_letters_in_lower_case() -> None:
    found = words("Työ- ja PÄIVÄtoiminta, 2025: «Šakki»", None, "")
    assert found.columns == ["word", "stem", "family"]
    assert found.get_column("word").to_list() == ["ja", "päivätoiminta", "työ", "šakki"]


@pytest.mark.parametrize(
    "forms",
    [
        "partiolainen partiolaiset partiolaisten partiolaisille",
        "kuntoutus kuntoutuksen kuntoutusta kuntoutukseen",
        "osallisuus osallisuuden osallisuutta osallisuuteen osallisuudesta",
        "terveys terveyden terveyttä terveydestä",
        "työtön työttömien työttömille työttömän",
        "järjestö järjestöjen järjestöissä järjestön",
        "palkkatuki palkkatuen palkkatukea palkkatuella",
    ],
)
def test_the_forms_of_a_word_are_one_family(forms: str) -> None:
    assert len({family(form) for form in forms.split()}) == 1


def test_other_words_stay_apart() -> None:
    assert len({family(word) for word in ("työttömyys", "työtön", "työllisyys", "työelämä", "työ")}) == 5
    assert family("lapsi") != family("lasten")  # gradation that no rule of ours joins: documented


def test_words_that_only_purposes_in_swedish_have_get_swedish_stems() -> None:
    """``barnen`` did not find ``barn``, nor ``arbetslöshet`` the unemployed."""
    swedish = "För att stöda barnen och ungdomarna, arbetslöshet bland arbetslösa, ett barn som talar"
    found = dict(
        words(swedish, "Kuntoutuksen järjestäminen", "Förening med verksamheten").select("word", "family").iter_rows()
    )
    assert found["barnen"] == found["barn"]
    assert found["arbetslöshet"] == found["arbetslösa"]
    assert found["kuntoutuksen"] == family("kuntoutus"), "Finnish is as it was"
    assert found["verksamheten"] == family("verksamheten"), "one such word makes no text Swedish"
    both = dict(words(swedish, "Barnen ry:n toimintaan").select("word", "family").iter_rows())
    assert both["barnen"] == family("barnen"), "a word of both languages has the Finnish stem"


def test_no_purposes_no_words(tmp_path: Path) -> None:
    assert words(work=tmp_path).shape == (0, 3)
    assert list(tmp_path.iterdir()) == []


def test_stems_are_kept_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = words("Nuorten toiminta", work=tmp_path)
    asked: list[str] = []
    stem = purposes._stems  # pyright: ignore[reportPrivateUsage]

    def noted(found: list[str], language: str) -> list[str]:
        asked.extend(found)
        return stem(found, language)

    monkeypatch.setattr(purposes, "_stems", noted)
    assert words("Nuorten toiminta", work=tmp_path).equals(first)
    assert asked == []
    assert words("Nuorten talo", work=tmp_path).get_column("word").to_list() == ["nuorten", "talo"]
    assert asked == ["talo"]


@pytest.mark.parametrize("content", [b"no parquet", b""])
def test_a_broken_file_of_stems_is_made_anew(tmp_path: Path, content: bytes) -> None:
    words("Nuorten toiminta", work=tmp_path)
    [kept] = tmp_path.glob("purpose_stems-finnish-*")
    whole = kept.read_bytes()
    kept.write_bytes(content or whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])  # one bit is another
    shutil.rmtree(tmp_path / "frames")
    found = words("Nuorten toiminta", work=tmp_path)
    assert found.equals(words("Nuorten toiminta"))
    assert kept.read_bytes() == whole


def test_sql_and_script_take_the_same_letters() -> None:
    sql = (PROJECT / "sql" / "marts" / "grant_purpose_words.sql").read_text(encoding="utf-8")
    script = (PROJECT / "dashboards" / "assets" / "explorer.js").read_text(encoding="utf-8")
    assert re.findall(r"'\[(.*?)\]\+'", sql) == [vocabulary.LETTERS]
    assert re.findall(r"TOKEN = /\[(.*?)\]\+/g", script) == [f"{vocabulary.LETTERS}0-9"]


def test_page_script_and_stems_tell_swedish_by_the_same_words() -> None:
    """The rule stands where each of them needs it: a screen reader and the search must not disagree."""
    pages, assets = PROJECT / "dashboards" / "pages", PROJECT / "dashboards" / "assets"
    places = (
        PROJECT / "pipelines" / "purposes.py",
        assets / "explorer.js",
        pages / "jarjesto" / "[organisation_id].md",
    )
    found = [re.findall(r"\((?:\?:)?(och(?:\|\w+)+)\)", path.read_text(encoding="utf-8")) for path in places]
    assert found == [["och|för|att|som|med|till"]] * 3
