"""Listings whose every text is hostile, in the files that people take away and in the messages that they get."""

import csv
import datetime as dt
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from justhtml import JustHTML
from time_machine import Traveller

from portal.core import clock as present
from portal.core import jobs
from portal.core.database import db, transaction
from portal.directory.models import Service
from portal.listings.content import content_of
from portal.listings.jobs import ask_groups
from portal.listings.models import Claim, Listing, Watch
from portal.listings.operations.claim_letters import ask_for_objections, ask_moderators
from portal.listings.operations.claim_letters import tell_claimant as tell_about_claim
from portal.listings.sheets import plain
from portal.listings.watching import WORDINGS, hash_of, tell_watchers
from portal.messages.jobs import heal_outbox
from portal.messages.models import MessageState, OutboxMessage
from portal.search.shortlist import LIMIT, pack
from tests.accounts.reading import find
from tests.factories.hostile import HostileSite, write_hostile_site
from tests.hostile import PRODUCT, bare, payloads, some_payloads
from tests.signing_in import sign_in

RESIDENT = "rita@example.org"
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "mime-version",
    "content-type", "reply-to",
}  # fmt: skip
CONTROL = "=tea\0\x1b\x7f\ufffe"
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "br", "a"}
QUEUED = sa.select(sa.func.count()).where(OutboxMessage.state == MessageState.QUEUED)
FORMULA = re.compile(r"[=+\-@\t\r\n]")


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A database that also takes what no form lets through."""
    path = tmp_path / "portal.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def site(app: Flask, request: pytest.FixtureRequest, proof: Callable[..., int]) -> Iterator[HostileSite]:
    """A listing for each text."""
    what = request.node.name.removeprefix("test_").replace("_", " ")
    count = proof(f"hostile texts that stayed texts: {what}", sample=6, full=len(payloads()))
    with app.app_context():
        yield write_hostile_site([*some_payloads(count), CONTROL])
        db.session.remove()


def names(site: HostileSite) -> list[str]:
    """Return the names of all listings as their groups wrote them last."""
    found = [content_of(db.session.get_one(Listing, one.id).content).name for one in site.listings]
    db.session.rollback()
    return [bare(name) for name in found]


def test_tables(site: HostileSite, client: FlaskClient) -> None:
    sign_in(client, site.cast.gus)
    text = client.get("/listings/file.csv").get_data().decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    book = openpyxl.load_workbook(io.BytesIO(client.get("/listings/file.xlsx").get_data())).active
    cells = [cell for row in book.iter_rows() for cell in row if cell.value is not None]
    assert {(cell.data_type, cell.number_format, cell.hyperlink) for cell in cells} == {("s", "@", None)}
    sheet = [[str(cell.value or "") for cell in row] for row in book.iter_rows()]
    for rows in (lines, sheet):
        assert len(rows) == len(site.listings) + 1
        assert [cell for row in rows for cell in row if FORMULA.match(cell)] == []
        at = rows[0].index("name")
        assert sorted(bare(plain(row[at])) for row in rows[1:]) == sorted(names(site))
    sign_in(client, site.cast.mo)
    freshness = client.get("/moderation/freshness.csv").get_data().decode("utf-8-sig")
    assert [cell for row in csv.reader(io.StringIO(freshness)) for cell in row if FORMULA.match(cell)] == []


def test_calendars(site: HostileSite, client: FlaskClient) -> None:
    for one in site.listings:
        answer = client.get(f"/services/{one.service_id}/calendar.ics")
        text = answer.get_data().decode()
        assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.ics"', answer.headers["Content-Disposition"])
        rows = text.replace("\r\n ", "").split("\r\n")
        kinds = [re.split("[:;]", row)[0] for row in rows[:-1]]
        assert rows[-1] == ""
        assert kinds.count("BEGIN") == kinds.count("END")
        assert set(kinds) <= {
            "BEGIN", "END", "VERSION", "PRODID", "METHOD", "TZID", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "DTSTART",
            "RRULE", "UID", "DTSTAMP", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "LOCATION",
        }  # fmt: skip
        assert [char for row in rows for char in row if ord(char) < 32 or char in "\x7f\x85\u2028\u2029"] == []
        assert rows.count("BEGIN:VEVENT") == kinds.count("SUMMARY") == 12


def test_what_scripts_read(site: HostileSite, client: FlaskClient) -> None:
    pins = json.loads(client.get("/services/pins.json").get_data())
    columns = [pins.pop("scale"), *(value for column in pins.values() for value in column)]
    assert len(columns) > len(site.listings)
    assert all(isinstance(value, int) for value in columns)
    for text in site.texts:
        answer = client.get("/suggest", query_string={"q": text.encode("utf-8", "ignore").decode()[:200]})
        assert answer.mimetype == "application/json"
        for one in answer.json["suggestions"]:  # type: ignore[index]
            assert set(one) == {"text", "hint", "href"}
            assert one["href"].startswith("/")
            assert not one["href"].startswith("//")


def send_everything(site: HostileSite, client: FlaskClient) -> None:
    """Let every message leave that names a listing or a group."""
    ids = [one.service_id for one in site.listings]
    for first in range(0, min(len(ids), 3 * LIMIT), LIMIT):
        sent = {"s": pack(ids[first : first + LIMIT]), "email": RESIDENT}
        assert client.post("/shortlist/send", data=sent).status_code == 303
    with transaction() as session:
        session.execute(sa.update(Service).values(last_confirmed_on=dt.date(2026, 4, 20)))
        for service_id in ids:
            watch = Watch(service_id=service_id, email=RESIDENT, email_fingerprint=str(service_id))
            watch.token_hash = watch.stop_hash = hash_of(str(service_id))
            watch.confirmed_at = present.now()
            session.add(watch)
    # One transaction each: a long one locks out whoever reads the name of the site beside it.
    for service_id in ids:
        with transaction() as session:
            for what in WORDINGS:
                tell_watchers(session, service_id=service_id, what=what, actor="test")
    with transaction() as session:
        for claim in session.scalars(sa.select(Claim)):
            claim.objection_until = present.now() + dt.timedelta(days=7)
            ask_for_objections(session, claim, site.cast.rita, ["office@example.org"], actor="test")
            ask_moderators(session, claim, "A new group wants to be listed", actor="test")
            tell_about_claim(session, claim, site.cast.rita, is_accepted=True, why="", actor="test")
    ask_groups()
    db.session.rollback()


def check_mail(letter: EmailMessage) -> None:
    """Fail when a text became a header, a recipient, an element or a link."""
    assert {name.lower() for name in letter} <= HEADERS
    for name in ("to", "from"):
        [address] = letter[name].addresses
        assert re.fullmatch(r"(office\d*|rita|mo|gus|no-reply)@(example\.org|localhost)", address.addr_spec), letter[
            name
        ]
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    text, markup = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert markup is not None
    page = markup.get_content()
    tree = JustHTML(page, collect_errors=True, sanitize=False)
    assert not tree.errors, tree.errors[:3]
    assert {one.name for one in tree.query("*")} <= ELEMENTS
    for one in tree.query("*"):
        attributes = one.attrs or {}
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "ping"}]
        link = attributes.get("href") or "http://localhost/"
        assert re.match(r"http://(localhost|127\.0\.0\.1)[:/]", link), link
    for words in (page, text.get_content()):
        assert PRODUCT not in words
        # Programs that show mail make links of what looks like an address; ours alone does.
        assert set(re.findall(r"https?://([^/\s<\"]+)", words)) <= {"localhost", "127.0.0.1:8000"}


def test_messages(site: HostileSite, client: FlaskClient, clock: Traveller, tmp_path: Path) -> None:
    send_everything(site, client)
    clock.move_to(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
    assert jobs.settle(seconds=300)
    for _turn in range(len(site.listings)):
        if find(QUEUED) == 0:
            break
        heal_outbox()
    paths = list((tmp_path / "mail").rglob("*.eml"))
    assert find(QUEUED) == 0
    assert len(paths) > 4 * len(site.listings)
    subjects = set()
    for path in paths:
        letter = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(letter, EmailMessage)
        check_mail(letter)
        subjects.add(str(letter["subject"]).split(":")[0])
    assert len(subjects) >= 5
