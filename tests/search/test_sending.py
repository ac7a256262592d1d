"""A list by e-mail: what it holds, what strangers cannot do with it, and how somebody is left in peace."""

import datetime as dt
import html
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal import create_app
from portal.audit.models import AuditEntry
from portal.core import jobs
from portal.core.database import transaction
from portal.core.settings import Settings
from portal.directory.models import Service, ServiceStatus
from portal.messages.models import OutboxMessage
from portal.messages.wording import LONGEST_LINES
from portal.search.models import ListRefusal, ListSending
from portal.search.operations import MOST_FROM_A_NETWORK, MOST_ON_THE_SITE, MOST_TO_AN_ADDRESS, send_list
from portal.search.sending import find_refusal, keys_for, letter_for, published, stop_token
from portal.search.service_page import describe
from portal.search.shortlist import LIMIT, pack
from tests.factories import make_location, make_organisation, make_service, weekly
from tests.search.test_views import text_of

RITA = "rita@example.org"


@pytest.fixture
def two(database: SQLAlchemy) -> list[Service]:
    """Two services to send."""
    group = make_organisation(phone="020 7946 0132")
    hall = make_location("Ladywell Hall", postcode="SE13 7HU")
    services = [
        make_service("Soup", organisation=group, venues=[(hall, [weekly("MO")])]),
        make_service("Yoga", organisation=group, attendance=["online"]),
    ]
    database.session.commit()
    return services


@pytest.fixture
def letters(app: Flask, tmp_path: Path) -> Callable[[], list[EmailMessage]]:
    """Let the outbox do its work, and return the e-mails that left, oldest first."""

    def read() -> list[EmailMessage]:
        with app.app_context():
            assert jobs.settle()
        paths = sorted((tmp_path / "mail").rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]

    return read


def send(client: FlaskClient, services: list[Service], email: str = RITA, **more: str):
    data = {"s": pack([service.id for service in services]), "email": email, **more}
    return client.post("/shortlist/send", data=data)


def parts(letter: EmailMessage) -> tuple[str, str]:
    """The text part and the HTML part."""
    text, markup = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert markup is not None
    return text.get_content(), markup.get_content()


def queued(database: SQLAlchemy) -> int:
    database.session.rollback()
    return database.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) or 0


def test_the_list_arrives_with_facts_and_links(
    client: FlaskClient, two: list[Service], letters: Callable[[], list[EmailMessage]]
) -> None:
    answer = send(client, two)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/shortlist/sent")
    page = client.get("/shortlist/sent")
    assert "Your list is on its way" in page.get_data(as_text=True)
    assert RITA not in page.get_data(as_text=True)
    [letter] = letters()
    assert (letter["To"], letter["Subject"]) == (RITA, "A list for you from Hereabouts")
    text, markup = parts(letter)
    said = ("Somebody asked us to send you this list from Hereabouts", "1. Soup", "By Ladywell Open Table",
            "Next: Today, Monday 23 November, 10.30am to 12 noon", "Where: Ladywell Hall, SE13 7HU",
            "Ring: 020 7946 0132", f"More: http://localhost/services/{two[0].id}", "2. Yoga",
            "Where: Online")  # fmt: skip
    for words in said:
        assert words in text, words
        assert words in html.unescape(markup), words
    link = re.search(r"http://localhost(/shortlist/shared\?s=\S+)", text)
    assert link
    assert "1. Soup" in text_of(client.get(link.group(1)).get_data(as_text=True))


def test_nothing_of_the_request_is_in_it_but_the_address(
    client: FlaskClient, two: list[Service], letters: Callable[[], list[EmailMessage]]
) -> None:
    words = dict.fromkeys(("name", "message", "subject", "text", "list", "note", "from", "to"), "Buy my watches")
    headers = {"User-Agent": "Buy my watches", "Referer": "http://localhost/Buy+my+watches", "X-Name": "Buy my watches"}
    data = {"s": pack([two[0].id]), "email": RITA, **words}
    client.post("/shortlist/send?message=Buy+my+watches", data=data, headers=headers)
    [letter] = letters()
    assert "watches" not in letter.as_string().replace("+", " ")
    assert {name.lower() for name in letter} <= {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
        "mime-version", "content-type", "reply-to",
    }  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "rita@example.org\r\nBcc: all@example.org",
        "rita@example.org\nSubject: Buy",
        "rita@example.org%0d%0aBcc:all@example.org,b@example.org",
        "rita@example.org, all@example.org",
        "rita@example.org;all@example.org",
        "rita@example.org all@example.org",
        "<rita@example.org>",
        '"Buy my watches" <rita@example.org>',
        '"a b"@example.org',
        "Buy(my watches)@example.org",
        "rita@[127.0.0.1]",
        "rita@example",
        "rita",
        "@example.org",
        "",
        "x" * 300 + "@example.org",
        "rita@exa\u202emple.org x",
    ],
)
def test_what_is_no_single_address_is_refused_and_kept(
    client: FlaskClient, database: SQLAlchemy, two: list[Service], address: str
) -> None:
    answer = send(client, two, address)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "<title>Error: " in page
    assert 'href="#email"' in page
    assert "1. Soup" in text_of(page)
    typed = re.search(r'id="email" name="email"[^>]* value="([^"]*)"', page)
    kept = html.unescape(typed.group(1)) if typed else ""
    assert kept == " ".join(address.replace("\u202e", "").split())
    assert queued(database) == 0


