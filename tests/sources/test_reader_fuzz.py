"""No bytes make a reader crash: whatever a publisher or a file gives, it is read or refused with an InputError.

What belongs here: damaged and random input for every page of every source. What does not: what a good page says
(test_prh.py and the others), real servers.

Mutations start from an answer that is read, so that most of them get past the first check. Cheap readers get more
examples than workbooks.
"""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.sources import budjetti, prh, ray, statfin, stea, tutkiavustuksia
from pipelines.sources.base import Edition, Reading, Source
from tests.servers import Publisher
from tests.sources import prh_pages, stea_files
from tests.sources.statfin_server import annual, install, occupational
from tests.sources.test_imported import GRANT, RAY, VA, book, state_grant
from tests.sources.test_statfin import fetch

URL = "https://publisher.test/x"
BUDGET = "Vuosi,Kk,Momentti_TunnusP,Nettokertymä\n2014,1,33.90.50.,100.5\n2014,1,33.90.50.,-0.5\n2014,2,33.90.50.,7\n"
BYTES = settings(
    max_examples=30, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
BOOKS = settings(BYTES, max_examples=12)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["2025", "..", "6T"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@cache
def statfin_answers(page: str) -> tuple[bytes, ...]:
    host = Publisher()
    install(host, data=annual("2017", "2021"), occupations=occupational(months=12, occupations=3))
    return tuple(answer.body for answer in fetch(host, page)[page].answers)


def line_of(number: object, organisation: Any) -> str:
    """A line of a crawl, which holds the answer as text."""
    return json.dumps({"id": number, "body": json.dumps(organisation)})


@cache
def seeds() -> Mapping[str, tuple[Source, str, tuple[bytes, ...]]]:
    """Name → source, page and the answers of a good edition."""
    page = prh_pages.render("2025-01-02", prh_pages.edition("2025-01-02")).encode()
    target = stea_files.target_json(2024)
    crawl = "\n".join(
        line_of(n, stea_files.org_json(n, f"Y {n} ry", [target], history=["Vanha ry"])) for n in range(1, 4)
    )
    grants = stea_files.workbook(stea_files.years(2023, 2024, count=40))
    return {
        "prh": (prh.SOURCE, "regions-fi", (page,)),
        "prh-text": (prh.SOURCE, "totals", (b"<html><body><p>Rekisterissa on 106 000 yhdistysta</p></body></html>",)),
        "statfin": (statfin.SOURCE, "12va", statfin_answers("12va")),
        "statfin-kk": (statfin.SOURCE, "12u7", statfin_answers("12u7")),
        "stea-crawl": (stea.source(None, 9), "organisations", (crawl.encode(),)),
        "budjetti": (budjetti.SOURCE, "x", (BUDGET.encode(),)),
        "stea": (stea.source(None, 9), "workbook", (grants,)),
        "ray": (ray.SOURCE, "workbook", (book({"Taulu": [RAY, GRANT, ["Toinen ry", *GRANT[1:]]]}),)),
        "tutkiavustuksia": (tutkiavustuksia.SOURCE, "x", (book({"Export": [VA, state_grant("Yhdistys ry")]}),)),
    }  # fmt: skip


def look(source: Source, page: str, bodies: tuple[bytes, ...]) -> Reading | str:
    """Read as the nightly run and the import do; return the reading or the message of the refusal."""
    imported: Callable[[bytes, str], str] | None = getattr(source, "imported", None)
    if imported is not None:
        with suppress(InputError):
            assert imported(bodies[-1], "file.x")
    try:
        return source.read(Edition(source.id, page, bodies, (URL,) * len(bodies)))
    except InputError as error:
        told = str(error)
    assert told
    assert "\n" not in told
    return told


def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Cut, repeat, exchange or overwrite pieces of ``body``."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(0, len(body) - 1)))
        end = min(len(body), start + draw(st.sampled_from([0, 1, 2, 7, 40, 400])))
        known = st.sampled_from([b"", body[start:end] * 2, b"<", b'"', b"\x00", b"\xff\xfe", b"}", b"-1e999", b"NaN"])
        piece = draw(known | st.binary(max_size=5))
        body = body[:start] + piece + body[end:]
    return body


def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Put another value at a random place of a JSON value, or take one away."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 4)) == 0:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: mutated(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], mutated(draw, value[place]), *value[place + draw(st.integers(0, 1)) :]]
    return draw(JSON)


@pytest.mark.parametrize("name", sorted(seeds()))
def test_the_seeds_are_read(name: str):
    """Else the mutations would try the first check alone."""
    source, page, bodies = seeds()[name]
    read = look(source, page, bodies)
    assert name == "prh-text" or isinstance(read, Reading), read


@pytest.mark.parametrize("name", ["prh", "prh-text", "statfin", "stea-crawl", "budjetti"])
@BYTES
@given(data=st.data())
def test_damaged_text_is_read_or_refused(name: str, data: st.DataObject):
    source, page, bodies = seeds()[name]
    look(source, page, tuple(data.draw(st.composite(damaged)(body)) for body in bodies))


@pytest.mark.parametrize("name", ["statfin", "statfin-kk", "stea-crawl"])
@BYTES
@given(data=st.data())
def test_json_of_another_shape_is_read_or_refused(name: str, data: st.DataObject):
    source, page, bodies = seeds()[name]
    change = st.composite(mutated)

    def other(body: bytes) -> bytes:
        if name != "stea-crawl":
            return json.dumps(data.draw(change(json.loads(body)))).encode()
        lines = [json.loads(line) for line in body.splitlines()]
        found = [line_of(line["id"], data.draw(change(json.loads(line["body"])))) for line in lines]
        return "\n".join(found).encode()

    look(source, page, tuple(other(body) for body in bodies))


@pytest.mark.parametrize("name", ["stea", "ray", "tutkiavustuksia"])
@BOOKS
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(name: str, data: st.DataObject):
    """Damage inside a member that is packed anew, so that it is not the checksum that refuses it."""
    source, page, (body,) = seeds()[name]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    if data.draw(st.booleans()):
        chosen = data.draw(st.sampled_from(sorted(parts)))
        parts[chosen] = data.draw(st.composite(damaged)(parts[chosen]))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in parts.items():
                archive.writestr(member, content)
        body = out.getvalue()
    else:
        body = data.draw(st.composite(damaged)(body))
    look(source, page, (body,))


@pytest.mark.parametrize("name", sorted(seeds()))
@BOOKS
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_random_bytes_are_refused(name: str, body: bytes):
    source, page, bodies = seeds()[name]
    read = look(source, page, (body,) * len(bodies))
    assert isinstance(read, str) or name == "prh-text" or read.rows == 0 or not read.observations.height


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 9))
BOMBS = {
    "deep": b"<html><body>" + b"<div>" * 50_000 + b"x",
    "deep-table": b"<html><body>" + b"<table><tr><td>" * 20_000,
    "attributes": b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(20_000)) + b">x",
    "entities": f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a0 "ha">{LAUGHS}]><html><p>&a8;</p></html>'.encode(),
    "file": b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><p>&x;</p></html>',
    "json-deep": b"[" * 100_000,
    "json-objects": b'{"a":' * 100_000,
    "number": b'{"value": [1' + b"0" * 5000 + b"]}",
}


