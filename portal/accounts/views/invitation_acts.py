"""What can be done with an invitation, on the pages of administrators and of team leads alike."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from portal.accounts.forms import RefusableForm
from portal.accounts.models import Invitation, User
from portal.accounts.operations.invitations import send_again, withdraw_invitation
from portal.core.editing import RefusedChangeError
from portal.core.web import public_url


def link_of(token: str) -> str:
    """Return the whole address of an invitation's page."""
    return public_url("invitations.invitation", token=token)


def ask_about(invitation: Invitation, act: str, me: User, *, back: str) -> ResponseReturnValue:
    """Ask whether an invitation is to be sent again or withdrawn, and do it when the answer is yes."""
    form, name, is_sending = RefusableForm(), invitation.name, act == "send-again"
    if form.is_submitted():
        try:
            if is_sending:
                send_again(invitation_id=invitation.id, actor=me.actor, inviter=me.name, link=link_of)
            else:
                withdraw_invitation(invitation_id=invitation.id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"The invitation of {name} is {'sent again' if is_sending else 'withdrawn'}.", "ok")
            return redirect(back, 303)
    sending = "They get a new link, which works for 72 hours. The old one stops."
    return render_template(
        "admin/question.html",
        form=form,
        title=f"{'Send the invitation again' if is_sending else 'Withdraw the invitation'}: {name}",
        words=sending if is_sending else "The link stops at once. They are not told.",
        button="Send it again" if is_sending else "Withdraw it",
        back=back,
    )
