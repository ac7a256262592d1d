"""The picture of a listing: added, taken off, and shown."""

import uuid

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal.accounts import sessions
from portal.accounts.gate import is_second_factor_waived
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs, public
from portal.core.editing import ChangedMeanwhileError
from portal.core.pictures import MOST_BYTES, TOO_LARGE, PictureError, read_picture
from portal.core.pictures import Picture as ReadPicture
from portal.listings.content import content_of
from portal.listings.forms.acts import PictureForm
from portal.listings.operations.pictures import set_picture, take_picture_off
from portal.listings.queries.listings import find_own_picture, find_picture, find_shown_picture, get_listing
from portal.listings.views import listings
from portal.listings.views.steps import next_address
from portal.listings.views.too_large import was_too_large


@listings.route("/<uuid:listing_id>/picture", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def change_picture(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Add a picture or change the words for it."""
    user = signed_in_user()
    found = get_listing(listing_id, user)
    content = content_of(found.content)
    form = PictureForm(data={"version": found.version, "words": content.picture_words})
    if was_too_large():
        form.picture.errors = [TOO_LARGE]
    if form.validate_on_submit():
        try:
            picture = _read(form)
            if picture is None and content.picture is None:
                raise PictureError("Choose a picture. It can be a JPEG, PNG or WebP of up to 10 MB.")
            saved = set_picture(
                listing_id=listing_id, expected=form.read_version, words=form.words.data or "", picture=picture,
                actor=user.actor,
            )  # fmt: skip
        except PictureError as error:
            form.picture.errors = [str(error)]
        except ChangedMeanwhileError as error:
            form.version.data = str(error.now.version)
            form.form_errors.append("Somebody else saved this listing just now. Choose your picture again, and save")
        else:
            flash("Saved.", "ok")
            return redirect(next_address(saved, "picture"), 303)
    return render_template(
        "listings/step_picture.html", form=form, listing=found, content=content, most_bytes=MOST_BYTES, reason=TOO_LARGE
    )


@listings.post("/<uuid:listing_id>/picture/remove")
@needs(Permission.LISTING_KEEP)
def remove_picture(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Take the picture off."""
    user = signed_in_user()
    get_listing(listing_id, user)
    take_picture_off(listing_id=listing_id, actor=user.actor)
    flash("The picture is taken off.", "ok")
    return redirect(url_for(".change_picture", listing_id=listing_id), 303)


@listings.get("/pictures/<uuid:picture_id>")
@public
def picture(picture_id: uuid.UUID) -> Response:
    """Send a picture that residents see; one that is not published only to editors of its group and moderators."""
    found = find_shown_picture(picture_id)
    if found is None and current_user.is_authenticated:
        has_shown_both = sessions.has_second_factor() or is_second_factor_waived()
        is_moderator = has_shown_both and current_user.may(Permission.LISTING_MODERATE)
        found = find_picture(picture_id) if is_moderator else find_own_picture(picture_id, signed_in_user())
    if found is None:
        abort(404)
    # What stands under an id never changes; whether it may be seen does, so that the browser asks again each day.
    return Response(found.body, mimetype=found.media_type, headers={"Cache-Control": "private, max-age=86400"})


def _read(form: PictureForm) -> ReadPicture | None:
    """Return the picture that was sent, drawn anew; None when none was chosen. Raises PictureError."""
    sent = form.picture.data
    if sent is None or not sent.filename:
        return None
    try:
        return read_picture(sent.stream)
    finally:
        sent.close()
