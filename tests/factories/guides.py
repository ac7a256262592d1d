"""Guides for tests."""

from typing import Any

from portal.core import clock
from portal.core.database import db
from portal.guides.models import Guide, GuideVersion
from portal.guides.queries import default_review_day
from portal.guides.shelf import forget


def make_guide(slug: str = "money-worries", *, is_public: bool = True, **values: Any) -> Guide:
    """Add a guide with its first version (not committed); it is public unless told otherwise."""
    filled = {
        "title": slug.replace("-", " ").capitalize(),
        "summary": "What to do first.",
        "text": "## First\n\nOpen the letters.",
        "review_on": default_review_day(),
        "published_at": clock.now() if is_public else None,
        **values,
    }
    guide = Guide(slug=slug, **filled)
    db.session.add(guide)
    db.session.flush()
    texts = {name: filled[name] for name in ("title", "summary", "text")}
    db.session.add(GuideVersion(guide_id=guide.id, number=1, by="test", **texts))
    forget()
    return guide
