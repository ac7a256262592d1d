"""Memberships: what may begin and end, who is signed out, and what the audit says."""

import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.accounts.models import Membership, User
from portal.accounts.operations.memberships import begin_membership, end_membership
from portal.accounts.operations.teams import end_organisation
from portal.accounts.operations.users import deactivate_user, reactivate_user, sign_out_everywhere
from portal.accounts.roles import Role
from portal.core.database import db, transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import ServiceStatus
from tests.accounts.reading import acts, entries, find, is_signed_in, now_of
from tests.factories import make_service
from tests.factories.accounts import Cast, make_member, make_membership
from tests.signing_in import sign_in


def roles_of(user: User) -> set[str]:
    return {role.value for role in now_of(user).current_roles}


def test_a_role_begins_and_signs_out(cast: Cast, app: Flask) -> None:
    sign_in(app.test_client(), cast.rita)
    begin_membership(user_id=cast.rita.id, role=Role.LINK_WORKER, team_id=cast.north.id, actor=cast.ada.actor)
    assert roles_of(cast.rita) == {"link worker"}
    assert not is_signed_in(cast.rita)
    (entry,) = entries("membership:begin")
    assert entry["actor"] == cast.ada.actor
    assert entry["about_id"] == cast.rita.id
    assert (entry["after"]["role"], entry["after"]["team"]) == ("link worker", str(cast.north.id))


def test_a_role_ends_once_and_signs_out(cast: Cast, app: Flask) -> None:
    sign_in(app.test_client(), cast.lena)
    sign_in(app.test_client(), cast.omar)
    membership_id = cast.lena.memberships[0].id
    assert end_membership(membership_id=membership_id, actor=cast.ada.actor) is True
    assert roles_of(cast.lena) == set()
    assert not is_signed_in(cast.lena)
    assert is_signed_in(cast.omar)
    assert end_membership(membership_id=membership_id, actor=cast.ada.actor) is False
    assert end_membership(membership_id=uuid.uuid4(), actor=cast.ada.actor) is False
    assert acts(cast.lena.id).count("membership:end") == 1
    assert find(sa.select(Membership.ended_by).where(Membership.id == membership_id)) == cast.ada.actor


@pytest.mark.parametrize(
    ("role", "team", "organisation"),
    [
        (Role.LINK_WORKER, False, False),
        (Role.LINK_WORKER, False, True),
        (Role.TEAM_LEAD, True, True),
        (Role.REFERRER, False, False),
        (Role.GROUP_EDITOR, True, False),
        (Role.EVALUATOR, True, False),
        (Role.ADMINISTRATOR, False, True),
    ],
)
def test_a_role_belongs_to_what_it_is_for(role: Role, team: bool, organisation: bool, cast: Cast) -> None:
    with pytest.raises(RefusedChangeError):
        begin_membership(
            user_id=cast.rita.id,
            role=role,
            team_id=cast.central.id if team else None,
            organisation_id=cast.group.id if organisation else None,
            actor=cast.ada.actor,
        )
    assert roles_of(cast.rita) == set()
    assert "membership:begin" not in acts()


def test_the_database_refuses_a_wrong_scope_too(cast: Cast) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction():
        make_membership(cast.rita, Role.EVALUATOR, team=cast.central)


def test_the_same_role_is_not_given_twice(cast: Cast) -> None:
    with pytest.raises(RefusedChangeError, match="already"):
        begin_membership(user_id=cast.lena.id, role=Role.LINK_WORKER, team_id=cast.central.id, actor=cast.ada.actor)
    begin_membership(user_id=cast.lena.id, role=Role.LINK_WORKER, team_id=cast.north.id, actor=cast.ada.actor)
    assert len(now_of(cast.lena).current_memberships) == 2


def test_nobody_changes_own_roles(cast: Cast) -> None:
    with transaction():
        make_member(Role.ADMINISTRATOR, name="Bea Bell")
    with pytest.raises(RefusedChangeError, match="own"):
        begin_membership(user_id=cast.ada.id, role=Role.EVALUATOR, actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError, match="own"):
        end_membership(membership_id=cast.ada.memberships[0].id, actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError, match="own"):
        deactivate_user(user_id=cast.ada.id, actor=cast.ada.actor)
    assert roles_of(cast.ada) == {"administrator"}


