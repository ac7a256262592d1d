"""A real start: `portal setup` in a process of its own, the link, a password, and then a second step is asked for."""

import base64
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from portal import create_app, serving
from portal.core.database import Base, db
from portal.core.settings import ROOT, SettingError, Settings
from seeds.cast import seed_cast

PORTAL = Path(sys.executable).with_name("portal")
GOOD = "umbrella seven lantern fish"
ANSWERS = {
    "--admin-name": "Bea Bell",
    "--admin-email": "bea@example.org",
    "--name": "Nearby",
    "--place": "Exeter",
    "--colour": "#1d4443",
    "--phone": "01392 496 0100",
    "--phone-hours": "Every day, 8am to 8pm",
    "--crisis": "Night line|01392 496 0111|Somebody to talk to at night.",
    "--areas": str(ROOT / "seeds" / "areas.geojson"),
    "--area": "Over the river",
}


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return kept | {
        "PORTAL_DEMO": "0",
        "PORTAL_SECRET_KEY": "a-long-random-text-for-one-test-only",
        "PORTAL_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "PORTAL_FINGERPRINT_KEY": "another-long-random-text-for-one-test",
        "PORTAL_SITE_URL": f"http://{address}",
        "PORTAL_BIND": address,
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_SEARCH_INDEX": str(tmp_path / "index"),
        "PORTAL_MAIL_URL": f"folder:{tmp_path / 'mail'}",
    }


def options_of(changed: dict[str, str]) -> list[str]:
    answers = {**ANSWERS, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    return [part for pair in answers.items() if pair[1] for part in pair]


def set_up(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PORTAL, "setup", *options_of({})],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def rows(url: str) -> dict[str, int]:
    """Return how many rows stand in each table that has any."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        counts = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return {name: count for name, count in counts.items() if count}


@contextmanager
def serve(environment: dict[str, str]) -> Iterator[str]:
    """Run the site, and yield its address."""
    process = subprocess.Popen(
        [PORTAL, "run"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    url = environment["PORTAL_SITE_URL"]
    try:
        for _ in range(300):
            try:
                requests.get(f"{url}/healthz", timeout=5)
                break
            except requests.ConnectionError:
                assert process.poll() is None, process.stdout and process.stdout.read()
                time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def send(browser: requests.Session, url: str, path: str, page: str, **values: str) -> requests.Response:
    """Send a form of a page with the token that stands in it."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token, page[:2000]
    data = {**values, "csrf_token": token[1]}
    return browser.post(url + path, data=data, headers={"Origin": url}, timeout=30)


def test_a_real_start_from_nothing_to_the_second_step(
    environment: dict[str, str], database_url: str, real_app: Flask
) -> None:
    done = set_up(environment)
    assert done.returncode == 0, done.stderr
    link = re.search(r"http://\S+(/invitation/[A-Za-z0-9_-]{43})\n", done.stdout)
    assert link, done.stdout
    assert "once" in done.stdout
    stored = rows(database_url)
    assert stored["invitation"] == 1
    assert stored["area"] == 6
    assert not {"organisation", "service", "user_account", "team", "outbox_message"} & set(stored)
    with serve(environment) as url:
        home = requests.get(f"{url}/", timeout=30).text
        assert "Nearby" in home
        assert "01392 496 0100" in home
        assert "demonstration" not in home
        assert "01392 496 0111" in requests.get(f"{url}/help-now", timeout=30).text
        assert requests.get(f"{url}/services?q=lunch", timeout=30).status_code == 200
        with requests.Session() as browser:
            page = browser.get(url + link[1], timeout=30)
            assert page.status_code == 200
            assert "an administrator" in page.text
            made = send(browser, url, link[1], page.text, name="Bea Bell", password=GOOD)
            assert made.url.startswith(f"{url}/sign-in"), made.text[:3000]
            asked = browser.get(f"{url}/admin", timeout=30)
            assert "/sign-in" in asked.url
            inside = send(browser, url, "/sign-in?next=/admin", asked.text, email="bea@example.org", password=GOOD)
            assert not inside.url.startswith(f"{url}/sign-in?"), inside.text[:3000]
            at_admin = browser.get(f"{url}/admin", timeout=30)
            assert at_admin.url.startswith(f"{url}/account/second-step"), "An administrator needs a second step."
            assert "Looking after the site" not in at_admin.text
            assert browser.get(f"{url}/account", timeout=30).status_code == 200
        assert requests.get(url + link[1], timeout=30).status_code == 410
    before = rows(database_url)
    again = invoke(real_app)
    assert again.exit_code == 1
    assert "has an administrator already" in again.stderr
    assert rows(database_url) == before


@pytest.fixture
def real_app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A site that is no demonstration, in this process."""
    app = create_app(
        Settings(
            database_url=database_url,
            search_index=tmp_path / "real_index",
            demo=False,
            secret_key="a-long-random-text-for-one-test-only",
            encryption_keys=(base64.urlsafe_b64encode(b"k" * 32).decode(),),
            fingerprint_key="another-long-random-text-for-one-test",
            site_url="https://nearby.example.org",
            mail_url=f"folder:{tmp_path / 'mail'}",
        )
    )
    yield app
    app.extensions["search"].close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def invoke(app: Flask, **changed: str) -> Result:
    return app.test_cli_runner().invoke(args=["setup", *options_of(changed)])


REFUSED = [
    ({"colour": "#eeeeee"}, "darker colour"),
    ({"admin_email": "bea at example"}, "e-mail address in full"),
    ({"admin_name": ""}, "--admin-name is missing"),
    ({"phone": "ring me"}, "telephone number"),
    ({"areas": "/nowhere/areas.geojson"}, "there is no file"),
    ({"areas": str(ROOT / "README.md")}, "Nothing was stored"),
    ({"crisis": "Night line"}, "name|number|about"),
    ({"crisis": "Night line|x|y"}, "telephone number"),
    ({"area": "…"}, "cannot be the name of an area"),
]


def test_all_or_nothing(real_app: Flask, database_url: str) -> None:
    for changed, words in REFUSED:
        done = invoke(real_app, **changed)
        assert done.exit_code == 1, (changed, done.output)
        assert words in done.output
        assert rows(database_url) == {}, changed


def test_run_again_before_the_link_was_used_makes_another_one(real_app: Flask, database_url: str) -> None:
    outputs = [invoke(real_app).output, invoke(real_app, name="Nearer").output]
    links = [re.search(r"https://nearby.example.org/invitation/(\S+)", text) for text in outputs]
    assert links[0] and links[1], outputs
    client = real_app.test_client()
    answers = [client.get(f"/invitation/{link[1]}", base_url="https://nearby.example.org") for link in links if link]
    assert [answer.status_code for answer in answers] == [410, 200]
    assert "on Nearer" in answers[1].text
    assert rows(database_url)["invitation"] == 2


def test_a_demonstration_is_not_set_up(app: Flask, database_url: str) -> None:
    done = invoke(app)
    assert done.exit_code == 1
    assert "this is a demonstration" in done.output
    assert rows(database_url) == {}


def test_the_cast_never_signs_in_to_a_real_site(
    real_app: Flask, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_app.app_context():
        serving.prepare(real_app)
        seed_cast()
        with pytest.raises(SettingError, match="people of the demonstration"):
            serving.prepare(real_app)
        db.session.remove()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match="people of the demonstration"):
        runpy.run_path(str(ROOT / "wsgi.py"))
    assert invoke(real_app).exit_code == 1, "The cast has an administrator."
