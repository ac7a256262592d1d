"""A moderator who keeps a group leaves its listings, checks and claims to another moderator."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import db, transaction
from portal.core.editing import RefusedChangeError
from portal.listings.models import (
    CheckKind,
    Claim,
    ClaimState,
    Listing,
    ListingState,
    OrganisationCheck,
    Proof,
    Shown,
    SuggestionKind,
    SuggestionState,
)
from portal.listings.operations import moderation
from portal.listings.operations.checks import SeenCheck, note_check
from portal.listings.operations.claim_decisions import accept, refuse, standing
from portal.listings.operations.claims import Claimant, Evidence, claim_group
from portal.listings.operations.drafts import submit
from portal.listings.operations.merging import merge_services
from portal.listings.operations.suggestions import settle_suggestion, suggest
from tests.accounts.reading import find, now_of
from tests.factories import make_service
from tests.factories.accounts import Cast, make_member, make_membership
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

ACTS: dict[str, Callable[[Listing, str], object]] = {
    "approve": lambda one, actor: moderation.approve(listing_id=one.id, expected=one.version, actor=actor),
    "return": lambda one, actor: moderation.return_listing(
        listing_id=one.id, expected=one.version, reason="No", actor=actor
    ),
    "edit": lambda one, actor: moderation.edit_words(
        listing_id=one.id, expected=one.version, name="A", summary="B", description="C", why="D", actor=actor
    ),
    "again": lambda one, actor: moderation.publish_again(
        listing_id=one.id, number=1, expected=one.version, why="Better", actor=actor
    ),
    "look": lambda one, actor: moderation.note_looked_at(listing_id=one.id, actor=actor),
    "allow": lambda one, actor: moderation.allow_again(listing_id=one.id, actor=actor),
}


def let_mo_keep_the_group(cast: Cast) -> Membership:
    with transaction() as session:
        return make_membership(session.merge(cast.mo), Role.GROUP_EDITOR, organisation=session.merge(cast.group))


def sent_in(cast: Cast) -> Listing:
    with transaction():
        listing = make_listing(cast.group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    return now_of(listing)


def second_moderator() -> User:
    with transaction():
        return make_member(Role.MODERATOR, name="Mia Mann")


@pytest.mark.parametrize("act", ["approve", "return", "edit", "again", "look"])
def test_the_own_listing_is_for_another_moderator(act: str, cast: Cast) -> None:
    listing = sent_in(cast)
    let_mo_keep_the_group(cast)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        ACTS[act](listing, cast.mo.actor)
    assert (now_of(listing).version, now_of(listing).state) == (listing.version, ListingState.WAITING)
    ACTS[act](listing, second_moderator().actor)


def test_who_sent_it_in_does_not_approve_it_after_leaving_the_group(cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.mo.actor)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        ACTS["approve"](now_of(listing), cast.mo.actor)


def test_taking_down_the_own_is_free_and_showing_again_is_not(client: FlaskClient, cast: Cast) -> None:
    listing = sent_in(cast)
    ACTS["approve"](listing, cast.mo.actor)
    let_mo_keep_the_group(cast)
    moderation.take_down_now(service_id=listing.service_id, reason="We have closed.", actor=cast.mo.actor)
    db.session.rollback()
    sign_in(client, cast.mo)
    page = client.post(f"/moderation/listings/{listing.id}/allow", follow_redirects=True).text
    assert "Please ask another moderator" in page
    assert now_of(listing).shown is Shown.STOPPED
    ACTS["allow"](listing, second_moderator().actor)


def test_the_own_checks_are_for_another_moderator(client: FlaskClient, cast: Cast) -> None:
    let_mo_keep_the_group(cast)
    seen = SeenCheck(kind=CheckKind.INSURANCE, seen_on=clock.today())
    with pytest.raises(RefusedChangeError, match="another moderator"):
        note_check(organisation_id=cast.group.id, seen=seen, actor=cast.mo.actor)
    db.session.rollback()
    sign_in(client, cast.mo)
    form = {"kind": "insurance", "seen_on": "23/11/2026"}
    assert "another moderator" in client.post(f"/moderation/groups/{cast.group.id}/checks", data=form).text
    assert find(sa.select(sa.func.count(OrganisationCheck.id))) == 0
    note_check(organisation_id=cast.group.id, seen=seen, actor=second_moderator().actor)


def claimed(cast: Cast, user: User) -> Claim:
    claim_id = claim_group(
        organisation_id=cast.group.id,
        evidence=Evidence(proof=Proof.MODERATOR, about="I am the cook."),
        claimant=Claimant(user_id=user.id),
        actor=user.actor,
    )
    found = find(sa.select(Claim).where(Claim.id == claim_id))
    assert isinstance(found, Claim)
    return found


@pytest.mark.parametrize("bond", ["keeps it", "claims it"])
def test_claims_of_the_own_group_are_for_another_moderator(bond: str, cast: Cast) -> None:
    if bond == "keeps it":
        let_mo_keep_the_group(cast)
    else:
        claimed(cast, cast.mo)
    claim = claimed(cast, cast.rita)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        accept(claim_id=claim.id, seen=standing(claim), why="", actor=cast.mo.actor)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        refuse(claim_id=claim.id, seen=standing(claim), why="No", actor=cast.mo.actor)
    assert now_of(claim).state is ClaimState.CHECKING
    refuse(claim_id=claim.id, seen=standing(claim), why="No", actor=second_moderator().actor)


def test_the_own_group_does_not_take_the_place_of_another(cast: Cast) -> None:
    with transaction():
        own, other = make_service(organisation=cast.group), make_service("Other")
    let_mo_keep_the_group(cast)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        merge_services(kept_id=own.id, gone_id=other.id, actor=cast.mo.actor)


def test_what_somebody_said_of_the_own_listing_is_for_another_moderator(cast: Cast) -> None:
    with transaction():
        service = make_service("Chair yoga", organisation=cast.group)
    told = suggest(
        kind=SuggestionKind.WRONG, text="They were unkind", email="", actor="public", service_id=service.id
    ).id
    let_mo_keep_the_group(cast)
    with pytest.raises(RefusedChangeError, match="another moderator"):
        settle_suggestion(suggestion_id=told, state=SuggestionState.PUT_ASIDE, reply="", actor=cast.mo.actor)
    other = second_moderator().actor
    settle_suggestion(suggestion_id=told, state=SuggestionState.PUT_ASIDE, reply="", actor=other)
