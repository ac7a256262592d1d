"""What is read to write a group's listings into a table, and to compare a table with them."""

from portal.accounts.models import User
from portal.core.database import db
from portal.directory.models import Taxonomy
from portal.directory.operations import KnownWords, read_known_words
from portal.directory.queries import list_terms
from portal.listings.access import organisations_of
from portal.listings.content import content_of
from portal.listings.queries.listings import list_listings
from portal.listings.sheet_columns import Words
from portal.listings.sheet_rows import Own


def list_owns(user: User) -> list[Own]:
    """Return all listings of the groups that somebody edits, group by group and by name."""
    return [
        Own(listing.id, listing.version, content_of(listing.content))
        for organisation_id in organisations_of(user)
        for listing in list_listings(organisation_id)
    ]


def sheet_words() -> Words:
    """Return the categories and needs that are offered, in the words of the lists."""
    return Words(_offered(Taxonomy.CATEGORY), _offered(Taxonomy.NEED))


def known_words() -> KnownWords:
    """Return the terms and areas by which a content is checked."""
    return read_known_words(db.session())


def _offered(taxonomy: Taxonomy) -> dict[str, str]:
    return {term.slug: term.shown_as for term in list_terms(taxonomy) if term.is_offered}
