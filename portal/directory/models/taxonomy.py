"""The words by which services are sorted."""

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, Identified, choice


class Taxonomy(enum.Enum):
    """The four lists of terms."""

    CATEGORY = "category"
    NEED = "need"
    AUDIENCE = "audience"
    ACCESS = "access"


class TaxonomyTerm(Identified, Base):
    """One term: its name is the field's word, `plain_name` what a resident reads where that differs."""

    __tablename__ = "taxonomy_term"
    __table_args__ = (sa.UniqueConstraint("taxonomy", "slug"),)

    taxonomy: Mapped[Taxonomy] = mapped_column(choice(Taxonomy))
    slug: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120))
    plain_name: Mapped[str] = mapped_column(sa.String(120), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    icon: Mapped[str] = mapped_column(sa.String(40), default="")
    position: Mapped[int] = mapped_column(default=0)
    on_start_page: Mapped[bool] = mapped_column(default=False)
    belongs_to_service: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("taxonomy_term.id"))

    @property
    def shown_as(self) -> str:
        """What a resident reads."""
        return self.plain_name or self.name
