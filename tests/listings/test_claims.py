"""Claiming a group: each proof, the seven days to object, what moderators decide, and the moves that there are."""

import datetime as dt
import itertools
import json
import re
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.accounts.models import User
from portal.core import clock as site_clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Location, LocationKind, Organisation, OrganisationKind
from portal.listings.access import leads, organisations_of
from portal.listings.models import Claim, ClaimMove, ClaimState, Proof
from portal.listings.models.claim import MOVES
from portal.listings.operations.claim_decisions import accept, refuse, settle_claims, standing
from portal.listings.operations.claim_moves import IllegalMoveError, begin, lock_claim, move
from portal.listings.operations.claims import Claimant, Evidence, claim_group, prove_by_link
from portal.listings.proofs import code_ways, is_at_own_domain, is_mobile, own_domain
from portal.messages.delivery import deliver_due
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, find, is_signed_in, last_message, look, now_of
from tests.factories import make_location, make_organisation, make_service
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

WEBSITE = "https://www.ladywell-table.org.uk/about"


def group(**values: object) -> Organisation:
    with transaction():
        return make_organisation("Ladywell Open Table", website=WEBSITE, **values)


def the_claim() -> Claim:
    found = find(sa.select(Claim).order_by(Claim.made_at.desc()))
    assert isinstance(found, Claim)
    return found


def messages(wording: str) -> list[OutboxMessage]:
    with look() as session:
        return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == wording)))


def link_in(message: OutboxMessage, what: str) -> str:
    found = re.search(rf"/groups/{what}/[A-Za-z0-9_-]{{43}}", json.dumps(message.body))
    assert found, message.body
    return found[0]


def claimed(client: FlaskClient, user: User, organisation: Organisation, **form: str) -> Claim:
    """Have somebody claim a group on its page."""
    sign_in(client, user)
    answer = client.post(f"/groups/{organisation.id}/claim", data=form)
    assert answer.status_code == 303, answer.text
    return the_claim()


def proved_by_link(client: FlaskClient, user: User, organisation: Organisation) -> Claim:
    claimed(client, user, organisation, proof="domain", address="rita@ladywell-table.org.uk")
    assert client.post(link_in(messages("claim-proof")[-1], "proof")).status_code == 303
    return the_claim()


@pytest.mark.parametrize(
    "address",
    [
        "a@ladywell-table.org.uk.evil.com", "a@ladywell-table.org", "a@evil-ladywell-table.org.uk", "a@org.uk",
        "a@ladywell-table.co.uk", "a@ladywelltable.org.uk", "a@ladywell-table.org.uk.",
        "a@xn--ladywell-table-9db.org.uk",
        "a@ladywell-tаble.org.uk", "a@ladywell-table.org.uk@evil.com", "a@evil.com#ladywell-table.org.uk",
        "a@evil.com/.ladywell-table.org.uk", "a@ladywell-table.uk", "a@table.org.uk", "a@ladywell-table.org.uk.co",
        "ladywell-table.org.uk", "a@gmail.com", "a@ladywell-table.gmail.com", "a@ladywell-table-org.uk",
        "a@ladywell-table.org.uk\n@evil.com",
    ],
)  # fmt: skip
def test_look_alike_domains_prove_nothing(address: str) -> None:
    assert not is_at_own_domain(address, Organisation(website=WEBSITE, kind=OrganisationKind.CHARITY))


@pytest.mark.parametrize(
    "address", ["rita@ladywell-table.org.uk", "R@LADYWELL-TABLE.org.uk", "r@mail.ladywell-table.org.uk"]
)
def test_the_own_domain_proves(address: str) -> None:
    assert is_at_own_domain(address, Organisation(website=WEBSITE, kind=OrganisationKind.CHARITY))


@pytest.mark.parametrize(
    "website",
    [
        "", "https://ladywelltable.wordpress.com", "https://sites.google.com/view/ladywell", "https://facebook.com/lw",
        "https://www.gmail.com", "https://lewisham.gov.uk/groups/ladywell", "https://ladywell.co.uk.wixsite.com/x",
        "http://127.0.0.1/", "https://[::1]/", "https://org.uk",
    ],
)  # fmt: skip
def test_shared_hosts_are_nobodys_own(website: str) -> None:
    assert own_domain(Organisation(website=website, kind=OrganisationKind.COMMUNITY_GROUP)) == ""


def test_a_public_body_has_an_official_domain() -> None:
    council = Organisation(website="https://www.lewisham.gov.uk", kind=OrganisationKind.PUBLIC_BODY)
    assert is_at_own_domain("pat@lewisham.gov.uk", council)
    assert not is_at_own_domain("pat@southwark.gov.uk", council)


