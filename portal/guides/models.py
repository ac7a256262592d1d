"""Pages of information and advice, and the versions that they had."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime


class Guide(Identified, Edited, Base):
    """A page of information and advice in Markdown. It is public from `published_at` until `withdrawn_at`.

    `review_on` is the London day by which a moderator looks at it again; `words` are further words that find it.
    `checked_on` is the London day on which a moderator last said that all of it is right, `asked_on` the one on which
    moderators were last asked to look.
    """

    __tablename__ = "guide"

    version: Mapped[int] = mapped_column(default=1)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    summary: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    needs: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)
    review_on: Mapped[dt.date]
    checked_on: Mapped[dt.date | None]
    asked_on: Mapped[dt.date | None]
    published_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_public(self) -> bool:
        """Whether everybody can read it."""
        return self.published_at is not None and self.withdrawn_at is None

    @property
    def is_due(self) -> bool:
        """Whether the day has come on which a moderator looks at it again."""
        return self.withdrawn_at is None and self.review_on <= clock.today()


class GuideVersion(Identified, Base):
    """A guide as it was saved: who, when, and the whole text."""

    __tablename__ = "guide_version"
    __table_args__ = (sa.UniqueConstraint("guide_id", "number"),)

    guide_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("guide.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(120))
    summary: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[str] = mapped_column(sa.String(80))
