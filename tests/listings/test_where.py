"""The step about where: places by postcode, the pin, what is outside, what is secret, and getting in."""

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.core.database import db
from portal.directory.models import Attendance, Organisation, Taxonomy
from portal.geo.distance import miles_between
from portal.geo.models import AreaKind
from portal.listings.content import Access, Content, content_of
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.venue_positions import Way, moved
from tests.factories import make_area, make_term
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

# Corners as longitude and latitude; Bromley lies to the south of it.
ROUND_LEWISHAM = [(-0.08, 51.43), (0.05, 51.43), (0.05, 51.50), (-0.08, 51.50)]


@pytest.fixture
def group(cast: Cast) -> Organisation:
    make_term(Taxonomy.ACCESS, "step-free", name="Step-free entrance")
    make_term(Taxonomy.ACCESS, "bsl", name="British Sign Language (BSL)", belongs_to_service=True)
    make_area("lewisham", ROUND_LEWISHAM, kind=AreaKind.BOROUGH, name="Lewisham")
    found = cast.gus.current_memberships[0].organisation
    assert found is not None
    return found


@pytest.fixture
def listing(group: Organisation, cast: Cast, client: FlaskClient) -> uuid.UUID:
    made = make_listing(group, make_content(venues=()), ListingState.DRAFT, Shown.NOT_YET)
    db.session.commit()
    listing_id: uuid.UUID = made.id
    db.session.rollback()
    sign_in(client, cast.gus)
    return listing_id


def read(listing_id: uuid.UUID) -> tuple[Content, int]:
    db.session.rollback()
    found = db.session.get(Listing, listing_id, populate_existing=True)
    assert found is not None
    content, version = content_of(found.content), found.version
    db.session.rollback()
    return content, version


def where(client: FlaskClient, listing_id: uuid.UUID, **fields: Any) -> Any:
    data = {"version": read(listing_id)[1], "attendance": ["in person"], "act": "on", **fields}
    return client.post(f"/listings/{listing_id}/where", data=data)


def place(client: FlaskClient, listing_id: uuid.UUID, **fields: Any) -> Any:
    """Post the page of the first place, with what stands there and some fields changed."""
    content, version = read(listing_id)
    venue = content.venues[0]
    data = {
        "version": version, "act": "save", "name": "Ladywell Hall", "postcode": venue.postcode,
        "latitude": str(venue.latitude), "longitude": str(venue.longitude), **fields,
    }  # fmt: skip
    return client.post(f"/listings/{listing_id}/where/{venue.id}", data=data)


def test_a_place_is_found_by_its_postcode_and_described(client: FlaskClient, listing: uuid.UUID) -> None:
    answer = where(client, listing, postcode="se13 6lg", attendance=["in person", "online"])
    content, _version = read(listing)
    venue = content.venues[0]
    assert (answer.status_code, answer.location) == (303, f"/listings/{listing}/where/{venue.id}")
    assert (venue.postcode, content.attendance) == ("SE13 6LG", (Attendance.IN_PERSON, Attendance.ONLINE))
    assert venue.latitude is not None
    assert "Step-free entrance" in client.get(answer.location).text
    assert "British Sign Language" not in client.get(answer.location).text
    typed = {"address_1": "1 Ladywell Road", "town": "London", "getting_there": "Bus 54", "is_step-free": "no"}
    assert place(client, listing, **typed, **{"note_step-free": "two steps"}).status_code == 303
    venue = read(listing)[0].venues[0]
    assert (venue.name, venue.address_1, venue.getting_there) == ("Ladywell Hall", "1 Ladywell Road", "Bus 54")
    assert venue.access == (Access(term="step-free", is_there=False, note="two steps"),)
    assert "two steps" in client.get(f"/listings/{listing}/where/{venue.id}").text


