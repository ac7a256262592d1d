"""Words people use, words of crisis, and a mark that moves with every change of either list.

What is taken away stays as a row with the reason, so that what ships is not put back where moderators took it out.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime


def _once(table: str) -> sa.Index:
    """Let a phrase stand once in a list; what was taken away does not count."""
    counts = sa.text("removed_at IS NULL")
    return sa.Index(f"ix_{table}_folded", "folded", unique=True, sqlite_where=counts, postgresql_where=counts)


class WordsPeopleUse(Identified, Edited, Base):
    """One word or phrase that people say, and what it means in the directory.

    `folded` is `said` as it is looked up (`text.words.tokens`, with blanks between). `same` are other words that mean
    the same, in both directions; `phrases` are looked up besides, in one. Both as typed; `needs` and `categories` are
    slugs of terms.
    `shipped_as` is the folded phrase under which it came with the portal, None when somebody here wrote it.
    """

    __tablename__ = "words_people_use"
    __table_args__ = (_once("words_people_use"),)

    version: Mapped[int] = mapped_column(default=1)
    said: Mapped[str] = mapped_column(sa.String(80))
    folded: Mapped[str] = mapped_column(sa.String(200))
    same: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    phrases: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    needs: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    categories: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    shipped_as: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    removed_why: Mapped[str] = mapped_column(sa.String(300), default="")

    __mapper_args__ = {"version_id_col": version}


class CrisisPhrase(Identified, Edited, Base):
    """A phrase that puts urgent help above the results. `folded` and `shipped_as` as in `WordsPeopleUse`."""

    __tablename__ = "crisis_phrase"
    __table_args__ = (_once("crisis_phrase"),)

    version: Mapped[int] = mapped_column(default=1)
    said: Mapped[str] = mapped_column(sa.String(80))
    folded: Mapped[str] = mapped_column(sa.String(200))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    shipped_as: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    removed_why: Mapped[str] = mapped_column(sa.String(300), default="")

    __mapper_args__ = {"version_id_col": version}


class WordListMark(Base):
    """How often one of the two lists was changed, and when last."""

    __tablename__ = "word_list_mark"

    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    changes: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
