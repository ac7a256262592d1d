"""What waits for moderators, and one listing as they look at it."""

import uuid
from typing import Any

from flask import render_template
from flask_login import current_user

from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.directory.queries import list_all_terms
from portal.listings.content import content_of
from portal.listings.content_in_words import compare, names_of
from portal.listings.forms.moderation import StopForm, VersionForm
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.queries import moderation as queries
from portal.listings.queries.listings import list_versions
from portal.listings.views import moderation as blueprint

STATES = {
    ListingState.DRAFT: "The group is writing",
    ListingState.WAITING: "Waits for a moderator",
    ListingState.RETURNED: "Returned to the group",
    ListingState.PUBLISHED: "Nothing new",
}
# Title, endpoint and what it is about, of the pages that have no number to show.
FURTHER = (
    ("Who wants to keep a group", "moderation.list_of_claims", "Claims to look at, and objections to them."),
    ("Groups", "moderation.find_group", "What we have seen of each, and the help that it was given."),
    ("Ring groups", "moderation.calls", "Groups that only have a telephone, asked whether their listings are right."),
    ("How fresh it is", "moderation.freshness", "How much was confirmed in the last six months, by area and category."),
    ("Dead web addresses", "moderation.links", "Addresses on listings that do not answer."),
    ("Guides", "guides.manage", "Pages of information and advice, and when to read them again."),
    ("Words people use", "search.words", "What people type, and what the search takes it for."),
    ("Words of crisis", "search.crisis_words", "What puts urgent help above every result."),
)
SHOWN = {
    Shown.NOT_YET: "Never published",
    Shown.SHOWN: "Residents see it",
    Shown.AWAY: "Away until the group brings it back",
    Shown.UNPUBLISHED: "Unpublished: nobody confirmed it",
    Shown.STOPPED: "Taken down by a moderator",
}


@blueprint.app_context_processor
def moderating_in_templates() -> dict[str, Any]:
    """Give templates a way to ask whether a moderator is looking."""
    return {"may_moderate": _may_moderate}


def _may_moderate() -> bool:
    return bool(current_user.is_authenticated and current_user.may(Permission.LISTING_MODERATE))


@blueprint.get("")
@needs(Permission.LISTING_MODERATE)
def start() -> str:
    """Show what there is to do, with how much of it."""
    return render_template("listings/moderation_start.html", counts=queries.count_open(), further=FURTHER)


@blueprint.get("/queue")
@needs(Permission.LISTING_MODERATE)
def queue() -> str:
    """Show what waits, oldest first, and what known groups published by themselves and is to be looked at."""
    rows = [(version, content_of(version.content)) for version in queries.list_to_look_at()]
    return render_template(
        "listings/queue.html", waiting=queries.list_waiting(), to_look_at=rows, name_of=name_of_actor
    )


@blueprint.get("/stopped")
@needs(Permission.LISTING_MODERATE)
def stopped() -> str:
    """Show what moderators have taken down."""
    rows = [(listing, content_of(listing.content), list_versions(listing.id)[0]) for listing in queries.list_stopped()]
    return render_template("listings/queue_stopped.html", rows=rows, name_of=name_of_actor)


@blueprint.get("/listings/<uuid:listing_id>")
@needs(Permission.LISTING_MODERATE)
def listing(listing_id: uuid.UUID) -> str:
    """Show what a group changed, field by field, and what can be done with it."""
    return listing_page(queries.get_listing(listing_id, signed_in_user()))


def listing_page(found: Listing) -> str:
    """Return the page of a listing as moderators see it."""
    published = queries.find_published(found.id)
    names = names_of(list_all_terms())
    rows = compare(published.content if published else None, found.content, names)
    return render_template(
        "listings/moderation_listing.html",
        listing=found,
        content=content_of(found.content),
        rows=rows,
        is_first=published is None,
        state=STATES[found.state],
        shown=SHOWN[found.shown],
        is_sampled=any(version.listing_id == found.id for version in queries.list_to_look_at()),
        form=VersionForm(formdata=None, version=str(found.version)),
        stop_form=StopForm(formdata=None),
    )


@blueprint.get("/listings/<uuid:listing_id>/history")
@needs(Permission.LISTING_MODERATE)
def history(listing_id: uuid.UUID) -> str:
    """Show everything that became of a listing, newest first: who, when, what and why."""
    found = queries.get_listing(listing_id, signed_in_user())
    return render_template(
        "listings/moderation_history.html",
        listing=found,
        content=content_of(found.content),
        versions=list_versions(listing_id),
        name_of=name_of_actor,
    )
