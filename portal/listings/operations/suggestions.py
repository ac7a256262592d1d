"""What the public tells about listings, and what moderators answer."""

import datetime as dt
import uuid

import sqlalchemy as sa

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Service
from portal.listings.models import Suggestion, SuggestionKind, SuggestionState
from portal.listings.operations.impartial import refuse_own_group
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue

SETTLED = "Somebody has settled this already."
# What people write may name them, or somebody else.
KEPT_FOR = dt.timedelta(days=90)


def suggest(
    *, kind: SuggestionKind, text: str, email: str, actor: str, service_id: uuid.UUID | None = None
) -> Suggestion:
    """Keep what somebody said of a service, or of one that is missing, and return it. `email` may be empty."""
    with transaction() as session:
        suggestion = Suggestion(id=uuid.uuid4(), kind=kind, service_id=service_id, text=text, email=email)
        session.add(suggestion)
        note(session, actor=actor, act="suggestion:make", about="suggestion", about_id=suggestion.id)
        return suggestion


def settle_suggestion(*, suggestion_id: uuid.UUID, state: SuggestionState, reply: str, actor: str) -> None:
    """Take a suggestion or put it aside, send the reply to whoever left an address, and wipe the address.

    Raises RefusedChangeError when it is settled already, when an answer was asked for and `reply` is empty, and for
    what was said of the actor's own group.
    """
    with transaction() as session:
        suggestion = session.get(Suggestion, suggestion_id, with_for_update=True, populate_existing=True)
        if suggestion is None or suggestion.state is not SuggestionState.NEW:
            raise RefusedChangeError("", SETTLED)
        service = session.get(Service, suggestion.service_id) if suggestion.service_id else None
        if service is not None:
            refuse_own_group(session, organisation_id=service.organisation_id, actor=actor)
        if suggestion.email and not reply:
            raise RefusedChangeError("reply", "Write an answer: they asked for one.")
        if suggestion.email:
            queue(
                session,
                wording="suggestion-answered",
                to=Recipient(Channel.EMAIL, suggestion.email),
                values={"reply": reply},
                actor=actor,
                cause=f"suggestion:{suggestion.id}",
            )
        suggestion.state, suggestion.reply, suggestion.email = state, reply, ""
        suggestion.settled_at, suggestion.settled_by = clock.now(), actor
        act = "take" if state is SuggestionState.TAKEN else "put aside"
        note(session, actor=actor, act=f"suggestion:{act}", about="suggestion", about_id=suggestion.id)


def forget_settled(*, actor: str) -> int:
    """Erase the suggestions that were settled 90 days ago, with all that stood in them; return how many.

    The audit keeps who settled which, and when.
    """
    with transaction() as session:
        old = sa.select(Suggestion).where(Suggestion.settled_at < clock.now() - KEPT_FOR)
        suggestions = session.scalars(old.with_for_update()).all()
        for suggestion in suggestions:
            session.delete(suggestion)
            note(session, actor=actor, act="suggestion:forget", about="suggestion", about_id=suggestion.id)
        return len(suggestions)
