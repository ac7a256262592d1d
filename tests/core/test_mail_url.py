"""How messages leave, as the settings say it."""

from pathlib import Path

import pytest

from portal.core.mail_url import MailUrl, parse_mail_url
from portal.core.settings import ROOT, SettingError, Settings, from_environment

KEY = "team-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "10000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smtp://mail.example.org", MailUrl("smtp", "mail.example.org", 587)),
        ("smtps://mail.example.org", MailUrl("smtps", "mail.example.org", 465)),
        ("smtp://127.0.0.1:25", MailUrl("smtp", "127.0.0.1", 25)),
        ("smtp://[::1]:25", MailUrl("smtp", "::1", 25)),
        (
            "smtp://portal%40example.org:p%40%3A%2F@mail.example.org:2525",
            MailUrl("smtp", "mail.example.org", 2525, "portal@example.org", "p@:/"),
        ),
        ("console:", MailUrl("console")),
        ("folder:/var/mail/out", MailUrl("folder", path=Path("/var/mail/out"))),
    ],
)
def test_ways_out(text: str, expected: MailUrl) -> None:
    assert parse_mail_url(text) == expected
    assert from_environment({"PORTAL_MAIL_URL": text}).mail == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTAL_MAIL_URL", "mail.example.org"),
        ("PORTAL_MAIL_URL", "http://secret@mail.example.org"),
        ("PORTAL_MAIL_URL", "smtp://"),
        ("PORTAL_MAIL_URL", "smtp://mail.example.org:99999"),
        ("PORTAL_MAIL_URL", "smtp://user@mail.example.org"),
        ("PORTAL_MAIL_URL", "smtp://user:sec/ret@mail.example.org"),
        ("PORTAL_MAIL_URL", "smtp://user:secret@mail.example.org/path"),
        ("PORTAL_MAIL_URL", "folder:relative"),
        ("PORTAL_MAIL_URL", "folder:"),
        ("PORTAL_MAIL_URL", "console:x"),
        ("PORTAL_MAIL_FROM", "Portal <a@example.org>"),
        ("PORTAL_MAIL_FROM", "a@example.org\nBcc: x@example.org"),
        ("PORTAL_MAIL_FROM", "nobody"),
        ("PORTAL_NOTIFY_KEY", "secret"),
        ("PORTAL_NOTIFY_URL", "http://api.example.org"),
        ("PORTAL_NOTIFY_URL", "ftp://api.example.org"),
        ("PORTAL_NOTIFY_TEMPLATES", "fax=" + TEMPLATE),
        ("PORTAL_NOTIFY_TEMPLATES", "sms=secret"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_repeated(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=name) as caught:
        from_environment({name: text})
    assert "secret" not in str(caught.value)


def test_notify() -> None:
    chosen = from_environment(
        {"PORTAL_NOTIFY_KEY": KEY, "PORTAL_NOTIFY_TEMPLATES": f"sms={TEMPLATE}, letter={TEMPLATE}"}
    )
    assert chosen.notify_key == KEY
    assert chosen.notify_templates == (("sms", TEMPLATE), ("letter", TEMPLATE))


def test_without_a_way_out() -> None:
    assert Settings().mail == MailUrl("folder", path=ROOT / "var" / "mail")
    real = {"demo": False, "secret_key": "x" * 32, "site_url": "https://example.org", "fingerprint_key": "x" * 32}
    assert Settings(**real, encryption_keys=("A" * 43 + "=",)).mail is None  # type: ignore[arg-type]


def test_loopback() -> None:
    assert parse_mail_url("smtp://localhost").is_loopback
    assert not parse_mail_url("smtp://localhost.example.org").is_loopback
