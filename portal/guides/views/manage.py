"""Moderators write guides, look at them first, publish, withdraw, and go back to an earlier text."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import VersionedForm
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Taxonomy
from portal.directory.queries import list_terms
from portal.guides import operations, queries
from portal.guides.forms import GuideForm
from portal.guides.markdown import to_html
from portal.guides.models import Guide
from portal.guides.views import blueprint


@blueprint.get("/guides/manage")
@needs(Permission.GUIDE_CHANGE)
def manage() -> str:
    """Show all guides; those whose day has come stand on top."""
    return render_template("guides/manage.html", guides=queries.list_to_keep())


@blueprint.route("/guides/manage/new", methods=["GET", "POST"])
@needs(Permission.GUIDE_CHANGE)
def new() -> ResponseReturnValue:
    """Write a new guide. Nobody sees it before it is published."""
    form = _form(review_on=queries.default_review_day())
    if form.validate_on_submit() and "look" not in request.form:
        try:
            guide = operations.write_guide(actor=signed_in_user().actor, draft=form.draft())
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash("The guide is stored. Nobody sees it until you publish it.", "ok")
            return redirect(url_for(".guide", slug=guide.slug), 303)
    return _page(form, None)


@blueprint.route("/guides/manage/<slug:slug>", methods=["GET", "POST"])
@needs(Permission.GUIDE_CHANGE)
def guide(slug: str) -> ResponseReturnValue:
    """Change a guide. "Look at it first" shows it without storing anything."""
    found = queries.find_guide(slug) or abort(404)
    form, there = _form(obj=found), None
    if form.validate_on_submit() and "look" not in request.form:
        try:
            operations.change_guide(
                actor=signed_in_user().actor,
                guide_id=found.id,
                expected=form.read_version,
                draft=form.draft(),
                is_checked=form.is_checked.data,
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version)
        else:
            flash("The guide is saved.", "ok")
            return redirect(url_for(".guide", slug=slug), 303)
    return _page(form, found, there)


@blueprint.post("/guides/manage/<slug:slug>/<any('publish', 'withdraw'):act>")
@needs(Permission.GUIDE_CHANGE)
def show_or_withdraw(slug: str, act: str) -> ResponseReturnValue:
    """Show a guide to everybody, or take it away."""
    found = queries.find_guide(slug) or abort(404)
    change = operations.publish_guide if act == "publish" else operations.withdraw_guide
    try:
        change(actor=signed_in_user().actor, guide_id=found.id, expected=VersionedForm().read_version)
    except ChangedMeanwhileError:
        flash("Somebody else changed the guide meanwhile. Look at it and try again.", "soon")
    else:
        says = "Everybody can read the guide now." if act == "publish" else "The guide is taken away. Its text is kept."
        flash(says, "ok")
    return redirect(url_for(".guide", slug=slug), 303)


@blueprint.get("/guides/manage/<slug:slug>/versions/<int(max=100000):number>")
@needs(Permission.GUIDE_CHANGE)
def version(slug: str, number: int) -> str:
    """Show an earlier text of a guide."""
    found = queries.find_guide(slug) or abort(404)
    earlier = queries.find_version(found.id, number) or abort(404)
    newest = queries.list_versions(found.id)[0].number
    return render_template(
        "guides/version.html",
        guide=found,
        earlier=earlier,
        is_present=number == newest,
        html=to_html(earlier.text),
        name_of=name_of_actor,
    )


@blueprint.post("/guides/manage/<slug:slug>/versions/<int(max=100000):number>/restore")
@needs(Permission.GUIDE_CHANGE)
def restore(slug: str, number: int) -> ResponseReturnValue:
    """Make an earlier text the present one."""
    found = queries.find_guide(slug) or abort(404)
    expected = VersionedForm().read_version
    try:
        operations.restore_version(actor=signed_in_user().actor, guide_id=found.id, number=number, expected=expected)
    except ChangedMeanwhileError:
        flash("Somebody else changed the guide meanwhile. Look at it and try again.", "soon")
    except LookupError:
        abort(404)
    else:
        flash("The earlier text is back. The one it took the place of is kept below.", "ok")
    return redirect(url_for(".guide", slug=slug), 303)


def _form(**values: object) -> GuideForm:
    form = GuideForm(**values)
    form.offer([term for term in list_terms(Taxonomy.NEED) if term.is_offered])
    return form


def _page(form: GuideForm, found: Guide | None, there: Guide | None = None) -> str:
    is_look = "look" in request.form and form.validate()
    return render_template(
        "guides/write.html",
        form=form,
        guide=found,
        there=there,
        preview=to_html(form.text.data or "") if is_look else None,
        versions=queries.list_versions(found.id) if found else (),
        name_of=name_of_actor,
    )
