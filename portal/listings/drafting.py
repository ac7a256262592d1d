"""Between what a group writes and the directory: a content becomes drafts of rows, and a service becomes a content."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from portal.core import clock
from portal.directory.models import (
    AccessFact,
    Attendance,
    Schedule,
    Service,
    ServiceAccess,
    ServiceAtLocation,
    ServiceKind,
    ServiceStatus,
    Taxonomy,
)
from portal.directory.operations import (
    AccessDraft,
    AtVenueDraft,
    ContactDraft,
    CostDraft,
    PhoneDraft,
    RuleDraft,
    ServiceDraft,
    VenueDraft,
)
from portal.directory.schedule_words import in_words
from portal.listings.content import Access, Content, Phone, Price, Sending, Venue, Volunteering, When

# What stands in the directory instead of a confidential place: nothing of it can leak from there.
HIDDEN_PLACE = "The address is given when you ring"

# What a content and a draft of a service say in the same words.
_SAME = (
    "kind", "name", "summary", "description", "when_note", "minimum_age", "maximum_age", "cost_kind", "cost_note",
    "joining", "how_to_join", "capacity", "places_left", "waiting_weeks", "email", "website", "takes_direct_payments",
    "takes_personal_budgets", "introduction_email", "introduction_phone", "categories", "needs", "audiences",
    "languages", "areas",
)  # fmt: skip


def with_hidden(earlier: Content, now: Content) -> Content:
    """Return an earlier text in which every place stays confidential that is so now: going back reveals nothing."""
    hidden = {venue.id for venue in now.venues if venue.is_confidential}
    venues = (dataclasses.replace(one, is_confidential=True) if one.id in hidden else one for one in earlier.venues)
    return dataclasses.replace(earlier, venues=tuple(venues))


def volunteers_id(service_id: uuid.UUID) -> uuid.UUID:
    """Return the id of the opportunity that stands beside a service: always the same one."""
    return uuid.uuid5(service_id, "volunteers")


def venue_drafts(content: Content, ids: Mapping[uuid.UUID, uuid.UUID]) -> list[VenueDraft]:
    """Return the locations of a content, each under the id that `ids` gives it.

    Of a confidential one nothing goes into the directory but that it is there and how to get in.
    """
    return [_venue_draft(venue, ids[venue.id]) for venue in content.venues]


def _venue_draft(venue: Venue, venue_id: uuid.UUID) -> VenueDraft:
    access = tuple(AccessDraft(term=one.term, is_there=one.is_there, note=one.note) for one in venue.access)
    if venue.is_confidential:
        return VenueDraft(id=venue_id, name=HIDDEN_PLACE, is_confidential=True, access=access)
    return VenueDraft(
        id=venue_id,
        name=venue.name or venue.address_1 or venue.postcode,
        address_1=venue.address_1,
        address_2=venue.address_2,
        town=venue.town,
        postcode=venue.postcode,
        latitude=venue.latitude,
        longitude=venue.longitude,
        getting_there=venue.getting_there,
        access=access,
    )


def service_draft(
    content: Content,
    *,
    service_id: uuid.UUID,
    organisation_id: uuid.UUID,
    venue_ids: Mapping[uuid.UUID, uuid.UUID],
    takes_introductions: bool,
    status: ServiceStatus = ServiceStatus.ACTIVE,
    closed_until: dt.date | None = None,
    confirmed_by: str = "",
) -> ServiceDraft:
    """Return the service that a content describes, confirmed today (London) by `confirmed_by`."""
    same = {name: getattr(content, name) for name in _SAME}
    return ServiceDraft(
        id=service_id,
        organisation_id=organisation_id,
        status=status,
        closed_until=closed_until,
        attendance=content.attendance or ((Attendance.IN_PERSON,) if content.venues else ()),
        costs=tuple(CostDraft(amount_pence=price.pence, about=price.about) for price in content.prices),
        takes_introductions=takes_introductions and content.sending is Sending.INTRODUCTION,
        picture_id=content.picture,
        picture_words=content.picture_words if content.picture else "",
        is_kept_by_group=True,
        last_confirmed_on=clock.today(),
        last_confirmed_by=confirmed_by[:120],
        access=tuple(AccessDraft(term=one.term, is_there=one.is_there, note=one.note) for one in content.access),
        phones=_phones(content),
        contacts=_contacts(content),
        at=tuple(_at_draft(content, venue, venue_ids[venue.id]) for venue in content.venues),
        rules=tuple(rule_draft(when) for when in content.when if _venue_of(content, when) is None),
        **same,
    )


def opportunity_draft(content: Content, offer: Volunteering, *, service: ServiceDraft) -> ServiceDraft:
    """Return the opportunity for volunteers that stands beside a service, at its places and under its numbers."""
    return ServiceDraft(
        id=volunteers_id(service.id),
        organisation_id=service.organisation_id,
        kind=ServiceKind.VOLUNTEERING,
        name=offer.name or f"Volunteer: {content.name}"[:200],
        summary=offer.what if len(offer.what) <= 300 else "",
        description=offer.what if len(offer.what) > 300 else "",
        status=service.status,
        closed_until=service.closed_until,
        attendance=service.attendance,
        when_note=offer.how_often,
        how_to_join=offer.contact,
        email=service.email,
        website=service.website,
        is_kept_by_group=True,
        last_confirmed_on=service.last_confirmed_on,
        last_confirmed_by=service.last_confirmed_by,
        categories=("volunteering",),
        areas=service.areas,
        phones=service.phones,
        contacts=service.contacts,
        at=tuple(AtVenueDraft(venue_id=at.venue_id, note=at.note) for at in service.at),
    )


def content_from(service: Service) -> Content:
    """Return what a service, read whole, says: the content of a listing that nobody has written yet."""
    sentences = [service.when_note, *(_said_otherwise(rule) for rule in service.schedules)]
    return Content(
        kind=service.kind,
        name=service.name,
        summary=service.summary,
        description=service.description,
        categories=_slugs(service, Taxonomy.CATEGORY),
        needs=_slugs(service, Taxonomy.NEED),
        audiences=_slugs(service, Taxonomy.AUDIENCE),
        minimum_age=service.minimum_age,
        maximum_age=service.maximum_age,
        languages=tuple(spoken.code for spoken in service.languages),
        areas=tuple(sorted(link.area.slug for link in service.areas)),
        attendance=tuple(Attendance(way) for way in service.attendance),
        when=tuple(_when_of(service, rule) for rule in service.schedules if not rule.by_month_day),
        when_note=" ".join(filter(None, sentences))[:300],
        venues=tuple(_venue_of_location(at) for at in service.locations),
        access=tuple(_answer(fact) for fact in service.access),
        cost_kind=service.cost_kind,
        prices=tuple(Price(pence=cost.amount_pence, about=cost.about) for cost in service.costs),
        cost_note=service.cost_note,
        takes_direct_payments=service.takes_direct_payments,
        takes_personal_budgets=service.takes_personal_budgets,
        joining=service.joining,
        how_to_join=service.how_to_join,
        capacity=service.capacity,
        places_left=service.places_left,
        waiting_weeks=service.waiting_weeks,
        sending=Sending.INTRODUCTION if service.takes_introductions else Sending.SIGNPOST,
        introduction_email=service.introduction_email,
        introduction_phone=service.introduction_phone,
        contact_name=next((one.name for one in service.contacts if one.is_public), ""),
        phones=tuple(Phone(number=phone.number, about=phone.about) for phone in service.phones),
        email=service.email,
        website=service.website,
    )


def _phones(content: Content) -> tuple[PhoneDraft, ...]:
    return tuple(PhoneDraft(number=phone.number, about=phone.about) for phone in content.phones)


def _contacts(content: Content) -> tuple[ContactDraft, ...]:
    return (ContactDraft(name=content.contact_name),) if content.contact_name else ()


def _venue_of(content: Content, when: When) -> uuid.UUID | None:
    """Return the venue that a rule names, if it is still one of the listing."""
    return when.venue if when.venue in {venue.id for venue in content.venues} else None


def _at_draft(content: Content, venue: Venue, venue_id: uuid.UUID) -> AtVenueDraft:
    rules = tuple(rule_draft(when) for when in content.when if when.venue == venue.id)
    return AtVenueDraft(venue_id=venue_id, note="" if venue.is_confidential else venue.note, rules=rules)


def rule_draft(when: When) -> RuleDraft:
    """Return one rule of a timetable as the directory takes it; without a first day it holds from today (London)."""
    return RuleDraft(
        starts_on=when.starts_on or clock.today(),
        frequency=when.frequency,
        interval=when.interval,
        by_day=when.by_day,
        valid_from=when.starts_on if when.starts_on and when.starts_on > clock.today() else None,
        valid_to=when.ends_on,
        opens_at=when.opens_at,
        closes_at=when.closes_at,
        except_on=when.except_on,
        also_on=when.also_on,
        not_on_bank_holidays=when.not_on_bank_holidays,
        term_time_only=when.term_time_only,
    )


def _slugs(service: Service, taxonomy: Taxonomy) -> tuple[str, ...]:
    return tuple(term.slug for term in service.terms_of(taxonomy))


def _answer(fact: AccessFact | ServiceAccess) -> Access:
    return Access(term=fact.term.slug, is_there=fact.is_there, note=fact.note)


def _when_of(service: Service, rule: Schedule) -> When:
    place = {at.number: at.location_id for at in service.locations}
    return When(
        frequency=rule.frequency,
        interval=rule.interval,
        by_day=rule.by_day,
        starts_on=rule.starts_on,
        ends_on=rule.valid_to,
        opens_at=rule.opens_at,
        closes_at=rule.closes_at,
        except_on=tuple(dt.date.fromisoformat(day) for day in rule.except_on),
        also_on=tuple(dt.date.fromisoformat(day) for day in rule.also_on),
        not_on_bank_holidays=rule.not_on_bank_holidays,
        term_time_only=rule.term_time_only,
        venue=place.get(rule.at_number) if rule.at_number else None,
    )


def _said_otherwise(rule: Schedule) -> str:
    """Return in words what of a rule has no field of its own: days of the month, and its note."""
    words = f"{in_words(rule)}." if rule.by_month_day else ""
    return f"{words} {rule.note}".strip()


def _venue_of_location(at: ServiceAtLocation) -> Venue:
    place = at.location
    return Venue(
        id=place.id,
        name=place.name,
        address_1=place.address_1,
        address_2=place.address_2,
        town=place.town,
        postcode=place.postcode,
        latitude=place.latitude,
        longitude=place.longitude,
        is_confidential=place.is_confidential,
        getting_there=place.getting_there,
        access=tuple(_answer(fact) for fact in place.access_facts),
        note=at.note,
    )
