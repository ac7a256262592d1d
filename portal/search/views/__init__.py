"""The public pages of the directory."""

from typing import Any

from flask import Blueprint

from portal.search.service_page import mail_href
from portal.search.service_words import paragraphs

blueprint = Blueprint("search", __name__)
blueprint.add_app_template_filter(mail_href, "mail_href")
blueprint.add_app_template_filter(paragraphs, "paragraphs")

# Each module hangs its views on the blueprint when it is read.
from portal.search.views import (  # noqa: E402, F401
    browse,
    crisis_words,
    guides,
    help,
    home,
    results,
    sending,
    services,
    shortlist,
    statements,
    words,
)


@blueprint.app_context_processor
def shortlist_in_templates() -> dict[str, Any]:
    """Give every template the number of things on the visitor's shortlist."""
    return {"shortlist_count": len(shortlist.saved_ids())}
