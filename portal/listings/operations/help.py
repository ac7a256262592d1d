"""Help that moderators gave a group to start or to grow."""

import datetime as dt
import uuid
from dataclasses import dataclass

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation
from portal.listings.models import GroupHelp

MOST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Help:
    """Help on one London day: how many minutes, what was done, and what came of it."""

    given_on: dt.date
    minutes: int
    what: str
    came_of_it: str = ""


def note_help(*, organisation_id: uuid.UUID, help_given: Help, actor: str) -> uuid.UUID:
    """Note help that a group was given, and return the row's id. Raises RefusedChangeError with what does not fit."""
    if help_given.given_on > clock.today():
        raise RefusedChangeError("given_on", "Enter a day that has been")
    if not 1 <= help_given.minutes <= MOST_MINUTES:
        raise RefusedChangeError("minutes", "Enter how many minutes, from 1 to 1,440")
    with transaction() as session:
        group = session.get_one(Organisation, organisation_id)
        row = GroupHelp(
            organisation_id=group.id, given_on=help_given.given_on, minutes=help_given.minutes, what=help_given.what,
            came_of_it=help_given.came_of_it, given_by=actor,
        )  # fmt: skip
        session.add(row)
        session.flush()
        note(session, actor=actor, act="group:help", about="organisation", about_id=group.id,
             after={"minutes": row.minutes})  # fmt: skip
    return row.id
