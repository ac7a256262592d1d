"""Registering a group and keeping it: its facts, its editors, its lead, and who sees what."""

import json
import re
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.accounts.models import Membership, User
from portal.accounts.operations.invitations import accept_as_user
from portal.accounts.roles import Role
from portal.core.database import db, transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Organisation
from portal.listings.access import leads, organisations_of
from portal.listings.models import Claim, ClaimState, ListingState, Shown
from portal.listings.operations.claim_decisions import accept, refuse, set_lead, standing
from portal.listings.operations.groups import GroupFacts, change_facts, hand_over
from portal.listings.queries.groups import is_known, list_groups_named, list_invited, list_like
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, find, is_signed_in, last_message, look, now_of
from tests.factories import make_organisation
from tests.factories.accounts import Cast, make_membership
from tests.signing_in import sign_in

NEW = {
    "name": "Brockley Knit and Natter", "kind": "community group", "description": "We knit and talk.",
    "phone": "020 7946 0123", "about": "I am the secretary.", "postcode": "SE4 1UT", "website": "www.knit.example.org",
}  # fmt: skip


def registered(client: FlaskClient, user: User, **changes: str) -> Organisation:
    sign_in(client, user)
    answer = client.post("/groups/new", data={**NEW, **changes})
    assert answer.status_code == 303, answer.text
    found = find(sa.select(Organisation).where(Organisation.id == uuid.UUID(answer.headers["Location"][-36:])))
    assert isinstance(found, Organisation)
    return found


def claim_of(organisation: Organisation) -> Claim:
    found = find(sa.select(Claim).where(Claim.organisation_id == organisation.id))
    assert isinstance(found, Claim)
    return found


def led_by(cast: Cast, user: User, *others: User) -> None:
    """Make somebody the lead of the cast's group, and others editors of it."""
    with transaction() as session:
        for other in others:
            make_membership(session.merge(other), Role.GROUP_EDITOR, organisation=session.merge(cast.group))
        session.flush()
        set_lead(session, organisation_id=cast.group.id, user_id=user.id, actor="test")
    db.session.rollback()


def membership_of(user: User) -> uuid.UUID:
    held: uuid.UUID = find(sa.select(Membership.id).where(Membership.user_id == user.id, Membership.ended_at.is_(None)))
    return held


def test_a_new_group_waits_for_a_moderator_while_its_editor_writes(client: FlaskClient, cast: Cast) -> None:
    found = registered(client, cast.rita)
    assert found.website == "https://www.knit.example.org"
    page = client.get(f"/groups/{found.id}")
    assert page.status_code == 200, "Whoever registers stays signed in."
    assert "A moderator looks at this group" in page.text
    assert client.get(f"/groups/{found.id}/invite").status_code == 404, "Nobody leads it before it was accepted."
    assert client.post(f"/groups/{found.id}/lead").status_code == 404
    assert list_groups_named("knit") == []
    claim = claim_of(found)
    assert (claim.state, claim.is_new) == (ClaimState.CHECKING, True)
    assert "SE4 1UT" in claim.about
    assert "A new group wants to be listed: Brockley Knit and Natter" in str(last_message().body)
    accept(claim_id=claim.id, seen=standing(claim), why="", actor=cast.mo.actor)
    assert leads(now_of(cast.rita), found.id)
    assert [group.name for group in list_groups_named("knit brock")] == ["Brockley Knit and Natter"]
    assert not is_known(found.id)


def test_a_new_group_that_is_refused_goes(client: FlaskClient, cast: Cast) -> None:
    found = registered(client, cast.rita)
    refuse(claim_id=claim_of(found).id, seen=standing(claim_of(found)), why="This is a shop.", actor=cast.mo.actor)
    assert now_of(found).ended_at is not None
    assert organisations_of(now_of(cast.rita)) == []
    assert "This is a shop." in str(last_message().body)


