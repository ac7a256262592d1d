"""Hostile texts typed into every form of a listing, or sent as a table: kept as clean text, or refused with a count."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from html import unescape
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.core.database import transaction
from portal.core.text import clean
from portal.directory.models import Taxonomy
from portal.directory.operations import Form, problem_with
from portal.listings.content import Content, content_of
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.sheets import plain
from tests.accounts.reading import find
from tests.factories import make_term
from tests.factories.accounts import Cast
from tests.factories.listings import make_listing
from tests.hostile import LONGEST, bare, payloads, some_payloads, storable
from tests.signing_in import sign_in

FORM = "application/x-www-form-urlencoded"
# For each page: the fields that take any text, with how much of it fits, and what else the page wants.
TEXTS: dict[str, dict[str, int]] = {
    "what": {"name": 200, "summary": 300, "description": 10_000},
    "cost": {"prices-0-about": 200, "cost_note": 300},
    "joining": {"how_to_join": 2000},
    "reaching": {"contact_name": 120, "phones-0-about": 200, "private_name": 120},
    "volunteers": {"name": 200, "what": 2000, "how_often": 300, "contact": 300},
    "where/VENUE": {"name": 200, "address_1": 200, "address_2": 200, "town": 100, "getting_there": 500, "note": 300,
                    "note_step-free": 200},
}  # fmt: skip
ALSO = {
    "what": {"kind": "activity", "categories": "company"},
    "cost": {"prices-0-pounds": "2.50", "cost_kind": "paid"},
    "reaching": {"phones-0-number": "020 8555 0101"},
    "where/VENUE": {"postcode": "SE13 7UZ", "keep": "SE13 7UZ", "is_step-free": "yes", "act": "save"},
}
# Fields that take an address or a number only, what is said when they are given anything else, and what is stored.
SHAPED: dict[str, dict[str, tuple[Form, str, Callable[[Content], str]]]] = {
    "reaching": {
        "email": (Form.EMAIL, "Enter an e-mail address in full", lambda content: content.email),
        "website": (Form.URL, "Enter the web address in full", lambda content: content.website),
        "phones-0-number": (Form.PHONE, "Enter a telephone number", lambda content: content.phones[0].number),
    },
    "joining": {
        "introduction_email": (Form.EMAIL, "Enter an e-mail address in full", lambda one: one.introduction_email),
        "introduction_phone": (Form.PHONE, "Enter a telephone number", lambda one: one.introduction_phone),
    },
}


@pytest.fixture
def listing(cast: Cast, client: FlaskClient) -> Listing:
    """A draft of Gus's group, who is signed in."""
    with transaction():
        make_term(Taxonomy.ACCESS, "step-free")
        listing = make_listing(cast.group, None, ListingState.DRAFT, Shown.NOT_YET)
    sign_in(client, cast.gus)
    return listing


def now(listing: Listing) -> Listing:
    found = find(sa.select(Listing).where(Listing.id == listing.id))
    assert isinstance(found, Listing)
    return found


def type_in(client: FlaskClient, listing: Listing, page: str, fields: dict[str, str]) -> str:
    """Send a page as a browser might, with bytes that are no text where there are some; return the answer, or ""."""
    before = now(listing)
    venue = content_of(before.content).venues[0]
    sent = {"version": str(before.version), **ALSO.get(page, {}), **fields}
    body = urlencode(sent, errors="surrogatepass").encode()
    path = page.replace("VENUE", str(venue.id))
    answer = client.post(f"/listings/{listing.id}/{path}", data=body, content_type=FORM)
    assert answer.status_code in {200, 303}, (page, fields, answer.status_code)
    return answer.text if answer.status_code == 200 else ""


def arrived(text: str) -> str:
    """Return a text as it comes out of a request: bytes that are no text stay in their percent signs."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "werkzeug.url_quote")


def texts_in(value: object) -> list[str]:
    """Return every text within a stored content."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


def deceiving(text: str) -> list[str]:
    """Return what should not be in a stored text: controls, marks of direction, and what is no character."""
    odd = [char for char in text if unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} and char != "\n"]
    return odd + re.findall("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", text)