def test_codes_go_to_what_is_published_and_never_to_a_confidential_place() -> None:
    hall = Location(
        name="Hall", address_1="1 High Street", address_2="", town="London", postcode="SE13 6LG",
        kind=LocationKind.PHYSICAL, is_confidential=False,
    )  # fmt: skip
    refuge = Location(
        name="Refuge", address_1="2 Quiet Street", address_2="", town="", postcode="SE13 6LH", is_confidential=True
    )
    ways = code_ways("a@example.org", ["020 7946 0100", "07700 900123", "+44 7700 900123"], [hall, refuge])
    assert [way.key for way in ways] == ["email", "sms-1", "sms-2", "letter-1"]
    assert ways[-1].address == "Hall\n1 High Street\nLondon\nSE13 6LG"
    assert not is_mobile("07000 900123")


def test_moves(cast: Cast) -> None:
    """Every pair of states: what the table holds is done and appended, all else is refused and changes nothing."""
    for from_state, to_state in itertools.product(ClaimState, ClaimState):
        with transaction() as session:
            claim = Claim(organisation_id=cast.group.id, user_id=cast.rita.id, proof=Proof.MODERATOR)
            begin(session, claim, actor="test")
            claim.state = from_state
        if to_state in MOVES[from_state]:
            with transaction() as session:
                move(session, lock_claim(session, claim.id), to_state, actor="test", why="because")
            last = find(sa.select(ClaimMove).where(ClaimMove.claim_id == claim.id, ClaimMove.from_state.is_not(None)))
            assert (last.from_state, last.to_state, last.why, last.by) == (from_state, to_state, "because", "test")
        else:
            with pytest.raises(IllegalMoveError), transaction() as session:
                move(session, lock_claim(session, claim.id), to_state, actor="test")
            assert now_of(claim).state is from_state
    assert acts(claim.id) == ["claim:proving"]


