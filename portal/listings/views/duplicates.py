"""Services that look the same, side by side: keep one, or say that they are two."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import NotFoundError
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.listings.content_in_words import compare, names_of
from portal.listings.operations import merging
from portal.listings.queries.duplicates import list_pairs, list_side_by_side
from portal.listings.views import moderation as blueprint

_PAIR = "<uuid:one_id>/<uuid:other_id>"


@blueprint.get("/duplicates")
@needs(Permission.LISTING_MODERATE)
def duplicates() -> str:
    """Show the pairs that look the same, and why."""
    return render_template("listings/duplicates.html", pairs=list_pairs())


@blueprint.get(f"/duplicates/{_PAIR}")
@needs(Permission.LISTING_MODERATE)
def duplicate(one_id: uuid.UUID, other_id: uuid.UUID) -> str:
    """Show two services side by side."""
    one, other, terms = list_side_by_side(one_id, other_id)
    rows = compare(one.content, other.content, names_of(terms))
    return render_template("listings/duplicate.html", one=one.service, other=other.service, rows=rows)


@blueprint.post(f"/duplicates/{_PAIR}/<any('keep', 'apart'):act>")
@needs(Permission.LISTING_MODERATE)
def settle_duplicate(one_id: uuid.UUID, other_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Keep the first in place of both, or remember that they are two."""
    actor = signed_in_user().actor
    try:
        if act == "keep":
            merging.merge_services(kept_id=one_id, gone_id=other_id, actor=actor)
            flash("They are one now. The old address leads to the one you kept.", "ok")
        else:
            merging.note_not_the_same(one_id=one_id, other_id=other_id, actor=actor)
            flash("Noted: they are two. They are not shown to you again.", "ok")
    except NotFoundError:
        flash("One of them is not shown any more. Somebody else may have settled it.", "soon")
    except RefusedChangeError as error:
        flash(error.message, "bad")
    return redirect(url_for(".duplicates"), 303)
