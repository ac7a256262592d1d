"""Reads of groups: which there are to join, who keeps them, how far they are trusted, and what was checked.

What is about people (claims, editors) starts from the user who asks; whoever is shown leaves a row in the audit.
"""

import difflib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Invitation, Membership, User
from portal.accounts.models.membership import InvitationState
from portal.accounts.queries import NotFoundError
from portal.accounts.roles import Role
from portal.audit.readings import shown
from portal.core import clock
from portal.core.access import Permission
from portal.core.database import db
from portal.directory.models import Location, Organisation, Phone, Service, ServiceAtLocation
from portal.directory.queries import PUBLIC_STATES
from portal.listings.access import leads, organisations_of
from portal.listings.models import (
    CheckKind,
    Claim,
    ClaimState,
    GroupHelp,
    GroupLead,
    Listing,
    ListingState,
    ListingVersion,
    OrganisationCheck,
    Shown,
)
from portal.listings.models.claim import MOVES

OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
MOST_FOUND = 20
_ALIKE = 0.84
# Words that say nothing about which group it is.
_EMPTY_WORDS = frozenset({"the", "a", "of", "and", "in", "at", "for", "group", "club", "society", "association"})


@dataclass(frozen=True, kw_only=True)
class FoundGroup:
    """A listed group as it stands in a list to choose from."""

    id: uuid.UUID
    name: str


def is_known(organisation_id: uuid.UUID) -> bool:
    """Say whether a group publishes at once: its claim was accepted, and a moderator approved a listing before.

    Not while a listing of it is stopped: what was taken down would come back as a copy.
    """
    accepted = sa.exists().where(Claim.organisation_id == organisation_id, Claim.state == ClaimState.ACCEPTED)
    # Only a moderator takes a listing from waiting to published.
    approved = sa.exists().where(
        Listing.organisation_id == organisation_id,
        ListingVersion.listing_id == Listing.id,
        ListingVersion.from_state == ListingState.WAITING,
        ListingVersion.to_state == ListingState.PUBLISHED,
    )
    stopped = sa.exists().where(Listing.organisation_id == organisation_id, Listing.shown == Shown.STOPPED)
    return db.session.scalar(sa.select(sa.and_(accepted, approved, sa.not_(stopped)))) is True


def list_checks(organisation_id: uuid.UUID) -> list[OrganisationCheck]:
    """Return the checks of a group that nobody has ended, by kind, the newest first."""
    statement = sa.select(OrganisationCheck).where(
        OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.ended_at.is_(None)
    )
    found = list(db.session.scalars(statement.order_by(OrganisationCheck.seen_on.desc(), OrganisationCheck.id)))
    return sorted(found, key=lambda check: list(CheckKind).index(check.kind))


def holds(check: OrganisationCheck) -> bool:
    """Say whether a check that nobody has ended still counts today: the London day of its expiry is its last."""
    return check.ended_at is None and (check.expires_on is None or clock.today() <= check.expires_on)


def missing_checks(organisation_id: uuid.UUID, visits_homes: bool) -> list[CheckKind]:
    """Return what keeps a group from receiving introductions, in order: never seen, ended, or expired."""
    held = {check.kind for check in list_checks(organisation_id) if holds(check)}
    needed = [CheckKind.SAFEGUARDING, CheckKind.INSURANCE, *([CheckKind.DBS] if visits_homes else [])]
    return [kind for kind in needed if kind not in held]


