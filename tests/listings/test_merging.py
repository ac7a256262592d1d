"""Services that look the same are found, one is kept, and the address of the other leads there."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import db, transaction
from portal.directory.models import MovedService, Organisation, Service, ServiceStatus
from portal.listings.models import Listing, Shown, Watch
from portal.listings.operations.merging import merge_services
from portal.listings.operations.moderation import allow_again
from portal.listings.queries.duplicates import list_pairs
from portal.search.shortlist import COOKIE, pack
from tests.accounts.reading import find, look
from tests.factories import make_location, make_organisation, make_service
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


def two(one: dict[str, Any], other: dict[str, Any], **both: Any) -> list[tuple[str, ...]]:
    """Store two services and return why each pair looks the same."""
    with transaction():
        for values in (one, other):
            words = {**both, **values}
            words.setdefault("organisation", None)
            group = words.pop("organisation") or make_organisation(words.pop("group", f"Group {uuid.uuid4().hex[:6]}"))
            postcode = words.pop("postcode", "")
            venues = [make_location(postcode=postcode, is_confidential=words.pop("secret", False))] if postcode else []
            make_service(words.pop("name"), organisation=group, venues=venues, **words)
    found = [pair.why for pair in list_pairs()]
    db.session.rollback()
    return found


def test_the_same_name_and_postcode_are_found(database: SQLAlchemy) -> None:
    assert two({"name": "The Chair-Yoga Group"}, {"name": "chair yoga"}, postcode="SE13 7UZ") == [("name", "postcode")]


def test_a_shared_number_and_postcode_are_found(database: SQLAlchemy) -> None:
    both = {"phone": "020 7946 0101", "website": "https://www.tea.example.org/a/"}
    pairs = two({"name": "Tea"}, {"name": "Cake", "phone": "+44 20 79460101"}, **both, postcode="se137uz")
    assert pairs == [("telephone number", "web address", "postcode")]


def test_services_of_one_group_and_hidden_places_are_not_taken_for_the_same(database: SQLAlchemy) -> None:
    with transaction():
        group = make_organisation("Tea Makers")
    assert two({"name": "Tea"}, {"name": "Cake"}, organisation=group, phone="020 7946 0101") == []
    assert two({"name": "Refuge"}, {"name": "Refuge"}, postcode="SE13 7UZ", secret=True) == []
    assert two({"name": "Bingo"}, {"name": "Bingo"}) == []


def pair_of_services(cast: Cast) -> tuple[Service, Service]:
    with transaction():
        hall = make_location(postcode="SE13 7UZ")
        kept = make_service("Warm Welcome", organisation=cast.group, venues=[hall])
        gone = make_service("Warm Welcome", organisation=make_organisation("Imported"), venues=[hall])
        db.session.flush()
        for service, name in ((kept, "a"), (gone, "a"), (gone, "b")):
            row = Watch(service_id=service.id, email=f"{name}@example.org", email_fingerprint=name)
            row.token_hash, row.stop_hash = uuid.uuid4().hex, uuid.uuid4().hex
            db.session.add(row)
    return kept, gone


def test_one_is_kept_and_the_old_address_leads_there(client: FlaskClient, cast: Cast) -> None:
    kept, gone = pair_of_services(cast)
    sign_in(client, cast.mo)
    assert "Warm Welcome" in client.get("/moderation/duplicates").text
    first, second = sorted((kept.id, gone.id))
    assert "Keep the first" in client.get(f"/moderation/duplicates/{first}/{second}").text
    assert client.post(f"/moderation/duplicates/{kept.id}/{gone.id}/keep").status_code == 303
    answer = client.get(f"/services/{gone.id}")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/services/{kept.id}")
    with look() as session:
        assert session.get_one(Service, gone.id).status is ServiceStatus.DEFUNCT
        assert session.get(Organisation, gone.organisation_id) is not None
        watches = session.scalars(sa.select(Watch).order_by(Watch.email_fingerprint)).all()
        assert [(watch.service_id, watch.email_fingerprint) for watch in watches] == [(kept.id, "a"), (kept.id, "b")]
    assert "No two services look the same" in client.get("/moderation/duplicates").text
    # Pressing again, or on what is gone, says so and breaks nothing.
    client.post(f"/moderation/duplicates/{kept.id}/{gone.id}/keep")
    assert "Somebody else may have settled it" in client.get("/moderation/duplicates").text
    client.set_cookie(COOKIE, pack([gone.id]))
    assert "Warm Welcome" in client.get("/shortlist").text
    client.post("/shortlist/remove", data={"service_id": str(kept.id)})
    assert client.get_cookie(COOKIE) is None or not client.get_cookie(COOKIE).value  # type: ignore[union-attr]


def test_merging_is_undone_by_allowing_it_again(cast: Cast) -> None:
    kept, gone = pair_of_services(cast)
    merge_services(kept_id=kept.id, gone_id=gone.id, actor=cast.mo.actor)
    listing = find(sa.select(Listing).where(Listing.service_id == gone.id))
    assert listing.shown is Shown.STOPPED
    allow_again(listing_id=listing.id, actor=cast.mo.actor)
    with look() as session:
        assert session.get(MovedService, gone.id) is None
        service = session.get_one(Service, gone.id)
        assert (service.status, service.is_kept_by_group) == (ServiceStatus.ACTIVE, False)


def test_what_is_not_the_same_is_not_shown_again(client: FlaskClient, cast: Cast) -> None:
    kept, gone = pair_of_services(cast)
    sign_in(client, cast.mo)
    for _press in range(2):
        assert client.post(f"/moderation/duplicates/{gone.id}/{kept.id}/apart").status_code == 303
    assert "No two services look the same" in client.get("/moderation/duplicates").text
    assert client.get(f"/services/{gone.id}").status_code == 200
