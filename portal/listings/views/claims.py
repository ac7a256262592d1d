"""Claiming a group: choosing a proof, giving it, taking the claim back; and objecting to it without an account."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import sessions
from portal.accounts.queries import NotFoundError
from portal.accounts.signed_in import signed_in_user
from portal.accounts.throttle import guess
from portal.core.access import Permission, needs, public
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation
from portal.listings.forms.claims import ClaimForm, CodeForm, ObjectionForm
from portal.listings.models import Claim, ClaimState
from portal.listings.operations import claims as operations
from portal.listings.proofs import code_ways, own_domain
from portal.listings.queries import claims, groups
from portal.listings.views import groups as blueprint
from portal.listings.views.own_groups import me_as_claimant


@blueprint.get("/<uuid:organisation_id>/claim")
@needs(Permission.GROUP_JOIN)
def claim(organisation_id: uuid.UUID) -> str:
    """Offer the ways to prove that one speaks for a group; or say where the own claim stands."""
    found = groups.get_group_to_claim(organisation_id)
    own = claims.find_own_claim(signed_in_user(), organisation_id)
    return _standing(own) if own is not None else _choices(found, _claim_form(found))


@blueprint.post("/<uuid:organisation_id>/claim")
@needs(Permission.GROUP_JOIN)
def make_claim(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Begin a claim, and send what proves it."""
    me = signed_in_user()
    found = groups.get_group_to_claim(organisation_id)
    form = _claim_form(found)
    if not form.validate():
        return _choices(found, form)
    try:
        operations.claim_group(
            organisation_id=organisation_id, evidence=form.evidence, claimant=me_as_claimant(), actor=me.actor
        )
    except RefusedChangeError as error:
        form.refuse(error)
        return _choices(groups.get_group_to_claim(organisation_id), form)
    return redirect(url_for(".claim", organisation_id=organisation_id), 303)