def may_take_introductions(organisation_id: uuid.UUID, visits_homes: bool) -> bool:
    """Say whether a group may be sent people: all needed checks are seen, or noted as not needed, and none expired."""
    return not missing_checks(organisation_id, visits_homes)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name by which groups are told apart, in lower case and in order."""
    words = re.findall(r"[^\W_]+", name.casefold().replace("’", "").replace("'", ""))
    return tuple(word for word in words if word not in _EMPTY_WORDS) or tuple(words)


def list_groups_named(words: str) -> list[FoundGroup]:
    """Return at most twenty listed groups whose name holds the beginning of every word, by name; none for no words."""
    asked = re.findall(r"[^\W_]+", words.casefold())[:8]
    if not asked:
        return []
    found = [
        group
        for group in _listed()
        if all(any(word.startswith(one) for word in re.findall(r"[^\W_]+", group.name.casefold())) for one in asked)
    ]
    return found[:MOST_FOUND]


def list_like(name: str) -> list[FoundGroup]:
    """Return listed groups that are likely the same as one of this name: the same words, or nearly so."""
    asked = words_of(name)
    return [group for group in _listed() if _is_alike(asked, words_of(group.name))][:5]


def _is_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if set(one) == set(other):
        return True
    matcher = difflib.SequenceMatcher(a=" ".join(one), b=" ".join(other), autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _listed() -> list[FoundGroup]:
    """Return the groups that anybody may be shown: not those that were only just registered, or refused."""
    rows = db.session.execute(
        sa.select(Organisation.id, Organisation.name).where(_is_listed()).order_by(Organisation.name, Organisation.id)
    )
    return [FoundGroup(id=organisation_id, name=name) for organisation_id, name in rows]


def _is_listed() -> sa.ColumnElement[bool]:
    is_unsettled = sa.exists().where(
        Claim.organisation_id == Organisation.id, Claim.is_new, Claim.state != ClaimState.ACCEPTED
    )
    return sa.and_(Organisation.ended_at.is_(None), sa.not_(is_unsettled))


def get_group_to_claim(organisation_id: uuid.UUID) -> Organisation:
    """Return a listed group that somebody may ask for. Raises NotFoundError."""
    found = db.session.scalar(sa.select(Organisation).where(Organisation.id == organisation_id, _is_listed()))
    if found is None:
        raise NotFoundError(organisation_id)
    return found


def list_published_numbers(organisation: Organisation) -> list[str]:
    """Return the telephone numbers that are published of a group: its own, or else those of its services."""
    own = [phone.number for phone in organisation.phones]
    if own:
        return own
    statement = (
        sa.select(Phone.number)
        .join(Service, Service.id == Phone.service_id)
        .where(Service.organisation_id == organisation.id, Service.status.in_(PUBLIC_STATES))
        .order_by(Service.name, Phone.position)
    )
    return list(dict.fromkeys(db.session.scalars(statement)))


def list_published_places(organisation_id: uuid.UUID) -> Sequence[Location]:
    """Return the places that are published of a group's services and of no other's, by name; never a confidential one.

    Where several groups meet, whoever takes in the post is nobody's own.
    """
    at = ServiceAtLocation
    others = sa.exists().where(
        at.location_id == Location.id, Service.id == at.service_id, Service.organisation_id != organisation_id
    )
    statement = (
        sa.select(Location)
        .where(
            Location.is_confidential.is_(False),
            sa.not_(others),
            Location.id.in_(
                sa.select(at.location_id)
                .join(Service, Service.id == at.service_id)
                .where(Service.organisation_id == organisation_id, Service.status.in_(PUBLIC_STATES))
            ),
        )
        .order_by(Location.name, Location.id)
        .limit(5)
    )
    return db.session.scalars(statement).all()


def get_own_group(user: User, organisation_id: uuid.UUID) -> Organisation:
    """Return a group of which a user is an editor now. Raises NotFoundError for any other."""
    found = db.session.get(Organisation, organisation_id) if organisation_id in organisations_of(user) else None
    if found is None:
        raise NotFoundError(organisation_id)
    return found


def list_own_groups(user: User) -> list[Organisation]:
    """Return the groups of which a user is an editor now, by name."""
    statement = sa.select(Organisation).where(Organisation.id.in_(organisations_of(user)))
    return list(db.session.scalars(statement.order_by(Organisation.name, Organisation.id)))


def list_editors(user: User, organisation_id: uuid.UUID) -> list[Membership]:
    """Return who keeps a group now, the longest first, and note that they were shown. For its editors, else raises."""
    get_own_group(user, organisation_id)
    found = _editors_of(organisation_id)
    shown("user", [held.user_id for held in found])
    return found


def _editors_of(organisation_id: uuid.UUID) -> list[Membership]:
    statement = sa.select(Membership).where(
        Membership.organisation_id == organisation_id,
        Membership.role == Role.GROUP_EDITOR,
        Membership.ended_at.is_(None),
    )
    statement = statement.options(joinedload(Membership.user)).order_by(Membership.begun_at, Membership.id)
    return [held for held in db.session.scalars(statement) if held.is_current]


def get_other_editor(user: User, organisation_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:
    """Return another editor of a group that the user leads. Raises NotFoundError."""
    if leads(user, organisation_id):
        for held in list_editors(user, organisation_id):
            if held.id == membership_id and held.user_id != user.id:
                return held
    raise NotFoundError(membership_id)


def find_lead_id(organisation_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the user who leads a group and is still an editor of it, or None."""
    lead = db.session.get(GroupLead, organisation_id)
    is_there = lead is not None and lead.user_id in {held.user_id for held in _editors_of(organisation_id)}
    return lead.user_id if lead is not None and is_there else None