def test_the_last_administrator_stays(cast: Cast) -> None:
    by = "user:" + str(uuid.uuid4())
    with pytest.raises(RefusedChangeError, match="last administrator"):
        end_membership(membership_id=cast.ada.memberships[0].id, actor=by)
    with pytest.raises(RefusedChangeError, match="last administrator"):
        deactivate_user(user_id=cast.ada.id, actor=by)
    with transaction():
        bea = make_member(Role.ADMINISTRATOR, name="Bea Bell")
    assert deactivate_user(user_id=bea.id, actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError, match="last administrator"):
        end_membership(membership_id=cast.ada.memberships[0].id, actor=by)
    assert reactivate_user(user_id=bea.id, actor=cast.ada.actor)
    assert end_membership(membership_id=cast.ada.memberships[0].id, actor=bea.actor)


def test_two_administrators_who_end_each_other_at_once(cast: Cast, app: Flask) -> None:
    with transaction():
        bea = make_member(Role.ADMINISTRATOR, name="Bea Bell")
    pairs = [(cast.ada, bea.memberships[0].id), (bea, cast.ada.memberships[0].id)]
    asked = [(who.actor, membership_id) for who, membership_id in pairs]
    db.session.remove()
    start, refused = threading.Barrier(2), []

    def end(actor: str, membership_id: uuid.UUID) -> None:
        with app.app_context():
            start.wait(timeout=20)
            try:
                end_membership(membership_id=membership_id, actor=actor)
            except RefusedChangeError as error:
                refused.append(error.message)
            db.session.remove()

    threads = [threading.Thread(target=end, args=pair) for pair in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(refused) == 1
    left = sa.select(sa.func.count()).where(Membership.role == Role.ADMINISTRATOR, Membership.ended_at.is_(None))
    assert find(left) == 1


def test_an_account_that_is_switched_off_keeps_its_roles_and_gives_nothing(cast: Cast, app: Flask) -> None:
    sign_in(app.test_client(), cast.mo)
    assert deactivate_user(user_id=cast.mo.id, actor=cast.ada.actor)
    assert not is_signed_in(cast.mo)
    assert deactivate_user(user_id=cast.mo.id, actor=cast.ada.actor) is False
    with pytest.raises(RefusedChangeError, match="switched off"):
        begin_membership(user_id=cast.mo.id, role=Role.EVALUATOR, actor=cast.ada.actor)
    assert reactivate_user(user_id=cast.mo.id, actor=cast.ada.actor)
    assert roles_of(cast.mo) == {"moderator"}
    kept = [act for act in acts(cast.mo.id) if act.startswith("user:")]
    assert kept == ["user:deactivate", "user:reactivate"]


def test_an_organisation_that_ended_gives_nothing(cast: Cast, app: Flask) -> None:
    with transaction():
        service = make_service("Talk at the table", organisation=cast.group)
    sign_in(app.test_client(), cast.gus)
    end_organisation(organisation_id=cast.group.id, actor=cast.ada.actor)
    assert roles_of(cast.gus) == set()
    assert roles_of(cast.gita) == {"referrer"}
    assert not is_signed_in(cast.gus)
    assert now_of(service).status is ServiceStatus.INACTIVE
    with pytest.raises(RefusedChangeError):
        begin_membership(
            user_id=cast.rita.id, role=Role.GROUP_EDITOR, organisation_id=cast.group.id, actor=cast.ada.actor
        )


def test_an_organisation_that_the_directory_ended_gives_nothing_either(cast: Cast) -> None:
    from portal.directory.operations import end_organisation as end_in_directory

    with transaction() as session:
        end_in_directory(session, organisation_id=cast.practice.id, actor="import")
    assert roles_of(cast.gita) == set()


def test_signing_somebody_out_leaves_the_roles(cast: Cast, app: Flask) -> None:
    sign_in(app.test_client(), cast.tara)
    sign_in(app.test_client(), cast.tara)
    assert sign_out_everywhere(user_id=cast.tara.id, actor=cast.ada.actor) == 2
    assert not is_signed_in(cast.tara)
    assert roles_of(cast.tara) == {"team lead"}


def test_what_cannot_be_audited_does_not_happen(cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("no audit")

    sign_in(app.test_client(), cast.lena)
    monkeypatch.setattr("portal.accounts.operations.memberships.note", fail)
    with pytest.raises(RuntimeError):
        end_membership(membership_id=cast.lena.memberships[0].id, actor=cast.ada.actor)
    assert roles_of(cast.lena) == {"link worker"}
    assert is_signed_in(cast.lena)
