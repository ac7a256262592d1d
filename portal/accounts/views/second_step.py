"""Our own pages beside Flask-Security's: setting up and taking away what the second step asks for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import Security
from sqlalchemy.orm import Session, object_session
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from portal.accounts.codes import in_groups
from portal.accounts.models import Passkey, User
from portal.accounts.operations import second_factor
from portal.accounts.security_notes import pass_second_step
from portal.accounts.security_words import WRONG_CODE
from portal.accounts.sessions import current_id
from portal.core.forms import Form, stripped

# The secret of an authenticator app that is being set up; it counts once a code of it was right.
SECRET = "authenticator_secret"  # noqa: S105 - the name of an entry


class CodeOfNewAppForm(Form):
    """The first code of an authenticator app."""

    code = StringField("Code", filters=[stripped], validators=[DataRequired("Enter the code"), Length(max=20)])


class SureForm(Form):
    """A yes to losing the last second factor."""

    sure = BooleanField("Yes, take it away", validators=[DataRequired("Tick this if you are sure")])


def signed_out() -> ResponseReturnValue:
    """Say that nobody is signed in on this device any more."""
    return render_template("accounts/signed_out.html")


def lost() -> ResponseReturnValue:
    """Help somebody who has the password but no code."""
    if "tf_user_id" not in session:
        return redirect(url_for("security.login"))
    return render_template("accounts/lost.html")


def asking_first(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Ask with a button before a link does something: programs that look at mail open links, but press nothing."""

    @wraps(view)
    def asking(**values: Any) -> ResponseReturnValue:
        if request.method != "POST":
            return render_template("accounts/confirm.html")
        return view(**values)

    return asking


def telling_of_codes(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Tell the user and the audit when recovery codes were made anew."""

    @wraps(view)
    def telling(**values: Any) -> ResponseReturnValue:
        user = _user()
        before = list(user.mf_recovery_codes or ())
        answer = view(**values)
        if request.method == "POST" and list(user.mf_recovery_codes or ()) != before:
            second_factor.renew_recovery_codes(_transaction_of(user), user=user, actor=user.actor)
        return answer

    return telling


def set_up() -> ResponseReturnValue:
    """Show the picture to point a phone at, and take the first code."""
    user, security = _user(), _security()
    form = CodeOfNewAppForm()
    secret: str = session.setdefault(SECRET, security.totp_factory.generate_totp_secret())
    if form.validate_on_submit():
        if security.totp_factory.verify_totp(form.code.data or "", secret, user, window=30):
            second_factor.set_up_authenticator(
                _transaction_of(user), user=user, secret=secret, actor=user.actor, here=current_id()
            )
            session.pop(SECRET)
            pass_second_step()
            flash(
                "Your authenticator app is set up. Now make recovery codes, for the day when your phone is lost.", "ok"
            )
            return redirect(url_for("security.mf_recovery_codes"))
        form.code.errors = [WRONG_CODE]
    factory = security.totp_factory
    return render_template(
        "accounts/second_step.html",
        form=form,
        picture=factory.generate_qrcode(user.email, secret),
        key=in_groups(factory.get_totp_b32_key(secret)),
    )


def remove() -> ResponseReturnValue:
    """Take the authenticator app away, once it is clear that this is wanted."""
    user = _user()
    if not user.tf_totp_secret:
        return redirect(url_for("security.two_factor_setup"))
    form = SureForm()
    is_last = not user.webauthn
    if request.method == "POST" and (not _asks_twice(user, is_last) or form.validate()):
        second_factor.remove_authenticator(_transaction_of(user), user=user, actor=user.actor, here=current_id())
        flash("The authenticator app is taken away. Its codes do not work any more.", "ok")
        return redirect("/account")
    return render_template(
        "accounts/remove.html", form=form, what="your authenticator app", asks=_asks_twice(user, is_last)
    )


def remove_passkey(number: int) -> ResponseReturnValue:
    """Take a passkey away, once it is clear that this is wanted."""
    user = _user()
    passkey: Passkey = next((key for key in user.webauthn if key.id == number), None) or abort(404)
    form = SureForm()
    is_last = len(user.webauthn) == 1 and not user.tf_totp_secret
    if request.method == "POST" and (not _asks_twice(user, is_last) or form.validate()):
        second_factor.remove_passkey(
            _transaction_of(user), user=user, passkey=passkey, actor=user.actor, here=current_id()
        )
        flash(f"The passkey “{passkey.name}” is taken away.", "ok")
        return redirect(url_for("security.wan_register"))
    return render_template(
        "accounts/remove.html", form=form, what=f"the passkey “{passkey.name}”", asks=_asks_twice(user, is_last)
    )


def _asks_twice(user: User, is_last: bool) -> bool:
    return is_last and user.is_staff


def _transaction_of(user: User) -> Session:
    """Return the transaction that `security_pages` began for this request."""
    found = object_session(user)
    assert found is not None
    return found


def _user() -> User:
    user: User = current_user._get_current_object()
    return user


def _security() -> Security:
    security: Security = current_app.extensions["security"]
    return security
