"""The page that an invitation's link leads to. Opening it changes nothing, since programs open links in mail, too."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_security.utils import hash_password

from portal.accounts import queries
from portal.accounts.forms import NewAccountForm
from portal.accounts.invitation_words import instant_in_words, what_for
from portal.accounts.models import Invitation
from portal.accounts.models.membership import InvitationState
from portal.accounts.operations.invitations import accept_as_new, accept_as_user
from portal.accounts.passwords import fault_of, normalised
from portal.accounts.signed_in import signed_in_user
from portal.accounts.throttle import guess
from portal.core.access import Permission, needs, public
from portal.core.editing import RefusedChangeError
from portal.core.site import site

blueprint = Blueprint("invitations", __name__, url_prefix="/invitation")
blueprint.add_app_template_filter(instant_in_words, "instant")
blueprint.add_app_template_filter(what_for, "what_for")


@blueprint.after_request
def keep_links_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store a page whose address is a secret, and not to name it to anybody."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<token>")
@public
def invitation(token: str) -> ResponseReturnValue:
    """Say who invites to what, and offer the way that fits: say yes, sign in, or choose a password."""
    found = _find(token)
    if found is None or found.state is not InvitationState.WAITING:
        return _over(found)
    return _page(found, token, NewAccountForm(formdata=None, name=found.name))


@blueprint.post("/<token>")
@public
def accept_with_new_account(token: str) -> ResponseReturnValue:
    """Say yes with a name and a password for a new account."""
    found = _find(token)
    if found is None or found.state is not InvitationState.WAITING:
        return _over(found)
    form, address = NewAccountForm(), found.email.partition("@")[0]
    name, password = form.name.data or "", form.password.data or ""
    if form.validate() and (fault := fault_of(password, site_name=site().name, names=[name, address])):
        form.refuse(RefusedChangeError("password", fault))
    if form.errors:
        return _page(found, token, form)
    try:
        accept_as_new(
            invitation_id=found.id,
            name=name,
            password_hash=hash_password(normalised(password)),
            actor=f"invitation:{found.id}",
        )
    except RefusedChangeError as error:
        form.refuse(error)
        return _page(found, token, form)
    flash("Your account is made. Sign in with your e-mail address and the password that you have just chosen.", "ok")
    return redirect(url_for("security.login"), 303)


@blueprint.post("/<token>/accept")
@needs(Permission.ACCOUNT_KEEP)
def accept(token: str) -> ResponseReturnValue:
    """Say yes with the account that is signed in."""
    found, me = _find(token), signed_in_user()
    if found is None or found.state is not InvitationState.WAITING:
        return _over(found)
    try:
        accept_as_user(invitation_id=found.id, user_id=me.id, actor=me.actor)
    except RefusedChangeError as error:
        form = NewAccountForm(formdata=None)
        form.refuse(error)
        return _page(found, token, form)
    return render_template("accounts/invitation_accepted.html")


def _find(token: str) -> Invitation | None:
    """Return the invitation of a link. A link that leads nowhere is a guess, of which only a few are answered."""
    found = queries.find_invitation_by_token(token)
    if found is None:
        guess("invitation", account=None, address=request.remote_addr or "")
    return found


def _over(found: Invitation | None) -> tuple[str, int]:
    """Say kindly that a link leads nowhere any more, and what to do."""
    state = found.state.value if found is not None else "unknown"
    return render_template("accounts/invitation_over.html", state=state), 404 if found is None else 410


def _page(found: Invitation, token: str, form: NewAccountForm) -> str:
    """Show an invitation. Only whoever holds the link learns whether its address has an account."""
    account = queries.find_user_by_address(found.email_fingerprint)
    has_account = account is not None and account.confirmed_at is not None
    if not current_user.is_authenticated:
        way = "sign in" if has_account else "new"
    else:
        way = "accept" if current_user.email_fingerprint == found.email_fingerprint else "other"
    return render_template(
        "accounts/invitation.html",
        invitation=found,
        inviter=queries.name_of_actor(found.invited_by),
        token=token,
        form=form,
        way=way,
    )
