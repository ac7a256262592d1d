"""Postcodes and areas."""

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, Edited, Identified, choice


class AreaKind(enum.Enum):
    """What sort of area an outline belongs to."""

    WARD = "ward"
    NEIGHBOURHOOD = "neighbourhood"
    BOROUGH = "borough"
    DRAWN = "drawn"


class Area(Identified, Edited, Base):
    """A piece of ground with an outline: ward, neighbourhood, borough, or drawn by hand.

    An area without an outline (another borough, say) is known by name only and covers nothing. The counter
    also tells every process that the outlines it remembers are behind (see `areas.area_index`).
    """

    __tablename__ = "area"

    version: Mapped[int] = mapped_column(default=1)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[AreaKind] = mapped_column(choice(AreaKind))
    code: Mapped[str | None] = mapped_column(sa.String(12), unique=True)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    outline: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))

    __mapper_args__ = {"version_id_col": version}


class Postcode(Base):
    """A unit postcode, a sector or an outward code that was imported, with its position in WGS84.

    The key sorts by bytes on both databases, so that the postcodes of a sector are one range of the key.
    """

    __tablename__ = "postcode"

    code: Mapped[str] = mapped_column(
        sa.String(8).with_variant(sa.String(8, collation="C"), "postgresql"), primary_key=True
    )
    latitude: Mapped[float]
    longitude: Mapped[float]
    is_live: Mapped[bool] = mapped_column(default=True)
