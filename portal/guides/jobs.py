"""Jobs about guides: moderators are told when the day has come to look at one again."""

from flask import current_app, url_for

from portal.core.jobs import every
from portal.core.web import settings
from portal.guides.operations import ask_for_reviews


@every("guides.ask-for-reviews", minutes=24 * 60)
def tell_moderators() -> None:
    """Tell moderators of guides whose day has come; once for each such day."""
    base = settings().site_url or f"http://{settings().bind}"
    with current_app.test_request_context(base_url=base):
        link = url_for("guides.manage", _external=True)
    ask_for_reviews(actor="job:guides", link=link)
