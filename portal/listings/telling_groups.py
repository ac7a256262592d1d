"""Messages to those who look after a listing, about what a moderator did with it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core.sealing import fingerprint_of_address
from portal.directory.models import Service
from portal.listings.content import content_of
from portal.listings.models import Listing
from portal.listings.watching import site_address
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.search.sending import published as plain_of


def name_of(listing: Listing) -> str:
    """Return the name of a listing as the group wrote it last."""
    return content_of(listing.content).name or "A listing without a name"


def tell_group(session: Session, listing: Listing, *, wording: str, actor: str, page: str = "", **words: str) -> int:
    """Queue a message to the editors of a group and to the private contact of a listing; return to how many.

    Where there is nobody of these, it goes to the published address. The wording gets `service`, `link` (the
    site's address with the path `page`, or else the listing's own page) and `words`. It belongs to the caller's
    transaction.
    """
    link = site_address() + (page or f"/listings/{listing.id}")
    recipients = _recipients(session, listing)
    for address, name in recipients:
        queue(
            session,
            wording=wording,
            to=Recipient(Channel.EMAIL, address, name),
            values={"service": plain_of(name_of(listing), "name"), "link": link, **words},
            actor=actor,
            cause=f"listing:{listing.id}",
        )
    return len(recipients)


def _recipients(session: Session, listing: Listing) -> list[tuple[str, str]]:
    """Return the addresses with their names, each once."""
    editors = session.scalars(
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.role == Role.GROUP_EDITOR,
            Membership.organisation_id == listing.organisation_id,
            Membership.ended_at.is_(None),
            User.active,
            User.confirmed_at.is_not(None),
        )
        .order_by(Membership.begun_at, Membership.id)
    ).unique()
    found = [(user.email, user.name) for user in editors]
    if listing.private_email:
        found.append((listing.private_email, plain_of(listing.private_name, "by")))
    if not found:
        service = session.get(Service, listing.service_id)
        published = [service.email if service else "", listing.organisation.email]
        found = [(address, "") for address in published if address][:1]
    return list({fingerprint_of_address(address): (address, name) for address, name in reversed(found)}.values())[::-1]
