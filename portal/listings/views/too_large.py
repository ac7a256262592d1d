"""A file that is too large: nothing of it is kept, and whoever sent it is back at its form with the reason.

The form is asked for anew, so that the page is shown only to those who may see it. Where script runs, the form itself
refuses the file before anything leaves.
"""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core.pictures import MOST_BYTES as MOST_OF_A_PICTURE
from portal.listings.sheets import MOST_BYTES as MOST_OF_A_TABLE
from portal.listings.views import listings

# What is sent around a file: its name, the other fields, and the signs between them.
ROOM_FOR_THE_FORM = 64 * 1024
# By the page of the form: how many bytes its file may have.
MOST_OF = {"listings.change_picture": MOST_OF_A_PICTURE, "listings.upload": MOST_OF_A_TABLE}
REFUSED = "refused"
# A browser that is cut off while it sends shows its own page instead of ours. Of a picture as telephones make them the
# rest is let in and thrown away; of more nothing is read.
MOST_THROWN_AWAY = 32 * 1024 * 1024
_AT_ONCE = 64 * 1024


@listings.url_value_preprocessor
def _let_files_in(_endpoint: str | None, _values: object) -> None:
    """Say how much may be sent to a form with a file, before anything reads it."""
    if request.endpoint in MOST_OF:
        request.max_content_length = MOST_OF[request.endpoint] + ROOM_FOR_THE_FORM


@listings.errorhandler(RequestEntityTooLarge)
def back_to_the_form(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Lead back to the form whose file was too large; say it in general where there is none."""
    if request.endpoint not in MOST_OF:
        return render_template("core/error.html", status=413), 413
    _throw_away()
    values: dict[str, Any] = {**(request.view_args or {}), REFUSED: "too-large"}
    return redirect(url_for(request.endpoint, **values), 303)


def _throw_away() -> None:
    """Read what was announced and not read yet, without keeping any of it, if it is not too much even for that."""
    left, most = request.content_length or 0, request.max_content_length or 0
    if not most < left <= MOST_THROWN_AWAY:
        return
    body = request.environ["wsgi.input"]
    while left > 0 and (read := body.read(min(left, _AT_ONCE))):
        left -= len(read)


def was_too_large() -> bool:
    """Say whether somebody is back here after a file that was too large."""
    return request.method == "GET" and request.args.get(REFUSED) == "too-large"
