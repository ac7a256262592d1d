"""What was sent when it could not be taken: kept for the same user, so that nothing typed is lost."""

import re
import uuid

from flask import current_app, request
from flask_login import current_user

from portal.accounts import sessions
from portal.accounts.operations.sessions import keep_form
from portal.core.access import access_of

LONGEST = 100_000
# Passwords, codes and tokens are never kept.
_SECRET = re.compile(r"pass|code|secret|token|credential", re.IGNORECASE)


def keep_what_was_sent() -> uuid.UUID | None:
    """Keep the form of this request for half an hour, and return its id, or None when it cannot be kept.

    It is kept for whoever is signed in, or whose session ended a moment ago; only that user is shown it again.
    Pages of signing in, files, and forms of more than 100,000 letters are not kept.
    """
    user_id = current_user.id if current_user.is_authenticated else sessions.current().ended_user_id
    fields = [[name, text] for name, text in request.form.items(multi=True) if not _SECRET.search(name)]
    if user_id is None or not fields or not _is_kept_here() or sum(len(text) for _, text in fields) > LONGEST:
        return None
    return keep_form(actor=f"user:{user_id}", user_id=user_id, path=request.full_path.rstrip("?"), fields=fields)


def _is_kept_here() -> bool:
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    is_guarded = view is not None and access_of(view) not in {None, "public"}
    return request.method == "POST" and is_guarded and not endpoint.startswith("security.") and not request.files