@pytest.mark.parametrize("held", ["", "x", "!!!", "AAAA", pack([])])
def test_no_list_is_sent_nowhere(client: FlaskClient, database: SQLAlchemy, two: list[Service], held: str) -> None:
    answer = client.post("/shortlist/send", data={"s": held, "email": RITA})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/shortlist")
    assert queued(database) == 0


def test_only_what_is_published_is_sent(
    client: FlaskClient, database: SQLAlchemy, two: list[Service], letters: Callable[[], list[EmailMessage]]
) -> None:
    hidden = make_service("Hidden", status=ServiceStatus.INACTIVE)
    shelter = make_location("Rose House", postcode="SE6 4RU", is_confidential=True)
    safe = make_service("Safe talk", venues=[(shelter, [weekly("TU")])])
    database.session.commit()
    send(client, [two[0], hidden, safe])
    [letter] = letters()
    text, markup = parts(letter)
    for part in (text, markup):
        assert "Hidden" not in part
        assert "Rose House" not in part
        assert "SE6 4RU" not in part
        assert "Where: The address is given when you ring" in part


HOSTILE = [
    "{{ 7*7 }} {site_name} {stop_link} ${1}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Soup\r\nBcc: all@example.org\n\n.\nSubject: x",
    "\u202eevil\u202d\u200b\u2028soup",
    "Win at https://evil.example/now or www.evil.example, evil.example, evil\u3002example or a@evil.example",
    "![x](http://evil.example) [x](//evil.example) <http://evil.example>",
    "x" * 200,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_listings_stay_text_and_hold_no_links(
    client: FlaskClient,
    database: SQLAlchemy,
    name: str,
    letters: Callable[[], list[EmailMessage]],
) -> None:
    group = make_organisation(name=name, phone="http://evil.example")
    hall = make_location(name, postcode="SE13 7HU")
    service = make_service(name, organisation=group, venues=[(hall, [weekly("MO", note=name)])])
    database.session.commit()
    send(client, [service])
    [letter] = letters()
    text, markup = parts(letter)
    assert str(letter["Bcc"]) == "None"
    assert "\u202e" not in text + markup
    assert "<script" not in markup
    assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", markup)
    if "{" in name:
        assert "1. {{ 7*7 }} {site_name} {stop_link} ${1}" in text
    for part in (text, html.unescape(markup)):
        addresses = re.findall(r"(?:https?:)?//[^\s\"<>]+", part)
        assert addresses
        assert all(address.startswith("http://localhost/") for address in addresses), addresses
        assert not re.search(r"\w[.\u3002](example|org)\b(?!.*localhost)", part.replace("all@example.org", "")), part
        assert "@evil" not in part
    assert set(re.findall(r'href="([^"?]+)', markup)) <= {
        "http://localhost/shortlist/shared",
        *re.findall(r"http://localhost/shortlist/stop/[\w.-]+", text),
    }
    assert max(len(line) for line in text.splitlines() if line.startswith("1. ")) <= 103


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("St. John's Hall, 10.30am", "St. John's Hall, 10.30am"),
        ("£2.50, or free", "£2.50, or free"),
        ("evil.example", "evil. example"),
        ("https://evil.example/a", "https evil. example/a"),
        ("me@evil.example", "me @ evil. example"),
        ("Age 16\uff0eorg", "Age 16\uff0e org"),
    ],
)
def test_what_looks_like_an_address_is_parted(typed: str, shown: str) -> None:
    assert published(typed, "name") == shown


