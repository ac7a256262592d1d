"""Signing in through the organisation's own sign-in: the way there, and the way back."""

import time

from flask import abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.utils import login_user
from sqlalchemy.orm import object_session

from portal.accounts import oidc, sessions, throttle
from portal.accounts.models import User
from portal.accounts.one_act import one_act
from portal.accounts.operations.identities import link_identity
from portal.accounts.queries import identities
from portal.accounts.security_notes import ORGANISATION, ORGANISATION_TWO_FACTORS, note_refusal, pass_second_step
from portal.core.addresses import local_path

NEXT = "organisation_next"
NO_ACCOUNT = (
    "Your organisation knows you, but there is no staff account here with your e-mail address. "
    "Ask the person who invited you, or sign in with your password."
)
ANOTHER = "That was another account than the one that you are signed in with. Nothing has changed."
NOT_ASKED = "Your organisation’s sign-in did not ask who you are. Use your password or a passkey."


def begin() -> ResponseReturnValue:
    """Send somebody to their organisation's sign-in."""
    if not oidc.is_on():
        abort(404)
    session[NEXT] = local_path(request.args.get("next", "")) or url_for("account.start")
    try:
        return oidc.send_there(again=current_user.is_authenticated)
    except oidc.OrganisationError as error:
        return _refused(error)


def come_back() -> ResponseReturnValue:
    """Take what the organisation's sign-in says, and sign in whom it names, if that is one of the staff here."""
    if not oidc.is_on():
        abort(404)
    throttle.guess("organisation", account=None, address=request.remote_addr or "")
    goes_on = session.pop(NEXT, None) or url_for("account.start")
    try:
        answer = oidc.read_answer()
        with one_act():
            if current_user.is_authenticated:
                return _show_again(answer, goes_on)
            return _sign_in(answer, goes_on)
    except oidc.OrganisationError as error:
        return _refused(error)


def _sign_in(answer: oidc.Answer, goes_on: str) -> ResponseReturnValue:
    user = _user_of(answer)
    if user is None:
        note_refusal(None, ORGANISATION)
        return _refused(oidc.OrganisationError(NO_ACCOUNT))
    if answer.has_second_factor:
        login_user(user, remember=False, authn_via=[ORGANISATION_TWO_FACTORS])
        return redirect(goes_on)
    step: ResponseReturnValue | None = current_app.extensions["security"].two_factor_plugins.tf_enter(
        user, False, ORGANISATION, next_loc=goes_on
    )
    if step is not None:
        return step
    login_user(user, remember=False, authn_via=[ORGANISATION])
    return redirect(goes_on)


def _user_of(answer: oidc.Answer) -> User | None:
    """Return the member of staff whom the answer names: one who was linked, or one with the same checked address."""
    user = identities.find_user_by_subject(answer.issuer, answer.subject)
    is_new = user is None
    if user is None and answer.email and answer.email_is_verified:
        user = identities.find_user_by_address(answer.email)
    if user is None or not user.active or user.confirmed_at is None or not user.is_staff:
        return None
    if is_new:
        # An address that has gone to somebody else since it was linked does not open the account of its first owner.
        if identities.has_identity(user, answer.issuer):
            return None
        transaction = object_session(user)
        assert transaction is not None
        link_identity(transaction, user=user, issuer=answer.issuer, subject=answer.subject, actor=user.actor)
    return user


def _show_again(answer: oidc.Answer, goes_on: str) -> ResponseReturnValue:
    """Take the answer as proof that it is still the same person who is signed in."""
    user = identities.find_user_by_subject(answer.issuer, answer.subject)
    if user is None or user.id != current_user.id:
        note_refusal(current_user, ORGANISATION)
        return _refused(oidc.OrganisationError(ANOTHER))
    if not answer.is_recent:
        return _refused(oidc.OrganisationError(NOT_ASKED))
    session[sessions.VERIFIED] = time.time()
    if answer.has_second_factor:
        pass_second_step()
    return redirect(goes_on)


def _refused(error: oidc.OrganisationError) -> ResponseReturnValue:
    return render_template("accounts/organisation.html", message=str(error)), 400
