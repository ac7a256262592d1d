"""The forms of the step about where: how people take part, finding a place by its postcode, and one place."""

from collections.abc import Sequence
from dataclasses import replace

from wtforms import BooleanField, HiddenField, SelectMultipleField, TextAreaField

from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.forms import Fault, Longest, line_field
from portal.core.text import clean
from portal.directory.models import Attendance, TaxonomyTerm
from portal.listings.content import Access, Venue
from portal.listings.venue_positions import (
    Found,
    Position,
    areas_in_words,
    find_postcode,
    is_outside,
    is_postcode,
    read_position,
)

_WAYS = [
    (Attendance.IN_PERSON.value, "At a place, in person"),
    (Attendance.ONLINE.value, "Online"),
    (Attendance.TELEPHONE.value, "By telephone"),
    (Attendance.AT_HOME.value, "At home: you visit people"),
]
LONGEST_NOTE = 200
# What to look at before answering; a term that the site added explains itself in its description.
ACCESS_HELP = {
    "step-free": "From the street to the room: no step, or a ramp that is always out.",
    "accessible-toilet": "One with room for a wheelchair, that is open when you are there.",
    "lift": "If the room is on the ground floor, leave this as “not said”.",
    "blue-badge-parking": "Spaces kept for blue badges at the door or in the street. Say how many.",
    "hearing-loop": "One that works and is switched on. Try it.",
    "quiet-space": "A place to sit alone for a while.",
    "assistance-dogs": "Guide dogs and other assistance dogs. By law they can come nearly everywhere.",
    "changing-place": "A toilet with a hoist and a bench for adults.",
    "near-bus-stop": "Less than three minutes on foot. Say which buses.",
}


class _PlaceForm(VersionedForm):
    """A form with a postcode, which asks once before it takes what is unknown or outside."""

    postcode = line_field("Postcode", most=12)
    keep = HiddenField()
    # What is asked before the postcode is taken, and the postcode that it is about.
    question = asked = ""
    # What somebody else saved about the same place, when two did at once.
    there: Venue | None = None

    def look_up(self, position: Position | None = None, *, kept: str = "") -> Found | None:
        """Return what is known of the postcode, with `position` if one is given; None when there is a fault.

        What nobody knows, and what is outside, becomes `question`, unless its answer came along in `keep` or the
        postcode is `kept`, the one that was there before.
        """
        typed = clean(self.postcode.data or "")
        if not typed:
            return Found("", position)
        if not is_postcode(typed):
            self.postcode.errors = ["Enter a whole postcode, like SE13 6LG"]
            return None
        found = find_postcode(typed)
        if position is not None:
            found = replace(found, position=position)
        if found.postcode not in {self.keep.data, kept}:
            self.question, self.asked = _question(found), found.postcode
        return None if self.question else found


def _question(found: Found) -> str:
    if found.position is None:
        guess = f" Did you mean {found.guess}?" if found.guess else ""
        return f"We do not know {found.postcode}, so that we cannot put it on the map.{guess} Keep it as it is?"
    if is_outside(found.position):
        return f"{found.postcode} is outside {areas_in_words()}. Keep it?"
    return ""


class WhereForm(_PlaceForm):
    """How people take part, and the postcode of a place to add."""

    attendance = SelectMultipleField("How do people take part?")

    def offer(self) -> None:
        """Set the ways to choose from."""
        self.attendance.choices = list(_WAYS)

    def ways(self) -> tuple[Attendance, ...]:
        """Return the chosen ways in their fixed order."""
        return tuple(way for way in Attendance if way.value in (self.attendance.data or []))


class VenueForm(_PlaceForm):
    """One place. The answers about getting in are read beside it, since there is one for each term of the list."""

    name = line_field("Name of the place", most=200)
    address_1 = line_field("Address", most=200)
    address_2 = line_field("Address, second line", most=200)
    town = line_field("Town", most=100)
    latitude = HiddenField()
    longitude = HiddenField()
    is_confidential = BooleanField("Keep this address secret")
    getting_there = TextAreaField("Getting there", filters=[tidy], validators=[Longest(500)])
    note = line_field("Anything else about this place", most=300)
    missing_name = "Enter a name or the first line of the address, so that people know which place it is"

    def show(self, venue: Venue) -> None:
        """Fill the fields with a venue."""
        for name in ("name", "address_1", "address_2", "town", "postcode", "is_confidential", "getting_there", "note"):
            self._fields[name].data = getattr(venue, name)
        self.latitude.data = "" if venue.latitude is None else str(venue.latitude)
        self.longitude.data = "" if venue.longitude is None else str(venue.longitude)

    def read_venue(self, venue: Venue, access: tuple[Access, ...]) -> Venue | None:
        """Return the venue that was typed, or None when something is to be put right or answered first.

        A new postcode moves the pin to it, unless the pin was moved as well.
        """
        if not self.validate():
            return None
        if not (self.name.data or self.address_1.data):
            self.name.errors = [self.missing_name]
            return None
        pin = read_position(self.latitude.data, self.longitude.data)
        stood = None if venue.latitude is None or venue.longitude is None else (venue.latitude, venue.longitude)
        is_new_place = clean(self.postcode.data or "").upper() != venue.postcode
        found = self.look_up(None if is_new_place and pin == stood else pin, kept=venue.postcode)
        if found is None:
            return None
        latitude, longitude = found.position or (None, None)
        return replace(
            venue,
            name=self.name.data or "",
            address_1=self.address_1.data or "",
            address_2=self.address_2.data or "",
            town=self.town.data or "",
            postcode=found.postcode,
            latitude=latitude,
            longitude=longitude,
            is_confidential=self.is_confidential.data,
            getting_there=self.getting_there.data or "",
            note=self.note.data or "",
            access=access,
        )


class AccessAnswers:
    """The questions about getting in, one for each offered term, with what was said: yes, no or nothing."""

    def __init__(self, terms: Sequence[TaxonomyTerm], said: Sequence[Access], typed: "dict[str, str] | None") -> None:
        """Take the terms, what the venue says, and, after a post, what was typed by field."""
        self.terms = terms
        self._said = {one.term: one for one in said}
        self._typed = typed

    def answer(self, slug: str) -> str:
        """Return "yes", "no" or ""."""
        if self._typed is not None:
            typed = self._typed.get(f"is_{slug}", "")
            return typed if typed in {"yes", "no"} else ""
        said = self._said.get(slug)
        return "" if said is None else "yes" if said.is_there else "no"

    def note(self, slug: str) -> str:
        """Return the note beside an answer."""
        if self._typed is not None:
            return clean(self._typed.get(f"note_{slug}", ""))
        said = self._said.get(slug)
        return said.note if said else ""

    def faults(self) -> list[Fault]:
        """Return notes that are too long."""
        lengths = [(term, len(self.note(term.slug))) for term in self.terms]
        return [
            Fault(
                f"note_{term.slug}",
                f"{term.shown_as}: use {LONGEST_NOTE} letters or fewer for the note. You have {length:,}",
            )
            for term, length in lengths
            if length > LONGEST_NOTE
        ]

    def read(self) -> tuple[Access, ...]:
        """Return the answers that were given, and those on terms that are offered no longer."""
        asked = {term.slug for term in self.terms}
        kept = [one for one in self._said.values() if one.term not in asked]
        given = [
            Access(term=slug, is_there=self.answer(slug) == "yes", note=self.note(slug))
            for slug in (term.slug for term in self.terms)
            if self.answer(slug)
        ]
        return (*given, *kept)
