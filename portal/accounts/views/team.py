"""A team as its members see it; its team lead invites and ends from here."""

import uuid

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.access import can_end, leads, roles_to_invite_to
from portal.accounts.forms import RefusableForm, TeamInvitationForm
from portal.accounts.models import Team, User
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.operations.memberships import end_membership
from portal.accounts.queries import NotFoundError
from portal.accounts.roles import Role
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.invitation_acts import ask_about, link_of
from portal.accounts.views.not_found import not_there
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError

blueprint = Blueprint("team", __name__, url_prefix="/team")
blueprint.register_error_handler(NotFoundError, not_there)


@blueprint.after_request
def keep_names_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store who works where."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("")
@needs(Permission.TEAM_READ)
def teams() -> ResponseReturnValue:
    """Show the teams that this user may look at; the only one at once."""
    found = queries.list_teams(signed_in_user())
    if len(found) == 1:
        return redirect(url_for(".team", team_id=found[0].id), 303)
    return render_template("admin/own_teams.html", teams=found)


@blueprint.get("/<uuid:team_id>")
@needs(Permission.TEAM_READ)
def team(team_id: uuid.UUID) -> str:
    """Show who is in a team; to those who may invite, also who is invited."""
    me, found = signed_in_user(), queries.get_team(signed_in_user(), team_id)
    members = queries.list_members(me, found)
    return render_template(
        "admin/own_team.html",
        team=found,
        members=members,
        endable={held.id for held in members if can_end(me, held)},
        is_lead=leads(me, found),
        invitations=queries.list_invitations(me, found) if leads(me, found) else [],
    )


@blueprint.route("/<uuid:team_id>/invite", methods=["GET", "POST"])
@needs(Permission.TEAM_INVITE, fresh=True)
def invite_to_team(team_id: uuid.UUID) -> ResponseReturnValue:
    """Invite a link worker to the own team."""
    me, found = _own_team(team_id)
    form, name = TeamInvitationForm(), found.name
    if form.validate_on_submit():
        invitee = Invitee(
            name=form.name.data or "", email=form.email.data or "", role=Role.LINK_WORKER, team_id=team_id
        )
        try:
            invite(invitee=invitee, actor=me.actor, inviter=me.name, link=link_of)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{invitee.name} is invited. The link in the e-mail works for 72 hours.", "ok")
            return redirect(url_for(".team", team_id=team_id), 303)
    return render_template("admin/invite_to_team.html", form=form, team_id=team_id, name=name)


@blueprint.route("/<uuid:team_id>/members/<uuid:membership_id>/end", methods=["GET", "POST"])
@needs(Permission.TEAM_INVITE, fresh=True)
def end_member(team_id: uuid.UUID, membership_id: uuid.UUID) -> ResponseReturnValue:
    """End a link worker's role in the own team, after a question."""
    me, _found = _own_team(team_id)
    held = queries.get_member(me, team_id, membership_id)
    if not can_end(me, held):
        raise NotFoundError(membership_id)
    form, name, back = RefusableForm(), held.user.name, url_for(".team", team_id=team_id)
    if request.method == "POST":
        try:
            end_membership(membership_id=membership_id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{name} is no longer in the team.", "ok")
            return redirect(back, 303)
    words = f"{name} will no longer be a link worker in this team. Every page that this role opens closes at once."
    title = f"Take {name} out of the team"
    return render_template(
        "admin/question.html", form=form, title=title, words=words, button="Take them out", back=back
    )


@blueprint.route(
    "/<uuid:team_id>/invitations/<uuid:invitation_id>/<any('send-again', 'withdraw'):act>", methods=["GET", "POST"]
)
@needs(Permission.TEAM_INVITE, fresh=True)
def change_invitation(team_id: uuid.UUID, invitation_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Send an invitation to the own team again or withdraw it, after a question."""
    me, found = _own_team(team_id)
    invitation = queries.get_invitation(me, invitation_id, found)
    return ask_about(invitation, act, me, back=url_for(".team", team_id=team_id))


def _own_team(team_id: uuid.UUID) -> tuple[User, Team]:
    """Return the user and a team that is open and to which they may invite. Raises NotFoundError."""
    me = signed_in_user()
    found = queries.get_team(me, team_id)
    if found.ended_at is not None or not roles_to_invite_to(me, found):
        raise NotFoundError(team_id)
    return me, found
