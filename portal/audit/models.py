"""One row of the audit."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, UtcDateTime


class AuditEntry(Base):
    """Something that was done or read: who, when, from where, on what. Written once; triggers refuse any change.

    What is JSON stands as text, since the hash is over every character of it. `address` is sealed with a key of
    the audit's own that never changes (see `audit.keys`), because no row can be sealed anew.
    """

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(sa.String(80))
    address: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    session: Mapped[str] = mapped_column(sa.String(64))
    act: Mapped[str] = mapped_column(sa.String(80))
    about: Mapped[str] = mapped_column(sa.String(80))
    about_id: Mapped[uuid.UUID | None]
    before: Mapped[str | None] = mapped_column(sa.Text)
    after: Mapped[str | None] = mapped_column(sa.Text)
    shown: Mapped[str | None] = mapped_column(sa.Text)
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
