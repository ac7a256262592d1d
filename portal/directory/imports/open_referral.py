"""Services of Open Referral UK 3.0 as entries. Ids of organisations, services and places are kept."""

import uuid
from collections.abc import Iterator
from typing import Any

from portal.directory.imports.entry import Entry, Step, faults_of_entry
from portal.directory.imports.open_referral_json import ItemReader, Json, Page
from portal.directory.imports.open_referral_schedule import Schedules, read_date, read_schedules
from portal.directory.imports.open_referral_terms import (
    Vocabulary,
    read_areas,
    read_costs,
    read_languages,
    read_terms,
)
from portal.directory.imports.open_referral_venue import AtPlace, read_places
from portal.directory.imports.report import ImportReport
from portal.directory.models import Attendance, LocationKind, OrganisationKind, ServiceKind, ServiceStatus
from portal.directory.operations import (
    AccessDraft,
    AtVenueDraft,
    ContactDraft,
    Form,
    KnownWords,
    OrganisationDraft,
    PhoneDraft,
    ServiceDraft,
)

# What has no field of its own with us is read by people in the description, after these words.
_IN_DESCRIPTION = (
    ("eligibility_description", "Who it is for"),
    ("accreditations", "Accreditation"),
    ("interpretation_services", "Interpreting"),
    ("wait_time", "Waiting time"),
    ("alert", "Please note"),
)
_PUBLIC_BODIES = ("GB-LAE", "GB-LAS", "GB-NHS", "GB-PLA", "GB-GOR")
_CHARITIES = ("GB-CHC", "GB-SC", "GB-NIC")
SUMMARY = 200
# What a full service has and the short one of a list has not; a service may really have none of them.
_PARTS = (
    "service_at_locations", "schedules", "service_areas", "languages", "cost_options", "contacts", "phones",
    "attributes", "taxonomy_terms",
)  # fmt: skip


class OpenReferralItems:
    """The services of a page, as steps of an import. `total` is their number."""

    def __init__(
        self, page: Page, *, source: str, vocabulary: Vocabulary, known: KnownWords, report: ImportReport
    ) -> None:
        self._page, self._source, self._vocabulary = page, source, vocabulary
        self._known, self._report = known, report
        self.total = len(page.items)

    def __iter__(self) -> Iterator[Step]:
        last = {_id_of(item): number for number, item in enumerate(self._page.items, start=1)}
        for number, item in enumerate(self._page.items, start=1):
            self._report.rows += 1
            title = _title(item)
            later = last[_id_of(item)]
            if _id_of(item) is not None and later != number:
                self._report.fold(number, title, f"has the same id as item {later}, the later one; that one counts")
                yield Step(1)
                continue
            yield Step(1, self._entry(number, title, item))

    def _entry(self, number: int, title: str, item: Any) -> Entry | None:
        reader = ItemReader()
        entry = read_item(reader, number, title, item, self._vocabulary)
        if entry is not None and not reader.faults:
            reader.faults += [(_column_of(fault.field), fault.problem) for fault in faults_of_entry(entry, self._known)]
        for column, problem in reader.faults:
            self._report.refuse(number, column, title, problem)
        if reader.faults:
            return None
        for column, text in reader.notes:
            self._report.note(number, column, title, text)
        return entry


def _id_of(item: Any) -> str | None:
    identity = item.get("id") if isinstance(item, dict) else None
    return identity.strip().lower() if isinstance(identity, str) else None


def _title(item: Any) -> str:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else ""


