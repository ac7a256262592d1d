"""Ways round the rules that somebody tried: each is closed."""

import dataclasses
import datetime as dt
import json

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.accounts.models import User
from portal.core import clock as present
from portal.core.database import db, transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Capacity, Location, Service, ServiceStatus
from portal.directory.operations import end_organisation
from portal.listings.content import content_of
from portal.listings.models import Claim, ClaimState, Listing, ListingState, Proof, Shown, Watch
from portal.listings.operations import moderation
from portal.listings.operations.checks import mind_checks
from portal.listings.operations.claim_decisions import accept, standing
from portal.listings.operations.claims import Claimant, Evidence, claim_group, object_to_claim
from portal.listings.operations.drafts import copy_listing, save_content, set_back, submit
from portal.listings.operations.places import cancel_session, set_places
from portal.messages.models import OutboxMessage
from tests.accounts.reading import find, look, now_of
from tests.factories import make_organisation
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in


def published_by_a_known_group(cast: Cast) -> Listing:
    """Return a listing that a moderator approved, of a group whose claim was accepted."""
    with transaction() as session:
        listing = make_listing(cast.group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
        claim = Claim(organisation_id=cast.group.id, user_id=cast.gus.id, proof=Proof.MODERATOR)
        claim.state = ClaimState.ACCEPTED
        session.add(claim)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    waiting = now_of(listing)
    assert waiting.state is ListingState.WAITING
    moderation.approve(listing_id=listing.id, expected=waiting.version, actor=cast.mo.actor)
    return now_of(listing)


def claimed(cast: Cast, who: User, email: str = "office@ladywell-table.org.uk") -> Claim:
    with transaction():
        group = make_organisation("Ladywell Open Table", email=email)
    claim_id = claim_group(
        organisation_id=group.id,
        evidence=Evidence(proof=Proof.MODERATOR, about="I am the cook."),
        claimant=Claimant(user_id=who.id),
        actor=who.actor,
    )
    found = find(sa.select(Claim).where(Claim.id == claim_id))
    assert isinstance(found, Claim)
    return found


def test_a_second_press_does_not_skip_the_seven_days(cast: Cast) -> None:
    claim = claimed(cast, cast.rita)
    seen = standing(claim)
    assert accept(claim_id=claim.id, seen=seen, why="", actor=cast.mo.actor) is ClaimState.OPEN
    with pytest.raises(RefusedChangeError, match="moved on"):
        accept(claim_id=claim.id, seen=seen, why="", actor=cast.mo.actor)
    assert now_of(claim).state is ClaimState.OPEN


def test_an_objection_that_nobody_saw_is_not_overridden(cast: Cast) -> None:
    claim = claimed(cast, cast.rita)
    object_to_claim(claim_id=claim.id, words="We do not know her.", actor="public")
    with pytest.raises(RefusedChangeError, match="moved on"):
        accept(claim_id=claim.id, seen=standing(claim), why="", actor=cast.mo.actor)


def test_nobody_decides_about_the_own_claim(cast: Cast) -> None:
    claim = claimed(cast, cast.mo, email="")
    with pytest.raises(RefusedChangeError, match="your own claim"):
        accept(claim_id=claim.id, seen=standing(claim), why="", actor=cast.mo.actor)


def test_editors_hear_of_a_claim_where_nobody_leads(cast: Cast) -> None:
    claim_group(
        organisation_id=cast.group.id,
        evidence=Evidence(proof=Proof.MODERATOR, about="I am the cook."),
        claimant=Claimant(user_id=cast.rita.id),
        actor=cast.rita.actor,
    )
    with look() as session:
        told = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == "claim-notice"))
        assert cast.gus.email in {message.address for message in told}