def test_the_longest_list_fits(database: SQLAlchemy, app: Flask, clock: Traveller) -> None:
    long = ("Long words " * 40)[:200]
    group = make_organisation(name=long, phone="020 7946 0132 (and on)")
    services = [
        make_service(long, organisation=group, venues=[(make_location(long), [weekly("MO", note=long)])])
        for _ in range(LIMIT)
    ]
    database.session.commit()
    pages = [describe(service, dt.datetime.now(dt.UTC)) for service in services]
    letter = letter_for(
        RITA, pages, list_link="", stop_link="", link_of=lambda one: f"https://{'h' * 60}/services/{one.id}"
    )
    assert len(letter.values["list"]) < LONGEST_LINES
    assert f"{LIMIT}. Long words" in letter.values["list"]


def test_five_an_hour_from_one_place(
    client: FlaskClient, database: SQLAlchemy, two: list[Service], clock: Traveller
) -> None:
    for number in range(MOST_FROM_A_NETWORK):
        assert send(client, two, f"friend{number}@example.org").status_code == 303
    answer = send(client, two, "one.more@example.org")
    assert answer.status_code == 429
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    page = answer.get_data(as_text=True)
    assert "Try again in 60 minutes" in page
    assert 'value="one.more@example.org"' in page
    assert queued(database) == MOST_FROM_A_NETWORK
    clock.shift(dt.timedelta(minutes=61))
    assert send(client, two, "one.more@example.org").status_code == 303


def test_others_elsewhere_are_not_kept_out(client: FlaskClient, database: SQLAlchemy, two: list[Service]) -> None:
    for number in range(MOST_FROM_A_NETWORK + 1):
        send(client, two, f"friend{number}@example.org")
    data = {"s": pack([two[0].id]), "email": RITA}
    elsewhere = client.post("/shortlist/send", data=data, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 303
    assert queued(database) == MOST_FROM_A_NETWORK + 1


def test_three_a_day_to_one_address_however_it_is_written(
    client: FlaskClient, database: SQLAlchemy, two: list[Service], clock: Traveller
) -> None:
    for number, address in enumerate(
        (RITA, "RITA@Example.org", "rita+list@example.org", "rita+more@example.org", RITA)
    ):
        where = {"REMOTE_ADDR": f"198.51.100.{number}"}
        answer = client.post("/shortlist/send", data={"s": pack([two[0].id]), "email": address}, environ_base=where)
        # Who asks is not told that no more go out.
        assert (answer.status_code, answer.headers["Location"]) == (303, "/shortlist/sent")
    assert queued(database) == MOST_TO_AN_ADDRESS
    clock.shift(dt.timedelta(hours=25))
    assert send(client, two).status_code == 303
    assert queued(database) == MOST_TO_AN_ADDRESS + 1


def test_the_whole_site_sends_only_so_many(app: Flask, database: SQLAlchemy, two: list[Service]) -> None:
    def once(number: int) -> dt.timedelta | None:
        keys = keys_for(f"friend{number}@example.org", f"198.51.{number // 250}.{number % 250}")
        values = {"list": "x", "list_link": "https://a.example.org/", "stop_link": "https://a.example.org/"}
        with transaction() as session:
            return send_list(session, letter=_letter(f"friend{number}@example.org", values), keys=keys, actor="visitor")

    assert [once(number) for number in range(MOST_ON_THE_SITE)] == [None] * MOST_ON_THE_SITE
    assert once(MOST_ON_THE_SITE) is not None
    assert queued(database) == MOST_ON_THE_SITE


def _letter(address: str, values: dict[str, str]):
    from portal.search.sending import ListLetter

    return ListLetter(address=address, values=values)


def test_two_at_once_are_counted(settings: Settings, app: Flask, database: SQLAlchemy, two: list[Service]) -> None:
    barrier = threading.Barrier(6)
    answers: list[int] = []

    def ask(number: int) -> None:
        other = app.test_client()
        barrier.wait()
        answers.append(send(other, two, f"friend{number % 3}{number}@example.org").status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] * MOST_FROM_A_NETWORK + [429]
    assert queued(database) == MOST_FROM_A_NETWORK


def stop_path(letter: EmailMessage) -> str:
    found = re.search(r"http://localhost(/shortlist/stop/\S+)", parts(letter)[0])
    assert found
    return found.group(1)


def test_a_recipient_says_no_more_and_takes_it_back(
    app: Flask, client: FlaskClient, database: SQLAlchemy, two: list[Service], letters: Callable[[], list[EmailMessage]]
) -> None:
    send(client, two)
    path = stop_path(letters()[0])
    rita = app.test_client()
    assert "Do you want no more lists" in rita.get(path).get_data(as_text=True)
    send(client, two)
    assert queued(database) == 2, "looking at the page stops nothing"
    assert "We will not send you lists any more" in rita.post(path).get_data(as_text=True)
    answer = send(client, two, "Rita+x@example.org")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/shortlist/sent")
    assert queued(database) == 2
    rita.post(path, data={"act": "again"})
    send(client, two)
    assert queued(database) == 3


def test_only_lists_are_stopped(app: Flask, client: FlaskClient, database: SQLAlchemy, two: list[Service]) -> None:
    from portal.messages.models import UnsafeAddress

    keys = keys_for(RITA, "198.51.100.7")
    client.post(f"/shortlist/stop/{stop_token(keys.refusal, app.extensions['settings'])}")
    assert database.session.scalar(sa.select(sa.func.count()).select_from(UnsafeAddress)) == 0
    assert database.session.scalar(sa.select(sa.func.count()).select_from(ListRefusal)) == 1


@pytest.mark.parametrize("act", ["get", "post"])
def test_a_forged_link_stops_nothing(app: Flask, client: FlaskClient, database: SQLAlchemy, act: str) -> None:
    token = stop_token(keys_for(RITA, "").refusal, app.extensions["settings"])
    other = stop_token(keys_for(RITA, "").refusal, replace(app.extensions["settings"], secret_key="another"))
    for forged in (
        other,
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        token.partition(".")[0],
        "x",
        "%00",
        "a.b.c",
    ):
        assert getattr(client, act)(f"/shortlist/stop/{forged}").status_code == 404, forged
    assert database.session.scalar(sa.select(sa.func.count()).select_from(ListRefusal)) == 0
    assert find_refusal(token, app.extensions["settings"])


def test_the_address_stands_nowhere_in_the_open(
    client: FlaskClient, database: SQLAlchemy, two: list[Service], tmp_path: Path
) -> None:
    send(client, two, "planted.secret@example.org")
    keys = keys_for("planted.secret@example.org", "127.0.0.1")
    database.session.rollback()
    buckets = set(database.session.scalars(sa.select(ListSending.bucket)))
    assert buckets == {keys.network, keys.site, keys.recipient}
    [entry] = database.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "shortlist:send"))
    assert entry.actor == "visitor"
    for table in (*OutboxMessage.metadata.sorted_tables,):
        for row in database.session.execute(sa.select(sa.text("*")).select_from(table)):
            assert "planted.secret" not in str(tuple(row)), table.name


