"""Who is who: what a reader of organisation pages would notice if names were joined or parted wrongly."""

from datetime import date, datetime, time
from typing import Any

import polars as pl
import pytest

from pipelines import identity

pytestmark = pytest.mark.unit

DAY, LATER = date(2026, 1, 1), date(2026, 6, 1)


def named(*rows: tuple[str, str | None, date], source: str = "stea", former: list[str] | None = None) -> pl.DataFrame:
    records = [(source, name, number, former, 2025, day, datetime.combine(day, time.min)) for name, number, day in rows]
    return pl.DataFrame(records, schema=identity.NAMED, orient="row")


def ids(found: identity.Identity) -> dict[str, str]:
    return dict(found.links.select("name", "organisation_id").iter_rows())


def test_a_renamed_organisation_keeps_the_id_of_its_first_name() -> None:
    found = ids(identity.identify(named(("Vanha ry", "0116589-4", DAY), ("Aivan Uusi ry", "0116589-4", LATER))))
    assert found == {"Vanha ry": "vanha-ry", "Aivan Uusi ry": "vanha-ry"}


def test_a_wrong_check_digit_joins_nothing_and_is_kept_flagged() -> None:
    found = identity.identify(named(("Yksi ry", "3072556-6", DAY), ("Kaksi ry", "3072556-6", DAY)))
    assert set(ids(found).values()) == {"yksi-ry", "kaksi-ry"}
    assert found.links["business_id"].to_list() == ["3072556-6"] * 2
    assert found.links["business_id_valid"].to_list() == [False, False]


def test_names_that_differ_by_legal_form_only_are_listed_not_merged() -> None:
    found = identity.identify(named(("Vates ry", None, DAY), ("Vates-säätiö sr", None, DAY), ("Vates sr", None, DAY)))
    assert len(set(ids(found).values())) == 3
    assert ("vates-ry", "vates-sr", "legal_form_only") in found.uncertain.select(
        "organisation_id", "other_organisation_id", "why"
    ).rows()


def test_the_name_history_of_the_register_joins_names() -> None:
    register = named(("Uusi ry", None, LATER), source="stea_json", former=["VANHA R.Y."])
    found = identity.identify(pl.concat([named(("Vanha ry", None, DAY)), register]))
    assert set(ids(found).values()) == {"vanha-ry"}
    assert dict(found.links.select("name", "method").iter_rows())["Uusi ry"] == "name_history"


def test_a_former_name_that_two_claim_joins_nothing() -> None:
    claims = [named((n, None, LATER), source="stea_json", former=["Vanha ry"]) for n in ("Eka ry", "Toka ry")]
    found = identity.identify(pl.concat([named(("Vanha ry", None, DAY)), *claims]))
    assert len(set(ids(found).values())) == 3
    assert found.uncertain["why"].to_list() == ["former_name_not_unique"] * 2


def test_the_same_name_with_two_business_ids_is_two_organisations() -> None:
    found = identity.identify(named(("Sama ry", "0116589-4", DAY), ("Sama ry", "0201256-6", DAY)))
    assert found.links["organisation_id"].n_unique() == 2
    assert found.uncertain["why"].to_list() == ["same_name_other_business_id"]


def test_a_second_business_id_of_a_name_never_moves_the_id_that_was_given() -> None:
    first, second = named(("Sama ry", None, DAY)), named(("Sama ry", "0116589-4", LATER))
    third = named(("Sama ry", "0201256-6", date(2026, 9, 1)), ("SAMA RY", None, date(2026, 9, 1)))
    days = [first, pl.concat([first, second]), pl.concat([third, second, first])]
    given = [identity.identify(rows).links.select("name", "business_id", "organisation_id").rows() for rows in days]
    assert set(given[0]) < set(given[1]) < set(given[2]), "what was given stays"
    assert {row[2] for row in given[1]} == {"sama-ry"}
    assert ("Sama ry", "0201256-6", "sama-ry-0201256-6") in given[2]
    assert ("SAMA RY", None, "sama-ry-n2") in given[2], "whose it is cannot be known: listed, not merged"
    assert set(identity.identify(days[2]).uncertain["why"]) == {"same_name_other_business_id"}


