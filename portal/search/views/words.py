"""Moderators edit the words people use, and see what a change does to searches before they save it."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean
from portal.directory.models import Taxonomy
from portal.directory.queries import list_all_terms
from portal.search.views import blueprint
from portal.search.words import operations, queries
from portal.search.words.entries import Entry
from portal.search.words.forms import RemovalForm, WordsForm
from portal.search.words.models import WordsPeopleUse
from portal.search.words.preview import Preview, preview


@blueprint.get("/moderation/words")
@needs(Permission.WORDS_CHANGE)
def words() -> str:
    """Show the words people use, all or those that were looked for, a page at a time."""
    asked = clean(request.args.get("q", ""), limit=100)
    found = queries.list_words(asked, request.args.get("page", 1, type=int))
    return render_template(
        "search/words.html",
        found=found,
        words=asked,
        names=_names(),
        removed=() if asked else queries.list_removed(WordsPeopleUse),
        page_address=lambda page: url_for(".words", q=asked or None, page=page),
    )


@blueprint.route("/moderation/words/new", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def new_words() -> ResponseReturnValue:
    """Add an entry. "See what it changes" stores nothing."""
    form = _form()
    if form.validate_on_submit():
        try:
            if "look" in request.form:
                return _page(form, None, tried=_tried(None, form))
            operations.add_words(actor=signed_in_user().actor, entry=form.entry())
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"“{form.said.data}” is in the list. Searches know it now.", "ok")
            return redirect(url_for(".words"), 303)
    return _page(form, None)


@blueprint.route("/moderation/words/<uuid:words_id>", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def change_words(words_id: uuid.UUID) -> ResponseReturnValue:
    """Change an entry. "See what it changes" stores nothing."""
    found, there = queries.find_words(words_id) or abort(404), None
    form = _form(found)
    if form.validate_on_submit():
        try:
            if "look" in request.form:
                return _page(form, found, tried=_tried(queries.entry_of(found), form))
            change_kept(operations.change_words, words_id=words_id, expected=form.read_version, entry=form.entry())
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version)
        else:
            flash(f"“{form.said.data}” is changed. Searches know it now.", "ok")
            return redirect(url_for(".words"), 303)
    return _page(form, found, there=there)


@blueprint.route("/moderation/words/<uuid:words_id>/remove", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def remove_words(words_id: uuid.UUID) -> ResponseReturnValue:
    """Ask once, with what it does to searches, and take an entry away."""
    found = queries.find_words(words_id) or abort(404)
    form, said = RemovalForm(obj=found), found.said
    if form.validate_on_submit():
        try:
            change_kept(operations.remove_words, words_id=words_id, expected=form.read_version, why=form.why.data or "")
        except ChangedMeanwhileError as error:
            form.version.data = str(error.now.version)
            flash("Somebody else changed it meanwhile. Look at it, and say again whether it goes.", "soon")
        else:
            flash(f"“{said}” is taken away.", "ok")
            return redirect(url_for(".words"), 303)
    tried = preview(queries.entry_of(found), None)
    return render_template("search/words_remove.html", form=form, row=found, names=_names(), tried=tried)


@blueprint.post("/moderation/words/load")
@needs(Permission.WORDS_CHANGE)
def load_words() -> ResponseReturnValue:
    """Bring in what ships and is missing, in both lists."""
    loaded = operations.load_words(actor=signed_in_user().actor)
    total = loaded.words + loaded.crisis
    flash(f"{total:,} came in. What was changed or taken away here stays so." if total else "Nothing is missing.", "ok")
    return redirect(url_for(".words"), 303)


def change_kept(change: Callable[..., None], **values: Any) -> None:
    """Do an operation on a row of a list; answer 404 when somebody has taken the row away meanwhile."""
    try:
        change(actor=signed_in_user().actor, **values)
    except LookupError:
        abort(404)


def _tried(old: Entry | None, form: WordsForm) -> Preview:
    """Return what an entry does to searches. Raises RefusedChangeError when it could not be stored."""
    operations.columns_of(form.entry())
    return preview(old, form.entry())


def _form(row: WordsPeopleUse | None = None) -> WordsForm:
    """Return the form with what a row says, unless something was typed."""
    form, terms = WordsForm(), list_all_terms()
    if row is not None and not form.is_submitted():
        form.show(queries.entry_of(row))
        form.version.data = str(row.version)
    form.offer(terms[Taxonomy.NEED], terms[Taxonomy.CATEGORY])
    return form


def _names() -> dict[str, dict[str, str]]:
    """Return what people read for the slugs of needs and of categories."""
    terms = list_all_terms()
    lists: Iterable[tuple[str, Taxonomy]] = (("needs", Taxonomy.NEED), ("categories", Taxonomy.CATEGORY))
    return {name: {term.slug: term.shown_as for term in terms[taxonomy]} for name, taxonomy in lists}


def _page(form: WordsForm, row: WordsPeopleUse | None, **shown: Any) -> str:
    return render_template("search/words_entry.html", form=form, row=row, names=_names(), **shown)