def read_item(reader: ItemReader, number: int, title: str, item: Any, vocabulary: Vocabulary) -> Entry | None:
    """Read one service; what is wrong is left with the reader. None when nothing can be made of it."""
    if not isinstance(item, dict):
        reader.fault("", "is not an object")
        return None
    if not isinstance(item.get("organization"), dict):
        reader.fault("organization", "is missing; import full services, which name their organisation")
        return None
    service_id = reader.identity(item, "id")
    organisation = _read_organisation(reader, item["organization"])
    places = read_places(reader, item, vocabulary)
    if service_id is None or organisation is None or reader.faults:
        return None
    service = _read_service(reader, item, service_id, organisation.id, places, vocabulary)
    venues = tuple(place.venue for place in places)
    return Entry(
        line=number,
        title=title,
        organisation=organisation,
        organisation_key=str(organisation.id),
        venues=venues,
        venue_keys=tuple(str(venue.id) for venue in venues),
        service=service,
        service_key=str(service_id),
        is_short=not any(item.get(name) for name in _PARTS),
    )


def _read_organisation(reader: ItemReader, item: Json) -> OrganisationDraft | None:
    identity = reader.identity(item, "organization.id")
    if identity is None:
        return None
    return OrganisationDraft(
        id=identity,
        name=reader.text(item, "name"),
        kind=_kind_of(reader, item),
        description=reader.text(item, "description", lines=True),
        website=reader.form("organization.website", reader.text(item, "website", "url"), Form.URL),
        email=reader.form("organization.email", reader.text(item, "email"), Form.EMAIL),
        phones=_phones(reader, item),
        contacts=_contacts(reader, item),
    )


def _kind_of(reader: ItemReader, item: Json) -> OrganisationKind:
    """Guess the kind from the register in which the organisation stands; Open Referral itself has no kind."""
    identifiers = reader.parts(item, "organization_identifiers")
    schemes = [reader.text(each, "identifier_scheme").upper() for each in identifiers]
    if any(scheme.startswith(_PUBLIC_BODIES) for scheme in schemes):
        return OrganisationKind.PUBLIC_BODY
    if any(scheme.startswith(_CHARITIES) for scheme in schemes):
        return OrganisationKind.CHARITY
    return OrganisationKind.COMMUNITY_GROUP


def _read_service(
    reader: ItemReader,
    item: Json,
    service_id: uuid.UUID,
    organisation_id: uuid.UUID,
    places: list[AtPlace],
    vocabulary: Vocabulary,
) -> ServiceDraft:
    terms = read_terms(reader, item, vocabulary)
    schedules = read_schedules(reader, item)
    areas, other_areas = read_areas(reader, item, vocabulary)
    fees = reader.text(item, "fees_description", "fees", lines=True)
    return ServiceDraft(
        id=service_id,
        organisation_id=organisation_id,
        kind=ServiceKind.VOLUNTEERING if "volunteering" in terms.categories else ServiceKind.SERVICE,
        summary=first_sentence(reader.text(item, "summary") or reader.text(item, "description", lines=True)),
        description=_description(reader, item, schedules, places, other_areas, fees),
        attendance=_attendance(places),
        cost_note=fees if len(fees) <= 300 else "",
        categories=tuple(terms.categories),
        needs=tuple(terms.needs),
        audiences=tuple(terms.audiences),
        access=tuple(AccessDraft(term=slug, is_there=True) for slug in terms.access),
        areas=areas,
        at=tuple(
            AtVenueDraft(venue_id=place.venue.id, id=place.id, note=place.note, rules=place.schedules.rules)
            for place in places
        ),
        rules=schedules.rules,
        **_plain_values(reader, item),
    )


def _plain_values(reader: ItemReader, item: Json) -> dict[str, Any]:
    """Read what stands in one field there and in one or two here."""
    cost_kind, costs = read_costs(reader, item)
    return {
        "name": reader.text(item, "name"),
        "status": _status(reader, item),
        "minimum_age": reader.whole_number(item, "minimum_age"),
        "maximum_age": reader.whole_number(item, "maximum_age"),
        "cost_kind": cost_kind,
        "costs": costs,
        "how_to_join": reader.text(item, "application_process", lines=True),
        "email": reader.form("email", reader.text(item, "email"), Form.EMAIL),
        "website": reader.form("url", reader.text(item, "url"), Form.URL),
        "last_confirmed_on": reader.parsed(item, "assured_date", read_date),
        "languages": read_languages(reader, item),
        "phones": _phones(reader, item),
        "contacts": _contacts(reader, item),
    }


