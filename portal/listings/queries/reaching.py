"""How those who look after a listing are reached: what they told us first, then what is published."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core.database import db
from portal.directory.models import Organisation, Service, ServiceAtLocation
from portal.listings.asking import Reach
from portal.listings.models import GroupLead, Listing
from portal.messages.addresses import AddressError, plain_address
from portal.messages.models import Channel


def list_moderators() -> list[User]:
    """Return everybody who is a moderator now, those who became it first first."""
    return _members(Membership.role == Role.MODERATOR)


def has_editors(organisation_id: uuid.UUID) -> bool:
    """Say whether somebody keeps the listings of a group here."""
    return bool(_editors_of([organisation_id]).get(organisation_id))


def reach_of(services: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Reach]:
    """Return by service how its group is reached. Addresses that cannot be one are left out."""
    statement = (
        sa.select(Service, Listing)
        .outerjoin(Listing, Listing.service_id == Service.id)
        .where(Service.id.in_(services))
        .options(
            joinedload(Service.organisation).selectinload(Organisation.phones),
            selectinload(Service.phones),
            selectinload(Service.locations).joinedload(ServiceAtLocation.location),
        )
    )
    rows = db.session.execute(statement).unique().all()
    editors = _editors_of({service.organisation_id for service, _listing in rows})
    return {service.id: _reach(service, listing, editors[service.organisation_id]) for service, listing in rows}


def _reach(service: Service, listing: Listing | None, editors: Sequence[User]) -> Reach:
    group = service.organisation
    emails = [listing.private_email if listing else "", *(one.email for one in editors), group.email, service.email]
    numbers = [one.number for one in (*service.phones, *group.phones)]
    return Reach(
        emails=_usable(Channel.EMAIL, emails),
        phones=list(dict.fromkeys(filter(None, [listing.private_phone if listing else "", *numbers]))),
        postal=next(iter(_usable(Channel.LETTER, _postal(service))), ""),
    )


def _usable(channel: Channel, addresses: Sequence[str]) -> list[str]:
    found = []
    for address in filter(None, addresses):
        try:
            found.append(plain_address(channel, address))
        except AddressError:
            continue
    return list(dict.fromkeys(found))


def _postal(service: Service) -> list[str]:
    """Return the postal addresses of the venues, but of none that is confidential: a letter would lie on its mat."""
    places = [at.location for at in service.locations if not at.location.is_confidential]
    lines = [[one.name, one.address_1, one.address_2, one.town, one.postcode] for one in places]
    return ["\n".join(filter(None, each)) for each in lines]


def _editors_of(organisation_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[User]]:
    """Return by group its editors: the lead first, then those who have been it longest."""
    statement = sa.select(GroupLead.organisation_id, GroupLead.user_id)
    rows = db.session.execute(statement.where(GroupLead.organisation_id.in_(organisation_ids)))
    leads = {row.organisation_id: row.user_id for row in rows}
    found: dict[uuid.UUID, list[User]] = defaultdict(list)
    role = sa.and_(Membership.role == Role.GROUP_EDITOR, Membership.organisation_id.in_(organisation_ids))
    for member, group in _memberships(role):
        if group is not None:
            found[group].append(member)
    for group, editors in found.items():
        editors.sort(key=lambda one: one.id != leads.get(group))
    return found


def _members(which: sa.ColumnElement[bool]) -> list[User]:
    return list(dict.fromkeys(user for user, _group in _memberships(which)))


def _memberships(which: sa.ColumnElement[bool]) -> Sequence[tuple[User, uuid.UUID | None]]:
    statement = (
        sa.select(User, Membership.organisation_id)
        .join(Membership, Membership.user_id == User.id)
        .where(which, Membership.ended_at.is_(None), User.active, User.confirmed_at.is_not(None))
        .order_by(Membership.begun_at, Membership.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement).unique()]