def test_ids_that_turn_out_to_be_one_retire_to_the_one_given_first() -> None:
    rows = [
        named(("Yksi ry", None, DAY), ("Kaksi ry", None, DAY)),
        named(("Kolme ry", "0116589-4", LATER)),
        named(("Kaksi ry", "0116589-4", date(2026, 9, 1))),
        named(("Yksi ry", None, date(2026, 10, 1)), source="stea_json", former=["Kaksi ry"]),
    ]
    found = identity.identify(pl.concat(rows[:3]))
    assert ids(found) == {"Yksi ry": "yksi-ry", "Kaksi ry": "kaksi-ry", "Kolme ry": "kaksi-ry"}
    assert found.retired.rows() == [("kolme-ry", "kaksi-ry", "Kolme ry", date(2026, 9, 1))]
    last = identity.identify(pl.concat(rows[::-1]))
    assert set(ids(last).values()) == {"kaksi-ry"}, "of two ids of one moment the one that was given first"
    assert last.retired.select("retired_id", "organisation_id", "retired_on").rows() == [
        ("kolme-ry", "kaksi-ry", date(2026, 9, 1)),
        ("yksi-ry", "kaksi-ry", date(2026, 10, 1)),
    ]


def test_a_retired_id_is_never_given_again() -> None:
    rows = [
        named(("Vanha ry", None, DAY), ("Uusi ry", None, DAY)),
        named(("Vanha ry", "0116589-4", LATER), ("Uusi ry", "0116589-4", LATER)),
        named(("Vanha ry", "0201256-6", date(2026, 9, 1)), ("Uusi ry.", "0201256-6", date(2026, 9, 1))),
    ]
    found = identity.identify(pl.concat(rows))
    assert found.retired["retired_id"].to_list() == ["vanha-ry"]
    assert found.links["organisation_id"].unique().sort().to_list() == ["uusi-ry", "uusi-ry-0201256-6"]


def test_the_order_of_one_day_is_that_of_the_record() -> None:
    morning = named(("Äiti ry", None, DAY)).with_columns(recorded_at=pl.lit(datetime.combine(DAY, time(8))))
    evening = named(("Aiti ry", None, DAY)).with_columns(recorded_at=pl.lit(datetime.combine(DAY, time(20))))
    assert ids(identity.identify(pl.concat([evening, morning]))) == {"Äiti ry": "aiti-ry", "Aiti ry": "aiti-ry-n2"}


def test_a_later_name_never_moves_an_earlier_id() -> None:
    before = ids(identity.identify(named(("Äiti ry", None, DAY))))
    after = ids(identity.identify(named(("Aiti ry", None, LATER), ("Äiti ry", None, DAY))))
    assert before["Äiti ry"] == after["Äiti ry"] == "aiti-ry"
    assert after["Aiti ry"] == "aiti-ry-n2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("YHDISTYS  X R.Y.", "Yhdistys X ry"),
        ("Regnbågsankan rf.", "REGNBÅGSANKAN RF"),
        ("A – B ry", "a - b ry"),
        ("Suomen Liitto r.y., Finlands Förbund r.f.", "SUOMEN LIITTO RY, FINLANDS FÖRBUND RF"),
    ],
)
def test_spelling_alone_makes_no_other_organisation(one: str, other: str) -> None:
    assert identity.name_key(one) == identity.name_key(other)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Suomen Liitto ry, Finlands Förbund rf", "ry"),
        ("Svenska Förbundet r.f.", "rf"),
        ("Vates-säätiö sr", "sr"),
        ("Diakonissalaitoksen säätiö", "sr"),
        ("HELSINKI HUMAN RIGHTS SÄÄTIÖ 09", "sr"),
        ("Kouvolan Aikuiskoulutussäätiö / Aikuiskoulutuskeskus Kouvola", "sr"),
        ("TUTKIMUSSÄÄTIÖ OTUS RS", "sr"),
        ("Stiftelsen Hemmet i Åbo", "sr"),
        ("Säätiön ystävät ry", "ry"),
        ("Säätiön ystävät", "muu"),
        ("Osuuskunta Hyryn Sateenkaari", "osk"),
        ("Kulttuuriosuuskunta G-voima", "osk"),
        ("CAMERA CAGLIOSTRO ELOKUVAOSUUSKUNTA", "osk"),
        ("InnoOk Osk", "osk"),
        ("Koulutus Oy", "oy"),
        ("Oy Vasso Ab", "oy"),
        ("Kajaanin seurakunta", "seurakunta"),
        ("Open Cinema Finland", "muu"),
    ],
)
def test_the_legal_form_is_read_from_the_name(name: str, form: str) -> None:
    assert identity.legal_form(name) == form


def test_nobody_at_all_is_no_error() -> None:
    empty: Any = identity.identify(pl.DataFrame(schema=identity.NAMED))
    assert (empty.links.height, empty.uncertain.height, empty.retired.height) == (0, 0, 0)
