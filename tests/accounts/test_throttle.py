"""Guesses: few are checked, over two server processes as well, and the owner is never kept out by them."""

import datetime as dt
import http.client
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_machine import Traveller

from portal.accounts import throttle
from portal.accounts.browsers import browser_in_words, network_of
from portal.accounts.models import Guess
from portal.accounts.operations.guesses import WINDOW, count_guess, purge_guesses
from portal.accounts.throttle import MOST_GUESSES, TooManyGuessesError, guess
from portal.core.database import db, transaction
from portal.core.settings import Settings
from tests import processes
from tests.accounts import guessed_at
from tests.conftest import MONDAY
from tests.factories.accounts import make_user

PASSWORD = "seven green doors by the river"
ADDRESS = "203.0.113.7"


@pytest.fixture
def asked(app: Flask, database: SQLAlchemy) -> Iterator[None]:
    """A request, whose cookies `guess` reads."""
    with app.test_request_context("/sign-in"):
        yield


def guess_often(times: int, **who: str | None) -> int:
    """Guess so often and return how many were let through."""
    through = 0
    for _ in range(times):
        try:
            guess("password", **{"account": None, "address": ADDRESS, **who})  # type: ignore[arg-type]
        except TooManyGuessesError:
            continue
        through += 1
    return through


@pytest.mark.usefixtures("asked")
def test_ten_are_let_through_in_five_minutes(clock: Traveller) -> None:
    assert guess_often(25) == 10
    clock.shift(dt.timedelta(minutes=4, seconds=50))
    assert guess_often(5) == 0
    clock.shift(dt.timedelta(seconds=20))
    assert guess_often(25) == 10


@pytest.mark.usefixtures("asked")
def test_an_account_counts_over_all_addresses(clock: Traveller) -> None:
    through = sum(guess_often(1, account="rita@example.org", address=f"198.51.100.{n}") for n in range(40))
    assert through == 10
    assert guess_often(1, account="gus@example.org", address="198.51.100.1") == 1


@pytest.mark.usefixtures("asked")
def test_an_address_counts_over_all_accounts() -> None:
    through = sum(guess_often(1, account=f"user{n}@example.org") for n in range(40))
    assert through == 10
    assert guess_often(1, account="user39@example.org", address="198.51.100.1") == 1


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("typed", ["RITA@example.org", " rita@example.org ", "Rita@Example.Org"])
def test_another_spelling_is_the_same_account(typed: str) -> None:
    for n in range(10):
        guess("password", account="rita@example.org", address=f"198.51.100.{n}")
    assert guess_often(1, account=typed) == 0


@pytest.mark.usefixtures("asked")
def test_each_kind_counts_for_itself() -> None:
    assert guess_often(11, account="rita@example.org") == 10
    guess("letter", account="rita@example.org", address=ADDRESS)
    guess("link", account=None, address=ADDRESS)


@pytest.mark.usefixtures("asked")
def test_the_site_has_a_larger_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_ON_SITE", 25)
    through = sum(guess_often(1, account=f"u{n}@example.org", address=f"198.51.100.{n}") for n in range(40))
    assert through == 25


@pytest.mark.usefixtures("asked")
def test_what_is_refused_is_not_counted(database: SQLAlchemy, clock: Traveller) -> None:
    guess_often(10, account="rita@example.org")
    with transaction() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Guess))
    assert guess_often(50, account="rita@example.org") == 0
    # Refused for its account, a guess does not use up its address either.
    assert guess_often(50, account="rita@example.org", address="198.51.100.9") == 0
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Guess)) == before
    assert guess_often(11, account="gus@example.org", address="198.51.100.9") == 10


@pytest.mark.usefixtures("asked")
def test_nothing_readable_is_kept(database: SQLAlchemy) -> None:
    guess("password", account="rita@example.org", address=ADDRESS)
    with transaction() as session:
        kept = session.scalars(sa.select(Guess.bucket)).all()
    assert len(kept) == 3
    assert all(re.fullmatch(r"[0-9a-f]{64}", bucket) for bucket in kept)


