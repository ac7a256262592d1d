"""Teams: opening them, their areas and members, and closing them."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.forms import RefusableForm, TeamForm
from portal.accounts.models import Team
from portal.accounts.operations import teams
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError


@blueprint.get("/teams")
@needs(Permission.TEAM_CHANGE)
def list_of_teams() -> str:
    """Show all teams, closed ones at the end."""
    found = queries.list_teams(signed_in_user())
    return render_template("admin/teams.html", teams=sorted(found, key=lambda team: team.ended_at is not None))


@blueprint.route("/teams/new", methods=["GET", "POST"])
@needs(Permission.TEAM_CHANGE)
def new_team() -> ResponseReturnValue:
    """Open a team."""
    form = TeamForm()
    form.offer(queries.list_team_areas())
    if form.validate_on_submit():
        try:
            team_id = teams.open_team(name=form.name.data or "", area_ids=form.area_ids, actor=signed_in_user().actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash("The team is open. Now invite somebody to it.", "ok")
            return redirect(url_for(".team", team_id=team_id), 303)
    return render_template("admin/new_team.html", form=form)


@blueprint.get("/teams/<uuid:team_id>")
@needs(Permission.TEAM_CHANGE)
def team(team_id: uuid.UUID) -> str:
    """Show a team: its members, and its name and areas to be changed."""
    found = queries.get_team(signed_in_user(), team_id)
    form = _form_of(found)
    return _page(found, form)


@blueprint.post("/teams/<uuid:team_id>")
@needs(Permission.TEAM_CHANGE)
def change_team(team_id: uuid.UUID) -> ResponseReturnValue:
    """Change a team's name and areas; when somebody else did so meanwhile, show both and store nothing."""
    me, found = signed_in_user(), queries.get_team(signed_in_user(), team_id)
    form = TeamForm()
    form.offer(queries.list_team_areas())
    if not form.validate():
        return _page(found, form)
    try:
        teams.change_team(
            team_id=team_id,
            version=form.read_version,
            name=form.name.data or "",
            area_ids=form.area_ids,
            actor=me.actor,
        )
    except RefusedChangeError as error:
        form.refuse(error)
        return _page(found, form)
    except ChangedMeanwhileError:
        return _page(found, form, is_changed=True)
    flash("The team is changed.", "ok")
    return redirect(url_for(".team", team_id=team_id), 303)


@blueprint.route("/teams/<uuid:team_id>/close", methods=["GET", "POST"])
@needs(Permission.TEAM_CHANGE, fresh=True)
def close_team(team_id: uuid.UUID) -> ResponseReturnValue:
    """Close a team, after a question."""
    me, found = signed_in_user(), queries.get_team(signed_in_user(), team_id)
    form, name = RefusableForm(), found.name
    if form.is_submitted():
        try:
            teams.close_team(team_id=team_id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"The team {name} is closed.", "ok")
            return redirect(url_for(".list_of_teams"), 303)
    return render_template(
        "admin/question.html",
        form=form,
        title=f"Close the team {name}",
        words="Every role in this team ends at once, and so do its invitations. It cannot be opened again, but you can "
        "open another team and invite the same people.",
        button="Close the team",
        back=url_for(".team", team_id=team_id),
    )


def _form_of(team: Team) -> TeamForm:
    form = TeamForm(
        formdata=None, version=str(team.version), name=team.name, areas=[str(area.id) for area in team.areas]
    )
    form.offer(queries.list_team_areas())
    return form


def _page(found: Team, form: TeamForm, *, is_changed: bool = False) -> str:
    """Show a team with its form. When both were changed, the form stays as typed and takes the new counter."""
    if is_changed:
        form.version.data = str(found.version)
    return render_template(
        "admin/team.html",
        team=found,
        form=form,
        is_changed=is_changed,
        members=queries.list_members(signed_in_user(), found),
    )
