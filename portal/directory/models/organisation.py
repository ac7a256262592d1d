"""Who offers something."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.database import Base, Edited, Identified, UtcDateTime, choice
from portal.directory.models.contact import Contact, Phone


class OrganisationKind(enum.Enum):
    """What sort of organisation this is."""

    COMMUNITY_GROUP = "community group"
    CHARITY = "charity"
    PUBLIC_BODY = "public body"
    CARE_PROVIDER = "care provider"
    PERSONAL_ASSISTANT = "personal assistant"


class Organisation(Identified, Edited, Base):
    """A group, charity, public body, independent care provider or personal assistant.

    One that has given up has `ended_at`: it offers nothing any more, and memberships of it give nothing.
    """

    __tablename__ = "organisation"

    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[OrganisationKind] = mapped_column(choice(OrganisationKind))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    website: Mapped[str] = mapped_column(sa.String(500), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    cqc_url: Mapped[str] = mapped_column(sa.String(500), default="")
    hourly_price_pence: Mapped[int | None]
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    phones: Mapped[list[Phone]] = relationship(
        cascade="all, delete-orphan", order_by=Phone.position, foreign_keys=Phone.organisation_id
    )
    contacts: Mapped[list[Contact]] = relationship(
        cascade="all, delete-orphan", order_by=Contact.position, foreign_keys=Contact.organisation_id
    )

    __mapper_args__ = {"version_id_col": version}
