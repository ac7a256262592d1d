"""A content as rows of words, for whoever compares two of them: as residents would read it, with nothing left out."""

import dataclasses
from collections.abc import Mapping, Sequence

from portal.core.wording import list_in_words, money_in_words
from portal.directory.languages import language_name
from portal.directory.models import Capacity, Joining, ServiceKind, Taxonomy, TaxonomyTerm
from portal.listings.content import Access, Content, Sending, Venue, content_of
from portal.listings.when_words import rule_in_words
from portal.search.service_words import JOINING

Names = Mapping[tuple[Taxonomy, str], str]
KINDS = {
    ServiceKind.ACTIVITY: "Something to join in",
    ServiceKind.SERVICE: "Help or advice",
    ServiceKind.PLACE: "A place",
    ServiceKind.VOLUNTEERING: "Volunteering",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One field: what it is called, what it said before ("" when nothing) and what it says now."""

    label: str
    before: str
    now: str

    @property
    def is_changed(self) -> bool:
        """Whether the two differ."""
        return self.before != self.now


def compare(before: Mapping[str, object] | None, now: Mapping[str, object], names: Names) -> list[Row]:
    """Return the fields of two stored contents that hold something, in the order in which residents read them."""
    old = rows_of(content_of(before), names) if before is not None else {}
    new = rows_of(content_of(now), names)
    return [Row(label, old.get(label, ""), new[label]) for label in new if old.get(label) or new[label]]


def rows_of(content: Content, names: Names) -> dict[str, str]:
    """Return each field in words by its label, "" where nothing is said. Each of several entries is a line."""
    volunteers = content.volunteering
    return {
        "Name": content.name,
        "What sort": KINDS[content.kind],
        "In one sentence": content.summary,
        "Description": content.description,
        "Categories": _terms(Taxonomy.CATEGORY, content.categories, names),
        "Helps with": _terms(Taxonomy.NEED, content.needs, names),
        "Who for": _terms(Taxonomy.AUDIENCE, content.audiences, names),
        "Ages": _ages(content),
        "Languages": list_in_words([language_name(code) for code in content.languages]),
        "Areas": list_in_words([slug.replace("-", " ").capitalize() for slug in content.areas]),
        "How it takes place": list_in_words([way.value for way in content.attendance]),
        "When": "\n".join(rule_in_words(rule, content.venues) for rule in content.when),
        "More on when": content.when_note,
        "Where": "\n\n".join(_venue(venue, names) for venue in content.venues),
        "Getting in": _access(content.access, names),
        "Cost": content.cost_kind.value.capitalize() if content.cost_kind else "",
        "Prices": "\n".join(" ".join(filter(None, [_money(one.pence), one.about])) for one in content.prices),
        "More on cost": content.cost_note,
        "Direct payments": "Yes" if content.takes_direct_payments else "",
        "Personal budgets": "Yes" if content.takes_personal_budgets else "",
        "How to begin": _joining(content.joining),
        "More on joining": content.how_to_join,
        "Places": _places(content),
        "Being sent people": "Introductions" if content.sending is Sending.INTRODUCTION else "Signpost only",
        "Introductions go to": "\n".join(filter(None, [content.introduction_email, content.introduction_phone])),
        "Picture": f"With the words: {content.picture_words}" if content.picture else "",
        "Contact": content.contact_name,
        "Telephone": "\n".join(" ".join(filter(None, [one.number, one.about])) for one in content.phones),
        "E-mail": content.email,
        "Website": content.website,
        "Volunteers": "\n".join(filter(None, [volunteers.name, volunteers.what, volunteers.how_often,
                                              volunteers.contact])) if volunteers else "",
    }  # fmt: skip


def _terms(taxonomy: Taxonomy, slugs: tuple[str, ...], names: Names) -> str:
    return list_in_words([names.get((taxonomy, slug), slug) for slug in slugs])


def _ages(content: Content) -> str:
    if content.minimum_age is None and content.maximum_age is None:
        return ""
    if content.maximum_age is None:
        return f"{content.minimum_age} and over"
    return f"{content.minimum_age or 0} to {content.maximum_age}"


def _access(answers: tuple[Access, ...], names: Names) -> str:
    return "\n".join(
        f"{names.get((Taxonomy.ACCESS, one.term), one.term)}: {'yes' if one.is_there else 'no'}"
        + (f", {one.note}" if one.note else "")
        for one in answers
    )


def _venue(venue: Venue, names: Names) -> str:
    position = "" if venue.latitude is None else f"Pin at {venue.latitude:.5f}, {venue.longitude:.5f}"
    lines = [
        venue.name,
        ", ".join(filter(None, [venue.address_1, venue.address_2, venue.town, venue.postcode])),
        position,
        "Confidential: residents never see where it is" if venue.is_confidential else "",
        venue.getting_there,
        _access(venue.access, names),
        venue.note,
    ]
    return "\n".join(filter(None, lines))


def _money(pence: int | None) -> str:
    return "" if pence is None else money_in_words(pence)


def _joining(joining: Joining | None) -> str:
    return JOINING[joining] if joining else ""


def _places(content: Content) -> str:
    words = {Capacity.PLACES: "Places free", Capacity.WAITING_LIST: "Waiting list", Capacity.FULL: "Full"}
    parts = [words[content.capacity]] if content.capacity else []
    parts += [f"{content.places_left} left"] if content.places_left is not None else []
    parts += [f"about {content.waiting_weeks} weeks to wait"] if content.waiting_weeks is not None else []
    return ", ".join(parts)


def names_of(terms: Mapping[Taxonomy, Sequence[TaxonomyTerm]]) -> Names:
    """Return what residents read for each term, by its list and slug."""
    return {(taxonomy, term.slug): term.shown_as for taxonomy, found in terms.items() for term in found}
