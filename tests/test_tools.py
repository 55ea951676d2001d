"""Licences are known and accepted, and an audit that could not look anything up says so."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools import audit, licences

PROJECT = Path(__file__).resolve().parent.parent


def test_every_locked_dependency_has_an_accepted_licence():
    names = licences.locked()
    assert len(names) > 150
    assert {name: licences.licence(name) for name in names if not licences.accepted(licences.licence(name))} == {}


def test_the_list_of_licences_is_current():
    """``make licences`` brings it up to date."""
    told = (PROJECT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert told == "\n".join(licences.page()) + "\n"
    assert set(re.findall(r"^\| ([a-z0-9._-]+) \|", told, re.MULTILINE)) == set(licences.locked())


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("", False),
        ("GPL", False),
        ("Artistic OR GPL", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MPL-2.0 AND MIT)", True),
        ("Proprietary", False),
    ],
)
def test_what_is_accepted(text: str, fine: bool):
    assert licences.accepted(text) is fine


def answer(**more: Any) -> dict[str, Any]:
    return {"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2", **more}]}


def test_an_audit_says_what_it_found_and_what_it_could_not_look_up():
    vulnerable = {"vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}]}
    lines, unsafe, missed = audit.summary({"c.txt": answer(**vulnerable)}, {})
    assert (unsafe, missed) == (1, 0)
    assert lines == [
        "c.txt: b 2: PYSEC-1, mended in 3",
        "audited: 2 looked up, 0 could not be, 1 advisories, 0 known harmless",
    ]
    assert audit.summary({"c.txt": answer(**vulnerable)}, {"CVE-1": "why"})[1] == 0
    skipped = {"c.txt": {"dependencies": [{"name": "b", "skip_reason": "not found"}]}, "d.txt": "no connection"}
    lines, unsafe, missed = audit.summary(skipped, {})
    assert (unsafe, missed) == (0, 2)
    assert lines[0] == "d.txt: NOT AUDITED: no connection"
    assert lines[-1].startswith("NOT AUDITED: 0 looked up")


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 2)])
def test_no_database_holds_nobody_up_unless_asked_to(monkeypatch: pytest.MonkeyPatch, strict: bool, code: int):
    monkeypatch.setattr(audit, "ask", lambda _: "no connection")
    assert audit.main(strict) == code
    monkeypatch.setattr(audit, "ask", lambda _: answer(vulns=[{"id": "PYSEC-1"}]))
    assert audit.main(strict) == 1