def is_on_trial(organisation_id: uuid.UUID) -> bool:
    """Say whether a group was registered here and no moderator has looked at it yet."""
    return db.session.scalar(sa.select(
        sa.exists().where(Claim.organisation_id == organisation_id, Claim.is_new, Claim.state.in_(OPEN_STATES))
    )) is True  # fmt: skip


def list_invited(user: User, organisation_id: uuid.UUID) -> list[Invitation]:
    """Return the invitations to a group that nobody took up, newest first; none for whoever does not lead it."""
    if not leads(user, organisation_id):
        return []
    statement = sa.select(Invitation).where(
        Invitation.organisation_id == organisation_id,
        Invitation.role == Role.GROUP_EDITOR,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    found = db.session.scalars(statement.order_by(Invitation.invited_at.desc(), Invitation.id))
    return [one for one in found if one.state in {InvitationState.WAITING, InvitationState.ENDED}]


def get_invited(user: User, organisation_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
    """Return one invitation to a group that the user leads. Raises NotFoundError."""
    for invitation in list_invited(user, organisation_id):
        if invitation.id == invitation_id:
            return invitation
    raise NotFoundError(invitation_id)


def list_help(organisation_id: uuid.UUID) -> Sequence[GroupHelp]:
    """Return the help that a group was given, newest first."""
    statement = sa.select(GroupHelp).where(GroupHelp.organisation_id == organisation_id)
    return db.session.scalars(statement.order_by(GroupHelp.given_on.desc(), GroupHelp.noted_at.desc())).all()


def get_group_to_check(viewer: User, organisation_id: uuid.UUID) -> Organisation:
    """Return any group for a moderator. Raises NotFoundError."""
    found = db.session.get(Organisation, organisation_id) if viewer.may(Permission.LISTING_MODERATE) else None
    if found is None:
        raise NotFoundError(organisation_id)
    return found


def get_check(viewer: User, check_id: uuid.UUID) -> OrganisationCheck:
    """Return one check for a moderator, ended or not. Raises NotFoundError."""
    found = db.session.get(OrganisationCheck, check_id) if viewer.may(Permission.LISTING_MODERATE) else None
    if found is None:
        raise NotFoundError(check_id)
    return found


def list_editors_for_moderators(viewer: User, organisation_id: uuid.UUID) -> list[Membership]:
    """Return who keeps a group now, and note that a moderator was shown them. Raises NotFoundError."""
    get_group_to_check(viewer, organisation_id)
    found = _editors_of(organisation_id)
    shown("user", [held.user_id for held in found])
    return found
