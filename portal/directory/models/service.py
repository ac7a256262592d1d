"""What is offered: the service and the rows that belong to it alone."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime, choice
from portal.directory.models.contact import Contact, Phone
from portal.directory.models.location import Location
from portal.directory.models.organisation import Organisation
from portal.directory.models.schedule import Schedule
from portal.directory.models.taxonomy import Taxonomy, TaxonomyTerm
from portal.geo.models import Area


class ServiceKind(enum.Enum):
    """What sort of offer this is."""

    ACTIVITY = "activity"
    SERVICE = "service"
    PLACE = "place"
    VOLUNTEERING = "volunteering"


class ServiceStatus(enum.Enum):
    """The states of Open Referral UK. Only active and temporarily closed services are shown."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class Capacity(enum.Enum):
    """Whether somebody new can come. None on the service means that the group has not said."""

    PLACES = "places available"
    WAITING_LIST = "waiting list"
    FULL = "full"


class CostKind(enum.Enum):
    """What it costs, in one word. None on the service means that the group has not said."""

    FREE = "free"
    DONATION = "pay what you can"
    PAID = "paid"


class Joining(enum.Enum):
    """How somebody begins."""

    TURN_UP = "turn up"
    RING_FIRST = "ring first"
    BOOK = "book"
    REFERRAL = "ask to be referred"


class Attendance(enum.Enum):
    """In what way people take part."""

    IN_PERSON = "in person"
    ONLINE = "online"
    TELEPHONE = "by telephone"
    AT_HOME = "at home"


class ServiceTerm(Base):
    """A service stands under a category, a need or an audience."""

    __tablename__ = "service_term"

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)

    term: Mapped[TaxonomyTerm] = relationship()


class ServiceAccess(Base):
    """An answer on taking part that holds wherever the service is: BSL, interpreter, large print."""

    __tablename__ = "service_access"

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), primary_key=True)
    is_there: Mapped[bool]
    note: Mapped[str] = mapped_column(sa.String(300), default="")

    term: Mapped[TaxonomyTerm] = relationship()


class ServiceLanguage(Base):
    """A language that is spoken there, as an ISO 639 code."""

    __tablename__ = "service_language"

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(3), primary_key=True)


class ServiceArea(Base):
    """The service is for people who live in this area. None of these: for anybody who can get there."""

    __tablename__ = "service_area"

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    area_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("area.id"), primary_key=True)

    area: Mapped[Area] = relationship()


class CostOption(Identified, Base):
    """One price, in pence, and in words for whom. No amount means that the words say it all."""

    __tablename__ = "cost_option"
    __table_args__ = (sa.CheckConstraint("amount_pence >= 0", name="amount"),)

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    amount_pence: Mapped[int | None]
    about: Mapped[str] = mapped_column(sa.String(200), default="")
    position: Mapped[int] = mapped_column(default=0)


class ServiceAtLocation(Base):
    """A service at one of its venues. The short number is what a map pin carries."""

    __tablename__ = "service_at_location"
    __table_args__ = (sa.UniqueConstraint("service_id", "location_id"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("location.id"), index=True)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    position: Mapped[int] = mapped_column(default=0)

    location: Mapped[Location] = relationship()
    schedules: Mapped[list[Schedule]] = relationship(
        cascade="save-update, merge, delete", order_by=Schedule.position, back_populates="at"
    )


class MovedService(Base):
    """A service that was merged into another one: its old address leads there."""

    __tablename__ = "moved_service"

    old_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    moved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    moved_by: Mapped[str] = mapped_column(sa.String(80))


class Service(Identified, Edited, Base):
    """An activity, a service, a place or a volunteering opportunity that people can find.

    A group that takes introductions is reached at `introduction_*`, which staff see and residents do not.
    `closed_until` is the London day on which a service that is temporarily closed opens again. `is_kept_by_group`
    says that a group writes it itself: imports leave it as it is.
    """

    __tablename__ = "service"
    __table_args__ = (
        sa.CheckConstraint("minimum_age >= 0", name="minimum_age"),
        sa.CheckConstraint("maximum_age >= minimum_age", name="ages"),
        sa.CheckConstraint("places_left >= 0", name="places_left"),
    )

    version: Mapped[int] = mapped_column(default=1)
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    kind: Mapped[ServiceKind] = mapped_column(choice(ServiceKind), default=ServiceKind.ACTIVITY)
    name: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(300), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    status: Mapped[ServiceStatus] = mapped_column(choice(ServiceStatus), default=ServiceStatus.ACTIVE)
    attendance: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    when_note: Mapped[str] = mapped_column(sa.String(300), default="")
    minimum_age: Mapped[int | None]
    maximum_age: Mapped[int | None]
    cost_kind: Mapped[CostKind | None] = mapped_column(choice(CostKind))
    cost_note: Mapped[str] = mapped_column(sa.String(300), default="")
    joining: Mapped[Joining | None] = mapped_column(choice(Joining))
    how_to_join: Mapped[str] = mapped_column(sa.Text, default="")
    capacity: Mapped[Capacity | None] = mapped_column(choice(Capacity))
    places_left: Mapped[int | None]
    waiting_weeks: Mapped[int | None]
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    website: Mapped[str] = mapped_column(sa.String(500), default="")
    takes_direct_payments: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    takes_personal_budgets: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    takes_introductions: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    introduction_email: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    introduction_phone: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    picture_id: Mapped[uuid.UUID | None]
    picture_words: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    closed_until: Mapped[dt.date | None]
    is_kept_by_group: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    last_confirmed_on: Mapped[dt.date | None]
    last_confirmed_by: Mapped[str] = mapped_column(sa.String(120), default="")

    organisation: Mapped[Organisation] = relationship()
    locations: Mapped[list[ServiceAtLocation]] = relationship(
        cascade="all, delete-orphan", order_by=ServiceAtLocation.position
    )
    schedules: Mapped[list[Schedule]] = relationship(
        cascade="all, delete-orphan", order_by=Schedule.position, foreign_keys=Schedule.service_id
    )
    terms: Mapped[list[ServiceTerm]] = relationship(cascade="all, delete-orphan", order_by=ServiceTerm.position)
    access: Mapped[list[ServiceAccess]] = relationship(cascade="all, delete-orphan")
    languages: Mapped[list[ServiceLanguage]] = relationship(cascade="all, delete-orphan", order_by=ServiceLanguage.code)
    areas: Mapped[list[ServiceArea]] = relationship(cascade="all, delete-orphan")
    costs: Mapped[list[CostOption]] = relationship(cascade="all, delete-orphan", order_by=CostOption.position)
    phones: Mapped[list[Phone]] = relationship(
        cascade="all, delete-orphan", order_by=Phone.position, foreign_keys=Phone.service_id
    )
    contacts: Mapped[list[Contact]] = relationship(
        cascade="all, delete-orphan", order_by=Contact.position, foreign_keys=Contact.service_id
    )

    __mapper_args__ = {"version_id_col": version}

    def terms_of(self, taxonomy: Taxonomy) -> list[TaxonomyTerm]:
        """The terms of one list, in the order the group gave them."""
        return [link.term for link in self.terms if link.term.taxonomy is taxonomy]
