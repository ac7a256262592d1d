"""What was looked for, and what was opened from it. Nothing here says, or can be joined to say, who it was.

The rows have random keys, no time of day, and, on SQLite, no number that tells which came first.
"""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, Identified


class LoggedSearch(Identified, Base):
    """One search on a London day, with the number of services that it found.

    `words` are those that stand in the directory or in the list of words people use, folded; `left_out` is how many did
    not, or were too many. `needs` are slugs with blanks between, in order; `filters` are all others by their names in
    the address. `area` is the slug of a neighbourhood or borough, "" when none was asked for or it is better not kept.
    """

    __tablename__ = "logged_search"
    __table_args__ = (sa.Index("ix_logged_search_area_day", "area", "day"), {"sqlite_with_rowid": False})

    day: Mapped[dt.date] = mapped_column(index=True)
    words: Mapped[str] = mapped_column(sa.String(200))
    left_out: Mapped[int]
    needs: Mapped[str] = mapped_column(sa.String(500))
    filters: Mapped[dict[str, list[str]]] = mapped_column(sa.JSON)
    area: Mapped[str] = mapped_column(sa.String(80))
    radius: Mapped[float | None]
    found: Mapped[int]


class LoggedOpening(Identified, Base):
    """A service that was opened from a search for these words and needs, in this area, on a London day."""

    __tablename__ = "logged_opening"
    __table_args__ = (sa.Index("ix_logged_opening_service_id_day", "service_id", "day"), {"sqlite_with_rowid": False})

    day: Mapped[dt.date] = mapped_column(index=True)
    service_id: Mapped[uuid.UUID]
    words: Mapped[str] = mapped_column(sa.String(200))
    left_out: Mapped[int]
    needs: Mapped[str] = mapped_column(sa.String(500))
    area: Mapped[str] = mapped_column(sa.String(80))
