"""Where something happens, and how to get in."""

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.database import Base, Edited, Identified, choice
from portal.directory.models.taxonomy import TaxonomyTerm


class LocationKind(enum.Enum):
    """The kinds of Open Referral UK."""

    PHYSICAL = "physical"
    POSTAL = "postal"
    VIRTUAL = "virtual"


class Location(Identified, Edited, Base):
    """A hall, library, park or room. A confidential one has no position for anybody but its editors."""

    __tablename__ = "location"
    __table_args__ = (
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    )

    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[LocationKind] = mapped_column(choice(LocationKind), default=LocationKind.PHYSICAL)
    address_1: Mapped[str] = mapped_column(sa.String(200), default="")
    address_2: Mapped[str] = mapped_column(sa.String(200), default="")
    town: Mapped[str] = mapped_column(sa.String(120), default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    is_confidential: Mapped[bool] = mapped_column(default=False)
    getting_there: Mapped[str] = mapped_column(sa.Text, default="")

    access_facts: Mapped[list["AccessFact"]] = relationship(
        cascade="all, delete-orphan", order_by="AccessFact.position"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def has_public_position(self) -> bool:
        """Whether a pin or a distance may be shown."""
        return self.latitude is not None and not self.is_confidential

    @property
    def address(self) -> str:
        """The address on one line, without the name; "" for a confidential place."""
        if self.is_confidential:
            return ""
        return ", ".join(part for part in (self.address_1, self.address_2, self.town, self.postcode) if part)


class AccessFact(Base):
    """One answer on getting in: there is a hearing loop, or there is none, and a note."""

    __tablename__ = "access_fact"

    location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("location.id"), primary_key=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), primary_key=True)
    is_there: Mapped[bool]
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    position: Mapped[int] = mapped_column(default=0)

    term: Mapped[TaxonomyTerm] = relationship()
