"""What is written about claims: to the claimant, to whoever is published for a group, to its lead and to moderators.

A name that a stranger typed goes out cut short and with nothing in it that a mail program would make a link of.
"""

import datetime as dt
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.invitation_words import instant_in_words
from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.sealing import seals
from portal.directory.models import Organisation
from portal.listings.models import Claim
from portal.listings.proofs import CodeWay
from portal.listings.queries.claims import NOTICE
from portal.listings.watching import hash_of, site_address
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.search.sending import published


def code_hash(claim: Claim, code: str) -> str:
    """Return the keyed hash that is kept of a code: six digits alone could be tried out against a plain one."""
    return seals().fingerprint("claim code", f"{claim.id}\0{code}")


def name_of_group(organisation: Organisation) -> str:
    """Return a group's name as it may stand in a message."""
    return published(organisation.name, "name")


def send_proof_link(session: Session, claim: Claim, claimant: User, *, actor: str) -> None:
    """Write to the address at the group's own domain, with a link that proves that the claimant reads it."""
    token = secrets.token_urlsafe(32)
    claim.token_hash = hash_of(token)
    to, link = Recipient(Channel.EMAIL, claim.proof_address), f"{site_address()}/groups/proof/{token}"
    _write(session, claim, claimant, "claim-proof", to, claim.code_until, actor=actor, link=link)


def send_code(session: Session, claim: Claim, way: CodeWay, claimant: User, *, actor: str) -> None:
    """Send six digits to what is published of the group, and keep a keyed hash of them."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    claim.code_hash = code_hash(claim, code)
    to, written = Recipient(way.channel, way.address, name_of_group(claim.organisation)), f"{code[:3]} {code[3:]}"
    _write(session, claim, claimant, "claim-code", to, claim.code_until, actor=actor, code=written)


def ask_for_objections(session: Session, claim: Claim, claimant: User, to: list[str], *, actor: str) -> None:
    """Tell the published contact, and a lead, who claims the group; one link lets any of them object."""
    token = secrets.token_urlsafe(32)
    claim.objection_hash = hash_of(token)
    link = f"{site_address()}/groups/objection/{token}"
    for address in to:
        recipient = Recipient(Channel.EMAIL, address)
        _write(session, claim, claimant, NOTICE, recipient, claim.objection_until, actor=actor, link=link)


def _write(
    session: Session,
    claim: Claim,
    claimant: User,
    wording: str,
    to: Recipient,
    ends: dt.datetime | None,
    *,
    actor: str,
    **what: str,
) -> None:
    """Write about a claim: who asks for which group, what to do (a link or a code) and until when (UTC)."""
    assert ends is not None
    values = {
        "claimant": published(claimant.name, "by"),
        "group": name_of_group(claim.organisation),
        "ends": instant_in_words(ends),
        **what,
    }
    queue(session, wording=wording, to=to, values=values, actor=actor, cause=claim.cause)


def tell_claimant(session: Session, claim: Claim, claimant: User, *, is_accepted: bool, why: str, actor: str) -> None:
    """Tell the claimant what was decided, and on a refusal why."""
    values = {"name": claimant.name, "group": name_of_group(claim.organisation)}
    if is_accepted:
        values["link"] = f"{site_address()}/groups/{claim.organisation_id}"
    else:
        values["reason"] = why
    queue(
        session,
        wording="claim-accepted" if is_accepted else "claim-refused",
        to=Recipient(Channel.EMAIL, claimant.email, claimant.name),
        values=values,
        actor=actor,
        cause=claim.cause,
    )


def ask_moderators(session: Session, claim: Claim, what: str, *, actor: str) -> None:
    """Tell every moderator that a claim waits for them. `what` says why, without a full stop."""
    words = f"{what}: {name_of_group(claim.organisation)}."
    tell_moderators(session, what=words, path=f"/moderation/claims/{claim.id}", cause=claim.cause, actor=actor)


def tell_moderators(session: Session, *, what: str, path: str, cause: str, actor: str) -> None:
    """Tell every moderator that something waits for them. `what` is one sentence, `path` where to look."""
    held = (
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.role == Role.MODERATOR, Membership.ended_at.is_(None), User.active)
        .order_by(User.id)
    )
    for moderator in session.scalars(held).unique():
        queue(
            session,
            wording="moderators-look",
            to=Recipient(Channel.EMAIL, moderator.email, moderator.name),
            values={"name": moderator.name, "what": what, "link": site_address() + path, "day": _today_in_words()},
            actor=actor,
            cause=cause,
        )


def _today_in_words() -> str:
    return instant_in_words(clock.now())
