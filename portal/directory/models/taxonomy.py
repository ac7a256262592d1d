"""The words by which services are sorted."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, Identified, UtcDateTime, choice


class Taxonomy(enum.Enum):
    """The lists of terms: four about services, and two for those who support people."""

    CATEGORY = "category"
    NEED = "need"
    AUDIENCE = "audience"
    ACCESS = "access"
    SOURCE = "source"
    REASON = "reason"


class TaxonomyTerm(Identified, Base):
    """One term: its name is the field's word, `plain_name` what a resident reads where that differs.

    A term is never deleted: what carries it stays readable. One that has `retired_at` is not offered for new things.
    """

    __tablename__ = "taxonomy_term"
    __table_args__ = (sa.UniqueConstraint("taxonomy", "slug"),)

    taxonomy: Mapped[Taxonomy] = mapped_column(choice(Taxonomy))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    slug: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120))
    plain_name: Mapped[str] = mapped_column(sa.String(120), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    icon: Mapped[str] = mapped_column(sa.String(40), default="")
    position: Mapped[int] = mapped_column(default=0)
    on_start_page: Mapped[bool] = mapped_column(default=False)
    belongs_to_service: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("taxonomy_term.id"))
    retired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_offered(self) -> bool:
        """Whether it can be chosen for new things."""
        return self.retired_at is None

    @property
    def shown_as(self) -> str:
        """What a resident reads."""
        return self.plain_name or self.name