@pytest.mark.parametrize("who", ["moderator", "editor"])
def test_going_back_brings_no_hidden_place_to_light(who: str, client: FlaskClient, cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    content = content_of(listing.content)
    hidden = dataclasses.replace(content.venues[0], is_confidential=True)
    content = dataclasses.replace(content, venues=(hidden,))
    save_content(listing_id=listing.id, expected=listing.version, content=content, actor=cast.gus.actor)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    version = now_of(listing).version
    if who == "moderator":
        moderation.publish_again(listing_id=listing.id, number=1, expected=version, why="Better", actor=cast.mo.actor)
    else:
        set_back(listing_id=listing.id, number=1, expected=version, actor=cast.gus.actor)
        submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    assert "Ladywell Road" not in client.get(f"/services/{listing.service_id}").text
    assert find(sa.select(sa.func.count()).where(Location.address_1 == "1 Ladywell Road")) == 0


def test_a_copy_of_what_was_stopped_waits(client: FlaskClient, cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    moderation.take_down_now(service_id=listing.service_id, reason="It is a trick.", actor=cast.mo.actor)
    copy = now_of(copy_listing(listing_id=listing.id, actor=cast.gus.actor))
    submit(listing_id=copy.id, expected=copy.version, actor=cast.gus.actor)
    assert now_of(copy).state is ListingState.WAITING
    assert client.get(f"/services/{copy.service_id}").status_code == 404


def test_nothing_of_an_ended_group_comes_back(client: FlaskClient, cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    with transaction() as session:
        end_organisation(session, organisation_id=cast.group.id, actor="test")
    listing = now_of(listing)
    content = dataclasses.replace(content_of(listing.content), summary="Other")
    save_content(listing_id=listing.id, expected=listing.version, content=content, actor=cast.gus.actor)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    assert find(sa.select(Service.status).where(Service.id == listing.service_id)) is ServiceStatus.INACTIVE


def test_introductions_without_checks_are_found_and_ended(cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    with transaction() as session:
        session.get_one(Service, listing.service_id).takes_introductions = True
    mind_checks()
    assert find(sa.select(Service.takes_introductions).where(Service.id == listing.service_id)) is False


def test_opening_and_closing_again_tells_once(cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    with transaction() as session:
        watch = Watch(service_id=listing.service_id, email="rita@example.org", email_fingerprint="f")
        watch.token_hash, watch.stop_hash, watch.confirmed_at = "t", "s", present.now()
        session.add(watch)
    for _ in range(5):
        set_places(listing_id=listing.id, capacity=Capacity.FULL, actor=cast.gus.actor)
        set_places(listing_id=listing.id, capacity=Capacity.PLACES, actor=cast.gus.actor)
    told = sa.select(sa.func.count()).where(OutboxMessage.wording == "watch-places")
    assert find(told) == 1
    with pytest.raises(RefusedChangeError, match="from today on"):
        cancel_session(listing_id=listing.id, day=dt.date(2026, 1, 12), actor=cast.gus.actor)


def test_a_name_with_a_link_is_parted_in_our_mail(cast: Cast) -> None:
    with transaction():
        listing = make_listing(
            cast.group,
            make_content(name="Win money at https://evil.example/x"),
            ListingState.DRAFT,
            Shown.NOT_YET,
            private_email="somebody@example.org",
            private_name="Your prize at evil.example",
        )
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    waiting = now_of(listing)
    moderation.return_listing(listing_id=listing.id, expected=waiting.version, reason="No", actor=cast.mo.actor)
    with look() as session:
        for message in session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == "listing-returned")):
            assert "evil.example" not in f"{message.name} {message.subject} {json.dumps(message.body)}"


@pytest.mark.parametrize("number", [99_999_999_999, 10**30])
def test_a_version_that_cannot_be_is_not_there(number: int, client: FlaskClient, cast: Cast) -> None:
    listing = published_by_a_known_group(cast)
    db.session.rollback()
    sign_in(client, cast.gus)
    assert client.post(f"/listings/{listing.id}/versions/{number}/back").status_code == 404
