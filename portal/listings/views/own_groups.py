"""Joining: finding one's group or registering it. Keeping it: its facts, its editors and its lead."""

import uuid

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import sessions
from portal.accounts.forms import RefusableForm
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.queries import NotFoundError
from portal.accounts.roles import Role
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.invitation_acts import ask_about, link_of
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean
from portal.directory.models import Organisation, OrganisationKind
from portal.directory.operations import OrganisationDraft, PhoneDraft
from portal.listings.access import leads
from portal.listings.forms.groups import EditorForm, FactsForm, RegisterForm
from portal.listings.operations import groups as operations
from portal.listings.operations.claims import Claimant, register_group
from portal.listings.queries import claims, groups
from portal.listings.views import groups as blueprint


@blueprint.after_request
def keep_names_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store who looks after which group, nor pages whose address is a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response


def me_as_claimant() -> Claimant:
    """Return who asks, with the session that goes on when their roles change."""
    return Claimant(user_id=signed_in_user().id, session_id=sessions.current_id())


@blueprint.get("")
@needs(Permission.GROUP_JOIN)
def own_groups() -> str:
    """Show one's own groups and claims, and find a group by its name."""
    me, words = signed_in_user(), clean(request.args.get("q", ""), limit=120)
    return render_template(
        "listings/groups.html",
        words=words,
        found=groups.list_groups_named(words),
        own=groups.list_own_groups(me),
        claims=claims.list_own_claims(me),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.GROUP_JOIN)
def new_group() -> ResponseReturnValue:
    """Register a group; when there is one of a like name, ask before making a second."""
    form = RegisterForm(name=clean(request.args.get("name", ""), limit=200))
    alike: list[groups.FoundGroup] = []
    if form.validate_on_submit():
        alike = [] if form.is_another.data else groups.list_like(form.name.data or "")
        if not alike and (organisation_id := _register(form)):
            flash("The group is registered. A moderator looks at it; you can begin to write at once.", "ok")
            return redirect(url_for("listings.new", group=organisation_id), 303)
    return render_template("listings/group_new.html", form=form, alike=alike)


def _register(form: RegisterForm) -> uuid.UUID | None:
    """Register what was typed and return the group's id; None when it was refused, which the form then says."""
    draft = OrganisationDraft(
        id=uuid.uuid4(),
        name=form.name.data or "",
        kind=OrganisationKind(form.kind.data),
        description=form.description.data or "",
        website=form.website.data or "",
        email=form.email.data or "",
        phones=(PhoneDraft(number=form.phone.data),) if form.phone.data else (),
    )
    postcode = f"Postcode: {form.postcode.data}" if form.postcode.data else ""
    about = "\n".join(part for part in (form.about.data, postcode) if part)
    try:
        register_group(draft=draft, about=about, claimant=me_as_claimant(), actor=signed_in_user().actor)
    except RefusedChangeError as error:
        form.refuse(error)
        return None
    sessions.renew()
    return draft.id


@blueprint.get("/<uuid:organisation_id>")
@needs(Permission.LISTING_KEEP)
def group(organisation_id: uuid.UUID) -> str:
    """Show a group to its editors."""
    found = groups.get_own_group(signed_in_user(), organisation_id)
    return _page(found, _form_of(found))


