"""The state of the outbox and of replies: what is where and why, and what can be done. Nobody's name or words."""

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import outbox_words as words
from portal.accounts.outbox_forms import UnsafeAddressForm
from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.database import transaction
from portal.messages import operations, queries
from portal.messages.inbound.models import InboundState
from portal.messages.inbound.operations import offer_again
from portal.messages.inbound.queries import count_replies, find_reply, list_replies, list_replies_to
from portal.messages.models import MessageState, OutboxMessage
from portal.messages.operations.hastening import hasten

PAGE = 50
_LOOK_AGAIN = "Something else has happened to this message meanwhile. Look at it and try again."
_MARKED = {
    "unsafe": "Nothing is sent to this address any more, also what was waiting.",
    "safe": "Messages are sent to this address again. What was refused meanwhile is not sent.",
}
_ACTS = "'try-now', 'hold', 'release', 'arrived', 'send-again', 'leave'"


def _page_number() -> int:
    return max(1, min(request.args.get("page", 1, type=int), 10_000))


@blueprint.get("/outbox")
@needs(Permission.OUTBOX_READ)
def outbox() -> str:
    """Show messages that go out, the newest first, all or those in one state."""
    state = next((one for one in MessageState if one.value == request.args.get("state")), None)
    states, number = [state] if state else [], _page_number()
    return render_template(
        "admin/outbox.html",
        messages=queries.list_messages(states=states, limit=PAGE, offset=(number - 1) * PAGE),
        counts=queries.count_by_state(),
        state=state,
        number=number,
        pages=-(-queries.count_messages(states=states) // PAGE),
        page_address=lambda page: url_for(".outbox", state=state.value if state else None, page=page),
        waiting=count_replies(states=[InboundState.WAITING]),
        may_act=signed_in_user().may(Permission.OUTBOX_HOLD),
        words=words,
    )


def _get(message_id: uuid.UUID) -> OutboxMessage:
    return queries.find_message(message_id) or abort(404)


def _holds() -> set[str]:
    return {hold.name for hold in queries.list_holds()}


def _acts(message: OutboxMessage) -> list[words.Act]:
    return words.acts_for(message, is_held=message.own_hold in _holds())


@blueprint.get("/outbox/<uuid:message_id>")
@needs(Permission.OUTBOX_READ)
def outbox_message(message_id: uuid.UUID) -> str:
    """Show one message: its way, its state, all that happened to it, and what can be done."""
    message = _get(message_id)
    may_act = signed_in_user().may(Permission.OUTBOX_HOLD)
    return render_template(
        "admin/outbox_message.html",
        message=message,
        moves=queries.list_moves(message_id),
        replies=list_replies_to(message_id),
        acts=_acts(message) if may_act else [],
        is_held_elsewhere=message.hold in _holds(),
        name_of=name_of_actor,
        words=words,
    )


@blueprint.post(f"/outbox/<uuid:message_id>/<any({_ACTS}):act>")
@needs(Permission.OUTBOX_HOLD)
def change_outbox_message(message_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Do one thing with a message, if it is one that its page offers now."""
    message = _get(message_id)
    was_done = act in {one.name for one in _acts(message)} and _do(act, message)
    flash("Done. It stands in the history below." if was_done else _LOOK_AGAIN, "ok" if was_done else "soon")
    return redirect(url_for(".outbox_message", message_id=message_id), 303)


def _do(act: str, message: OutboxMessage) -> bool:
    """Do it, and say whether that was still possible."""
    actor = signed_in_user().actor
    try:
        with transaction() as session:
            if act == "try-now":
                hasten(session, message_id=message.id, actor=actor)
            elif act == "hold":
                operations.hold_messages(session, hold=message.own_hold, actor=actor)
            elif act == "release":
                operations.release_messages(session, hold=message.own_hold, actor=actor)
            else:
                why, decision = "An administrator decided so.", words.DECIDED_BY[act]
                operations.decide(session, message_id=message.id, decision=decision, why=why, actor=actor)
    except operations.DecisionError:
        return False
    return True


@blueprint.get("/outbox/addresses")
@needs(Permission.OUTBOX_HOLD)
def unsafe_addresses() -> str:
    """Show the form by which an address is marked unsafe, or safe again."""
    return render_template("admin/outbox_addresses.html", form=UnsafeAddressForm(formdata=None))


@blueprint.post("/outbox/addresses/<any('unsafe', 'safe'):act>")
@needs(Permission.OUTBOX_HOLD)
def mark_address(act: str) -> ResponseReturnValue:
    """Mark an address. The answer is the same whether or not it was marked before."""
    form = UnsafeAddressForm()
    if not form.validate():
        return render_template("admin/outbox_addresses.html", form=form)
    actor, address = signed_in_user().actor, form.address.data or ""
    with transaction() as session:
        if act == "unsafe":
            operations.mark_unsafe(session, address=address, actor=actor)
        else:
            operations.mark_safe(session, address=address, actor=actor)
    flash(_MARKED[act], "ok")
    return redirect(url_for(".unsafe_addresses"), 303)


@blueprint.get("/outbox/replies")
@needs(Permission.OUTBOX_READ)
def replies() -> str:
    """Show what came in: when, by which way, and whether somebody has taken it."""
    number = _page_number()
    return render_template(
        "admin/outbox_replies.html",
        replies=list_replies(limit=PAGE, offset=(number - 1) * PAGE),
        number=number,
        pages=-(-count_replies() // PAGE),
        page_address=lambda page: url_for(".replies", page=page),
        may_act=signed_in_user().may(Permission.OUTBOX_HOLD),
        words=words,
    )


@blueprint.post("/outbox/replies/<uuid:reply_id>/offer")
@needs(Permission.OUTBOX_HOLD)
def offer_reply(reply_id: uuid.UUID) -> ResponseReturnValue:
    """Offer a reply to the part of the site that it is for once more."""
    row = find_reply(reply_id) or abort(404)
    with transaction() as session:
        was_taken = offer_again(session, row=row, actor=signed_in_user().actor)
    flash("It is passed on." if was_taken else "Nobody takes it yet. It stays here.", "ok" if was_taken else "soon")
    return redirect(url_for(".replies"), 303)
