"""Every change of the directory: one path into the tables, for imports, seeds and forms alike.

The functions that take a session work within the caller's transaction (`core.database.transaction`).
"""

from portal.directory.operations.checks import (
    TAXONOMIES,
    Fault,
    KnownWords,
    RefusedError,
    faults_of_organisation,
    faults_of_service,
    faults_of_venue,
    problem_with,
    read_known_words,
)
from portal.directory.operations.drafts import (
    AccessDraft,
    AtVenueDraft,
    ContactDraft,
    CostDraft,
    Form,
    OrganisationDraft,
    PhoneDraft,
    RuleDraft,
    ServiceDraft,
    VenueDraft,
)
from portal.directory.operations.locations import save_locations
from portal.directory.operations.organisations import end_organisation, save_organisations
from portal.directory.operations.rows import Outcome
from portal.directory.operations.services import confirm_service, save_services, set_status
from portal.directory.operations.vocabulary import add_missing_terms, load_vocabulary, term_id

__all__ = [
    "TAXONOMIES",
    "AccessDraft",
    "AtVenueDraft",
    "ContactDraft",
    "CostDraft",
    "Fault",
    "Form",
    "KnownWords",
    "OrganisationDraft",
    "Outcome",
    "PhoneDraft",
    "RefusedError",
    "RuleDraft",
    "ServiceDraft",
    "VenueDraft",
    "add_missing_terms",
    "confirm_service",
    "end_organisation",
    "faults_of_organisation",
    "faults_of_service",
    "faults_of_venue",
    "load_vocabulary",
    "problem_with",
    "read_known_words",
    "save_locations",
    "save_organisations",
    "save_services",
    "set_status",
    "term_id",
]
