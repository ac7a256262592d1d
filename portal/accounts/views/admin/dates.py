"""Bank holidays and school terms, which decide when groups meet."""

import datetime as dt
import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import HolidayForm, SchoolTermForm, VersionedForm
from portal.accounts.views.admin import blueprint
from portal.core import clock
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.wording import date_in_words
from portal.directory import calendar
from portal.directory.calendar import TermTime
from portal.directory.models import HolidayKind
from portal.directory.operations import dates as operations

YEARS = 3
_MEANWHILE = "Somebody else changed the dates meanwhile. Look at them and try again."


@blueprint.get("/dates")
@needs(Permission.DATES_CHANGE)
def dates() -> str:
    """Show the bank holidays of this and the next two years, and the school terms."""
    return _page(HolidayForm(formdata=None))


@blueprint.post("/dates/holidays")
@needs(Permission.DATES_CHANGE)
def add_bank_holiday() -> ResponseReturnValue:
    """Make a day a bank holiday here."""
    form = HolidayForm()
    if form.validate():
        try:
            operations.add_holiday(actor=signed_in_user().actor, **form.values())
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError:
            flash(_MEANWHILE, "soon")
        else:
            flash(f"{form.name.data} is a bank holiday here.", "ok")
            return redirect(url_for(".dates"), 303)
    return _page(form)


@blueprint.post("/dates/holidays/<string(maxlength=10):day>/<any('take-away', 'put-back'):act>")
@needs(Permission.DATES_CHANGE)
def change_bank_holiday(day: str, act: str) -> ResponseReturnValue:
    """Make a bank holiday a day like any other here, or put it back."""
    try:
        chosen = dt.date.fromisoformat(day)
    except ValueError:
        abort(404)
    actor = signed_in_user().actor
    try:
        if act == "take-away":
            operations.take_holiday_away(actor=actor, day=chosen)
            flash(f"{date_in_words(chosen)} is a day like any other here.", "ok")
        else:
            name = calendar.known_holidays(chosen.year).get(chosen, "")
            operations.add_holiday(actor=actor, day=chosen, name=name)
            flash(f"{date_in_words(chosen)} is a bank holiday again.", "ok")
    except RefusedChangeError as error:
        flash(error.message, "bad")
    except ChangedMeanwhileError:
        flash(_MEANWHILE, "soon")
    return redirect(url_for(".dates"), 303)


@blueprint.route("/dates/terms/new", methods=["GET", "POST"])
@needs(Permission.DATES_CHANGE)
def new_school_term() -> ResponseReturnValue:
    """Add a school term."""
    form = SchoolTermForm()
    if form.validate_on_submit():
        try:
            operations.add_term(actor=signed_in_user().actor, **form.values())
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError:
            flash(_MEANWHILE, "soon")
        else:
            flash(f"{form.name.data} is in the list.", "ok")
            return redirect(url_for(".dates"), 303)
    return render_template("admin/dates_term.html", form=form, term=None, there=None)


@blueprint.route("/dates/terms/<uuid:term_id>", methods=["GET", "POST"])
@needs(Permission.DATES_CHANGE)
def school_term(term_id: uuid.UUID) -> ResponseReturnValue:
    """Change a school term."""
    term, there = _find_term(term_id), None
    if term is None and request.method == "GET":
        abort(404)
    form = SchoolTermForm(obj=term)
    if form.validate_on_submit():
        try:
            operations.change_term(
                actor=signed_in_user().actor, term_id=term_id, expected=form.read_version, **form.values()
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now or term
            form.version.data = str(there.version if there else 0)
        except LookupError:
            form.refuse(RefusedChangeError("", "Somebody took this term away. To have it again, add it anew."))
        else:
            flash(f"{form.name.data} is changed. The search follows at once.", "ok")
            return redirect(url_for(".dates"), 303)
    return render_template("admin/dates_term.html", form=form, term=term, there=there)


@blueprint.post("/dates/terms/<uuid:term_id>/remove")
@needs(Permission.DATES_CHANGE)
def remove_school_term(term_id: uuid.UUID) -> ResponseReturnValue:
    """Take a school term away."""
    try:
        operations.remove_term(actor=signed_in_user().actor, term_id=term_id, expected=VersionedForm().read_version)
        flash("The term is taken away.", "ok")
    except ChangedMeanwhileError:
        flash(_MEANWHILE, "soon")
    except LookupError:
        abort(404)
    return redirect(url_for(".dates"), 303)


def _find_term(term_id: uuid.UUID) -> TermTime | None:
    return next((term for term in calendar.newest().terms if term.id == term_id), None)


def _page(form: HolidayForm) -> str:
    """Show all dates, with the form for another holiday."""
    known, first = calendar.newest(), clock.today().year
    years = [(year, known.list_holidays(year)) for year in range(first, first + YEARS)]
    return render_template(
        "admin/dates.html", form=form, years=years, terms=known.terms, today=clock.today(), kinds=HolidayKind,
    )  # fmt: skip
