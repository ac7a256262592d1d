"""Removing somebody's membership at any level leaves no page that still opens, live sessions included."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import User
from portal.accounts.operations.memberships import end_membership
from portal.accounts.operations.teams import close_team, end_organisation
from portal.accounts.operations.users import deactivate_user
from portal.accounts.roles import GRANTS, SCOPE_OF, Role, Scope
from portal.core.access import access_of
from portal.core.database import db, transaction
from portal.directory.operations import end_organisation as end_in_directory
from tests.factories import make_organisation
from tests.factories.accounts import make_member, make_team
from tests.house.access_walk import answer_of
from tests.house.access_world import COLLEAGUE, OTHER, OWN, THERE, World, make_world
from tests.signing_in import sign_in

Way = Callable[[User, str], object]


def _directory_alone(user: User, actor: str) -> None:
    """End the organisation where nobody thinks of memberships: sessions may live on, and open nothing."""
    organisation_id = user.memberships[0].organisation_id
    assert organisation_id is not None
    with transaction() as session:
        end_in_directory(session, organisation_id=organisation_id, actor=actor)


def _team_of(user: User) -> uuid.UUID:
    team_id = user.memberships[0].team_id
    assert team_id is not None
    return team_id


def _organisation_of(user: User) -> uuid.UUID:
    organisation_id = user.memberships[0].organisation_id
    assert organisation_id is not None
    return organisation_id


WAYS: dict[str, Way] = {
    "membership": lambda user, actor: end_membership(membership_id=user.memberships[0].id, actor=actor),
    "account": lambda user, actor: deactivate_user(user_id=user.id, actor=actor),
    "team": lambda user, actor: close_team(team_id=_team_of(user), actor=actor),
    "organisation": lambda user, actor: end_organisation(organisation_id=_organisation_of(user), actor=actor),
    "directory": _directory_alone,
}
OF_SCOPE = {
    Scope.SITE: ("membership", "account"),
    Scope.TEAM: ("membership", "account", "team"),
    Scope.ORGANISATION: ("membership", "account", "organisation", "directory"),
}


@dataclass
class Case:
    """One member, how the membership will be removed, and two browsers in which they are signed in."""

    name: str
    way: str
    user: User
    browsers: list[FlaskClient]
    opened: list[str]


def make_case(app: Flask, world: World, role: Role, way: str) -> Case:
    name, scope = f"{role.value} by {way}", SCOPE_OF[role]
    with transaction():
        team = make_team(f"Team of {name}") if scope is Scope.TEAM else None
        organisation = make_organisation(f"Group of {name}") if scope is Scope.ORGANISATION else None
        user = make_member(role, team, organisation, name=name)
        beside = make_member(Role.LINK_WORKER, team, name=f"Beside {name}") if team else None
    world.people[name], world.colleagues[name] = user.id, beside.id if beside else world.people["rita"]
    for member in filter(None, (user, beside)):
        world.memberships[member.id] = member.memberships[0].id
        if team is not None:
            world.teams[member.id] = team.id
    browsers = [sign_in(app.test_client(), user) for _ in range(2)]
    return Case(name, way, user, browsers, [])


def paths_for(app: Flask, world: World, role: Role, name: str) -> list[str]:
    """Return every address whose permission the role holds; that others open nothing is walked in tests/house."""
    found: dict[str, None] = {}
    for rule in app.url_map.iter_rules():
        access = (access_of(app.view_functions[rule.endpoint]) or "public").split()[0]
        if "GET" not in (rule.methods or set()) or access not in {permission.value for permission in GRANTS[role]}:
            continue
        for whose in (OWN, COLLEAGUE, OTHER, THERE):
            path = world.path_of(app, rule, whose, name)
            if path is not None:
                found[path] = None
    return list(found)


def test_no_page_still_opens(app: Flask) -> None:
    app.test_client_class = FlaskClient
    world = make_world(app)
    opened_by_role: dict[Role, int] = {}
    with app.app_context():
        cases = [make_case(app, world, role, way) for role in Role for way in OF_SCOPE[SCOPE_OF[role]]]
        ada = f"user:{world.people['ada']}"
        db.session.expunge_all()
    for case in cases:
        role = case.user.memberships[0].role
        for path in paths_for(app, world, role, case.name):
            if answer_of(case.browsers[0].get(path)) == "yes":
                case.opened.append(path)
        opened_by_role[role] = len(case.opened)
        assert [answer_of(browser.get("/account")) for browser in case.browsers] == ["yes", "yes"], case.name
    assert opened_by_role[Role.ADMINISTRATOR] > 20
    assert opened_by_role[Role.TEAM_LEAD] >= 4
    assert opened_by_role[Role.LINK_WORKER] >= 2
    assert opened_by_role[Role.SAFEGUARDING_LEAD] >= 2
    for case in cases:
        with app.app_context():
            user = db.session.get_one(User, case.user.id)
            WAYS[case.way](user, ada)
            db.session.remove()
        for browser in case.browsers:
            for path in case.opened:
                assert answer_of(browser.get(path)) in {"404", "sign in"}, (case.name, path)
            if case.way != "directory":
                assert answer_of(browser.get("/account")) == "sign in", case.name
        # Nor does signing in anew bring anything back.
        again = sign_in(app.test_client(), case.user)
        for path in case.opened:
            assert answer_of(again.get(path)) in {"404", "sign in"}, (case.name, path)
        assert (answer_of(again.get("/account")) == "yes") == (case.way != "account"), case.name
