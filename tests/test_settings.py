"""Settings: precedence, and the option named in every complaint."""

import os
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.settings import SOURCE_IDS, load

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LUKUINA_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("hosts", ['["10.0.0.1"]', '["https://a.fi"]', '["*.fi"]', "[1]", '["a.fi/x"]', '"localhost"'])
def test_a_host_is_a_name_alone(tmp_path: Path, hosts: str) -> None:
    (tmp_path / "lukuina.toml").write_text(f"[sources.prh]\nhosts = {hosts}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\[sources.prh\] hosts: .* is not a host"):
        load(cwd=tmp_path)


def write(folder: Path, text: str) -> Path:
    (folder / "lukuina.toml").write_text(text, encoding="utf-8")
    return folder


def test_defaults_need_no_file(tmp_path: Path) -> None:
    settings = load(cwd=tmp_path)
    assert (settings.data, settings.site) == (Path("data"), Path("site"))
    assert (settings.raw, settings.marts) == (Path("data/raw"), Path("data/marts"))
    assert settings.contact is None
    assert settings.base_url is None
    assert (settings.timeout_s, settings.attempts, settings.max_bytes) == (20.0, 3, 64 * 1024 * 1024)
    assert all(settings.source(source_id).url is None for source_id in SOURCE_IDS)


def test_the_file_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [fetch]
        contact = " me@example.test "
        timeout_s = 5
        attempts = 2
        max_bytes = 1000
        [site]
        base_url = "https://example.test/lukuina/"
        [paths]
        data = "/srv/d"
        site = "/srv/s"
        [sources.prh]
        url = "http://127.0.0.1:8080"
        min_interval_s = 0
        [sources.stea]
        workbook_url = "https://example.test/a.xlsx"
        max_id = 12
        """,
    )
    settings = load(cwd=tmp_path)
    assert settings.contact == "me@example.test"
    assert (settings.timeout_s, settings.attempts, settings.max_bytes) == (5.0, 2, 1000)
    assert settings.base_url == "https://example.test/lukuina"
    assert (settings.data, settings.site) == (Path("/srv/d"), Path("/srv/s"))
    assert settings.source("prh").url == "http://127.0.0.1:8080"
    assert settings.source("prh").min_interval_s == 0.0
    assert (settings.source("stea").workbook_url, settings.source("stea").max_id) == ("https://example.test/a.xlsx", 12)


def test_argument_beats_environment_beats_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, '[paths]\ndata = "file"\nsite = "file"\n[fetch]\ncontact = "file"\n[sources.prh]\nurl = "http://file"'
    )
    monkeypatch.setenv("LUKUINA_DATA", "env")
    monkeypatch.setenv("LUKUINA_SITE", "env")
    monkeypatch.setenv("LUKUINA_CONTACT", "env")
    monkeypatch.setenv("LUKUINA_PRH_URL", "http://env")
    monkeypatch.setenv("LUKUINA_TIMEOUT", "1.5")
    monkeypatch.setenv("LUKUINA_ATTEMPTS", "1")
    settings = load(data=Path("argument"), cwd=tmp_path)
    assert (settings.data, settings.site, settings.contact) == (Path("argument"), Path("env"), "env")
    assert settings.source("prh").url == "http://env"
    assert (settings.timeout_s, settings.attempts) == (1.5, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fetch", "not valid TOML"),
        ("[fech]", "unknown key 'fech'"),
        ("[fetch]\nconctact = 'a'", "unknown key 'conctact'"),
        ("[site]\nbaseurl = 'https://a.test'", "unknown key 'baseurl'"),
        ("[paths]\nraw = 'a'", "unknown key 'raw'"),
        ("[sources.prhh]\nurl = 'http://a'", "unknown key 'prhh'"),
        ("[sources.prh]\nuri = 'http://a'", "unknown key 'uri'"),
        ("[sources.prh]\nurl = 'prh.fi'", "'prh.fi' is not an address"),
        ("[sources.prh]\nurl = 'file:///etc/passwd'", "is not an address"),
        ("[sources.stea]\nmax_id = 'many'", "'many' is not a number"),
        ("[site]\nbase_url = 'example.test'", "'example.test' is not an address"),
        ("[site]\nbase_url = 5", "5 is not text"),
        ("[fetch]\ntimeout_s = 'soon'", "'soon' is not a number"),
        ("[fetch]\ntimeout_s = -1", "-1 is out of range"),
        ("[fetch]\ntimeout_s = nan", "out of range"),
        ("[fetch]\nattempts = 0", "0 is out of range"),
        ("[fetch]\ncontact = 5", "5 is not text"),
        ("fetch = 5", "5 is not a table"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        load(cwd=write(tmp_path, text))
    assert said in str(error.value)
    known = ("lukuina.toml", "LUKUINA_TIMEOUT/timeout_s", "LUKUINA_ATTEMPTS/attempts")
    assert any(name in error.value.place for name in known)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUKUINA_TIMEOUT", "soon"),
        ("LUKUINA_ATTEMPTS", "0"),
        ("LUKUINA_PRH_URL", "prh"),
        ("LUKUINA_BASE_URL", "a b"),
        ("LUKUINA_BASE_URL", 'https://a.test/"><script>'),
        ("LUKUINA_PRH_URL", "http://[::1"),
        ("LUKUINA_PRH_URL", "http://127.0.0.1:99999"),
        ("LUKUINA_CONTACT", "a@b.test\nX-Evil: 1"),
        ("LUKUINA_CONTACT", "yllapitäjä"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as error:
        load(cwd=tmp_path)
    assert name in error.value.place
    assert repr(value) in str(error.value)


def test_an_empty_variable_is_as_if_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LUKUINA_CONTACT", "LUKUINA_DATA", "LUKUINA_BASE_URL", "LUKUINA_PRH_URL", "LUKUINA_TIMEOUT"):
        monkeypatch.setenv(name, "")
    assert load(cwd=tmp_path) == load(cwd=tmp_path / "elsewhere")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "lukuina.toml").write_bytes('[fetch]\ncontact = "ä"'.encode("latin-1"))
    with pytest.raises(InputError, match=r"lukuina\.toml: not valid TOML"):
        load(cwd=tmp_path)
