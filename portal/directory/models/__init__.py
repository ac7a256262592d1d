"""The nouns of the directory."""

from portal.directory.models.change import Change, ImportedRecord
from portal.directory.models.contact import Contact, Phone
from portal.directory.models.dates import CalendarState, HolidayException, HolidayKind, SchoolTerm
from portal.directory.models.location import AccessFact, Location, LocationKind
from portal.directory.models.organisation import Organisation, OrganisationKind
from portal.directory.models.schedule import Frequency, Schedule
from portal.directory.models.service import (
    Attendance,
    Capacity,
    CostKind,
    CostOption,
    Joining,
    MovedService,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceKind,
    ServiceLanguage,
    ServiceStatus,
    ServiceTerm,
)
from portal.directory.models.taxonomy import Taxonomy, TaxonomyTerm

__all__ = [
    "AccessFact",
    "Attendance",
    "CalendarState",
    "Capacity",
    "Change",
    "Contact",
    "CostKind",
    "CostOption",
    "Frequency",
    "HolidayException",
    "HolidayKind",
    "ImportedRecord",
    "Joining",
    "Location",
    "LocationKind",
    "MovedService",
    "Organisation",
    "OrganisationKind",
    "Phone",
    "Schedule",
    "SchoolTerm",
    "Service",
    "ServiceAccess",
    "ServiceArea",
    "ServiceAtLocation",
    "ServiceKind",
    "ServiceLanguage",
    "ServiceStatus",
    "ServiceTerm",
    "Taxonomy",
    "TaxonomyTerm",
]