@blueprint.post("/<uuid:organisation_id>")
@needs(Permission.LISTING_KEEP)
def change_group(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Change what a group says of itself; when somebody else did meanwhile, show both and store nothing."""
    me = signed_in_user()
    found, form = groups.get_own_group(me, organisation_id), FactsForm()
    if not form.validate():
        return _page(found, form)
    facts = operations.GroupFacts(**{name: value or "" for name, value in form.values().items()})
    try:
        operations.change_facts(organisation_id=found.id, expected=form.read_version, facts=facts, actor=me.actor)
    except RefusedChangeError as error:
        form.refuse(error)
        return _page(found, form)
    except ChangedMeanwhileError:
        now = groups.get_own_group(me, organisation_id)
        form.version.data = str(now.version)
        return _page(now, form, is_changed=True)
    flash("Saved. Residents see it from now on.", "ok")
    return redirect(url_for(".group", organisation_id=organisation_id), 303)


@blueprint.route("/<uuid:organisation_id>/invite", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def invite_editor(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Invite a further editor, as the lead."""
    me, found = signed_in_user(), _own_as_lead(organisation_id)
    form, name = EditorForm(), found.name
    if form.validate_on_submit():
        invitee = Invitee(
            name=form.name.data or "",
            email=form.email.data or "",
            role=Role.GROUP_EDITOR,
            organisation_id=organisation_id,
        )
        try:
            invite(invitee=invitee, actor=me.actor, inviter=me.name, link=link_of)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{invitee.name} is invited. The link in the e-mail works for 72 hours.", "ok")
            return redirect(url_for(".group", organisation_id=organisation_id), 303)
    return render_template("listings/group_invite.html", form=form, organisation_id=organisation_id, name=name)


@blueprint.route(
    "/<uuid:organisation_id>/invited/<uuid:invited_id>/<any('send-again', 'withdraw'):act>", methods=["GET", "POST"]
)
@needs(Permission.LISTING_KEEP)
def change_invited(organisation_id: uuid.UUID, invited_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Send an invitation to the group again or withdraw it, after a question."""
    me = signed_in_user()
    _own_as_lead(organisation_id)
    invitation = groups.get_invited(me, organisation_id, invited_id)
    return ask_about(invitation, act, me, back=url_for(".group", organisation_id=organisation_id))


@blueprint.route("/<uuid:organisation_id>/leave", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def leave(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Leave a group, after saying what happens then."""
    me = signed_in_user()
    found, form = groups.get_own_group(me, organisation_id), RefusableForm()
    is_last, name = len(groups.list_editors(me, organisation_id)) == 1, found.name
    if request.method == "POST":
        try:
            operations.leave_group(organisation_id=organisation_id, editor=me_as_claimant(), actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            sessions.renew()
            flash(f"You no longer look after {name}. Thank you for what you did.", "ok")
            return redirect(url_for(".own_groups"), 303)
    last = "You are the last who looks after it. Its listings stay as they are, and moderators are told, so that they "
    last += "can find somebody. Every six months we ask the group by its published address whether they are right."
    words = last if is_last else "The others go on. You can come back when they invite you."
    return _ask(form, f"Leave {name}", words, "Leave the group", organisation_id)


@blueprint.route(
    "/<uuid:organisation_id>/editors/<uuid:editor_id>/<any('hand-over', 'end'):act>", methods=["GET", "POST"]
)
@needs(Permission.LISTING_KEEP)
def change_editor(organisation_id: uuid.UUID, editor_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Hand the lead over to another editor, or end their role, after a question."""
    me, form = signed_in_user(), RefusableForm()
    name = groups.get_other_editor(me, organisation_id, editor_id).user.name
    is_ending = act == "end"
    if request.method == "POST":
        change = operations.end_editor if is_ending else operations.hand_over
        try:
            change(organisation_id=organisation_id, membership_id=editor_id, user_id=me.id, actor=me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"{name} no longer looks after the group." if is_ending else f"{name} leads the group now.", "ok")
            return redirect(url_for(".group", organisation_id=organisation_id), 303)
    if is_ending:
        words = f"{name} can no longer change the group or its listings, and is signed out at once."
        return _ask(form, f"End {name}’s part in the group", words, "End it", organisation_id)
    words = f"{name} can then invite others, end their part and hand over. You go on as an editor."
    return _ask(form, f"Hand the lead over to {name}", words, "Hand it over", organisation_id)


@blueprint.post("/<uuid:organisation_id>/lead")
@needs(Permission.LISTING_KEEP)
def take_lead(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Become the lead of a group that nobody leads."""
    me = signed_in_user()
    found = groups.get_own_group(me, organisation_id)
    if groups.is_on_trial(organisation_id):
        raise NotFoundError(organisation_id)
    try:
        operations.take_the_lead(organisation_id=organisation_id, user_id=me.id, actor=me.actor)
    except RefusedChangeError as error:
        form = _form_of(found)
        form.refuse(error)
        return _page(found, form)
    flash("You lead the group now.", "ok")
    return redirect(url_for(".group", organisation_id=organisation_id), 303)


def _own_as_lead(organisation_id: uuid.UUID) -> Organisation:
    """Return a group that the user leads. Raises NotFoundError."""
    me = signed_in_user()
    if not leads(me, organisation_id):
        raise NotFoundError(organisation_id)
    return groups.get_own_group(me, organisation_id)


def _ask(form: RefusableForm, title: str, words: str, button: str, organisation_id: uuid.UUID) -> str:
    back = url_for(".group", organisation_id=organisation_id)
    return render_template("admin/question.html", form=form, title=title, words=words, button=button, back=back)


def _form_of(found: Organisation) -> FactsForm:
    return FactsForm(
        formdata=None,
        version=str(found.version),
        name=found.name,
        description=found.description,
        website=found.website,
        phone=found.phones[0].number if found.phones else "",
        email=found.email,
    )


def _page(found: Organisation, form: FactsForm, *, is_changed: bool = False) -> str:
    me = signed_in_user()
    return render_template(
        "listings/group.html",
        group=found,
        form=form,
        is_changed=is_changed,
        editors=groups.list_editors(me, found.id),
        lead_id=groups.find_lead_id(found.id),
        is_lead=leads(me, found.id),
        is_on_trial=groups.is_on_trial(found.id),
        missing=groups.missing_checks(found.id, visits_homes=False),
        invited=groups.list_invited(me, found.id),
    )
