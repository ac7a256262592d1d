"""The pages of groups, moderators, and of everybody who has something to say about a listing."""

from flask import Blueprint

from portal.accounts.queries import NotFoundError
from portal.accounts.views.not_found import not_there

listings = Blueprint("listings", __name__, url_prefix="/listings")
groups = Blueprint("groups", __name__, url_prefix="/groups")
moderation = Blueprint("moderation", __name__, url_prefix="/moderation")
freshness = Blueprint("freshness", __name__)
watching = Blueprint("watching", __name__)
suggesting = Blueprint("suggesting", __name__)

BLUEPRINTS = (listings, groups, moderation, freshness, watching, suggesting)
for _pages in BLUEPRINTS:
    _pages.register_error_handler(NotFoundError, not_there)

from portal.listings.views import (  # noqa: E402, F401 - the routes register themselves
    acts,
    call_list,
    checks,
    claim_decisions,
    claims,
    confirm,
    decisions,
    duplicates,
    figures,
    freshness_dashboard,
    inclusion,
    link_checks,
    mine,
    own_groups,
    pictures,
    queue,
    steps,
    suggestion_list,
    suggestions,
    too_large,
    upload,
    watches,
    when,
    where,
)
