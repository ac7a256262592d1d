"""What is read about guides."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import db
from portal.guides.models import Guide, GuideVersion


def find_public(slug: str) -> Guide | None:
    """Return a guide that everybody can read, by its address, or None."""
    statement = sa.select(Guide).where(Guide.slug == slug, *_IS_PUBLIC)
    return db.session.scalar(statement)


def find_guide(slug: str) -> Guide | None:
    """Return any guide by its address, or None. For moderators."""
    return db.session.scalar(sa.select(Guide).where(Guide.slug == slug))


def list_public() -> Sequence[Guide]:
    """Return the guides that everybody can read, in their order."""
    return db.session.scalars(sa.select(Guide).where(*_IS_PUBLIC).order_by(*_ORDER)).all()


def list_to_keep() -> list[Guide]:
    """Return all guides for moderators: first those whose day has come, then by the day, withdrawn ones last."""
    found = db.session.scalars(sa.select(Guide).order_by(*_ORDER)).all()
    return sorted(found, key=lambda guide: (guide.withdrawn_at is not None, guide.review_on))


def list_versions(guide_id: uuid.UUID) -> Sequence[GuideVersion]:
    """Return every text that a guide had, the newest first."""
    statement = sa.select(GuideVersion).where(GuideVersion.guide_id == guide_id)
    return db.session.scalars(statement.order_by(GuideVersion.number.desc())).all()


def find_version(guide_id: uuid.UUID, number: int) -> GuideVersion | None:
    """Return one text that a guide had, or None."""
    statement = sa.select(GuideVersion).where(GuideVersion.guide_id == guide_id, GuideVersion.number == number)
    return db.session.scalar(statement)


def list_to_ask_about(today: dt.date) -> Sequence[Guide]:
    """Return the guides whose day has come and about which nobody was asked since then."""
    is_due = (Guide.review_on <= today) & Guide.withdrawn_at.is_(None)
    is_new = Guide.asked_on.is_(None) | (Guide.asked_on < Guide.review_on)
    return db.session.scalars(sa.select(Guide).where(is_due, is_new).order_by(*_ORDER)).all()


def list_moderators() -> Sequence[User]:
    """Return who looks after guides now, in the order of their ids."""
    of_moderator = sa.select(Membership.user_id).where(Membership.role == Role.MODERATOR, Membership.ended_at.is_(None))
    return db.session.scalars(sa.select(User).where(User.id.in_(of_moderator), User.active).order_by(User.id)).all()


@dataclass(frozen=True)
class ShelvedGuide:
    """What the search has to know of a guide that everybody can read."""

    slug: str
    title: str
    summary: str
    words: str
    text: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Shelf:
    """All guides that everybody can read, in their order, as they were at one moment; `mark` says at which."""

    guides: tuple[ShelvedGuide, ...] = ()
    mark: tuple[int, int, dt.datetime | None] = (0, 0, None)


def is_current(connection: sa.Connection, shelf: Shelf) -> bool:
    """Say whether no guide has changed since the shelf was filled."""
    return _mark(connection) == shelf.mark


def read_shelf(connection: sa.Connection) -> Shelf:
    """Return the shelf as it is now."""
    mark = _mark(connection)
    columns = (Guide.slug, Guide.title, Guide.summary, Guide.words, Guide.text, Guide.needs)
    rows = connection.execute(sa.select(*columns).where(*_IS_PUBLIC).order_by(*_ORDER))
    return Shelf(tuple(ShelvedGuide(*row[:5], needs=tuple(row[5])) for row in rows), mark)


def _mark(connection: sa.Connection) -> tuple[int, int, dt.datetime | None]:
    statement = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(Guide.version), 0), sa.func.max(Guide.updated_at)
    ).select_from(Guide)
    count, versions, at = connection.execute(statement).one()
    return count, versions, at


def default_review_day() -> dt.date:
    """Return the London day half a year from today, on which a new guide is looked at again."""
    return clock.today() + dt.timedelta(days=182)


_IS_PUBLIC = (Guide.published_at.is_not(None), Guide.withdrawn_at.is_(None))
_ORDER = (Guide.position, Guide.title, Guide.id)
