"""What the public tells about listings, and what moderators answer."""

import uuid

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.listings.models import Suggestion, SuggestionKind, SuggestionState
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue

SETTLED = "Somebody has settled this already."


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

    Raises RefusedChangeError when it is settled already, or when an answer was asked for and `reply` is empty.
    """
    with transaction() as session:
        suggestion = session.get(Suggestion, suggestion_id, with_for_update=True, populate_existing=True)
        if suggestion is None or suggestion.state is not SuggestionState.NEW:
            raise RefusedChangeError("", SETTLED)
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