@pytest.mark.parametrize("name", ["prh", "prh-text", "statfin", "stea-crawl", "budjetti"])
@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_a_bomb_is_refused_in_no_time(name: str, bomb: str):
    source, page, bodies = seeds()[name]
    started = time.process_time()
    told = look(source, page, (BOMBS[bomb],) * len(bodies))
    assert time.process_time() - started < 5
    assert "root:" not in str(told)


@pytest.mark.parametrize("name", ["stea", "ray", "tutkiavustuksia"])
def test_entities_in_a_workbook_are_not_expanded(name: str):
    source, page, (body,) = seeds()[name]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    sheet = next(part for part in parts if "worksheets/" in part)
    parts[sheet] = parts[sheet].replace(b"<x:t>", b"<x:t>&a8;&x;", 3)
    parts[sheet] = re.sub(
        rb"^(<\?xml[^>]*>)?",
        rb"\1" + f'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a0 "ha">{LAUGHS}]>'.encode(),
        parts[sheet],
        count=1,
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts.items():
            archive.writestr(member, content)
    started = time.process_time()
    told = look(source, page, (out.getvalue(),))
    assert time.process_time() - started < 5
    text = told if isinstance(told, str) else "".join(frame.write_json() for frame in told.tables.values())
    assert "root:" not in text
    assert "hahaha" not in text
