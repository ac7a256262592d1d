"""What a group's editors change: its facts, who keeps it, and who leads it."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Invitation, Membership
from portal.accounts.operations.invitations import withdraw_all
from portal.accounts.operations.memberships import take_role
from portal.accounts.roles import Role
from portal.audit.operations import note
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Organisation
from portal.directory.operations import ContactDraft, OrganisationDraft, PhoneDraft, RefusedError, save_organisations
from portal.listings.models import GroupLead
from portal.listings.operations.claim_decisions import lead_in, set_lead
from portal.listings.operations.claim_letters import name_of_group, tell_moderators
from portal.listings.operations.claims import Claimant, refused

HAND_OVER_FIRST = "You lead this group and others keep it with you. Hand the lead over to one of them first."


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """What a group says of itself."""

    name: str
    description: str
    website: str
    phone: str
    email: str


def change_facts(*, organisation_id: uuid.UUID, expected: int, facts: GroupFacts, actor: str) -> None:
    """Store what a group says of itself. `expected` is the version that was read.

    Its further numbers and contacts stay as they are. Raises ChangedMeanwhileError with the group as it is by now, and
    RefusedChangeError with the first field that cannot be stored.
    """
    with transaction() as session:
        row = session.get_one(Organisation, organisation_id, with_for_update=True, populate_existing=True)
        if row.version != expected:
            raise ChangedMeanwhileError(row)
        changed = [
            name
            for name, value in (("name", facts.name), ("description", facts.description), ("website", facts.website),
                                ("email", facts.email))
            if getattr(row, name) != value
        ]  # fmt: skip
        try:
            save_organisations(session, drafts=[_draft_of(row, facts)], actor=actor)
        except RefusedError as error:
            raise refused(error) from None
        session.flush()
        note(
            session,
            actor=actor,
            act="group:change",
            about="organisation",
            about_id=row.id,
            after={"changed": changed, "version": row.version},
        )


def _draft_of(row: Organisation, facts: GroupFacts) -> OrganisationDraft:
    about = row.phones[0].about if row.phones else ""
    phones = [PhoneDraft(number=facts.phone, about=about)] if facts.phone else []
    phones += [PhoneDraft(number=phone.number, about=phone.about) for phone in row.phones[1:]]
    return OrganisationDraft(
        id=row.id, name=facts.name, kind=row.kind, description=facts.description, website=facts.website,
        email=facts.email, cqc_url=row.cqc_url, hourly_price_pence=row.hourly_price_pence, phones=tuple(phones),
        contacts=tuple(
            ContactDraft(name=one.name, role=one.role, email=one.email, is_public=one.is_public)
            for one in row.contacts
        ),
    )  # fmt: skip


def leave_group(*, organisation_id: uuid.UUID, editor: Claimant, actor: str) -> bool:
    """End somebody's own role in a group; say whether they were the last. Its listings stay as they are.

    When the last goes, moderators are told, and invitations that wait are withdrawn. Raises RefusedChangeError for a
    lead whom others could follow.
    """
    with transaction() as session:
        group = session.get_one(Organisation, organisation_id, with_for_update=True)
        held = _editors_in(session, organisation_id)
        own = next((one for one in held if one.user_id == editor.user_id), None)
        if own is None:
            raise RefusedChangeError("", "You do not look after this group any more.")
        lead, is_last = lead_in(session, organisation_id), len(held) == 1
        leads_it = lead is not None and lead.id == editor.user_id
        if leads_it and not is_last:
            raise RefusedChangeError("", HAND_OVER_FIRST)
        take_role(session, membership=own, actor=actor, but=editor.session_id)
        if leads_it:
            session.delete(session.get_one(GroupLead, organisation_id))
        if is_last:
            withdraw_all(session, which=Invitation.organisation_id == organisation_id, actor=actor)
            tell_moderators(
                session,
                what=f"Nobody looks after a group any more, and its listings stay: {name_of_group(group)}.",
                path=f"/moderation/groups/{organisation_id}",
                cause=f"group:{organisation_id}",
                actor=actor,
            )
    return is_last


def hand_over(*, organisation_id: uuid.UUID, membership_id: uuid.UUID, user_id: uuid.UUID, actor: str) -> None:
    """Make another editor the lead in place of the user. Raises RefusedChangeError when either has gone."""
    with transaction() as session:
        held = _lock_as_lead(session, organisation_id, membership_id, user_id)
        set_lead(session, organisation_id=organisation_id, user_id=held.user_id, actor=actor)


def end_editor(*, organisation_id: uuid.UUID, membership_id: uuid.UUID, user_id: uuid.UUID, actor: str) -> None:
    """End another editor's role in a group that the user leads. Raises RefusedChangeError."""
    with transaction() as session:
        held = _lock_as_lead(session, organisation_id, membership_id, user_id)
        take_role(session, membership=held, actor=actor)


def take_the_lead(*, organisation_id: uuid.UUID, user_id: uuid.UUID, actor: str) -> None:
    """Make an editor the lead of a group that nobody leads. Raises RefusedChangeError when somebody does by now."""
    with transaction() as session:
        session.get_one(Organisation, organisation_id, with_for_update=True)
        is_editor = user_id in {one.user_id for one in _editors_in(session, organisation_id)}
        if not is_editor or lead_in(session, organisation_id) is not None:
            raise RefusedChangeError("", "Somebody leads this group by now.")
        set_lead(session, organisation_id=organisation_id, user_id=user_id, actor=actor)


def _lock_as_lead(
    session: Session, organisation_id: uuid.UUID, membership_id: uuid.UUID, user_id: uuid.UUID
) -> Membership:
    session.get_one(Organisation, organisation_id, with_for_update=True)
    lead = lead_in(session, organisation_id)
    held = next((one for one in _editors_in(session, organisation_id) if one.id == membership_id), None)
    if lead is None or lead.id != user_id or held is None or held.user_id == user_id:
        raise RefusedChangeError("", "This has changed meanwhile. Look at the page again.")
    return held


def _editors_in(session: Session, organisation_id: uuid.UUID) -> list[Membership]:
    statement = sa.select(Membership).where(
        Membership.organisation_id == organisation_id,
        Membership.role == Role.GROUP_EDITOR,
        Membership.ended_at.is_(None),
    )
    statement = statement.order_by(Membership.begun_at, Membership.id)
    return list(session.scalars(statement.execution_options(populate_existing=True)))
