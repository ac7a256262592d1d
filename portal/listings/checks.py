"""What a content lacks before it can be published, and what in it cannot be stored. Sentences for who writes it."""

import uuid
from dataclasses import dataclass

from portal.directory.models import Attendance, Organisation, ServiceKind
from portal.directory.operations import KnownWords, faults_of_service, faults_of_venue
from portal.listings.content import Content, Sending
from portal.listings.drafting import opportunity_draft, service_draft, venue_drafts

# More than this of one thing is a mistake or an attack.
MOST_VENUES = 20
MOST_RULES = 60
# Which step of writing asks for a field.
STEP_OF = {
    "name": "what", "kind": "what", "summary": "what", "description": "what", "categories": "what", "needs": "what",
    "audiences": "who", "minimum_age": "who", "maximum_age": "who", "languages": "who", "areas": "who",
    "attendance": "where", "when": "when", "when_note": "when", "venues": "where", "access": "where",
    "cost_kind": "cost", "prices": "cost", "cost_note": "cost", "takes_direct_payments": "cost",
    "takes_personal_budgets": "cost", "joining": "joining", "how_to_join": "joining", "capacity": "joining",
    "places_left": "joining", "waiting_weeks": "joining", "sending": "joining", "introduction_email": "joining",
    "introduction_phone": "joining", "contact_name": "reaching", "phones": "reaching", "email": "reaching",
    "website": "reaching", "picture": "picture", "picture_words": "picture", "volunteering": "volunteers",
}  # fmt: skip
# The fields of a draft that are called otherwise in a content.
_FIELD_OF = {"costs": "prices", "rules": "when", "at": "venues", "contacts": "contact_name"}


@dataclass(frozen=True)
class Flaw:
    """One thing to see to: the field of the content, and what to do, in plain words without a full stop."""

    field: str
    text: str

    @property
    def step(self) -> str:
        """The step of writing that asks for it."""
        return STEP_OF[self.field]


def missing_in(content: Content, organisation: Organisation) -> list[Flaw]:
    """Return what is needed before residents can see a listing, in the order of the steps."""
    flaws = []
    if not content.name:
        flaws.append(Flaw("name", "Give it a name"))
    if not content.summary:
        flaws.append(Flaw("summary", "Say in one sentence what it is"))
    if not content.categories:
        flaws.append(Flaw("categories", "Choose what sort of thing it is"))
    if not content.when and not content.when_note and content.kind is not ServiceKind.PLACE:
        flaws.append(Flaw("when", "Say when it is"))
    from_afar = {Attendance.ONLINE, Attendance.TELEPHONE, Attendance.AT_HOME}
    if not content.venues and not from_afar.intersection(content.attendance):
        flaws.append(Flaw("venues", "Say where it is"))
    if content.sending is Sending.INTRODUCTION and not (content.introduction_email or content.introduction_phone):
        flaws.append(Flaw("introduction_email", "Say where introductions go: an e-mail address or a telephone number"))
    if not (content.phones or content.email or organisation.phones or organisation.email):
        flaws.append(Flaw("phones", "Give a telephone number or an e-mail address that people can use"))
    if content.picture and not content.picture_words:
        flaws.append(Flaw("picture_words", "Say what is in the picture"))
    return flaws


def wrong_in(content: Content, *, known: KnownWords) -> list[Flaw]:
    """Return what in a content cannot be stored, whatever is still missing: too long, no address, out of range."""
    ids = {venue.id: venue.id for venue in content.venues}
    draft = service_draft(
        content, service_id=uuid.UUID(int=1), organisation_id=uuid.UUID(int=0), venue_ids=ids, takes_introductions=True
    )
    flaws = [_flaw(fault.field, fault.problem) for fault in faults_of_service(draft, known)]
    for venue in venue_drafts(content, ids):
        flaws += [Flaw("venues", f"A place: {fault.field.replace('_', ' ')} {fault.problem}")
                  for fault in faults_of_venue(venue, known)]  # fmt: skip
    if content.volunteering is not None:
        offer = opportunity_draft(content, content.volunteering, service=draft)
        flaws += [Flaw("volunteering", f"Volunteers: {fault.field.replace('_', ' ')} {fault.problem}")
                  for fault in faults_of_service(offer, known)]  # fmt: skip
    if len(content.venues) > MOST_VENUES:
        flaws.append(Flaw("venues", f"There are {len(content.venues)} places. Use {MOST_VENUES} or fewer"))
    if len(content.when) > MOST_RULES:
        flaws.append(Flaw("when", f"There are {len(content.when)} times. Use {MOST_RULES} or fewer"))
    return [flaw for flaw in flaws if not flaw.text.endswith("is missing")]


def _flaw(field: str, problem: str) -> Flaw:
    name = field.partition(".")[0]
    name = _FIELD_OF.get(name, name)
    words = name.replace("_", " ")
    return Flaw(name if name in STEP_OF else "name", f"{words[:1].upper()}{words[1:]} {problem}")
