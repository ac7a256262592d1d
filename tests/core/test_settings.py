"""Settings are read from the environment; what cannot be used is said clearly."""

import re
from pathlib import Path

import pytest

from portal.core.settings import ROOT, SettingError, Settings, from_environment, setting_names

NEW_KEY, OLD_KEY = "A" * 43 + "=", "B" * 43 + "="


def test_defaults_call_nobody_and_listen_to_this_machine_only() -> None:
    settings = from_environment({})
    assert settings.bind == "127.0.0.1:8000"
    assert settings.tile_url == "" and settings.geocoder == ""
    assert settings.database.startswith("sqlite:///") and settings.database.endswith("var/hereabouts.sqlite3")
    assert settings.demo is True


def test_values_are_read() -> None:
    settings = from_environment(
        {
            "PORTAL_DEMO": "0",
            "PORTAL_SECRET_KEY": "long-and-random-and-never-used-anywhere",
            "PORTAL_SITE_URL": "https://hereabouts.example.org/",
            "PORTAL_SEARCH_INDEX": "/tmp/somewhere",
            "PORTAL_PROXIES": "1",
            "PORTAL_ENCRYPTION_KEYS": ",".join([NEW_KEY, OLD_KEY]),
            "PORTAL_FINGERPRINT_KEY": "another-long-and-random-text-for-this",
            "PORTAL_CRISIS_LINES": "Emergency|999|If a life is in danger.; NHS|111|For your body or mind.",
        }
    )
    assert settings.demo is False
    assert settings.search_index == Path("/tmp/somewhere").resolve()
    assert settings.proxies == 1
    assert settings.sealing_keys == (NEW_KEY, OLD_KEY)
    assert [line.number for line in settings.crisis_lines] == ["999", "111"]


def test_a_real_site_refuses_the_demonstration_secret() -> None:
    with pytest.raises(SettingError, match="PORTAL_SECRET_KEY"):
        from_environment({"PORTAL_DEMO": "0"})
    real = {
        "PORTAL_DEMO": "0",
        "PORTAL_SECRET_KEY": "long-and-random-and-never-used-anywhere",
        "PORTAL_SITE_URL": "https://example.org",
    }
    with pytest.raises(SettingError, match="PORTAL_ENCRYPTION_KEYS"):
        from_environment(real)
    with pytest.raises(SettingError, match="PORTAL_FINGERPRINT_KEY"):
        from_environment({**real, "PORTAL_ENCRYPTION_KEYS": NEW_KEY})
    whole = {
        **real,
        "PORTAL_ENCRYPTION_KEYS": NEW_KEY,
        "PORTAL_FINGERPRINT_KEY": "another-long-and-random-text-for-this",
    }
    assert from_environment(whole).demo is False
    with pytest.raises(SettingError, match="PORTAL_SITE_URL"):
        from_environment({**whole, "PORTAL_SITE_URL": ""})
    weak = {
        "PORTAL_SECRET_KEY": "short",
        "PORTAL_FINGERPRINT_KEY": "x",
        "PORTAL_INBOUND_SECRET": "x",
        "PORTAL_SITE_URL": "http://hereabouts.example.org",
        "PORTAL_OIDC_ISSUER": "http://sign-in.example.org",
    }
    for name, value in weak.items():
        with pytest.raises(SettingError, match=name):
            from_environment({**whole, name: value})
    assert from_environment({**whole, "PORTAL_SITE_URL": "http://localhost:8000"}).site_url == "http://localhost:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_DEMO", "perhaps"),
        ("PORTAL_BIND", "8000"),
        ("PORTAL_BIND", "localhost:http"),
        ("PORTAL_PROXIES", "one"),
        ("PORTAL_CRISIS_LINES", "Emergency 999"),
        ("PORTAL_TILE_URL", "javascript:alert(1)/{z}/{x}/{y}"),
        ("PORTAL_TILE_URL", "https://tiles.example.org/{z}/{x}.png"),
        ("PORTAL_TILE_URL", "https://tiles.example.org; script-src */{z}/{x}/{y}"),
        ("PORTAL_GEOCODER", "google:key"),
        ("PORTAL_ENCRYPTION_KEYS", "short"),
        ("PORTAL_ENCRYPTION_KEYS", NEW_KEY + ",not a key"),
        ("PORTAL_SITE_URL", "hereabouts.example.org"),
        ("PORTAL_SITE_URL", "https://example.org/a/path"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        from_environment({name: value})


def test_every_setting_is_described_and_no_other() -> None:
    described = re.findall(r"^\| `(PORTAL_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert sorted(described) == setting_names()


def test_a_setting_is_not_changed_by_accident() -> None:
    with pytest.raises(AttributeError):
        Settings().bind = "0.0.0.0:80"  # type: ignore[misc]
