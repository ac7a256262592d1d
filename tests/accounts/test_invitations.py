"""Invitations: who may send them, what the link does, and what it tells to whom."""

import datetime as dt
import re
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.accounts.models import Invitation, Membership, User
from portal.accounts.models.membership import InvitationState
from portal.accounts.operations.invitations import Invitee, accept_as_new, accept_as_user, invite
from portal.accounts.operations.memberships import end_membership
from portal.accounts.roles import Role
from portal.core.database import db, transaction
from portal.core.editing import RefusedChangeError
from portal.core.sealing import fingerprint_of_address
from tests.accounts.reading import acts, entries, find, is_signed_in, last_message, token_in
from tests.factories.accounts import Cast, make_user
from tests.signing_in import sign_in

GOOD = "umbrella seven lantern fish"


def link_of(token: str) -> str:
    return f"https://hereabouts.example.org/invitation/{token}"


def invited(cast: Cast, email: str = "ned@example.org", role: Role = Role.LINK_WORKER) -> str:
    """Have Ada invite somebody, and return the secret text of the link."""
    team_id = cast.north.id if role is Role.LINK_WORKER else None
    invitee = Invitee(name="Ned New", email=email, role=role, team_id=team_id)
    invite(invitee=invitee, actor=cast.ada.actor, inviter="Ada Akande", link=link_of)
    return token_in(last_message())


def the_invitation() -> Invitation:
    found = find(sa.select(Invitation).order_by(Invitation.invited_at.desc()))
    assert isinstance(found, Invitation)
    return found


def user_of(email: str) -> User | None:
    found: User | None = find(sa.select(User).where(User.email_fingerprint == fingerprint_of_address(email)))
    return found


