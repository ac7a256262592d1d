"""The statements about privacy and cookies: writing, looking at them first, and going back to an earlier version."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.operations import site as operations
from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import StatementForm, VersionedForm
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.site import SiteFacts, Subject, find_version, list_versions, shipped_statement, site, statement_blocks

_SUBJECTS = {"privacy": Subject.PRIVACY, "cookies": Subject.COOKIES}


@blueprint.get("/statements")
@needs(Permission.SITE_CHANGE)
def statements() -> str:
    """Show both statements, who changed them last, and when."""
    found = [(name, next(iter(list_versions(subject)), None)) for name, subject in _SUBJECTS.items()]
    return render_template("admin/statements.html", found=found, name_of=name_of_actor)


@blueprint.route("/statements/<any('privacy', 'cookies'):name>", methods=["GET", "POST"])
@needs(Permission.SITE_CHANGE)
def statement(name: str) -> ResponseReturnValue:
    """Write a statement. "Look at it first" shows it without storing anything."""
    subject, facts = _SUBJECTS[name], site()
    form = StatementForm(text=facts.statement(subject), version=str(facts.version(subject)))
    if not form.validate_on_submit() or "look" in request.form:
        return _page(name, form, preview="look" in request.form)
    try:
        operations.change_statement(
            actor=signed_in_user().actor, subject=subject, expected=form.read_version, **form.values()
        )
    except RefusedChangeError as error:
        form.refuse(error)
        return _page(name, form)
    except ChangedMeanwhileError as error:
        form.version.data = str(error.now.version(subject))
        return _page(name, form, there=error.now)
    flash("The statement is changed. Everybody sees it from now on.", "ok")
    return redirect(url_for(".statement", name=name), 303)


@blueprint.get("/statements/<any('privacy', 'cookies'):name>/versions/<int(max=100000):number>")
@needs(Permission.SITE_CHANGE)
def statement_version(name: str, number: int) -> str:
    """Show an earlier version; number 0 is the text that ships."""
    subject, earlier = _SUBJECTS[name], find_version(_SUBJECTS[name], number)
    if number and earlier is None:
        abort(404)
    text = (earlier.value["text"] if earlier else "") or shipped_statement(subject)
    return render_template(
        "admin/statement_version.html",
        name=name,
        number=number,
        earlier=earlier,
        blocks=statement_blocks(text),
        version=site().version(subject),
        name_of=name_of_actor,
    )


@blueprint.post("/statements/<any('privacy', 'cookies'):name>/versions/<int(max=100000):number>/restore")
@needs(Permission.SITE_CHANGE)
def restore_statement(name: str, number: int) -> ResponseReturnValue:
    """Make an earlier version the present one."""
    try:
        operations.restore_statement(
            actor=signed_in_user().actor,
            subject=_SUBJECTS[name],
            number=number,
            expected=VersionedForm().read_version,
        )
        flash("The earlier text is back. The one it took the place of is kept below.", "ok")
    except ChangedMeanwhileError:
        flash("Somebody else changed the statement meanwhile. Look at it and try again.", "soon")
    except LookupError:
        abort(404)
    return redirect(url_for(".statement", name=name), 303)


def _page(name: str, form: StatementForm, *, preview: bool = False, there: SiteFacts | None = None) -> str:
    subject = _SUBJECTS[name]
    return render_template(
        "admin/statement.html",
        name=name,
        form=form,
        preview=statement_blocks(form.text.data or "") if preview else None,
        there=there.statement(subject) if there else None,
        versions=list_versions(subject),
        name_of=name_of_actor,
    )
