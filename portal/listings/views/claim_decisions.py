"""Moderators decide about claims."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.listings.forms.claims import DecisionForm
from portal.listings.models import Claim, ClaimState
from portal.listings.models.claim import MOVES
from portal.listings.operations.claim_decisions import accept, is_waiting_for_objections, refuse, standing
from portal.listings.queries import claims, groups
from portal.listings.views import moderation as blueprint


@blueprint.get("/claims")
@needs(Permission.LISTING_MODERATE)
def list_of_claims() -> str:
    """Show the claims that wait for a moderator, oldest first, and those that wait for others."""
    to_decide, on_their_way = claims.list_claims(signed_in_user())
    return render_template("listings/claims_list.html", to_decide=to_decide, on_their_way=on_their_way)


@blueprint.get("/claims/<uuid:claim_id>")
@needs(Permission.LISTING_MODERATE)
def claim(claim_id: uuid.UUID) -> str:
    """Show one claim with its proof, its objection and its history."""
    return _page(claims.get_claim(signed_in_user(), claim_id), DecisionForm(formdata=None))


@blueprint.post("/claims/<uuid:claim_id>")
@needs(Permission.LISTING_MODERATE)
def decide_claim(claim_id: uuid.UUID) -> ResponseReturnValue:
    """Accept or refuse a claim."""
    me, form = signed_in_user(), DecisionForm()
    found = claims.get_claim(me, claim_id)
    if not form.validate():
        return _page(found, form)
    try:
        if form.decision.data == "refuse":
            refuse(claim_id=claim_id, seen=form.seen.data or "", why=form.why.data or "", actor=me.actor)
            words = "The claim is refused, and the claimant is told why."
        elif _accept(claim_id, form, me.actor) is ClaimState.OPEN:
            words = "Noted. The claim is accepted by itself when nobody objects in time."
        else:
            words = "The claim is accepted, and the claimant is told."
    except RefusedChangeError as error:
        form.refuse(error)
        return _page(claims.get_claim(me, claim_id), form)
    flash(words, "ok")
    return redirect(url_for(".list_of_claims"), 303)


def _accept(claim_id: uuid.UUID, form: DecisionForm, actor: str) -> ClaimState:
    return accept(claim_id=claim_id, seen=form.seen.data or "", why=form.why.data or "", actor=actor)


def _page(found: Claim, form: DecisionForm) -> str:
    form.seen.data = standing(found)
    return render_template(
        "listings/claim_decision.html",
        claim=found,
        form=form,
        claimant=claims.get_claimant(found),
        moves=claims.list_moves(found),
        name_of=name_of_actor,
        numbers=groups.list_published_numbers(found.organisation),
        can_decide=ClaimState.REFUSED in MOVES[found.state] and found.state is not ClaimState.PROVING,
        is_waiting=is_waiting_for_objections(found),
        is_unasked=not found.is_new and (found.objection_until is None or claims.is_lost(found)),
    )
