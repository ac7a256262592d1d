"""The shortlist in a browser without script: save, print, share, forget."""

import html
import re
import uuid
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import Service, ServiceStatus
from portal.search.shortlist import COOKIE, LIMIT, pack, unpack
from tests.factories import make_location, make_organisation, make_service, weekly
from tests.search.test_views import read, text_of


@pytest.fixture
def two(database: SQLAlchemy) -> list[Service]:
    """Two services to save."""
    group = make_organisation(phone="020 7946 0132")
    hall = make_location("Ladywell Hall", postcode="SE13 7HU", getting_there="Bus 54.", access={"step-free": True})
    services = [
        make_service("Soup", organisation=group, venues=[(hall, [weekly("MO")])]),
        make_service("Yoga", organisation=group, attendance=["online"]),
    ]
    database.session.commit()
    return services


def saved(client: FlaskClient) -> tuple[uuid.UUID, ...]:
    cookie = client.get_cookie(COOKIE)
    return unpack(cookie.value).ids if cookie else ()


def save(client: FlaskClient, service: Service, back: str = "") -> str:
    response = client.post("/shortlist/save", data={"service_id": str(service.id), "back": back})
    assert response.status_code == 303
    return response.headers["Location"]


def test_save_see_take_off_and_clear(client: FlaskClient, two: list[Service]) -> None:
    for service in two:
        save(client, service)
    save(client, two[0])
    assert saved(client) == (two[0].id, two[1].id)
    page = read(client, "/shortlist")
    for words in ("1. Soup", "2. Yoga", "Monday 23 November, 10.30am to 12 noon", "Ladywell Hall, SE13 7HU", "Bus 54.",
                  "020 7946 0132", "Step free", "Online", "My notes", "Your list: 2 things to try"):  # fmt: skip
        assert words in page, words
    assert "Shortlist, 2 saved" in page
    client.post("/shortlist/remove", data={"service_id": str(two[0].id)})
    assert saved(client) == (two[1].id,)
    client.post("/shortlist/clear")
    assert saved(client) == ()
    assert "Nothing saved yet" in read(client, "/shortlist")


def test_the_cookie_says_little_and_is_kept_from_scripts(client: FlaskClient, two: list[Service]) -> None:
    response = client.post("/shortlist/save", data={"service_id": str(two[0].id)})
    cookie = response.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=7776000", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    secure = client.post("/shortlist/save", data={"service_id": str(two[0].id)}, base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]


def test_a_reader_gets_no_cookie_but_the_token_of_the_forms(client: FlaskClient, two: list[Service]) -> None:
    for address in ("/", "/services", f"/services/{two[0].id}", "/shortlist"):
        client.get(address)
    with client.session_transaction() as session:
        assert set(session) == {"csrf_token"}
    assert client.get_cookie("shortlist") is None


@pytest.mark.parametrize("back", ["/services?q=soup&page=2", "/"])
def test_saving_goes_back(client: FlaskClient, two: list[Service], back: str) -> None:
    assert save(client, two[0], back) == back


@pytest.mark.parametrize(
    "back",
    ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "\\\\evil", "javascript:alert(1)",
     "/\t/evil", "/%0d%0aSet-Cookie:x\r\nX: y", "evil", " /", "/" + "x" * 5000, "/a\x00b"],
)  # fmt: skip
@pytest.mark.parametrize("act", ["save", "remove"])
def test_saving_goes_nowhere_else(client: FlaskClient, two: list[Service], back: str, act: str) -> None:
    response = client.post(f"/shortlist/{act}", data={"service_id": str(two[0].id), "back": back})
    assert (response.status_code, response.headers["Location"]) == (303, "/shortlist")


@pytest.mark.parametrize("asked", ["", "x", str(uuid.UUID(int=9)), "' OR 1=1"])
def test_saving_what_is_not_there_saves_nothing(client: FlaskClient, two: list[Service], asked: str) -> None:
    for act in ("save", "remove"):
        assert client.post(f"/shortlist/{act}", data={"service_id": asked}).status_code == 303
    assert saved(client) == ()


