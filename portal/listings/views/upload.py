"""Many listings at once: a group's listings as a table, and a table sent back with a preview of every change."""

import dataclasses
import uuid

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.forms import read_id
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.web import settings
from portal.core.wording import count_in_words
from portal.listings.forms.upload import UploadForm, Waiting, WaitingForm, pack, unpack
from portal.listings.operations.upload import Taken, take_rows
from portal.listings.queries.listings import list_groups
from portal.listings.queries.sheets import known_words, list_owns, sheet_words
from portal.listings.sheet_rows import REASONS, Kind, Plan, plan, table
from portal.listings.sheets import MOST_BYTES, TOO_LARGE, SheetRefusedError, read_sheet, write_csv, write_xlsx
from portal.listings.views import listings
from portal.listings.views.too_large import was_too_large

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Sending in writes pages and tells people; more than this at a time would keep somebody waiting.
MOST_SENT = 200


@listings.get("/file.csv")
@needs(Permission.LISTING_KEEP)
def file_csv() -> Response:
    """Answer the listings of the user's groups as CSV."""
    rows = table(list_owns(signed_in_user()), sheet_words())
    return _file(write_csv(rows), "text/csv; charset=utf-8", "listings.csv")


@listings.get("/file.xlsx")
@needs(Permission.LISTING_KEEP)
def file_xlsx() -> Response:
    """Answer the listings of the user's groups as a spreadsheet in which every cell is text."""
    rows = table(list_owns(signed_in_user()), sheet_words())
    return _file(write_xlsx(rows, title="Listings"), _XLSX, "listings.xlsx")


@listings.route("/upload", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def upload() -> ResponseReturnValue:
    """Read a table and show what it would change. Nothing is stored."""
    user, form = signed_in_user(), UploadForm()
    groups = list_groups(user)
    form.offer(groups)
    if not form.is_submitted():
        form.file.errors = [TOO_LARGE] if was_too_large() else []
        return _form_page(form)
    group = next((one for one in groups if len(groups) == 1 or one.id == read_id(form.group.data)), None)
    if not form.file.data or group is None:
        form.file.errors = ["Choose a file"] if not form.file.data else []
        form.group.errors = [] if group else ["Choose a group"]
        return _form_page(form)
    try:
        with form.file.data.stream as stream:
            sheet = read_sheet(stream.read())
        versions = {own.id: own.version for own in list_owns(user)}
        waiting = Waiting(uuid.uuid4(), group.id, sheet, versions)
        found = _plan(waiting)
        packed = pack(waiting, user_id=user.id, chosen=settings())
        if not packed:
            raise SheetRefusedError("The table is too long to look at in one go. Send about half of its rows.")
    except SheetRefusedError as error:
        form.file.errors = [str(error)]
        return _form_page(form)
    return _preview(found, packed, group.name)


@listings.post("/upload/take")
@needs(Permission.LISTING_KEEP)
def take_upload() -> ResponseReturnValue:
    """Take the good rows of the table that waits."""
    user, form, waiting = signed_in_user(), WaitingForm(), _waiting()
    if waiting is None or waiting.organisation_id not in {group.id for group in list_groups(user)}:
        return _too_late()
    found = _plan(waiting)
    good = found.of(Kind.NEW, Kind.CHANGED)
    taken = take_rows(
        rows=good,
        organisation_id=waiting.organisation_id,
        upload_id=waiting.id,
        sends=form.sends.data and len(good) <= MOST_SENT,
        actor=user.actor,
    )
    flash(_said(taken), "ok")
    if taken.left:
        names = ", ".join(row.name for row in taken.left[:5])
        flash(f"Somebody changed these meanwhile, so that we left them alone: {names}. Send those rows again.", "bad")
    return redirect(url_for(".mine"), 303)


@listings.post("/upload/faulty.csv")
@needs(Permission.LISTING_KEEP)
def faulty_rows() -> ResponseReturnValue:
    """Answer the rows that cannot be taken, with the reasons in a column more."""
    waiting = _waiting()
    if waiting is None:
        return _too_late()
    rows = [[*waiting.sheet.header, REASONS]]
    width = len(waiting.sheet.header)
    for row in _plan(waiting).of(Kind.FAULTY):
        cells = [*row.line.cells, *[""] * width][:width]
        rows.append([*cells, "; ".join(f"{fault.column}: {fault.text}" for fault in row.faults)])
    return _file(write_csv(rows), "text/csv; charset=utf-8", "rows-to-put-right.csv")


def _form_page(form: UploadForm) -> str:
    return render_template("listings/upload.html", form=form, most_bytes=MOST_BYTES, reason=TOO_LARGE)


def _plan(waiting: Waiting) -> Plan:
    """Compare a table with the listings as they are now, under the versions that were read with it."""
    owns = {
        own.id: dataclasses.replace(own, version=waiting.versions.get(own.id, -1))
        for own in list_owns(signed_in_user())
    }
    return plan(waiting.sheet, owns, sheet_words(), known_words())


def _waiting() -> Waiting | None:
    return unpack(WaitingForm().waiting.data or "", user_id=signed_in_user().id, chosen=settings())


def _preview(found: Plan, packed: str, group: str) -> str:
    form = WaitingForm(formdata=None)
    good = found.of(Kind.NEW, Kind.CHANGED)
    return render_template(
        "listings/upload_preview.html",
        form=form,
        packed=packed,
        group=group,
        unknown=[f"“{name}”" for name in found.unknown],
        new=found.of(Kind.NEW),
        changed=found.of(Kind.CHANGED),
        unchanged=found.of(Kind.UNCHANGED),
        faulty=found.of(Kind.FAULTY),
        may_send=0 < len(good) <= MOST_SENT,
    )


def _said(taken: Taken) -> str:
    words = [f"{count_in_words(taken.begun, 'new listing')}, {taken.saved} changed."]
    if taken.sent:
        words.append(f"{count_in_words(taken.sent, 'listing is', 'listings are')} published or with a moderator.")
    else:
        words.append("Residents see the changes when you publish them.")
    return " ".join(words)


def _too_late() -> ResponseReturnValue:
    flash("We cannot find that upload any more. Choose the file again; nothing was changed.", "bad")
    return redirect(url_for(".upload"), 303)


def _file(body: bytes, media_type: str, name: str) -> Response:
    answer = Response(body, mimetype=None, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
