"""Passkeys: a key on a phone or computer that a finger, a face or a PIN opens, and so two factors in one."""

from typing import Any
from urllib.parse import urlsplit

from flask import request, session
from flask_security import (
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
    WebauthnUtil,
)
from flask_security.webauthn import WebAuthnTfPlugin, _create_credential_list
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, DataRequired, Length

from portal.accounts.models import User
from portal.accounts.security_forms import Faulty
from portal.accounts.security_notes import note_refusal
from portal.core.forms import stripped
from portal.core.text import clean

# The question that a passkey has to answer next. It is kept on the server and asked once.
QUESTION = "passkey_question"
STALE = "That took too long, or this page was opened twice. Start again."
NOT_KNOWN = "We do not know this passkey. It may have been removed, or belong to another account."
LONGEST_NAME = 64


class Passkeys(WebauthnUtil):
    """How passkeys are made and asked for: kept on the device, and always opened by its owner."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Return a new question, and remember it in the session."""
        question = super().generate_challenge(nbytes)
        session[QUESTION] = question
        return question

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:  # noqa: ARG002
        """Ask for a key that can be found without a name, and that checks who uses it."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def authentication_options(self, user: Any, usage: list[str], existing_options: dict[str, Any]) -> dict[str, Any]:
        """Ask for the user's own keys where the user is known."""
        if user is not None:
            existing_options["allow_credentials"] = _create_credential_list(user, ["first"])
        return super().authentication_options(user, usage, existing_options)

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:  # noqa: ARG002
        """Return that the owner has to be checked, always."""
        return UserVerificationRequirement.REQUIRED

    def name_svn(self, value: str) -> tuple[str | None, str | None]:
        """Return what is wrong with a passkey's name, or the name."""
        name = clean(value)
        if not name or len(name) > LONGEST_NAME:
            return f"Give it a name of at most {LONGEST_NAME} letters", None
        return None, name


def relying_party() -> str:
    """Return the host that passkeys belong to."""
    return urlsplit(request.host_url).hostname or ""


def _is_asked(challenge: str) -> bool:
    """Say whether this is the question that is open in this session, and close it."""
    asked: str | None = session.pop(QUESTION, None)
    return asked is not None and asked == challenge


class PasskeyNameForm(Faulty, WebAuthnRegisterForm):
    """The name of a new passkey, by which its owner knows it."""

    name = StringField(
        "Name of this passkey",
        filters=[stripped],
        validators=[
            DataRequired("Give it a name, such as “My phone”"),
            Length(max=LONGEST_NAME, message=f"Use {LONGEST_NAME} letters or fewer"),
        ],
    )
    # Every passkey checks its owner, so each may be used for either step.
    usage = HiddenField(default="first", validators=[AnyOf(["first"])])  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usage.data = "first"


class NewPasskeyForm(Faulty, WebAuthnRegisterResponseForm):
    """What a device answered when it made a passkey."""

    def validate(self, **kwargs: Any) -> bool:
        """Check the answer against the question that is open in this session."""
        if not _is_asked(self.challenge):
            self.credential.errors = [STALE]
            return False
        return super().validate(**kwargs)


class AskForPasskeyForm(Faulty, WebAuthnSigninForm):
    """The wish to sign in with a passkey. No name is asked for: the device knows the keys that it has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.identity.data, self.remember.data = None, False


class PasskeyAnswerForm(Faulty, WebAuthnSigninResponseForm):
    """What a device answered for signing in, for the second step, or for proving oneself again."""

    user: User | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember.data = None

    def validate(self, **kwargs: Any) -> bool:
        """Check the answer: asked in this session, by a key of this account, whose owner was checked."""
        for_second_step = self.is_secondary
        # One kind of passkey serves for both steps, so Flask-Security need not tell them apart.
        self.is_secondary = False
        if not _is_asked(self.challenge):
            self.credential.errors = [STALE]
            return False
        if not super().validate(**kwargs):
            if self.user is None:
                note_refusal(None, "passkey")
                self.credential.errors = [NOT_KNOWN]
            return False
        assert self.user is not None
        of_another = for_second_step and self.user.fs_uniquifier != session.get("tf_user_id")
        if of_another or not self.user.is_active or not self.mf_check or self.user.confirmed_at is None:
            note_refusal(self.user, "passkey")
            self.credential.errors = [NOT_KNOWN]
            return False
        return True


class PasskeyStep(WebAuthnTfPlugin):
    """Offers a passkey as the second step to everybody who has one."""

    def get_setup_methods(self, user: User) -> list[tuple[str, str]]:  # type: ignore[override]
        """Return the passkey as a way to take the second step, if there is one."""
        return [("webauthn", "Passkey")] if user.webauthn else []