def test_typed_into_every_field(client: FlaskClient, listing: Listing, proof: Callable[..., int]) -> None:
    count = proof("hostile texts typed into every field of a listing", sample=4, full=len(payloads()))
    for text in [*some_payloads(count), next(one for one in payloads() if len(one) == LONGEST)]:
        kept = arrived(text)
        for page, fields in TEXTS.items():
            length = max(len(clean(kept, lines=lines)) for lines in (False, True))
            answer = type_in(client, listing, page, dict.fromkeys(fields, text))
            if length > min(fields.values()):
                assert f"{len(clean(kept)):,}" in answer or f"{length:,}" in answer, (page, text)
                continue
            assert answer == "", (page, text, re.findall(r"error-message[^>]*>(.*?)</p>", answer, re.DOTALL))
            stored = texts_in(now(listing).content)
            assert sum(bare(one) == bare(kept) for one in stored) >= len(fields.keys() - {"private_name"}), (page, text)
    row = now(listing)
    assert [one for one in [*texts_in(row.content), row.private_name] if deceiving(one)] == []


def test_addresses_and_numbers(client: FlaskClient, listing: Listing, proof: Callable[..., int]) -> None:
    count = proof("hostile texts instead of addresses and numbers", sample=4, full=len(payloads()))
    for text in some_payloads(count):
        for page, fields in SHAPED.items():
            answer = unescape(type_in(client, listing, page, dict.fromkeys(fields, text)))
            typed = clean(arrived(text))
            for name, (shape, said, stored_of) in fields.items():
                if not answer:
                    assert problem_with(shape, stored_of(content_of(now(listing).content))) == "", (name, text)
                elif len(typed) > 500:
                    assert f"{len(typed):,}" in answer, (name, text)
                elif problem_with(shape, typed) and problem_with(shape, f"https://{typed}"):
                    assert said in answer or "Use " in answer, (name, text)


def table_of(texts: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["name", "summary", "categories", "description", "venue name", "how to join"])
    rows.writerows([f"{number} {text}", text, "company", text, text, text] for number, text in enumerate(texts))
    return out.getvalue().encode()


def test_sent_as_a_table(client: FlaskClient, cast: Cast, listing: Listing, proof: Callable[..., int]) -> None:
    count = proof("hostile texts sent as a table", sample=4, full=len(payloads()))
    texts = [storable(text).replace("\0", "") for text in some_payloads(count)]
    for first in range(0, len(texts), 40):
        some = texts[first : first + 40]
        answer = client.post("/listings/upload", data={"file": (io.BytesIO(table_of(some)), "listings.csv")})
        assert answer.status_code == 200
        for text in some:
            if len(text) == LONGEST:
                counts = "|".join(f"{len(one):,}" for one in (text, clean(text)))
                assert re.search(rf"It has ({counts}) letters. Use 300 or fewer", answer.text), text[:20]
        waiting = re.search(r'name="waiting"[^>]*value="([^"]+)"', answer.text)
        assert waiting, re.findall(r"error-message[^>]*>(.*?)</p>", answer.text, re.DOTALL)
        assert client.post("/listings/upload/take", data={"waiting": waiting[1]}).status_code == 303
        for number, text in enumerate(some):
            name = clean(f"{number} {text}")
            stored = find(sa.select(Listing.content).where(Listing.content["name"].as_string() == name))
            if len(text) > 190:
                continue
            assert (stored is None) == text.startswith("="), text
            if stored is None:
                assert "It holds a formula. Write what it should say." in answer.text
                continue
            assert bare(stored["summary"]) == bare(plain(text)), text
            assert [one for one in texts_in(stored) if deceiving(one)] == [], text


def test_a_table_that_is_no_text_is_refused_kindly(client: FlaskClient, listing: Listing) -> None:
    body = io.BytesIO(b"name,summary\r\n<script>\0,x")
    answer = client.post("/listings/upload", data={"file": (body, "listings.csv")})
    assert "This is not a table we can read. Save it as .xlsx or as CSV (UTF-8)." in answer.text