def test_a_likely_double_is_asked_about(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        there = make_organisation("The Brockley Knit & Natter Club")
    assert [group.id for group in list_like("Brockley Nit and Natter")] == [there.id]
    assert list_like("Brockley Bridge") == []
    sign_in(client, cast.rita)
    asked = client.post("/groups/new", data=NEW)
    assert "Is it one of these?" in asked.text
    assert "We knit and talk." in asked.text
    assert f"/groups/{there.id}/claim" in asked.text
    assert find(sa.select(sa.func.count(Claim.id))) == 0
    assert client.post("/groups/new", data={**NEW, "is_another": "y"}).status_code == 303


def test_what_is_wrong_is_said_and_nothing_is_lost(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.rita)
    page = client.post("/groups/new", data={"name": "<b>Knit</b>", "website": "javascript:alert(1)", "kind": "no"}).text
    for words in ("Say what the group does", "Enter a telephone number or an e-mail", "Enter a web address like"):
        assert words in page
    assert "&lt;b&gt;Knit&lt;/b&gt;" in page
    assert client.get("/groups?q=%00{{7*7}}").status_code == 200


def test_five_groups_a_day(client: FlaskClient, cast: Cast) -> None:
    for name in ("Knit", "Chess", "Gardens", "Walking", "Football"):
        registered(client, cast.rita, name=name)
    assert "Go on tomorrow" in client.post("/groups/new", data={**NEW, "name": "Drawing"}).text


def facts_of(group: Organisation, **changes: str) -> GroupFacts:
    kept = {"name": group.name, "description": group.description, "website": "", "phone": "", "email": ""}
    return GroupFacts(**{**kept, **changes})


def test_facts_and_two_editors_at_once(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.gus)
    path = f"/groups/{cast.group.id}"
    version = re.search(r'name="version" value="(\d+)"', client.get(path).text)
    assert version
    mine = {"name": "Kitchen Table", "description": "Carers meet.", "phone": "020 7946 0177", "version": version[1]}
    with pytest.raises(ChangedMeanwhileError):
        change_facts(organisation_id=cast.group.id, expected=99, facts=facts_of(cast.group), actor="test")
    change_facts(
        organisation_id=cast.group.id, expected=int(version[1]), facts=facts_of(cast.group, email="a@example.org"),
        actor="test",
    )  # fmt: skip
    db.session.rollback()
    both = client.post(path, data=mine)
    assert both.status_code == 200
    for words in ("Somebody else changed this", "a@example.org", "Kitchen Table", "020 7946 0177"):
        assert words in both.text
    assert now_of(cast.group).name == "Kitchen Table Carers"
    now = re.search(r'name="version" value="(\d+)"', both.text)
    assert now
    assert client.post(path, data={**mine, "version": now[1]}).status_code == 303
    assert now_of(cast.group).name == "Kitchen Table"
    assert "Enter a telephone number like" in client.post(path, data={**mine, "phone": "ring us"}).text


def test_only_the_lead_sees_addresses_and_invites(client: FlaskClient, cast: Cast) -> None:
    led_by(cast, cast.gus, cast.pat)
    path = f"/groups/{cast.group.id}"
    sign_in(client, cast.pat)
    page = client.get(path).text
    assert "Gus Green" in page
    assert "gus@example.org" not in page
    for tail in ("/invite", f"/editors/{membership_of(cast.gus)}/end"):
        assert client.get(path + tail).status_code == 404
    sign_in(client, cast.gus)
    assert "pat@example.org" in client.get(path).text
    assert client.post(f"{path}/invite", data={"name": "Rita", "email": "rita@example.org"}).status_code == 303
    assert "Rita" in client.get(path).text
    invited = list_invited(now_of(cast.gus), cast.group.id)[0].id
    db.session.rollback()
    assert client.get(f"{path}/invited/{invited}/withdraw").status_code == 200
    accept_as_user(invitation_id=invited, user_id=cast.rita.id, actor=cast.rita.actor)
    assert organisations_of(now_of(cast.rita)) == [cast.group.id]


def test_the_lead_hands_over_and_ends(client: FlaskClient, cast: Cast) -> None:
    led_by(cast, cast.gus, cast.pat, cast.rita)
    path, pat, rita = f"/groups/{cast.group.id}", membership_of(cast.pat), membership_of(cast.rita)
    sign_in(client.application.test_client(), cast.rita)
    sign_in(client, cast.gus)
    assert "Hand the lead over to one of them first" in client.post(f"{path}/leave").text
    assert client.get(f"{path}/editors/{rita}/end").status_code == 200
    assert client.post(f"{path}/editors/{rita}/end").status_code == 303
    assert organisations_of(now_of(cast.rita)) == []
    assert not is_signed_in(cast.rita)
    assert client.post(f"{path}/editors/{pat}/hand-over").status_code == 303
    assert leads(now_of(cast.pat), cast.group.id)
    db.session.rollback()
    assert client.post(f"{path}/editors/{pat}/end").status_code == 404
    with pytest.raises(RefusedChangeError):
        hand_over(organisation_id=cast.group.id, membership_id=pat, user_id=cast.gus.id, actor="test")
    assert client.post(f"{path}/leave").status_code == 303
    assert client.get("/groups").status_code == 200, "Whoever leaves stays signed in."
    assert acts(cast.group.id) == ["group:lead", "group:lead"]


def test_when_the_last_leaves_moderators_are_told(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.gus)
    path = f"/groups/{cast.group.id}"
    assert client.post(f"{path}/lead").status_code == 303
    assert "You are the last" in client.get(f"{path}/leave").text
    assert client.post(f"{path}/leave").status_code == 303
    message = last_message()
    assert message.address == "mo@example.org"
    assert "Nobody looks after a group any more, and its listings stay" in str(message.body)
    assert client.get(path).status_code == 404
    assert now_of(cast.group).ended_at is None


def test_outsiders_get_404(client: FlaskClient, cast: Cast) -> None:
    led_by(cast, cast.gus)
    held, path = membership_of(cast.gus), f"/groups/{cast.group.id}"
    with transaction() as session:
        other = make_organisation("Another Group")
        session.flush()
        make_membership(session.merge(cast.pat), Role.GROUP_EDITOR, organisation=other)
    for name in ("rita", "pat", "mo", "lena", "ada"):
        sign_in(client, cast.everybody[name])
        for tail in ("", "/invite", "/leave", f"/editors/{held}/end", f"/invited/{uuid.uuid4()}/withdraw"):
            assert client.get(path + tail).status_code == 404, (name, tail)
        assert client.post(f"{path}/lead").status_code == 404
        assert client.post(path, data={"name": "Mine", "description": "x", "version": "1"}).status_code == 404


def test_a_name_is_no_link_in_mail_to_others(client: FlaskClient, cast: Cast) -> None:
    registered(client, cast.rita, name="Win at https://evil.example/now")
    text = json.dumps(last_message().body)
    assert "evil.example" not in text
    with look() as session:
        written = session.scalars(sa.select(OutboxMessage.subject)).all()
        subjects = " ".join(subject or "" for subject in written)
    assert "https://evil" not in subjects


def test_a_group_is_known_once_a_moderator_approved_something_of_it(client: FlaskClient, cast: Cast) -> None:
    from tests.factories.listings import make_listing

    found = registered(client, cast.rita)
    accept(claim_id=claim_of(found).id, seen=standing(claim_of(found)), why="", actor=cast.mo.actor)
    with transaction() as session:
        listing = make_listing(session.merge(found), state=ListingState.PUBLISHED, shown=Shown.SHOWN)
        session.flush()
        _append(session, listing, ListingState.DRAFT)
    assert not is_known(found.id), "It published without anybody having looked."
    with transaction() as session:
        _append(session, session.merge(listing), ListingState.WAITING)
    assert is_known(found.id)


def _append(session: object, listing: object, from_state: ListingState) -> None:
    from portal.listings.operations.history import append_version

    append_version(session, listing, act="published", from_state=from_state, actor="test", why="")  # type: ignore[arg-type]