def test_an_address_at_the_own_domain_then_seven_days(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation = group(email="office@ladywell-table.org.uk")
    claim = claimed(client, cast.rita, organisation, proof="domain", address="rita@ladywell-table.org.uk")
    link = link_in(messages("claim-proof")[0], "proof")
    assert claim.token_hash not in {None, link.rpartition("/")[2]}, "Only a hash is kept."
    for _ in range(2):
        assert client.get(link).status_code == 200
    assert the_claim().state is ClaimState.PROVING, "Opening a link changes nothing."
    other = sign_in(client.application.test_client(), cast.pat)
    assert other.post(link).status_code == 410
    with pytest.raises(RefusedChangeError, match="another account"):
        prove_by_link(claim_id=claim.id, claimant=Claimant(user_id=cast.pat.id), actor=cast.pat.actor)
    sign_in(client, cast.rita)
    assert client.post(link).status_code == 303
    assert client.post(link).status_code == 410, "It works once."
    assert the_claim().state is ClaimState.OPEN
    assert [message.address for message in messages("claim-notice")] == ["office@ladywell-table.org.uk"]
    deliver_due()
    clock.shift(dt.timedelta(days=6, hours=23, minutes=55))
    assert settle_claims() == 0
    clock.shift(dt.timedelta(minutes=6))
    assert settle_claims() == 1
    assert settle_claims() == 0
    assert the_claim().state is ClaimState.ACCEPTED
    rita = now_of(cast.rita)
    assert organisations_of(rita) == [organisation.id]
    assert leads(rita, organisation.id)
    assert not is_signed_in(rita)
    assert len(messages("claim-accepted")) == 1


def test_the_published_address_itself_is_accepted_at_once(client: FlaskClient, cast: Cast) -> None:
    organisation = group(email="office@ladywell-table.org.uk")
    claimed(client, cast.rita, organisation, proof="domain", address="Office@Ladywell-Table.org.uk")
    answer = client.post(link_in(messages("claim-proof")[0], "proof"))
    assert answer.headers["Location"] == f"/groups/{organisation.id}"
    assert client.get(f"/groups/{organisation.id}").status_code == 200, "This browser stays signed in."
    assert the_claim().state is ClaimState.ACCEPTED
    assert messages("claim-notice") == []


def test_an_address_elsewhere_is_refused(client: FlaskClient, cast: Cast) -> None:
    organisation = group()
    sign_in(client, cast.rita)
    page = client.post(
        f"/groups/{organisation.id}/claim", data={"proof": "domain", "address": "rita@ladywell-table.org.evil.com"}
    )
    assert "ends as the group’s own web address does" in page.text
    assert 'value="rita@ladywell-table.org.evil.com"' in page.text
    assert find(sa.select(sa.func.count(Claim.id))) == 0


def test_a_lead_is_asked_too(client: FlaskClient, cast: Cast) -> None:
    organisation = group(email="office@ladywell-table.org.uk")
    claimed(client, cast.pat, organisation, proof="domain", address="office@ladywell-table.org.uk")
    client.post(link_in(messages("claim-proof")[0], "proof"))
    claimed(client, cast.rita, organisation, proof="domain", address="office@ladywell-table.org.uk")
    client.post(link_in(messages("claim-proof")[1], "proof"))
    assert the_claim().state is ClaimState.OPEN
    assert [message.address for message in messages("claim-notice")] == ["pat@example.org"]


def code_of(message: OutboxMessage) -> str:
    found = re.search(r"\d{3} \d{3}", json.dumps(message.body))
    assert found
    return found[0]


def test_a_code_by_text_message(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation = group(phone="07700 900123")
    claim = claimed(client, cast.rita, organisation, proof="sms-1")
    code = code_of(last_message())
    assert last_message().address == "+447700900123"
    assert code.replace(" ", "") not in str(claim.code_hash)
    path = f"/groups/{organisation.id}/claim/code"
    assert "Enter the six digits" in client.post(path, data={"code": "12"}).text
    assert now_of(claim).wrong_codes == 0
    assert (
        "This is not the code"
        in client.post(path, data={"code": str(10**6 - int(code.replace(" ", "")) - 1).zfill(6)}).text
    )
    assert now_of(claim).wrong_codes == 1
    assert client.post(path, data={"code": code}).status_code == 303
    assert now_of(claim).state is ClaimState.CHECKING, "There is no e-mail address to ask: a moderator rings."
    assert [message.address for message in messages("moderators-look")] == ["mo@example.org"]


def test_a_code_ends_with_five_wrong_ones_and_with_time(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation = group(phone="07700 900123")
    claim = claimed(client, cast.rita, organisation, proof="sms-1")
    code, path = code_of(last_message()), f"/groups/{organisation.id}/claim/code"
    wrong = "000 000" if code != "000 000" else "111 111"
    for _ in range(5):
        client.post(path, data={"code": wrong})
    assert now_of(claim).state is ClaimState.REFUSED
    assert client.post(path, data={"code": code}).status_code == 404
    second = claimed(client, cast.rita, organisation, proof="sms-1")
    clock.shift(dt.timedelta(hours=72, minutes=1))
    sign_in(client, cast.rita)
    assert "This code has ended" in client.post(path, data={"code": code_of(last_message())}).text
    assert settle_claims() == 1
    assert now_of(second).state is ClaimState.WITHDRAWN


def test_a_letter_has_fourteen_days(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        organisation = make_organisation("Ladywell Open Table")
        hall = make_location(address_1="1 High Street", town="London", postcode="SE13 6LG")
        shared = make_location("Library", address_1="2 High Street", town="London", postcode="SE13 6LG")
        make_service(organisation=organisation, venues=[(hall, []), (shared, [])])
        make_service(organisation=make_organisation("Others"), venues=[(shared, [])])
    sign_in(client, cast.rita)
    assert "Library" not in client.get(f"/groups/{organisation.id}/claim").text, "Others meet there, too."
    claim = claimed(client, cast.rita, organisation, proof="letter-1")
    assert claim.code_until is not None
    assert claim.code_until - site_clock.now() > dt.timedelta(days=13, hours=23)
    assert last_message().channel.value == "letter"


def test_few_letters_go_to_one_group(cast: Cast) -> None:
    organisation = group(email="office@ladywell-table.org.uk")
    evidence = Evidence(proof=Proof.DOMAIN, address="a@ladywell-table.org.uk")
    for user in (cast.rita, cast.pat, cast.eve):
        claim_group(
            organisation_id=organisation.id, evidence=evidence, claimant=Claimant(user_id=user.id), actor=user.actor
        )
    with pytest.raises(RefusedChangeError, match="several codes"):
        claim_group(
            organisation_id=organisation.id, evidence=evidence, claimant=Claimant(user_id=cast.cora.id), actor="x"
        )
    with pytest.raises(RefusedChangeError, match="already"):
        claim_group(
            organisation_id=organisation.id, evidence=evidence, claimant=Claimant(user_id=cast.rita.id), actor="x"
        )


def test_an_objection_goes_to_moderators(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation = group(email="chair@ladywell-table.org.uk")
    claim = proved_by_link(client, cast.rita, organisation)
    link = link_in(messages("claim-notice")[0], "objection")
    stranger = client.application.test_client()
    page = stranger.get(link)
    assert "Rita Rowe asks to keep the listings" in page.text
    assert "rita@example.org" not in page.text
    assert "Say in a few words" in stranger.post(link, data={}).text
    assert now_of(claim).state is ClaimState.OPEN
    assert stranger.post(link, data={"words": "We <b>do not</b> know her."}).status_code == 303
    assert now_of(claim).state is ClaimState.OBJECTED
    assert stranger.post(link, data={"words": "Again"}).status_code == 410
    clock.shift(dt.timedelta(days=8))
    assert settle_claims() == 0
    sign_in(client, cast.mo)
    shown = client.get(f"/moderation/claims/{claim.id}").text
    assert "We &lt;b&gt;do not&lt;/b&gt; know her." in shown
    assert "Ladywell Open Table" in client.get("/moderation/claims").text
    path = f"/moderation/claims/{claim.id}"
    assert "moved on" in client.post(path, data={"decision": "accept", "seen": "open:False"}).text
    seen = {"seen": standing(now_of(claim))}
    assert "Say why" in client.post(path, data={"decision": "refuse", **seen}).text
    assert (
        client.post(path, data={**seen, "decision": "refuse", "why": "The chair does not know her."}).status_code == 303
    )
    assert now_of(claim).state is ClaimState.REFUSED
    assert "The chair does not know her." in str(messages("claim-refused")[0].body)
    assert organisations_of(now_of(cast.rita)) == []


def test_seven_days_and_not_longer_to_object(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    proved_by_link(client, cast.rita, group(email="chair@ladywell-table.org.uk"))
    link = link_in(messages("claim-notice")[0], "objection")
    clock.shift(dt.timedelta(days=7, minutes=1))
    stranger = client.application.test_client()
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, data={"words": "Too late"}).status_code == 410


def test_a_moderators_check_waits_for_the_group_as_well(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    organisation = group(email="chair@ladywell-table.org.uk")
    sign_in(client, cast.rita)
    assert "Say how you belong" in client.post(f"/groups/{organisation.id}/claim", data={"proof": "moderator"}).text
    claim = claimed(client, cast.rita, organisation, proof="moderator", about="I am the cook.")
    assert claim.state is ClaimState.CHECKING
    assert len(messages("claim-notice")) == 1
    assert accept(claim_id=claim.id, seen=standing(claim), why="Rang.", actor=cast.mo.actor) is ClaimState.OPEN
    deliver_due()
    clock.shift(dt.timedelta(days=7, minutes=1))
    assert settle_claims() == 1
    assert now_of(claim).state is ClaimState.ACCEPTED
    with pytest.raises(RefusedChangeError):
        refuse(claim_id=claim.id, seen=standing(now_of(claim)), why="Too late", actor=cast.mo.actor)


def test_taking_a_claim_back(client: FlaskClient, cast: Cast) -> None:
    organisation = group()
    claim = claimed(client, cast.rita, organisation, proof="moderator", about="I am the cook.")
    other = sign_in(client.application.test_client(), cast.pat)
    assert other.post(f"/groups/{organisation.id}/claim/withdraw").status_code == 404
    sign_in(client, cast.rita)
    assert client.post(f"/groups/{organisation.id}/claim/withdraw").status_code == 303
    assert now_of(claim).state is ClaimState.WITHDRAWN


def test_claims_are_for_moderators(client: FlaskClient, cast: Cast) -> None:
    claim = claimed(client, cast.rita, group(), proof="moderator", about="I am the cook.")
    for name in ("rita", "gus", "lena", "ada"):
        sign_in(client, cast.everybody[name])
        for path in ("/moderation/claims", f"/moderation/claims/{claim.id}"):
            assert client.get(path).status_code == 404, name
        assert client.post(f"/moderation/claims/{claim.id}", data={"decision": "accept"}).status_code == 404
    assert now_of(claim).state is ClaimState.CHECKING
    sign_in(client, cast.mo)
    assert client.get(f"/moderation/claims/{uuid.uuid4()}").status_code == 404


def test_guesses_at_links_are_few(client: FlaskClient, cast: Cast) -> None:
    answers = [client.get(f"/groups/objection/{'x' * 42}{number % 10}").status_code for number in range(12)]
    assert answers == [410] * 10 + [429] * 2