def test_an_administrator_invites_to_anything(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    form = {"name": "Ned New", "email": "ned@example.org", "role": "referrer", "organisation": str(cast.practice.id)}
    assert client.post("/admin/invitations/new", data=form).status_code == 303
    page = client.get("/admin/invitations").text
    assert "Ned New is invited" in page
    assert "Referrer, Damson Lane Surgery" in page
    assert "until Thursday 26 November, 9am" in page
    message = last_message()
    assert message.address == "ned@example.org"
    assert "Ada Akande invites you to be a referrer for Damson Lane Surgery" in str(message.body)
    invitation = the_invitation()
    assert (invitation.role, invitation.organisation_id) == (Role.REFERRER, cast.practice.id)
    assert acts(invitation.id) == ["invitation:send"]


def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_lost(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    empty = client.post("/admin/invitations/new", data={})
    for words in ("Enter the name of whom you invite", "Enter the e-mail address", "Choose a role"):
        assert words in empty.text
    bad = {"name": "Ned <b>New</b>", "email": "ned at example", "role": "team lead", "team": str(cast.north.id)}
    page = client.post("/admin/invitations/new", data=bad).text
    assert "Enter an e-mail address in full" in page
    assert "Ned &lt;b&gt;New&lt;/b&gt;" in page
    assert 'value="ned at example"' in page
    assert f'value="{cast.north.id}" selected' in page
    assert find(sa.select(sa.func.count(Invitation.id))) == 0


def test_the_same_invitation_is_not_sent_twice(client: FlaskClient, cast: Cast) -> None:
    invited(cast)
    sign_in(client, cast.ada)
    form = {"name": "Ned", "email": "NED@example.org", "role": "link worker", "team": str(cast.north.id)}
    assert "is invited to this already" in client.post("/admin/invitations/new", data=form).text
    assert client.post("/admin/invitations/new", data={**form, "role": "moderator"}).status_code == 303


def test_a_team_lead_invites_link_workers_to_the_own_team(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.tara)
    path = f"/team/{cast.central.id}/invite"
    assert client.get(path).status_code == 200
    # What else is sent along counts for nothing.
    form = {"name": "Ned New", "email": "ned@example.org", "role": "administrator", "team": str(cast.north.id)}
    assert client.post(path, data=form).status_code == 303
    invitation = the_invitation()
    assert (invitation.role, invitation.team_id) == (Role.LINK_WORKER, cast.central.id)
    assert "Ned New" in client.get(f"/team/{cast.central.id}").text
    assert client.post(f"/team/{cast.north.id}/invite", data=form).status_code == 404
    assert client.get("/admin/invitations/new").status_code == 404


@pytest.mark.parametrize("name", ["rita", "gus", "mo", "gita", "lena", "omar", "sam", "cora", "eve", "pat"])
def test_nobody_else_invites(name: str, client: FlaskClient, cast: Cast) -> None:
    token = invited(cast)
    sign_in(client, cast.everybody[name])
    form = {"name": "Ned New", "email": "ned2@example.org"}
    for team in (cast.central, cast.north):
        assert client.post(f"/team/{team.id}/invite", data=form).status_code == 404
        for act in ("send-again", "withdraw"):
            path = f"/team/{team.id}/invitations/{the_invitation().id}/{act}"
            assert client.post(path).status_code == 404
            assert client.post(f"/admin/invitations/{the_invitation().id}/{act}").status_code == 404
    assert client.application.test_client().get(f"/invitation/{token}").status_code == 200


def test_a_lead_touches_no_invitation_of_another_team(client: FlaskClient, cast: Cast) -> None:
    invited(cast)
    sign_in(client, cast.tara)
    invitation_id = the_invitation().id
    for team in (cast.central, cast.north):
        for act in ("send-again", "withdraw"):
            assert client.post(f"/team/{team.id}/invitations/{invitation_id}/{act}").status_code == 404
    assert "Ned New" not in client.get(f"/team/{cast.central.id}").text
    assert the_invitation().state is InvitationState.WAITING


def test_only_a_hash_of_the_link_is_kept(cast: Cast) -> None:
    token = invited(cast)
    assert len(token) == 43, "32 random bytes."
    assert the_invitation().token_hash == Invitation.hash_of(token)
    assert token not in str([entry for act in set(acts()) for entry in entries(act)])


def test_opening_the_link_changes_nothing(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast)
    before = acts()
    for _ in range(15):
        response = client.get(f"/invitation/{token}")
        assert response.status_code == 200
    assert "Ada Akande invites you to be a link worker in the team North" in response.text
    assert "Make your account" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert acts() == before
    assert the_invitation().state is InvitationState.WAITING
    assert user_of("ned@example.org") is None


def test_a_new_account_is_made_with_name_and_password(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast)
    response = client.post(f"/invitation/{token}", data={"name": "Ned Newman", "password": GOOD})
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/sign-in")
    ned = user_of("ned@example.org")
    assert ned is not None
    assert ned.name == "Ned Newman"
    assert ned.confirmed_at is not None
    assert ned.current_roles == {Role.LINK_WORKER}
    assert not is_signed_in(ned)
    assert (ned.password or "").startswith("$argon2id$")
    assert the_invitation().state is InvitationState.ACCEPTED
    assert acts(the_invitation().id) == ["invitation:send", "invitation:accept"]
    assert "user:add" in acts(ned.id)
    again = client.post(f"/invitation/{token}", data={"name": "Mallory", "password": GOOD})
    assert again.status_code == 410
    assert "You have said yes already" in again.text
    renamed = user_of("ned@example.org")
    assert renamed is not None
    assert renamed.name == "Ned Newman"


@pytest.mark.parametrize(
    ("password", "words"),
    [("", "Choose a password"), ("short", "at least 12"), ("x" * 129, "128 letters or fewer"),
     ("password1234", "too easy to guess"), ("ned newman is great 7", "Leave your own name"),
     ("hereabouts lantern fish 9", "the name of this website")],
)  # fmt: skip
def test_a_bad_password_is_refused_and_the_name_is_kept(
    password: str, words: str, client: FlaskClient, cast: Cast
) -> None:
    token = invited(cast)
    response = client.post(f"/invitation/{token}", data={"name": "Ned Newman", "password": password})
    assert response.status_code == 200
    assert words in response.text
    assert 'value="Ned Newman"' in response.text
    if password:
        assert f'value="{password}"' not in response.text
    assert user_of("ned@example.org") is None


def test_an_account_that_is_there_says_yes_after_signing_in(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast, "rita@example.org")
    here, there = (sign_in(client.application.test_client(), cast.rita) for _ in range(2))
    page = client.get(f"/invitation/{token}").text
    assert "You have an account with this address" in page
    assert 'type="password"' not in page
    refused = client.post(f"/invitation/{token}", data={"name": "Mallory", "password": GOOD})
    assert "has an account by now" in refused.text
    rita = user_of("rita@example.org")
    assert rita is not None
    assert (rita.name, rita.password) == ("Rita Rowe", None)
    asked = client.post(f"/invitation/{token}/accept")
    assert asked.status_code == 303
    assert "/sign-in" in asked.headers["Location"]
    assert "Yes, I accept" in here.get(f"/invitation/{token}").text
    assert "that is done" in here.post(f"/invitation/{token}/accept").text
    rita = user_of("rita@example.org")
    assert rita is not None
    assert rita.current_roles == {Role.LINK_WORKER}
    assert not is_signed_in(rita)
    assert [browser.get("/account").status_code for browser in (here, there)] == [303, 303]


def test_an_invitation_is_for_one_address(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast, "rita@example.org")
    sign_in(client, cast.pat)
    page = client.get(f"/invitation/{token}").text
    assert "signed in with another e-mail address" in page
    assert "Yes, I accept" not in page
    assert "for another e-mail address" in client.post(f"/invitation/{token}/accept").text
    pat = user_of("pat@example.org")
    assert pat is not None
    assert pat.current_roles == frozenset()
    assert the_invitation().state is InvitationState.WAITING


def test_an_account_that_was_never_confirmed_is_made_over(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        squatter = make_user("Squatter", "ned@example.org", confirmed_at=None, tf_totp_secret="theirs")
    before = squatter.fs_uniquifier
    token = invited(cast)
    assert "Make your account" in client.get(f"/invitation/{token}").text
    assert client.post(f"/invitation/{token}", data={"name": "Ned Newman", "password": GOOD}).status_code == 303
    ned = user_of("ned@example.org")
    assert ned is not None
    assert (ned.name, ned.tf_totp_secret) == ("Ned Newman", None)
    assert ned.fs_uniquifier != before
    assert ned.current_roles == {Role.LINK_WORKER}


def test_a_link_ends_after_72_hours(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    token = invited(cast)
    clock.shift(dt.timedelta(hours=71, minutes=58))
    assert client.get(f"/invitation/{token}").status_code == 200
    clock.shift(dt.timedelta(minutes=3))
    for response in (
        client.get(f"/invitation/{token}"),
        client.post(f"/invitation/{token}", data={"name": "Ned", "password": GOOD}),
    ):
        assert response.status_code == 410
        assert "This link has ended" in response.text
        assert "020 7946 0100" in response.text
    assert user_of("ned@example.org") is None


def test_sending_again_makes_a_new_link_and_stops_the_old(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    old = invited(cast)
    clock.shift(dt.timedelta(hours=80))
    sign_in(client, cast.ada)
    assert "The link ended on" in client.get("/admin/invitations").text
    path = f"/admin/invitations/{the_invitation().id}/send-again"
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 303
    new = token_in(last_message())
    assert new != old
    stranger = client.application.test_client()
    assert stranger.get(f"/invitation/{old}").status_code == 404
    assert stranger.get(f"/invitation/{new}").status_code == 200


def test_a_withdrawn_link_says_so(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast)
    sign_in(client, cast.ada)
    path = f"/admin/invitations/{the_invitation().id}/withdraw"
    assert client.post(path).status_code == 303
    assert "No invitation waits" in client.get("/admin/invitations").text
    stranger = client.application.test_client()
    response = stranger.post(f"/invitation/{token}", data={"name": "Ned", "password": GOOD})
    assert response.status_code == 410
    assert "was taken back" in response.text
    assert client.post(path).status_code == 404
    assert user_of("ned@example.org") is None


def test_guesses_at_links_are_few(client: FlaskClient, cast: Cast) -> None:
    token = invited(cast)
    answers = [client.get(f"/invitation/{'x' * 42}{number % 10}").status_code for number in range(14)]
    assert answers == [404] * 10 + [429] * 4
    assert client.get(f"/invitation/{token}").status_code == 200, "Whoever has a link is not kept out by others."


def test_a_link_tells_a_stranger_nothing_about_accounts(client: FlaskClient, cast: Cast) -> None:
    """The team lead who invites learns nothing either: the same words for an address with and without an account."""
    sign_in(client, cast.tara)
    answers = []
    for email in ("rita@example.org", "nobody@example.org"):
        form = {"name": "Somebody", "email": email}
        sent = client.post(f"/team/{cast.central.id}/invite", data=form)
        page = client.get(sent.headers["Location"]).text
        answers.append(
            (sent.status_code, re.search(r'<div class="notice[^>]* role="status">.*?</div>', page, re.DOTALL))
        )
    assert answers[0][0] == answers[1][0] == 303
    assert answers[0][1] and answers[1][1]
    assert answers[0][1][0] == answers[1][1][0]


def test_a_link_that_was_used_gives_nothing_back(cast: Cast) -> None:
    invited(cast, "rita@example.org")
    invitation_id = the_invitation().id
    accept_as_user(invitation_id=invitation_id, user_id=cast.rita.id, actor=cast.rita.actor)
    held = find(sa.select(Membership.id).where(Membership.user_id == cast.rita.id))
    end_membership(membership_id=held, actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError, match="cannot be used any more"):
        accept_as_user(invitation_id=invitation_id, user_id=cast.rita.id, actor=cast.rita.actor)
    rita = user_of("rita@example.org")
    assert rita is not None
    assert rita.current_roles == frozenset()


def test_two_browsers_say_yes_at_once(cast: Cast, app: Flask) -> None:
    invited(cast)
    invitation_id = the_invitation().id
    db.session.remove()
    start, refused = threading.Barrier(2), []

    def accept(name: str) -> None:
        with app.app_context():
            start.wait(timeout=20)
            try:
                accept_as_new(invitation_id=invitation_id, name=name, password_hash="x", actor="invitation:test")
            except RefusedChangeError as error:
                refused.append(error.message)
            db.session.remove()

    threads = [threading.Thread(target=accept, args=(name,)) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(refused) == 1
    ned = user_of("ned@example.org")
    assert ned is not None
    assert len(ned.current_memberships) == 1
    assert find(sa.select(sa.func.count(Membership.id)).where(Membership.user_id == ned.id)) == 1
