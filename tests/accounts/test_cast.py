"""The standing cast stands in the database with the roles that everybody counts on."""

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import Team, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.access import Permission
from portal.core.database import transaction
from portal.directory.models import Organisation
from seeds.cast import lines_of_the_cast, read_cast, seed_cast
from seeds.loader import load_seeds, seed_demonstration
from tests.factories import make_organisation
from tests.factories.accounts import Cast, make_user


def test_the_cast_has_its_roles(cast: Cast) -> None:
    roles = {name: {role.value for role in user.current_roles} for name, user in cast.everybody.items()}
    assert roles == {
        "rita": set(),
        "gus": {"group editor"},
        "mo": {"moderator"},
        "gita": {"referrer"},
        "lena": {"link worker"},
        "omar": {"link worker"},
        "tara": {"team lead"},
        "sam": {"safeguarding lead"},
        "cora": {"commissioner"},
        "eve": {"evaluator"},
        "ada": {"administrator"},
        "pat": set(),
    }
    assert cast.lena.memberships[0].team is cast.central
    assert cast.omar.memberships[0].team is cast.north


def test_staff_are_those_who_work_for_the_partnership(cast: Cast) -> None:
    staff = {name for name, user in cast.everybody.items() if user.is_staff}
    assert staff == {"mo", "lena", "omar", "tara", "sam", "cora", "eve", "ada"}


def test_only_the_administrator_runs_the_site(cast: Cast) -> None:
    may = {name for name, user in cast.everybody.items() if user.may(Permission.ADMIN_OPEN)}
    assert may == {"ada"}
    assert {name for name, user in cast.everybody.items() if Role.ADMINISTRATOR in user.current_roles} == {"ada"}


def test_the_demonstration_has_its_cast(database: SQLAlchemy) -> None:
    seed_demonstration()
    cast = read_cast()
    users = {user.email: user for user in database.session.scalars(sa.select(User))}
    assert {member.email for member in cast.people} == set(users)
    assert len(users) == 12
    for member in cast.people:
        user = users[member.email]
        assert {role.value for role in user.current_roles} == ({member.role} if member.role else set())
        assert user.id == member.id
        assert user.confirmed_at is not None
        assert member.email.endswith("@example.org")
    teams = database.session.scalars(sa.select(Team)).all()
    assert {team.name: [area.name for area in team.areas] for team in teams} == {
        name: [name] for name in ("Central", "North", "South East", "South West")
    }
    (gita,) = users["gita@example.org"].current_memberships
    assert gita.belongs_to == "Damson Lane Surgery"
    (gus,) = users["gus@example.org"].current_memberships
    assert gus.belongs_to == "Kitchen Table Carers"


def test_the_password_of_the_cast_opens(app: Flask, database: SQLAlchemy) -> None:
    seed_demonstration()
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": "rita@example.org", "password": read_cast().password})
    assert answer.status_code in {302, 303}
    assert client.get("/account").status_code == 200


def test_an_old_demonstration_gets_the_cast_once(database: SQLAlchemy) -> None:
    with transaction() as session:
        load_seeds(session, today=clock.today(), actor="test")
    assert lines_of_the_cast() == []
    assert seed_cast() is True
    assert seed_cast() is False
    lines = lines_of_the_cast()
    assert len(lines) == 12
    assert lines[0].split("  ")[0] == "Rita Rowe"
    assert all(read_cast().password in line for line in lines)


def test_a_directory_of_somebody_else_gets_the_cast_and_its_two_organisations(database: SQLAlchemy) -> None:
    with transaction():
        make_organisation("Somebody else's group")
    assert seed_cast() is True
    names = database.session.scalars(sa.select(Organisation.name).order_by(Organisation.name)).all()
    assert names == ["Damson Lane Surgery", "Kitchen Table Carers", "Somebody else's group"]


def test_a_site_with_users_gets_no_cast(database: SQLAlchemy) -> None:
    with transaction():
        make_user("Somebody")
    seed_demonstration()
    assert database.session.scalar(sa.select(sa.func.count(User.id))) == 1
    assert lines_of_the_cast() == []