def test_a_press_moves_the_pin_about_25_metres_and_saves(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    before = read(listing)[0].venues[0]
    answer = place(client, listing, act="north", note="Ring the bell")
    after = read(listing)[0].venues[0]
    assert answer.location.endswith("#pin")
    assert (after.longitude, after.note) == (before.longitude, "Ring the bell")
    assert after.latitude is not None and before.latitude is not None and before.longitude is not None
    metres = miles_between((before.latitude, before.longitude), (after.latitude, before.longitude)) * 1609.344
    assert metres == pytest.approx(25, abs=0.5)
    there = (51.46, -0.01)
    for way in Way:
        there = moved(there, way)
    assert there == pytest.approx((51.46, -0.01), abs=2e-6)


def test_another_postcode_takes_the_pin_along_unless_it_was_moved_too(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    first = read(listing)[0].venues[0]
    place(client, listing, postcode="SE6 4RU")
    second = read(listing)[0].venues[0]
    assert (second.postcode, second.latitude != first.latitude) == ("SE6 4RU", True)
    place(client, listing, postcode="SE13 6LG", latitude="51.461", longitude="-0.011")
    assert read(listing)[0].venues[0].latitude == 51.461
    place(client, listing, latitude="{{ 7*7 }}", longitude="1e999")
    assert read(listing)[0].venues[0].postcode == "SE13 6LG"


def test_an_address_outside_is_asked_about_and_not_refused(client: FlaskClient, listing: uuid.UUID) -> None:
    answer = where(client, listing, postcode="br14aa")
    assert "BR1 4AA is outside Lewisham. Keep it?" in answer.text
    assert read(listing)[0].venues == ()
    assert where(client, listing, postcode="BR1 4AA", keep="BR1 4AA").status_code == 303
    assert read(listing)[0].venues[0].postcode == "BR1 4AA"
    assert place(client, listing).status_code == 303  # it is not asked again


def test_a_postcode_that_nobody_knows_can_be_kept(client: FlaskClient, listing: uuid.UUID) -> None:
    assert "We do not know M1 1AA" in where(client, listing, postcode="M1 1AA").text
    assert where(client, listing, postcode="M1 1AA", keep="M1 1AA").status_code == 303
    venue = read(listing)[0].venues[0]
    assert (venue.postcode, venue.latitude) == ("M1 1AA", None)
    assert "Enter a postcode that we know" in client.get(f"/listings/{listing}/where/{venue.id}").text


@pytest.mark.parametrize(("typed", "said"), [("SE13", "Enter a whole postcode"), ("nowhere", "Enter a whole postcode")])
def test_no_postcode_stays_in_the_field(client: FlaskClient, listing: uuid.UUID, typed: str, said: str) -> None:
    answer = where(client, listing, postcode=typed)
    assert said in answer.text and f'value="{typed}"' in answer.text


def test_a_place_needs_a_name_or_an_address(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    answer = place(client, listing, name="", note="Typed before")
    assert "Enter a name or the first line of the address" in answer.text and "Typed before" in answer.text
    assert "for the note" in place(client, listing, **{"note_step-free": "x" * 201}).text


def test_a_secret_place_says_who_sees_it(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    place(client, listing, is_confidential="y")
    venue = read(listing)[0].venues[0]
    assert venue.is_confidential
    page = client.get(f"/listings/{listing}/where/{venue.id}").text
    assert "seen only by Gus" in page


def test_places_of_other_listings_are_one_press_away_and_can_go(
    client: FlaskClient, listing: uuid.UUID, group: Organisation
) -> None:
    db.session.rollback()
    make_listing(group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    db.session.commit()
    page = client.get(f"/listings/{listing}/where").text
    assert "Add Ladywell Hall, SE13 7UZ" in page
    key = page.split('value="again:')[1].split('"')[0]
    assert where(client, listing, act=f"again:{key}").status_code == 303
    venue = read(listing)[0].venues[0]
    assert (venue.name, str(venue.id) == key) == ("Ladywell Hall", False)
    assert "Add Ladywell Hall" not in client.get(f"/listings/{listing}/where").text
    where(client, listing, act=f"remove:{venue.id}")
    assert read(listing)[0].venues == ()


def test_two_editors_at_once_lose_nothing(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    version = read(listing)[1]
    place(client, listing, name="The Old Hall")
    answer = place(client, listing, name="The New Hall", version=version)
    assert "It is now: The Old Hall" in answer.text and 'value="The New Hall"' in answer.text
    assert read(listing)[0].venues[0].name == "The Old Hall"


def test_the_places_of_others_are_not_there(client: FlaskClient, listing: uuid.UUID) -> None:
    assert client.get(f"/listings/{listing}/where/{uuid.uuid4()}").status_code == 404
    assert client.get(f"/listings/{uuid.uuid4()}/where").status_code == 404


def test_nothing_typed_reaches_the_map(client: FlaskClient, listing: uuid.UUID) -> None:
    where(client, listing, postcode="SE13 6LG")
    place(client, listing, name="{{ 123456*7 }}", note="${alert(1)}</script><script>alert(1)</script>")
    venue = read(listing)[0].venues[0]
    page = client.get(f"/listings/{listing}/where/{venue.id}").text
    assert "864192" not in page
    script = page.rpartition("hereaboutsMovable(")[2]
    assert "alert" not in script and "{{" not in script
