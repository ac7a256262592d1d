"""Users: finding them, and changing what they may do."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.access import can_end, roles_to_invite_to
from portal.accounts.forms import RefusableForm, RoleForm
from portal.accounts.invitation_words import what_for
from portal.accounts.operations import memberships, users
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.core.text import clean
from portal.directory.queries import list_organisations


@dataclass(frozen=True)
class Act:
    """Something that is done to an account after one question: its words, and the operation."""

    title: str
    words: str
    button: str
    done: str
    change: Callable[..., object]


ACTS = {
    "switch-off": Act(
        "Switch off this account",
        "They are signed out everywhere and cannot sign in. Their roles stay written down, for when you switch it on.",
        "Switch off the account",
        "The account is switched off.",
        users.deactivate_user,
    ),
    "switch-on": Act(
        "Switch on this account",
        "They can sign in again, with the roles that stand on their page. Look through the roles first.",
        "Switch on the account",
        "The account is switched on.",
        users.reactivate_user,
    ),
    "sign-out": Act(
        "Sign this user out everywhere",
        "For a telephone or computer that is lost. They can sign in again at once.",
        "Sign them out",
        "They are signed out everywhere.",
        users.sign_out_everywhere,
    ),
    "forget-second-factor": Act(
        "Forget the second step of this user",
        "For somebody whose telephone is lost and who has no recovery code. Be sure that it is really them: ring a "
        "number that you know. At the next sign-in they set up a new second step.",
        "Forget the second step",
        "Their second step is forgotten. They set up a new one when they sign in.",
        users.forget_lost_factor,
    ),
}


@blueprint.get("/users")
@needs(Permission.USER_READ)
def list_of_users() -> str:
    """Show users by name, all or those that were searched for, a page at a time."""
    words = clean(request.args.get("q", ""), limit=100)
    found = queries.list_users(signed_in_user(), words=words, page=request.args.get("page", 1, type=int))

    def page_address(number: int) -> str:
        return url_for(".list_of_users", q=words or None, page=number)

    return render_template("admin/users.html", found=found, words=words, page_address=page_address)


@blueprint.get("/users/<uuid:user_id>")
@needs(Permission.USER_READ)
def user(user_id: uuid.UUID) -> str:
    """Show one user: name, address, and roles with their beginnings and ends."""
    me, shown = signed_in_user(), queries.get_user(signed_in_user(), user_id)
    endable = {held.id for held in shown.memberships if can_end(me, held)}
    return render_template(
        "admin/user.html",
        user=shown,
        is_me=shown.id == me.id,
        endable=endable,
        has_second_step=shown.has_second_factor,
        name_of=queries.name_of_actor,
    )


@blueprint.route("/users/<uuid:user_id>/roles/add", methods=["GET", "POST"])
@needs(Permission.USER_CHANGE, fresh=True)
def add_role(user_id: uuid.UUID) -> ResponseReturnValue:
    """Give a user another role."""
    me, shown = signed_in_user(), queries.get_user(signed_in_user(), user_id)
    name, form = shown.name, RoleForm()
    form.offer(roles_to_invite_to(me), queries.list_teams_to_join(), list_organisations())
    if form.validate_on_submit():
        try:
            memberships.begin_membership(
                user_id=user_id,
                role=form.chosen,
                team_id=form.team_id,
                organisation_id=form.organisation_id,
                actor=me.actor,
            )
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{name} has one more role. They are signed out, and have it when they sign in again.", "ok")
            return redirect(url_for(".user", user_id=user_id), 303)
    return render_template("admin/add_role.html", form=form, user=shown)


@blueprint.route("/users/<uuid:user_id>/roles/<uuid:membership_id>/end", methods=["GET", "POST"])
@needs(Permission.USER_CHANGE, fresh=True)
def end_role(user_id: uuid.UUID, membership_id: uuid.UUID) -> ResponseReturnValue:
    """End one role of a user, after a question."""
    me, held = signed_in_user(), queries.get_membership(signed_in_user(), user_id, membership_id)
    back, form = url_for(".user", user_id=user_id), RefusableForm()
    words = what_for(held.role, held.belongs_to)
    if form.is_submitted():
        try:
            ended = memberships.end_membership(membership_id=membership_id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash("The role has ended, and they are signed out." if ended else "This role had ended already.", "ok")
            return redirect(back, 303)
    return render_template(
        "admin/question.html",
        form=form,
        title=f"End a role of {held.user.name}",
        words=f"{held.user.name} will no longer be {words}. Every page that this role opens closes at once.",
        button="End the role",
        back=back,
    )


@blueprint.route("/users/<uuid:user_id>/<slug:act>", methods=["GET", "POST"])
@needs(Permission.USER_CHANGE, fresh=True)
def change_user(user_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Switch an account off or on, sign it out, or forget its second factor, after a question."""
    if act not in ACTS:
        abort(404)
    me, shown = signed_in_user(), queries.get_user(signed_in_user(), user_id)
    back, form, asked = url_for(".user", user_id=user_id), RefusableForm(), ACTS[act]
    if form.is_submitted():
        try:
            asked.change(user_id=user_id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(asked.done, "ok")
            return redirect(back, 303)
    return render_template(
        "admin/question.html",
        form=form,
        title=f"{asked.title}: {shown.name}",
        words=asked.words,
        button=asked.button,
        back=back,
    )
