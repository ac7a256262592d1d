"""How somebody is reached: a telephone number or a named contact of an organisation or a service."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, Identified

ONE_OWNER = sa.text("(organisation_id IS NULL) <> (service_id IS NULL)")


class Phone(Identified, Base):
    """A telephone number as people write it, with words on who answers or when."""

    __tablename__ = "phone"
    __table_args__ = (sa.CheckConstraint(ONE_OWNER, name="one_owner"),)

    organisation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("service.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str] = mapped_column(sa.String(200), default="")
    position: Mapped[int] = mapped_column(default=0)


class Contact(Identified, Base):
    """A named contact. Only those marked public are ever shown."""

    __tablename__ = "contact"
    __table_args__ = (sa.CheckConstraint(ONE_OWNER, name="one_owner"),)

    organisation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("service.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    is_public: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