@pytest.mark.usefixtures("asked")
def test_old_guesses_are_purged(clock: Traveller) -> None:
    guess_often(3)
    assert purge_guesses(actor="test") == 0
    clock.shift(WINDOW + dt.timedelta(seconds=1))
    assert purge_guesses(actor="test") == 6


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_ipv6_household_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("<script>alert(1)</script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_have_short_names(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words


@given(pauses=st.lists(st.integers(min_value=0, max_value=150_000), min_size=1, max_size=30))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_window_slides(pauses: list[int], database: SQLAlchemy, clock: Traveller) -> None:
    """Against an oracle: a guess passes exactly when fewer than three have passed in the five minutes before it."""
    bucket, most, now = uuid.uuid4().hex, 3, MONDAY
    passed: list[dt.datetime] = []
    for pause in pauses:
        now += dt.timedelta(milliseconds=pause)
        clock.move_to(now, tick=False)
        expected = sum(now - WINDOW <= earlier for earlier in passed) < most
        wait = count_guess(buckets={bucket: most}, actor="test")
        assert (wait is None) == expected
        if wait is None:
            passed.append(now)
        else:
            assert passed[-most] + WINDOW == now + wait
    clock.move_to(MONDAY, tick=True)


# Through the pages


def try_password(client: FlaskClient, password: str, address: str = ADDRESS, email: str = "rita@example.org") -> int:
    data = {"email": email, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code


def test_the_eleventh_try_gets_a_page_that_says_what_to_do(
    app: Flask, client: FlaskClient, database: SQLAlchemy
) -> None:
    with transaction():
        make_user("Rita Rowe", "rita@example.org", password=PASSWORD)
    with app.test_request_context("/"):
        fill("rita@example.org")
    data = {"email": "rita@example.org", "password": PASSWORD}
    response = client.post("/sign-in", data=data)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 310
    assert response.headers["Cache-Control"] == "no-store"
    page = response.get_data(as_text=True)
    assert "6 minutes" in page
    assert "/account/forgotten" in page
    assert client.get("/account").status_code == 303


def fill(account: str | None = None, address: str | None = None) -> None:
    """Use up what an account or an address may guess at, without checking anything."""
    names = throttle._buckets("password", account, address or "192.0.2.200")
    chosen = dict.fromkeys(names, 10**6)
    for _ in range(MOST_GUESSES):
        assert count_guess(buckets=chosen, actor="test") is None


@pytest.fixture
def rita_device(app: Flask, database: SQLAlchemy) -> FlaskClient:
    """A browser in which Rita signed in before, and out again."""
    with transaction():
        make_user("Rita Rowe", "rita@example.org", password=PASSWORD)
    client = app.test_client()
    assert try_password(client, PASSWORD) == 302
    client.post("/sign-out")
    return client


def test_strangers_never_lock_the_owner_out(app: Flask, rita_device: FlaskClient) -> None:
    with app.test_request_context("/"):
        fill("rita@example.org", ADDRESS)
    assert try_password(app.test_client(), PASSWORD) == 429
    assert try_password(rita_device, PASSWORD) == 302


def test_a_known_browser_has_ten_guesses_too(app: Flask, rita_device: FlaskClient) -> None:
    answers = [try_password(rita_device, "wrong") for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_a_known_browser_is_known_for_its_account_only(app: Flask, rita_device: FlaskClient) -> None:
    with app.test_request_context("/"):
        fill("gus@example.org", ADDRESS)
    assert try_password(rita_device, PASSWORD, email="gus@example.org") == 429


def test_the_cookie_of_a_browser_cannot_be_made_up(app: Flask, rita_device: FlaskClient) -> None:
    with app.test_request_context("/"):
        fill("rita@example.org", ADDRESS)
        gus = throttle._account_key("gus@example.org")
        names = [throttle._cookie_name(throttle._account_key("rita@example.org"))]
        signed = str(throttle._signer().dumps([gus, "x"]))
    real = rita_device.get_cookie(names[0])
    assert real is not None
    assert real.http_only
    for text in (signed, real.value[:-2] + "AA", "x", ""):
        stranger = app.test_client()
        stranger.set_cookie(names[0], text)
        assert try_password(stranger, PASSWORD) == 429


def test_the_cookie_of_a_browser_ends(app: Flask, rita_device: FlaskClient, clock: Traveller) -> None:
    clock.shift(dt.timedelta(days=91))
    with app.test_request_context("/"):
        fill("rita@example.org", ADDRESS)
    assert try_password(rita_device, PASSWORD) == 429


def test_a_good_password_does_not_free_the_address(app: Flask, database: SQLAlchemy) -> None:
    with transaction():
        make_user("Rita Rowe", "rita@example.org", password=PASSWORD)
    client = app.test_client()
    assert try_password(client, PASSWORD) == 302
    with app.test_request_context("/"):
        assert guess_often(20, account="gus@example.org") == 9


# Over two server processes


@contextmanager
def served(database: Settings, counted: Path, tmp_path: Path) -> Iterator[list[int]]:
    """Two processes that serve the real site over one database; their ports."""
    started, lines = [], []
    try:
        for number in (1, 2):
            mine, theirs = processes.Pipe()
            chosen = replace(database, proxies=1, search_index=tmp_path / f"index{number}")
            started.append(processes.start(guessed_at.serve, chosen, counted, theirs))
            lines.append(mine)
        assert all(line.poll(60) for line in lines)
        yield [line.recv() for line in lines]
    finally:
        for process in started:
            process.terminate()
            process.join(20)


def attack(port: int, tries: int, seed: int, answers: list[int]) -> None:
    """Guess at one password from addresses that change with every try."""
    random_one = random.Random(seed)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/sign-in")
    page = line.getresponse()
    cookie = (page.getheader("Set-Cookie") or "").split(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    assert token
    for number in range(tries):
        address = ".".join(str(random_one.randint(1, 254)) for _ in range(4))
        body = urlencode({"email": "rita@example.org", "password": f"guess {number}", "csrf_token": token[1]})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "X-Forwarded-For": address}
        line.request("POST", "/sign-in", body, headers)
        answer = line.getresponse()
        answer.read()
        answers.append(answer.status)
    line.close()


def test_two_processes_check_ten_together(
    settings: Settings, app: Flask, database: SQLAlchemy, tmp_path: Path, proof: Callable[..., int]
) -> None:
    count = proof("guesses over two processes", sample=300, full=10_000)
    with transaction():
        make_user("Rita Rowe", "rita@example.org", password=PASSWORD)
    db.session.remove()
    counted, answers = tmp_path / "checked", list[int]()
    with served(settings, counted, tmp_path) as ports:
        began = time.monotonic()
        threads = [
            threading.Thread(target=attack, args=(ports[number % 2], count // 4, number, answers))
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
    checked = sorted(float(line) for line in counted.read_text().splitlines())
    # Any five minutes, wherever they begin, see ten checks at most.
    most = max(sum(start <= other <= start + 300 for other in checked) for start in checked)
    print(f"{len(answers)} guesses in {took:.0f} s, {len(checked)} checked, {most} within any 5 minutes")
    assert len(answers) == count
    assert set(answers) == {200, 429}
    assert most == MOST_GUESSES
    assert answers.count(200) == len(checked)
