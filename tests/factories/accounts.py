"""Users, teams and memberships for tests. Nothing here hashes a password unless it is asked to."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.accounts.models import Membership, Team, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import db
from portal.core.sealing import fingerprint_of_address
from portal.directory.models import Organisation, OrganisationKind
from portal.geo.models import Area
from tests.factories import make_organisation

_numbers = itertools.count(1)


def make_user(name: str = "Rita Rowe", email: str | None = None, **values: Any) -> User:
    """Add a user whose address is confirmed (not committed).

    The address is made up when none is given. `password` is what is typed; it is hashed, which takes a while, so leave
    it out and sign in with `tests.signing_in`.
    """
    email = email or f"{name.split()[0].lower()}.{next(_numbers)}@example.org"
    password = values.pop("password", None)
    if password is not None:
        from flask_security.utils import hash_password

        password = hash_password(password)
    user = User(
        name=name,
        email=email,
        email_fingerprint=fingerprint_of_address(email),
        password=password,
        confirmed_at=values.pop("confirmed_at", clock.now()),
        active=values.pop("active", True),
        **values,
    )
    db.session.add(user)
    return user


def make_team(name: str = "Central", areas: Sequence[Area] = ()) -> Team:
    """Add a team with its areas (not committed)."""
    team = Team(name=name, areas=list(areas))
    db.session.add(team)
    return team


def make_membership(
    user: User, role: Role, *, team: Team | None = None, organisation: Organisation | None = None
) -> Membership:
    """Add a role to a user (not committed)."""
    membership = Membership(user=user, role=role, team=team, organisation=organisation, begun_by="test")
    db.session.add(membership)
    return membership


def make_member(role: Role, team: Team | None = None, organisation: Organisation | None = None, **user: Any) -> User:
    """Add a user with one role (not committed); `user` are the values of `make_user`."""
    member = make_user(**{"name": role.value.title(), **user})
    make_membership(member, role, team=team, organisation=organisation)
    return member


@dataclass
class Cast:
    """The standing cast: who plays in tests and in the demonstration."""

    rita: User
    gus: User
    mo: User
    gita: User
    lena: User
    omar: User
    tara: User
    sam: User
    cora: User
    eve: User
    ada: User
    pat: User
    central: Team
    north: Team
    group: Organisation
    practice: Organisation
    everybody: dict[str, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everybody = {name: who for name, who in vars(self).items() if isinstance(who, User)}


def make_cast() -> Cast:
    """Add the standing cast with two teams, a group and a practice (not committed).

    Rita, resident · Gus, group editor · Mo, moderator · Gita, GP and referrer · Lena, link worker in Central ·
    Omar, link worker in North · Tara, team lead in Central · Sam, safeguarding lead · Cora, commissioner ·
    Eve, evaluator · Ada, administrator · Pat, a person whom Lena supports.
    """
    central, north = make_team("Central"), make_team("North")
    group = make_organisation("Kitchen Table Carers")
    practice = make_organisation("Damson Lane Surgery", kind=OrganisationKind.PUBLIC_BODY)
    return Cast(
        rita=make_user("Rita Rowe", "rita@example.org"),
        gus=make_member(Role.GROUP_EDITOR, organisation=group, name="Gus Green", email="gus@example.org"),
        mo=make_member(Role.MODERATOR, name="Mo Malik", email="mo@example.org"),
        gita=make_member(Role.REFERRER, organisation=practice, name="Dr Gita Gill", email="gita@example.org"),
        lena=make_member(Role.LINK_WORKER, central, name="Lena Lowe", email="lena@example.org"),
        omar=make_member(Role.LINK_WORKER, north, name="Omar Osei", email="omar@example.org"),
        tara=make_member(Role.TEAM_LEAD, central, name="Tara Tran", email="tara@example.org"),
        sam=make_member(Role.SAFEGUARDING_LEAD, name="Sam Stone", email="sam@example.org"),
        cora=make_member(Role.COMMISSIONER, name="Cora Cole", email="cora@example.org"),
        eve=make_member(Role.EVALUATOR, name="Eve Ellis", email="eve@example.org"),
        ada=make_member(Role.ADMINISTRATOR, name="Ada Akande", email="ada@example.org"),
        pat=make_user("Pat Price", "pat@example.org"),
        central=central,
        north=north,
        group=group,
        practice=practice,
    )
