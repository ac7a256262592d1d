"""Telling a group of claims: few times a week, and a claim of which it could not be told waits for a moderator."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.accounts.models import User
from portal.core.database import transaction
from portal.listings.models import Claim, ClaimState, Proof
from portal.listings.operations.claim_decisions import accept, settle_claims, standing
from portal.listings.operations.claims import Claimant, Evidence, claim_group, withdraw_claim
from portal.messages.delivery import deliver_due
from portal.messages.models import MessageState, OutboxMessage
from tests.accounts.reading import find, look, now_of
from tests.factories import make_organisation
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


def group(email: str = "office@ladywell-table.org.uk") -> uuid.UUID:
    with transaction():
        made = make_organisation("Ladywell Open Table", email=email)
    return made.id


def claimed(organisation_id: uuid.UUID, user: User) -> Claim:
    claim_id = claim_group(
        organisation_id=organisation_id,
        evidence=Evidence(proof=Proof.MODERATOR, about="I am the cook."),
        claimant=Claimant(user_id=user.id),
        actor=user.actor,
    )
    found = find(sa.select(Claim).where(Claim.id == claim_id))
    assert isinstance(found, Claim)
    return found


def notices() -> int:
    count = find(sa.select(sa.func.count()).where(OutboxMessage.wording == "claim-notice"))
    assert isinstance(count, int)
    return count


def become(state: MessageState) -> None:
    """Have all that was written to groups end like this."""
    with transaction() as session:
        session.execute(sa.update(OutboxMessage).where(OutboxMessage.wording == "claim-notice").values(state=state))


def test_claiming_and_taking_back_does_not_flood_a_group(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation_id = group()
    for user in (cast.rita, cast.pat, cast.rita, cast.pat, cast.rita):
        claim = claimed(organisation_id, user)
        assert claim.state is ClaimState.CHECKING
        withdraw_claim(claim_id=claim.id, user_id=user.id, actor=user.actor)
    assert notices() == 3
    sign_in(client, cast.eve)
    path = f"/groups/{organisation_id}/claim"
    assert client.post(path, data={"proof": "moderator", "about": "I cook."}).status_code == 303
    assert "heard of several requests this week, so we did not write to it once more" in client.get(path).text
    assert notices() == 3
    claim = find(sa.select(Claim).where(Claim.user_id == cast.eve.id))
    with look() as session:
        to_moderators = list(
            session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == "moderators-look"))
        )
    assert any("was not told of this one" in str(message.body) for message in to_moderators)
    sign_in(client, cast.mo)
    assert "Ring the published number before you accept" in client.get(f"/moderation/claims/{claim.id}").text
    assert accept(claim_id=claim.id, seen=standing(claim), why="Rang.", actor=cast.mo.actor) is ClaimState.ACCEPTED
    clock.shift(dt.timedelta(days=7, minutes=1))
    claimed(organisation_id, cast.cora)
    assert notices() > 3, "A week later it is told again."


@pytest.mark.parametrize("end", [MessageState.GIVEN_UP, MessageState.BOUNCED, MessageState.REFUSED])
def test_a_claim_whose_notice_is_lost_goes_back_to_a_moderator(end: MessageState, cast: Cast) -> None:
    claim = claimed(group(), cast.rita)
    assert accept(claim_id=claim.id, seen=standing(claim), why="Rang.", actor=cast.mo.actor) is ClaimState.OPEN
    assert settle_claims() == 0, "What still waits in the outbox may arrive."
    become(end)
    assert settle_claims() == 1
    checked = now_of(claim)
    assert checked.state is ClaimState.CHECKING
    assert accept(claim_id=claim.id, seen=standing(checked), why="Rang.", actor=cast.mo.actor) is ClaimState.ACCEPTED


def test_seven_days_count_only_when_the_notice_has_left(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    """What failed or waits after seven days told nobody; what was delivered did."""
    claim = claimed(group(), cast.rita)
    accept(claim_id=claim.id, seen=standing(claim), why="Rang.", actor=cast.mo.actor)
    become(MessageState.FAILED)
    clock.shift(dt.timedelta(days=7, minutes=1))
    assert settle_claims() == 1
    assert now_of(claim).state is ClaimState.CHECKING
    sign_in(client, cast.rita)
    assert "did not arrive, so nobody could object" in client.get(f"/groups/{claim.organisation_id}/claim").text
    other = claimed(group("chair@example.org"), cast.pat)
    accept(claim_id=other.id, seen=standing(other), why="Rang.", actor=cast.mo.actor)
    deliver_due()
    clock.shift(dt.timedelta(days=7, minutes=1))
    assert settle_claims() == 1
    assert now_of(other).state is ClaimState.ACCEPTED
