"""Flask-Security's forms with our words, our rules, and nothing that tells whether an account exists."""

from collections.abc import Sequence
from typing import Any

from flask_security import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    MfRecoveryForm,
    RegisterFormV2,
    ResetPasswordForm,
    SendConfirmationForm,
    TwoFactorRescueForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.forms import EmailValidation, unique_user_email, valid_user_email
from flask_security.utils import hash_password
from wtforms import EmailField, PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, Length

from portal.accounts.models import User
from portal.accounts.passwords import LONGEST
from portal.accounts.security_notes import note_refusal
from portal.core.forms import LONGEST_ADDRESS, Fault, stripped

NO_ADDRESS = "Enter your e-mail address"
NO_PASSWORD = "Enter your password"  # noqa: S105 - a message
WRONG = "The e-mail address or the password is not right. Look at both and try again."
UNCONFIRMED = (
    "You have not yet told us that this address is yours. Use the link in our e-mail, or ask for a new one below."
)
SWITCHED_OFF = "This account is switched off. Ring us if it should not be."


def _address(*checks: Any) -> EmailField:
    return EmailField(
        "E-mail address",
        validators=[
            DataRequired(NO_ADDRESS),
            Length(max=LONGEST_ADDRESS, message="This address is too long"),
            EmailValidation(),
            *checks,
        ],
    )


def _password(label: str = "Password", missing: str = NO_PASSWORD) -> PasswordField:
    too_long = Length(max=LONGEST, message=f"A password has {LONGEST} letters or fewer")
    return PasswordField(label, validators=[DataRequired(missing), too_long])


class Faulty:
    """A form that says what is wrong in the order of its fields, for the summary at the top of the page."""

    def faults(self: Any) -> Sequence[Fault]:
        """Return what to put right."""
        found = [Fault(field.id, str(message)) for field in self for message in list(field.errors)[:1]]
        first = next((field.id for field in self if field.name not in {"csrf_token", "next", "submit"}), "main")
        return [Fault(first, str(message)) for message in dict.fromkeys(self.form_errors)] + found


class SignInForm(Faulty, LoginForm):
    """Address and password. Which of the two was wrong is told to nobody."""

    user: User | None

    email = _address()
    password = _password()
    # Nothing is remembered beyond the session.
    remember = None  # type: ignore[assignment]
    detail = ""
    blanks: Sequence[Fault] = ()

    def validate(self, **kwargs: Any) -> bool:
        """Check the password, once for every answer, so that an account takes no longer than none."""
        if super().validate(**kwargs):
            return True
        self.blanks = [
            Fault(field.id, words)
            for field, words in ((self.email, NO_ADDRESS), (self.password, NO_PASSWORD))
            if not (field.data or "").strip()
        ]
        if self.user_authenticated and self.user is not None:
            # Whoever knows the password may be told what else is in the way.
            self.detail = UNCONFIRMED if self.user.is_active else SWITCHED_OFF
            note_refusal(self.user, "not confirmed" if self.user.is_active else "switched off")
        elif self.user is None and not self.blanks:
            note_refusal(None, "password")
        return False

    def faults(self) -> Sequence[Fault]:
        """Return what is missing, or the one sentence for everything that was wrong."""
        if not self.form_errors:
            return super().faults()
        for blank in self.blanks:  # Flask-Security wipes what stands at the fields; these tell nothing.
            self[blank.field].errors = [blank.message]
        return self.blanks or [Fault(self.email.id, self.detail or WRONG)]


class RegisterForm(Faulty, RegisterFormV2):
    """A new account: name, address and password. An address that has one already gets a letter instead."""

    name = StringField(
        "Your name",
        filters=[stripped],
        validators=[DataRequired("Enter your name"), Length(max=120, message="Use 120 letters or fewer")],
    )
    email = _address(unique_user_email)
    password = _password("Choose a password", "Choose a password")
    password_confirm = None  # type: ignore[assignment]


class ForgottenForm(Faulty, ForgotPasswordForm):
    """The address to which the link for a new password goes."""

    email = _address(valid_user_email)

    def validate(self, **kwargs: Any) -> bool:
        """Look for the account. Flask-Security hashes once where there is none, so the same is done where there is."""
        is_there = super().validate(**kwargs)
        if is_there:
            hash_password("nobody's password")
        return is_there


class ConfirmAgainForm(Faulty, SendConfirmationForm):
    """The address to which the link for confirming it goes once more."""

    email = _address(valid_user_email)


class NewPasswordForm(Faulty, ResetPasswordForm):
    """A new password in place of a forgotten one."""

    password = _password("Choose a new password", "Choose a new password")
    password_confirm = None  # type: ignore[assignment]


class ChangeForm(Faulty, ChangePasswordForm):
    """A new password in place of the one that is known."""

    password = _password("Your password now", "Enter the password that you have now")
    new_password = _password("Choose a new password", "Choose a new password")
    new_password_confirm = None  # type: ignore[assignment]


class AgainForm(Faulty, VerifyForm):
    """The password once more, before something that matters."""

    password = _password()

    def validate(self, **kwargs: Any) -> bool:
        """Check the password. Who signs in through an organisation has none here."""
        if not self.user.password:
            self.password.errors = ["You have no password here. Use the other way below."]
            return False
        return super().validate(**kwargs)


class CodeForm(Faulty, TwoFactorVerifyCodeForm):
    """The six figures of an authenticator app."""

    code = StringField("Code", filters=[stripped], validators=[DataRequired("Enter the code"), Length(max=20)])


class NoRescueForm(TwoFactorRescueForm):
    """Flask-Security's offer to write to somebody without a code. Our page for them says what they can do instead."""

    help_setup = RadioField(choices=[])


class RecoveryForm(Faulty, MfRecoveryForm):
    """One of the codes that were kept for the day when the phone is lost."""

    user: User | None

    code = StringField("Recovery code", filters=[stripped], validators=[DataRequired("Enter the code"), Length(max=40)])

    def validate(self, **kwargs: Any) -> bool:
        """Check the code and use it up later; a wrong one is noted."""
        if super().validate(**kwargs):
            return True
        if self.user is not None and self.code.data:
            note_refusal(self.user, "recovery code")
        return False