@blueprint.post("/<uuid:organisation_id>/claim/code")
@needs(Permission.GROUP_JOIN)
def enter_code(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Check the six digits of a code. Five wrong ones end the claim."""
    me, form = signed_in_user(), CodeForm()
    own = _own_claim(organisation_id)
    if not form.validate():
        return _standing(own, form)
    guess("claim", account=str(me.id), address=request.remote_addr or "")
    try:
        state = operations.prove_by_code(claim_id=own.id, code=form.digits, claimant=me_as_claimant(), actor=me.actor)
    except RefusedChangeError as error:
        form.refuse(error)
        return _standing(_own_claim(organisation_id), form)
    if state is ClaimState.PROVING:
        form.refuse(RefusedChangeError("code", "This is not the code that we sent. Look at it again"))
        return _standing(_own_claim(organisation_id), form)
    if state is ClaimState.REFUSED:
        flash("The code was wrong five times, so this request has ended. You can ask for a moderator’s check.", "bad")
        return redirect(url_for(".claim", organisation_id=organisation_id), 303)
    return _proved(organisation_id, state)


@blueprint.post("/<uuid:organisation_id>/claim/withdraw")
@needs(Permission.GROUP_JOIN)
def withdraw(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Take the own claim back."""
    me, own = signed_in_user(), claims.find_own_claim(signed_in_user(), organisation_id)
    if own is None:
        raise NotFoundError(organisation_id)
    try:
        operations.withdraw_claim(claim_id=own.id, user_id=me.id, actor=me.actor)
    except RefusedChangeError as error:
        flash(error.message, "bad")
    else:
        flash("Your request is taken back. Nobody does anything more about it.", "ok")
    return redirect(url_for(".own_groups"), 303)


@blueprint.get("/proof/<token>")
@needs(Permission.GROUP_JOIN)
def proof(token: str) -> ResponseReturnValue:
    """Show the claim that a link in an e-mail proves. Opening it changes nothing: programs open links, too."""
    own = _claim_of_proof(token)
    return _over("proof") if own is None else render_template("listings/claim_proof.html", claim=own, token=token)


@blueprint.post("/proof/<token>")
@needs(Permission.GROUP_JOIN)
def prove(token: str) -> ResponseReturnValue:
    """Take the link as the proof."""
    own = _claim_of_proof(token)
    if own is None:
        return _over("proof")
    organisation_id = own.organisation_id
    try:
        state = operations.prove_by_link(claim_id=own.id, claimant=me_as_claimant(), actor=signed_in_user().actor)
    except RefusedChangeError:
        return _over("proof")
    return _proved(organisation_id, state)


@blueprint.get("/objection/<token>")
@public
def objection(token: str) -> ResponseReturnValue:
    """Say who claims a group, and ask what is not right about it. Opening it changes nothing."""
    found = _claim_of_objection(token)
    return _over("objection") if found is None else _object_page(found, token, ObjectionForm(formdata=None))


@blueprint.post("/objection/<token>")
@public
def make_objection(token: str) -> ResponseReturnValue:
    """Take an objection in."""
    found, form = _claim_of_objection(token), ObjectionForm()
    if found is None:
        return _over("objection")
    if not form.validate():
        return _object_page(found, token, form)
    try:
        operations.object_to_claim(claim_id=found.id, words=form.words.data or "", actor="public")
    except RefusedChangeError:
        return _over("objection")
    return redirect(url_for(".objection_taken"), 303)


@blueprint.get("/objection-taken")
@public
def objection_taken() -> str:
    """Say what happens after an objection."""
    return render_template("listings/claim_objected.html")


def _proved(organisation_id: uuid.UUID, state: ClaimState) -> ResponseReturnValue:
    if state is ClaimState.ACCEPTED:
        sessions.renew()
        flash("That is proved. You look after this group’s listings from now on.", "ok")
        return redirect(url_for(".group", organisation_id=organisation_id), 303)
    flash("That is proved.", "ok")
    return redirect(url_for(".claim", organisation_id=organisation_id), 303)


def _own_claim(organisation_id: uuid.UUID) -> Claim:
    found = claims.find_own_claim(signed_in_user(), organisation_id)
    if found is None or found.state is not ClaimState.PROVING or found.code_hash is None:
        raise NotFoundError(organisation_id)
    return found


def _claim_of_proof(token: str) -> Claim | None:
    """Return the own claim of a proof link. A link that leads nowhere is a guess, of which few are answered."""
    found = claims.find_claim_by_proof(token)
    if found is None:
        guess("claim-proof", account=None, address=request.remote_addr or "")
    is_own = found is not None and found.user_id == signed_in_user().id
    return found if is_own else None


def _claim_of_objection(token: str) -> Claim | None:
    found = claims.find_claim_by_objection(token)
    if found is None:
        guess("objection", account=None, address=request.remote_addr or "")
        return None
    return found if operations.can_be_objected_to(found) else None


def _claim_form(found: Organisation) -> ClaimForm:
    form = ClaimForm()
    places = groups.list_published_places(found.id)
    form.offer(own_domain(found), code_ways(found.email, groups.list_published_numbers(found), places))
    return form


def _choices(found: Organisation, form: ClaimForm) -> str:
    return render_template("listings/claim.html", group=found, form=form, domain=own_domain(found))


def _standing(own: Claim, form: CodeForm | None = None) -> str:
    shown = form if form is not None else CodeForm(formdata=None)
    left = operations.MOST_WRONG_CODES - own.wrong_codes
    return render_template(
        "listings/claim_standing.html", claim=own, form=shown, left=left, why=claims.why_it_waits(own)
    )


def _object_page(found: Claim, token: str, form: ObjectionForm) -> str:
    name = claims.name_of_claimant(found)
    return render_template("listings/claim_objection.html", claim=found, claimant=name, token=token, form=form)


def _over(which: str) -> tuple[str, int]:
    """Say kindly that a link leads nowhere any more, and what to do."""
    return render_template("listings/claim_over.html", which=which), 410