def _description(
    reader: ItemReader, item: Json, schedules: Schedules, places: list[AtPlace], areas: tuple[str, ...], fees: str
) -> str:
    """Return the description with what we have no field for as paragraphs of its own."""
    paragraphs = [reader.text(item, "description", lines=True)]
    for name, words in _IN_DESCRIPTION:
        if text := reader.text(item, name, lines=True):
            paragraphs.append(f"{words}: {text}")
    if len(fees) > 300:
        paragraphs.append(f"Cost: {fees}")
    said = dict.fromkeys([*schedules.words, *(word for place in places for word in place.schedules.words)])
    paragraphs += [f"When: {text}" for text in said]
    paragraphs += [f"Area: {text}" for text in areas]
    return "\n\n".join(filter(None, paragraphs))


def first_sentence(text: str) -> str:
    """Return the first sentence for a card, cut between words (and marked so) where it is long."""
    line = " ".join(text.partition("\n\n")[0].split())
    for end in (". ", "! ", "? "):
        line = line.partition(end)[0] + (end[0] if end in line else "")
    if len(line) <= SUMMARY:
        return line
    return line[: SUMMARY - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"


def _status(reader: ItemReader, item: Json) -> ServiceStatus:
    text = reader.text(item, "status").lower().replace("_", " ")
    try:
        return ServiceStatus(text) if text else ServiceStatus.ACTIVE
    except ValueError:
        states = ", ".join(state.value for state in ServiceStatus)
        reader.fault("status", f"“{text[:40]}” is not one of: {states}")
        return ServiceStatus.INACTIVE


def _attendance(places: list[AtPlace]) -> tuple[Attendance, ...]:
    ways = {LocationKind.PHYSICAL: Attendance.IN_PERSON, LocationKind.VIRTUAL: Attendance.ONLINE}
    return tuple(dict.fromkeys(ways[place.venue.kind] for place in places if place.venue.kind in ways))


def _phones(reader: ItemReader, item: Json) -> tuple[PhoneDraft, ...]:
    """Read the numbers of an object and of its contacts, each number once."""
    numbers: dict[str, str] = {}
    owners = [("", item), *((reader.text(contact, "name"), contact) for contact in reader.parts(item, "contacts"))]
    for owner, each in owners:
        for phone in reader.parts(each, "phones"):
            extension = reader.text(phone, "extension")
            number = reader.text(phone, "number") + (f" ext {extension}" if extension else "")
            number = reader.form("phones.number", number, Form.PHONE)
            if number:
                numbers.setdefault(number, ", ".join(filter(None, (owner, reader.text(phone, "description")))))
    return tuple(PhoneDraft(number=number, about=about) for number, about in numbers.items())


def _contacts(reader: ItemReader, item: Json) -> tuple[ContactDraft, ...]:
    contacts = []
    for contact in reader.parts(item, "contacts"):
        role = ", ".join(filter(None, (reader.text(contact, "title"), reader.text(contact, "department"))))
        name = reader.text(contact, "name") or role
        email = reader.form("contacts.email", reader.text(contact, "email"), Form.EMAIL)
        if name:
            contacts.append(ContactDraft(name=name, role=role if role != name else "", email=email))
    return tuple(contacts)


_COLUMNS = {
    "website": "url",
    "costs": "cost_options",
    "cost_note": "fees",
    "how_to_join": "application_process",
    "last_confirmed_on": "assured_date",
    "at": "service_at_locations",
    "rules": "schedules",
}


def _column_of(field: str) -> str:
    """Return the name in the feed for a field of an entry: "service.website" is "url"."""
    noun, _, path = field.partition(".")
    if noun == "organisation":
        return f"organization.{path}"
    if noun == "venues":
        return f"service_at_locations.{path}"
    first, dot, rest = path.partition(".")
    return f"{_COLUMNS.get(first, first)}{dot}{rest}"
