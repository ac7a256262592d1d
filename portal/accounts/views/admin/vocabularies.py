"""The words of the site: needs, where referrals come from, and reasons."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.forms import read_id
from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import NeedForm, ReasonForm, TermForm
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Taxonomy, TaxonomyTerm
from portal.directory.operations import vocabulary as operations
from portal.directory.queries import find_term
from portal.directory.term_queries import count_services, list_groups, list_headings

_LIST = "<any('need', 'source', 'reason'):name>"


@blueprint.get("/vocabularies")
@needs(Permission.VOCABULARY_CHANGE)
def vocabularies() -> str:
    """Show which lists of words there are."""
    return render_template("admin/vocabularies.html")


@blueprint.get(f"/vocabularies/{_LIST}")
@needs(Permission.VOCABULARY_CHANGE)
def vocabulary(name: str) -> str:
    """Show the terms of a list in their order; for needs, how many services carry each."""
    taxonomy = Taxonomy(name)
    counts = count_services(taxonomy) if taxonomy is Taxonomy.NEED else None
    return render_template("admin/vocabulary.html", name=name, groups=list_groups(taxonomy), counts=counts)


@blueprint.route(f"/vocabularies/{_LIST}/new", methods=["GET", "POST"])
@needs(Permission.VOCABULARY_CHANGE)
def new_term(name: str) -> ResponseReturnValue:
    """Add a term at the end of its list."""
    form = _form_for(Taxonomy(name))
    if form.validate_on_submit():
        values = form.values()
        values["heading"] = read_id(values.get("heading"))
        try:
            term = operations.add_term(actor=signed_in_user().actor, taxonomy=Taxonomy(name), **values)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"“{term.shown_as}” is in the list.", "ok")
            return redirect(url_for(".vocabulary", name=name), 303)
    return render_template("admin/vocabulary_term.html", name=name, form=form, term=None, there=None)


@blueprint.route(f"/vocabularies/{_LIST}/<slug:slug>", methods=["GET", "POST"])
@needs(Permission.VOCABULARY_CHANGE)
def vocabulary_term(name: str, slug: str) -> ResponseReturnValue:
    """Change the words of a term."""
    term = _term(name, slug)
    form, there = _form_for(term.taxonomy, term), None
    if form.validate_on_submit():
        values = form.values()
        values.pop("heading", None)
        try:
            operations.change_term(actor=signed_in_user().actor, term_id=term.id, expected=form.read_version, **values)
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version)
        else:
            flash(f"“{form.plain_name.data or form.name.data}” is changed.", "ok")
            return redirect(url_for(".vocabulary", name=name), 303)
    return render_template("admin/vocabulary_term.html", name=name, form=form, term=term, there=there)


@blueprint.post(f"/vocabularies/{_LIST}/<slug:slug>/<any('up', 'down', 'retire', 'offer'):act>")
@needs(Permission.VOCABULARY_CHANGE)
def change_vocabulary(name: str, slug: str, act: str) -> ResponseReturnValue:
    """Move a term, offer it no longer, or offer it again."""
    term, actor = _term(name, slug), signed_in_user().actor
    term_id, shown = term.id, term.shown_as
    try:
        if act in {"up", "down"}:
            operations.move_term(actor=actor, term_id=term_id, by=-1 if act == "up" else 1)
        else:
            operations.offer_term(actor=actor, term_id=term_id, is_offered=act == "offer")
            flash(f"“{shown}” is offered {'again' if act == 'offer' else 'no longer. What carries it keeps it'}.", "ok")
    except RefusedChangeError as error:
        flash(error.message, "bad")
    return redirect(url_for(".vocabulary", name=name), 303)


def _term(name: str, slug: str) -> TaxonomyTerm:
    return find_term(Taxonomy(name), slug) or abort(404)


def _form_for(taxonomy: Taxonomy, term: TaxonomyTerm | None = None) -> TermForm:
    """Return the form of a list; with what a term says, unless something was typed."""
    form: TermForm
    if taxonomy is Taxonomy.NEED:
        form = NeedForm(obj=term)
        form.offer()
    elif taxonomy is Taxonomy.REASON and term is None:
        form = ReasonForm()
        form.offer(list_headings(taxonomy))
    else:
        form = TermForm(obj=term)
    return form
