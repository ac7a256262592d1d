"""Writing a listing in a browser: eight pages at most, nothing lost, nothing that was typed becomes markup."""

import dataclasses
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.accounts.roles import Role
from portal.core.database import transaction
from portal.directory.models import CostKind, Joining, Organisation, Taxonomy
from portal.listings.content import Content, Price, content_of
from portal.listings.forms.cost import read_pence
from portal.listings.hints import hints_for
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.operations import drafts
from tests.accounts.reading import find
from tests.factories import make_term
from tests.factories.accounts import Cast, make_member
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\u202egnihton"


def written(cast: Cast, content: Content | None = None) -> Listing:
    with transaction():
        return make_listing(cast.group, content, ListingState.DRAFT, Shown.NOT_YET)


def stored(listing: Listing) -> Listing:
    found = find(sa.select(Listing).where(Listing.id == listing.id))
    assert isinstance(found, Listing)
    return found


def version_in(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found, page
    return found[1]


def test_from_new_to_sent_in(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        make_term(Taxonomy.CATEGORY, "company")
    sign_in(client, cast.gus)
    answer = client.post("/listings/new", data={"name": "", "kind": "activity"})
    assert "Enter a name" in answer.text and "Choose where people should find it" in answer.text
    typed = {"name": "Lunch Club", "kind": "activity", "summary": "A hot lunch.", "categories": ["company"]}
    answer = client.post("/listings/new", data=typed)
    assert answer.status_code == 303 and answer.location.endswith("/when")
    listing = find(sa.select(Listing))
    page = client.get(f"/listings/{listing.id}").text
    assert "Say when it is." in page and "Say where it is." in page
    whole = make_content(name="Lunch Club")
    drafts.save_content(listing_id=listing.id, expected=listing.version, content=whole, actor="test")
    page = client.get(f"/listings/{listing.id}/preview").text
    assert "Ladywell Hall" in page and "Every Monday" in page and "Publish it" in page
    assert client.get(f"/services/{listing.service_id}").status_code == 404
    for _click in range(2):
        answer = client.post(f"/listings/{listing.id}/publish", data={"version": version_in(page)})
        assert answer.location.endswith("/sent")
    assert "We read" in client.get(answer.location).text
    assert stored(listing).state is ListingState.WAITING


def test_each_step_keeps_what_it_asks_for(client: FlaskClient, cast: Cast) -> None:
    listing = written(cast)
    before = content_of(listing.content)
    sign_in(client, cast.gus)
    typed: dict[str, dict[str, object]] = {
        "what": {"name": HOSTILE, "kind": "service", "summary": "Help.", "categories": ["company", "made-up"]},
        "who": {"minimum_age": "60", "maximum_age": "", "languages": "turkish, BSL"},
        "cost": {"cost_kind": "paid", "prices-0-pounds": "£2.50", "prices-0-about": "adults", "prices-1-pounds": "50p",
                 "takes_direct_payments": "y"},
        "joining": {"joining": "book", "capacity": "waiting list", "waiting_weeks": "3", "places_left": "4",
                    "sending": "introductions", "introduction_email": "in@example.org"},
        "reaching": {"phones-0-number": "020 8555 0199", "website": "example.org", "private_name": "Jo",
                     "private_email": "jo@example.org"},
        "volunteers": {"what": "Lay the tables"},
    }  # fmt: skip
    for name, values in typed.items():
        page = client.get(f"/listings/{listing.id}/{name}").text
        answer = client.post(f"/listings/{listing.id}/{name}", data={"version": version_in(page), **values})
        assert answer.status_code == 303, (name, answer.text)
    row = stored(listing)
    content = content_of(row.content)
    assert content.name == "<script>alert(1)</script>{{ 7*7 }}gnihton"
    assert (content.categories, content.minimum_age, content.languages) == (("company",), 60, ("tr", "bfi"))
    assert content.cost_kind is CostKind.PAID and content.joining is Joining.BOOK
    assert content.prices == (Price(pence=250, about="adults"), Price(pence=50))
    assert (content.waiting_weeks, content.places_left, content.website) == (3, None, "https://example.org")
    assert (content.when, content.venues) == (before.when, before.venues)
    assert (row.private_name, row.private_email) == ("Jo", "jo@example.org")
    for address in ("", f"/{listing.id}", f"/{listing.id}/what", f"/{listing.id}/preview", f"/{listing.id}/versions"):
        page = client.get(f"/listings{address}").text
        assert "<script>alert(1)" not in page and "{{ 7*7 }}" in page


def test_too_much_is_refused_with_a_count(client: FlaskClient, cast: Cast) -> None:
    listing = written(cast)
    sign_in(client, cast.gus)
    typed = {"version": str(listing.version), "name": "a" * 10_000, "kind": "activity", "summary": "Help."}
    answer = client.post(f"/listings/{listing.id}/what", data={**typed, "categories": ["company"]})
    assert "This has 10,000 letters and signs. Use 200 or fewer" in answer.text
    bad = {"version": "1", "cost_kind": "free", "prices-0-pounds": "two", "prices-1-pounds": "2"}
    answer = client.post(f"/listings/{listing.id}/cost", data=bad)
    assert "Enter an amount in pounds" in answer.text
    bad = {"version": "1", "phones-0-number": "x" * 30, "email": "nobody", "website": "javascript:alert(1)"}
    answer = client.post(f"/listings/{listing.id}/reaching", data=bad)
    assert "Enter a telephone number" in answer.text and "Enter the web address in full" in answer.text


def test_two_editors_lose_nothing(client: FlaskClient, cast: Cast) -> None:
    listing = written(cast)
    sign_in(client, cast.gus)
    read = version_in(client.get(f"/listings/{listing.id}/what").text)
    other = dataclasses.replace(content_of(listing.content), name="Theirs")
    drafts.save_content(listing_id=listing.id, expected=listing.version, content=other, actor="test")
    typed = {"version": read, "name": "Mine", "kind": "activity", "summary": "Help.", "categories": ["company"]}
    page = client.post(f"/listings/{listing.id}/what", data=typed).text
    assert "Somebody else saved this" in page and "Theirs" in page and 'value="Mine"' in page
    assert content_of(stored(listing).content).name == "Theirs"
    answer = client.post(f"/listings/{listing.id}/what", data={**typed, "version": version_in(page)})
    assert answer.status_code == 303
    assert content_of(stored(listing).content).name == "Mine"


def test_nobody_else_sees_it(client: FlaskClient, cast: Cast) -> None:
    listing = written(cast)
    with transaction():
        other = make_member(Role.GROUP_EDITOR, organisation=cast.practice, name="Olu", email="olu@example.org")
    sign_in(client, other)
    for address in ("", "/what", "/preview", "/versions", "/away", "/picture"):
        assert client.get(f"/listings/{listing.id}{address}").status_code == 404
    assert client.post(f"/listings/{listing.id}/publish").status_code == 404


def test_money() -> None:
    assert [read_pence(text) for text in ("2", "£2.50", "2.5", "50p", "1,000")] == [200, 250, 250, 50, 100_000]
    for text in ("two", "-1", "2.505", "1e9", "9999999"):
        try:
            read_pence(text)
        except ValueError:
            continue
        raise AssertionError(text)


def test_hints_on_plain_words() -> None:
    group = Organisation(name="Ladywell Open Table", phones=[])
    long = "We " + "very " * 25 + "much want you to come."
    content = Content(summary="We facilitate holistic help.", description=f"{long} Short one.")
    texts = " ".join(hint.text for hint in hints_for(content, group))
    assert "has 31 words" in texts and "“facilitate”" in texts and "no telephone number" in texts
    assert hints_for(make_content(), group) == []


@pytest.mark.parametrize(
    ("name", "typed", "line", "most"),
    [
        ("cost", {"cost_kind": "paid", "prices-0-pounds": "2", "prices-1-pounds": "50p"}, "prices-2-pounds", 12),
        ("reaching", {"phones-0-number": "020 8555 0199"}, "phones-1-number", 8),
    ],
)
def test_add_another_saves_and_comes_back_with_an_empty_line(
    name: str, typed: dict[str, str], line: str, most: int, client: FlaskClient, cast: Cast
) -> None:
    listing = written(cast)
    sign_in(client, cast.gus)
    address, rows = f"/listings/{listing.id}/{name}", line.split("-")[0]
    page = client.get(address).text
    assert page.index(">Save and go on<") < page.index('name="add"'), "Enter in a field saves and goes on."
    answer = client.post(address, data={"version": version_in(page), "add": rows, **typed})
    assert answer.location == f"{address}#{line}"
    assert f'id="{line}"' in client.get(address).text
    kept = getattr(content_of(stored(listing).content), rows)
    assert len(kept) == len([key for key in typed if key.startswith(rows)])
    field = line.split("-")[2]
    full = {f"{rows}-{number}-{field}": f"020 8555 01{number:02}" if name == "reaching" else f"{number + 1}"
            for number in range(most)}  # fmt: skip
    version = {"version": str(stored(listing).version)}
    answer = client.post(address, data={**typed, **full, **version, "add": rows})
    assert answer.location == address
    assert 'name="add"' not in client.get(address).text, "There are as many as fit."
