"""What the site is called, whom people ring, its colour, and the numbers for help that cannot wait."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.operations import site as operations
from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import CrisisForm, SiteForm, VersionedForm
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.settings import CrisisLine
from portal.core.site import SiteFacts, Subject, digits, is_emergency, list_versions, site

_FACTS = ("name", "place_name", "phone", "phone_hours", "main_colour")


@blueprint.route("/site", methods=["GET", "POST"])
@needs(Permission.SITE_CHANGE)
def site_facts() -> ResponseReturnValue:
    """Change the name, the place, the telephone number with its hours, and the main colour."""
    facts = site()
    form = SiteForm(version=str(facts.version(Subject.FACTS)), **{name: getattr(facts, name) for name in _FACTS})
    there: SiteFacts | None = None
    if form.validate_on_submit():
        try:
            operations.change_site(actor=signed_in_user().actor, expected=form.read_version, **form.values())
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version(Subject.FACTS))
        else:
            flash("The site is changed. Everybody sees it from now on.", "ok")
            return redirect(url_for(".site_facts"), 303)
    last = next(iter(list_versions(Subject.FACTS)), None)
    return render_template("admin/site.html", form=form, there=there, last=last, name_of=name_of_actor)


@blueprint.get("/crisis-numbers")
@needs(Permission.SITE_CHANGE)
def crisis_numbers() -> str:
    """Show the numbers in their order."""
    return _list()


@blueprint.route("/crisis-numbers/new", methods=["GET", "POST"])
@needs(Permission.SITE_CHANGE)
def new_crisis_number() -> ResponseReturnValue:
    """Add a number at the end of the list."""
    form = CrisisForm(version=str(site().version(Subject.CRISIS)))
    if form.validate_on_submit():
        try:
            operations.add_crisis_line(actor=signed_in_user().actor, line=_line(form), expected=form.read_version)
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            return _line_page(form, None, there=error.now)
        else:
            flash(f"{form.name.data} is in the list.", "ok")
            return redirect(url_for(".crisis_numbers"), 303)
    return _line_page(form, None)


@blueprint.route("/crisis-numbers/<string(maxlength=15):key>", methods=["GET", "POST"])
@needs(Permission.SITE_CHANGE)
def crisis_number(key: str) -> ResponseReturnValue:
    """Change one line. It is named in the address by its digits."""
    line = next((line for line in site().crisis_lines if digits(line.number) == key), None)
    if line is None and request.method == "GET":
        abort(404)
    form = CrisisForm(obj=line, version=str(site().version(Subject.CRISIS)))
    if form.validate_on_submit():
        try:
            operations.change_crisis_line(
                actor=signed_in_user().actor, key=key, line=_line(form), expected=form.read_version
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            return _line_page(form, line, there=error.now)
        except LookupError:
            form.refuse(RefusedChangeError("", "Somebody took this number away. To have it again, add it anew."))
        else:
            flash(f"{form.name.data} is changed.", "ok")
            return redirect(url_for(".crisis_numbers"), 303)
    return _line_page(form, line)


@blueprint.post("/crisis-numbers/<string(maxlength=15):key>/<any('up', 'down', 'remove'):act>")
@needs(Permission.SITE_CHANGE)
def change_crisis_list(key: str, act: str) -> ResponseReturnValue:
    """Move a line, or take it away, in the list that was seen."""
    actor, expected = signed_in_user().actor, VersionedForm().read_version
    try:
        if act == "remove":
            operations.remove_crisis_line(actor=actor, key=key, expected=expected)
            flash("The number is taken away.", "ok")
        else:
            operations.move_crisis_line(actor=actor, key=key, by=-1 if act == "up" else 1, expected=expected)
    except RefusedChangeError as error:
        flash(error.message, "bad")
    except ChangedMeanwhileError:
        flash("Somebody else changed the list meanwhile. Look at it and try again.", "soon")
    except LookupError:
        abort(404)
    return redirect(url_for(".crisis_numbers"), 303)


def _line(form: CrisisForm) -> CrisisLine:
    return CrisisLine(**form.values())


def _list() -> str:
    last = next(iter(list_versions(Subject.CRISIS)), None)
    lines = [(line, digits(line.number), is_emergency(line)) for line in site().crisis_lines]
    version = site().version(Subject.CRISIS)
    return render_template("admin/crisis.html", lines=lines, version=version, last=last, name_of=name_of_actor)


def _line_page(form: CrisisForm, line: CrisisLine | None, there: SiteFacts | None = None) -> str:
    """Show the form of a line. When the list was changed meanwhile: with the list as it is by now."""
    if there is not None:
        form.version.data = str(there.version(Subject.CRISIS))
    return render_template("admin/crisis_line.html", form=form, line=line, there=there)
