"""The step of a listing that says when it happens: rules, shown back in words and as the next dates."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core import clock
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.listings.checks import MOST_RULES
from portal.listings.content import Content, When, content_of
from portal.listings.forms.when import WhenForm, WhenNoteForm, can_show
from portal.listings.models import Listing
from portal.listings.operations.drafts import save_content
from portal.listings.queries.listings import get_listing
from portal.listings.views import listings
from portal.listings.views.steps import next_address
from portal.listings.when_words import next_days, rule_in_words


@dataclass
class _Step:
    """What the page is made of: the listing, the rule that is being written, and what somebody else saved."""

    listing: Listing
    content: Content
    form: WhenForm
    note: WhenNoteForm
    number: int | None
    there: Content | None = None


@listings.get("/<uuid:listing_id>/when")
@needs(Permission.LISTING_KEEP)
def when(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Show the rules in words with the next dates, and the form for one more or, with `rule`, for that one."""
    step = _step(listing_id)
    if step.number is not None:
        step.form.show(step.content.when[step.number])
    return _page(step)


@listings.post("/<uuid:listing_id>/when")
@needs(Permission.LISTING_KEEP)
def change_when(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Save a rule, show what it would mean, or save the note and go on; what was typed wrongly stays."""
    step, act = _step(listing_id), request.form.get("act", "on")
    if act == "on" and step.number is None and step.form.is_blank() and step.content.when:
        return _save(step, step.content.when, act) if step.note.validate() else _page(step)
    rule = step.form.read_rule()
    if rule is None or not step.note.validate():
        return _page(step)
    rules = list(step.content.when)
    if step.number is not None:
        rules[step.number] = rule
    elif rule not in rules:
        rules.append(rule)
    if len(rules) > MOST_RULES:
        step.form.form_errors.append(f"There are {MOST_RULES} lines already, which is the most. Remove one first")
        return _page(step)
    return _page(step, shown=rules) if act == "show" else _save(step, rules, act)


@listings.post("/<uuid:listing_id>/when/remove")
@needs(Permission.LISTING_KEEP)
def remove_when(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Take one rule out."""
    step = _step(listing_id)
    if step.number is None:
        return redirect(url_for(".when", listing_id=listing_id), 303)
    rules = [rule for number, rule in enumerate(step.content.when) if number != step.number]
    step.note.note.data = step.content.when_note
    return _save(step, rules, "remove")


def _step(listing_id: uuid.UUID) -> _Step:
    listing = get_listing(listing_id, signed_in_user())
    content = content_of(listing.content)
    form, note = WhenForm(), WhenNoteForm()
    form.offer(content.venues)
    if not form.is_submitted():
        form.version.data, note.note.data = str(listing.version), content.when_note
    number = request.values.get("rule", "")
    found = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else len(content.when)
    is_there = found < len(content.when) and can_show(content.when[found])
    may_remove = request.endpoint == "listings.remove_when" and found < len(content.when)
    return _Step(listing, content, form, note, found if is_there or may_remove else None)


def _save(step: _Step, rules: Sequence[When], act: str) -> ResponseReturnValue:
    changed = replace(step.content, when=tuple(rules), when_note=step.note.note.data or "")
    listing_id = step.listing.id
    saved = step.listing
    try:
        saved = save_content(
            listing_id=listing_id, expected=step.form.read_version, content=changed, actor=signed_in_user().actor
        )
    except RefusedChangeError as error:
        step.form.form_errors.append(error.message)
        return _page(step)
    except ChangedMeanwhileError as error:
        there = content_of(error.now.content)
        # The second click of a double one finds its own work done.
        if there != changed:
            return _page(_beside(step, there, error.now.version))
    if act == "on":
        return redirect(next_address(saved, "when"), 303)
    flash("That line is gone." if act == "remove" else "Saved. Read on this page what people will see.", "ok")
    return redirect(url_for(".when", listing_id=listing_id), 303)


def _beside(step: _Step, there: Content, version: int) -> _Step:
    """Return the step with what somebody else saved. A line that is no longer the same becomes a new one."""
    step.form.version.data = str(version)
    number = step.number
    is_same = number is not None and there.when[number : number + 1] == step.content.when[number : number + 1]
    return replace(step, there=there, content=there, number=number if is_same else None)


def _page(step: _Step, shown: Sequence[When] | None = None) -> str:
    """Render the page; `shown` are rules that are not saved, to be read back."""
    rules = step.content.when if shown is None else shown
    venues = step.content.venues
    return render_template(
        "listings/when.html",
        step=step,
        form=step.form,
        note=step.note,
        saved=[(number, rule_in_words(rule, venues), can_show(rule)) for number, rule in enumerate(step.content.when)],
        words=[rule_in_words(rule, venues) for rule in rules],
        days=next_days(rules, after=clock.now()),
        is_unsaved=shown is not None,
    )