def test_what_vanished_is_said_kindly(client: FlaskClient, two: list[Service], database: SQLAlchemy) -> None:
    for service in two:
        save(client, service)
    database.session.merge(two[0]).status = ServiceStatus.DEFUNCT
    database.session.commit()
    page = read(client, "/shortlist")
    assert "One thing on the list is not there any more" in page
    assert "Soup" not in page


def test_a_list_of_which_all_is_gone_can_be_cleared(
    app: Flask, client: FlaskClient, two: list[Service], database: SQLAlchemy
) -> None:
    assert "Clear the whole list" not in read(client, "/shortlist")
    save(client, two[0])
    assert "Clear the whole list" in read(client, "/shortlist")
    database.session.merge(two[0]).status = ServiceStatus.DEFUNCT
    database.session.commit()
    page = read(client, "/shortlist")
    assert "Nothing saved yet" in page
    assert "Clear the whole list" in page
    shared = read(app.test_client(), f"/shortlist/shared?s={pack([service.id for service in two])}")
    assert "Clear the whole list" not in shared
    client.post("/shortlist/clear")
    assert "Clear the whole list" not in read(client, "/shortlist")


def test_a_full_list_says_so(client: FlaskClient, two: list[Service]) -> None:
    client.set_cookie(COOKIE, pack([uuid.UUID(int=number) for number in range(LIMIT)]))
    assert save(client, two[0]) == "/shortlist?full=1"
    assert "Your list is full" in read(client, "/shortlist?full=1")


@pytest.mark.parametrize("text", ["", "nonsense", "\x00", "é", "A" * 5000, "!" * 40])
def test_a_broken_cookie_is_an_empty_list(client: FlaskClient, two: list[Service], text: str) -> None:
    response = client.get("/shortlist", headers={"Cookie": f"{COOKIE}={text}".encode().decode("latin-1")})
    assert response.status_code == 200


def test_a_list_is_shared_by_its_link_alone(app: Flask, client: FlaskClient, two: list[Service]) -> None:
    for service in two:
        save(client, service)
    page = client.get("/shortlist").get_data(as_text=True)
    link = re.search(r'data-copy="([^"]+)"', page)
    assert link
    assert 'src="data:image/png;base64,' in page
    path = html.unescape(link.group(1)).removeprefix("http://localhost")
    friend = app.test_client()
    shared = friend.get(path).get_data(as_text=True)
    assert "1. Soup" in text_of(shared)
    assert saved(friend) == ()
    text = re.search(r'name="s" value="([^"]+)"', shared)
    assert text
    assert friend.post("/shortlist/keep", data={"s": text.group(1)}).status_code == 303
    assert saved(friend) == (two[0].id, two[1].id)
    assert urlsplit(path).path == "/shortlist/shared"


@pytest.mark.parametrize("text", ["", "x", "!!!", "%00", "A" * 4000, "%ED%A0%80", "AAAA%20AAAA"])
def test_a_broken_link_is_said_and_is_no_error(client: FlaskClient, two: list[Service], text: str) -> None:
    page = read(client, f"/shortlist/shared?s={text}")
    assert "There is nothing we can read in this link" in page


def test_a_link_cut_short_shows_what_is_left(client: FlaskClient, two: list[Service]) -> None:
    page = read(client, f"/shortlist/shared?s={pack([two[0].id, two[1].id])[:-5]}")
    assert "This link is not whole" in page
    assert "1. Soup" in page
    assert "Yoga" not in page


def test_a_form_of_another_site_is_refused(client: FlaskClient, two: list[Service]) -> None:
    for act in ("save", "remove", "clear", "keep"):
        response = client.post(f"/shortlist/{act}", headers={"Origin": "https://evil.example.org"})
        assert response.status_code in {400, 403}
