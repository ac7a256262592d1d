"""The list of one's own listings: how each stands, and what one press does."""

import datetime as dt

import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.core.database import transaction
from portal.directory.models import Capacity, Service
from portal.listings.models import Listing, ListingState, Shown
from tests.accounts.reading import find
from tests.factories import make_service
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in


def test_each_listing_says_how_it_stands(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        make_listing(cast.group, make_content(name="On show"))
        make_listing(cast.group, make_content(name="Half done", when=()), ListingState.DRAFT, Shown.NOT_YET)
        make_listing(cast.group, make_content(name="Sent back"), ListingState.RETURNED, Shown.SHOWN)
        make_listing(cast.group, make_content(name="Stopped one"), ListingState.PUBLISHED, Shown.STOPPED)
        make_listing(cast.practice, make_content(name="Of others"))
        make_service("Unkept", organisation=cast.group)
    sign_in(client, cast.gus)
    page = client.get("/listings").text
    for words in ("Published", "Not published yet", "say when it is", "We sent your changes back", "We stopped it",
                  "Confirmed by Kitchen Table Carers today", "Unkept"):  # fmt: skip
        assert words in page, words
    assert "Of others" not in page


def test_one_press(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group)
        adopted = make_service("Unkept", organisation=cast.group)
        foreign = make_service("Foreign", organisation=cast.practice)
    address, adopted_id, foreign_id = f"/listings/{listing.id}", adopted.id, foreign.id
    of_it = Service.id == listing.service_id
    sign_in(client, cast.gus)
    client.post(f"{address}/places", data={"capacity": "full"})
    assert find(sa.select(Service.capacity).where(of_it)) is Capacity.FULL
    assert "Choose whether" in client.post(f"{address}/places", data={"capacity": "x"}, follow_redirects=True).text
    page = client.get(f"{address}/cancel").text
    assert "Cancel Monday 30 November" in page
    assert "Nothing is on" in client.post(f"{address}/cancel", data={"day": "2026-12-01"}).text
    client.post(f"{address}/cancel", data={"day": "2026-11-30"})
    assert "Not on 30 November" in client.get(f"/services/{listing.service_id}").text
    answer = client.post(f"{address}/copy")
    assert answer.status_code == 303 and "(copy)" in client.get(answer.location).text
    client.post(f"{address}/away", data={"return_on": "2027-01-04"})
    assert find(sa.select(Service.closed_until).where(of_it)) == dt.date(2027, 1, 4)
    assert "closed until Monday 4 January" in client.get(f"/services/{listing.service_id}").text
    client.post(f"{address}/bring-back")
    assert find(sa.select(Service.closed_until).where(of_it)) is None
    assert client.post(f"{address}/confirm").status_code == 303
    assert client.post(f"/listings/adopt/{adopted_id}").status_code == 303
    assert find(sa.select(Listing.shown).where(Listing.service_id == adopted_id)) is Shown.SHOWN
    assert client.post(f"/listings/adopt/{foreign_id}").status_code == 404


def test_back_to_an_earlier_version(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group, state=ListingState.DRAFT, shown=Shown.NOT_YET)
    sign_in(client, cast.gus)
    typed = {"version": "1", "name": "Newer", "kind": "activity", "summary": "Help.", "categories": ["company"]}
    client.post(f"/listings/{listing.id}/what", data=typed)
    page = client.get(f"/listings/{listing.id}/versions").text
    assert "<ins>Newer</ins>" in page and "Gus Green" in page
    assert client.post(f"/listings/{listing.id}/versions/9/back").status_code == 404
    client.post(f"/listings/{listing.id}/versions/1/back")
    assert "Warm Welcome Mornings" in client.get(f"/listings/{listing.id}").text