def test_a_forged_host_cannot_lead_recipients_elsewhere(
    app: Flask, client: FlaskClient, database: SQLAlchemy, two: list[Service]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # the test's token is for another host
    data = {"s": pack([two[0].id]), "email": RITA}
    answer = client.post("/shortlist/send", data=data, base_url="http://evil.example")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/shortlist")
    assert queued(database) == 0
    assert "shortlist/send" not in client.get("/shortlist", base_url="http://evil.example").get_data(as_text=True)


def test_with_an_address_of_its_own_the_site_uses_that(settings: Settings, two: list[Service], tmp_path: Path) -> None:
    other = create_app(replace(settings, site_url="https://hereabouts.example.org"))
    other.config["WTF_CSRF_ENABLED"] = False  # the test's token is for another host
    other.extensions["jobs"].promptly.hold()
    other.extensions["jobs"].file = tmp_path / "jobs.sqlite3"
    try:
        browser = other.test_client()
        data = {"s": pack([two[0].id]), "email": RITA}
        assert browser.post("/shortlist/send", data=data, base_url="https://hereabouts.example.org").status_code == 303
        with other.app_context():
            assert jobs.settle()
        [path] = (tmp_path / "mail").rglob("*.eml")
        text = parts(message_from_bytes(path.read_bytes(), policy=default))[0]
        assert f"https://hereabouts.example.org/services/{two[0].id}" in text
    finally:
        other.extensions["jobs"].close()
        other.extensions["search"].close()
        with other.app_context():
            from portal.core.database import db

            db.session.remove()
            db.engine.dispose()


def test_the_form_stands_below_a_list_and_needs_its_token(client: FlaskClient, two: list[Service]) -> None:
    client.post("/shortlist/save", data={"service_id": str(two[0].id)})
    assert 'action="/shortlist/send"' in client.get("/shortlist").get_data(as_text=True)
    data = {"s": pack([two[0].id]), "email": RITA}
    assert client.post("/shortlist/send", data=data, token=False).status_code == 400
    foreign = client.post("/shortlist/send", data=data, headers={"Origin": "https://evil.example.org"})
    assert foreign.status_code == 400
