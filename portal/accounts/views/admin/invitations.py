"""Invitations that nobody took up yet: sending, sending again, withdrawing."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.access import roles_to_invite_to
from portal.accounts.forms import InvitationForm
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.admin import blueprint
from portal.accounts.views.invitation_acts import ask_about, link_of
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.directory.queries import list_organisations


@blueprint.get("/invitations")
@needs(Permission.USER_CHANGE)
def list_of_invitations() -> str:
    """Show the invitations that wait for an answer, and those whose link has ended."""
    found = queries.list_invitations(signed_in_user())
    return render_template("admin/invitations.html", invitations=found, name_of=queries.name_of_actor)


@blueprint.route("/invitations/new", methods=["GET", "POST"])
@needs(Permission.USER_CHANGE, fresh=True)
def new_invitation() -> ResponseReturnValue:
    """Invite somebody to any role."""
    me = signed_in_user()
    form = InvitationForm(role=request.args.get("role", ""), team=request.args.get("team", ""))
    form.offer(roles_to_invite_to(me), queries.list_teams_to_join(), list_organisations())
    if form.validate_on_submit():
        invitee = Invitee(
            name=form.name.data or "",
            email=form.email.data or "",
            role=form.chosen,
            team_id=form.team_id,
            organisation_id=form.organisation_id,
        )
        try:
            invite(invitee=invitee, actor=me.actor, inviter=me.name, link=link_of)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{invitee.name} is invited. The link in the e-mail works for 72 hours.", "ok")
            return redirect(url_for(".list_of_invitations"), 303)
    return render_template("admin/new_invitation.html", form=form)


@blueprint.route("/invitations/<uuid:invitation_id>/<any('send-again', 'withdraw'):act>", methods=["GET", "POST"])
@needs(Permission.USER_CHANGE, fresh=True)
def change_invitation(invitation_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Send an invitation again or withdraw it, after a question."""
    me = signed_in_user()
    invitation = queries.get_invitation(me, invitation_id)
    return ask_about(invitation, act, me, back=url_for(".list_of_invitations"))
