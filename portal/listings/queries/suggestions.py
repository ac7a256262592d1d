"""What the public told us, for moderators."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.queries import NotFoundError
from portal.core.access import Permission
from portal.core.database import db
from portal.directory.models import Service
from portal.listings.models import Suggestion, SuggestionState

MOST = 100


@dataclass(frozen=True)
class Told:
    """A suggestion, and the service that it is about, if it is about one."""

    suggestion: Suggestion
    service: Service | None


def list_suggestions(state: SuggestionState) -> list[Told]:
    """Return a hundred suggestions: new ones oldest first, settled ones newest first."""
    first = Suggestion.made_at if state is SuggestionState.NEW else Suggestion.settled_at.desc()
    statement = (
        sa.select(Suggestion, Service)
        .outerjoin(Service, Service.id == Suggestion.service_id)
        .where(Suggestion.state == state)
        .order_by(first, Suggestion.id)
        .limit(MOST)
    )
    return [Told(suggestion, service) for suggestion, service in db.session.execute(statement)]


def get_suggestion(suggestion_id: uuid.UUID, viewer: User) -> Told:
    """Return one suggestion, for a moderator. Raises NotFoundError."""
    found = db.session.get(Suggestion, suggestion_id)
    if found is None or not viewer.may(Permission.LISTING_MODERATE):
        raise NotFoundError(suggestion_id)
    return Told(found, db.session.get(Service, found.service_id) if found.service_id else None)
