"""The standing cast: the people who sign in to the demonstration, their teams and their roles."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from portal.accounts.operations.memberships import give_role
from portal.accounts.operations.teams import add_team
from portal.accounts.operations.users import add_user
from portal.accounts.queries import has_users, list_active
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import transaction
from portal.directory.operations import save_organisations
from portal.directory.queries import list_organisations, list_services_of
from portal.geo.queries import find_area
from portal.listings.models import Claim, ClaimState, Proof
from portal.listings.operations.claim_decisions import set_lead
from portal.listings.operations.claim_moves import begin, move
from portal.listings.operations.drafts import adopt_service
from seeds.reading import read_seeds, seed_id

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class CastMember:
    """One of the cast, as the file says: `team` is a name, `organisation` a key; both "" where the role needs none."""

    key: str
    name: str
    email: str
    who: str
    role: str = ""
    team: str = ""
    organisation: str = ""

    @property
    def id(self) -> uuid.UUID:
        """The id of the user, the same in every demonstration."""
        return seed_id("user", self.key)


@dataclass(frozen=True)
class StandingCast:
    """The whole file."""

    password: str
    teams: Mapping[str, tuple[str, ...]]
    people: tuple[CastMember, ...]


@cache
def read_cast() -> StandingCast:
    """Read the file."""
    content = yaml.safe_load((FOLDER / "cast.yml").read_text())
    teams = {team["name"]: tuple(team["areas"]) for team in content["teams"]}
    return StandingCast(content["password"], teams, tuple(CastMember(**entry) for entry in content["people"]))


def seed_cast() -> bool:
    """Load the cast into a demonstration without users; False, and nothing is done, when there are some."""
    if has_users():
        return False
    with transaction() as session:
        load_cast(session, actor="portal seed")
    return True


def load_cast(session: Session, *, actor: str) -> None:
    """Load the cast within the caller's transaction. An organisation of theirs that is missing is added."""
    cast = read_cast()
    _add_missing_organisations(session, cast, actor)
    team_ids = {}
    for name, slugs in cast.teams.items():
        areas = [area.id for slug in slugs if (area := find_area(slug)) is not None]
        team_ids[name] = add_team(session, name=name, area_ids=areas, actor=actor).id
    password_hash = hash_password(cast.password)
    for member in cast.people:
        add_user(
            session,
            name=member.name,
            email=member.email,
            password_hash=password_hash,
            actor=actor,
            user_id=member.id,
        )
        if member.role:
            give_role(
                session,
                user_id=member.id,
                role=Role(member.role),
                team_id=team_ids.get(member.team),
                organisation_id=seed_id("organisation", member.organisation) if member.organisation else None,
                actor=actor,
            )
        if member.role == Role.GROUP_EDITOR.value:
            _let_lead(session, member, actor)


def keep_listings(session: Session, *, actor: str) -> None:
    """Let the groups of the cast keep what the directory says of them, but for the last, which they may take over."""
    for member in read_cast().people:
        if member.role == Role.GROUP_EDITOR.value:
            for service in list_services_of(seed_id("organisation", member.organisation))[:-1]:
                adopt_service(session, service, actor)


def _let_lead(session: Session, member: CastMember, actor: str) -> None:
    """Make somebody the lead of their group, as whose claim a moderator has accepted."""
    organisation_id = seed_id("organisation", member.organisation)
    claim = Claim(
        id=seed_id("claim", member.key), organisation_id=organisation_id, user_id=member.id, proof=Proof.MODERATOR
    )
    begin(session, claim, actor=actor)
    move(session, claim, ClaimState.CHECKING, actor=actor)
    move(session, claim, ClaimState.ACCEPTED, actor=actor, why="Part of the demonstration.")
    set_lead(session, organisation_id=organisation_id, user_id=member.id, actor=actor)


def lines_of_the_cast() -> list[str]:
    """Return one line for each of the cast who can sign in: name, role, e-mail address, password."""
    cast = read_cast()
    there = list_active([member.id for member in cast.people])
    return [
        f"{member.name:<14} {member.who:<28} {member.email:<18} {cast.password}"
        for member in cast.people
        if member.id in there
    ]


def has_cast() -> bool:
    """Say whether anybody of the cast can sign in here, with a password that everybody knows."""
    return bool(list_active([member.id for member in read_cast().people]))


def _add_missing_organisations(session: Session, cast: StandingCast, actor: str) -> None:
    there = {organisation.id for organisation in list_organisations()}
    wanted = {seed_id("organisation", member.organisation) for member in cast.people if member.organisation}
    if wanted <= there:
        return
    drafts = [draft for draft in read_seeds(FOLDER, clock.today()).organisations if draft.id in wanted - there]
    save_organisations(session, drafts=drafts, actor=actor)
    session.flush()
