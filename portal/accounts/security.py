"""Signing in: Flask-Security, set up for this site. What each part does stands in docs/accounts.md."""

import datetime as dt
from typing import Any

from flask import Flask
from flask_security import Security

from portal.accounts import codes, oidc, passkeys, security_forms, security_notes, security_pages, security_words
from portal.accounts.datastore import Datastore
from portal.accounts.passwords import SHORTEST, Passwords
from portal.accounts.security_mail import Mail
from portal.core import clock
from portal.core.sealing import seals
from portal.core.settings import Settings

# Argon2id with 64 MiB, three passes and four lanes (RFC 9106, section 4, second recommendation). Older hashes are
# renewed at the next sign-in.
ARGON2 = {"argon2__type": "ID", "argon2__memory_cost": 65_536, "argon2__time_cost": 3, "argon2__parallelism": 4}

LINKS_LIVE = dt.timedelta(hours=2)
CONFIRMATIONS_LIVE = dt.timedelta(days=2)
PASSKEY_QUESTIONS_LIVE = dt.timedelta(minutes=10)


class TokenHashes:
    """Hashes of what a link is tied to, keyed: the address in a link's token tells nothing to who reads a log."""

    def hash(self, text: bytes) -> str:
        """Return the keyed hash."""
        return seals().fingerprint("link", text.decode())

    def verify(self, text: bytes, hashed: str) -> bool:
        """Say whether the hash is of this text."""
        return self.hash(text) == hashed


class SignIn(Security):
    """Flask-Security without the package that would clean the names of passkeys: `passkeys.Passkeys` does."""

    def _check_modules(self, module: str, config_name: str) -> Any:
        return module == "nh3" or super()._check_modules(module, config_name)  # type: ignore[no-untyped-call]


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its way to sign in. Raises `SettingError` when a setting cannot be used."""
    app.config.update({f"SECURITY_{name}": value for name, value in _options(chosen).items()})
    app.config.update({f"SECURITY_MSG_{key}": words for key, words in security_words.WORDS.items()})
    security = SignIn(
        app,
        Datastore(),
        register_blueprint=False,
        login_form=security_forms.SignInForm,
        register_form=security_forms.RegisterForm,
        forgot_password_form=security_forms.ForgottenForm,
        reset_password_form=security_forms.NewPasswordForm,
        change_password_form=security_forms.ChangeForm,
        send_confirmation_form=security_forms.ConfirmAgainForm,
        verify_form=security_forms.AgainForm,
        two_factor_verify_code_form=security_forms.CodeForm,
        two_factor_rescue_form=security_forms.NoRescueForm,
        mf_recovery_form=security_forms.RecoveryForm,
        wan_register_form=passkeys.PasskeyNameForm,
        wan_register_response_form=passkeys.NewPasskeyForm,
        wan_signin_form=passkeys.AskForPasskeyForm,
        wan_signin_response_form=passkeys.PasskeyAnswerForm,
        mail_util_cls=Mail,
        password_util_cls=Passwords,
        totp_cls=codes.AuthenticatorCodes,
        webauthn_util_cls=passkeys.Passkeys,
        mf_recovery_codes_util_cls=codes.RecoveryCodes,
    )
    security.hashing_context = TokenHashes()
    # No page answers in JSON; `sessions` sees to it that no token in a header or an address signs in.
    security.want_json(lambda _request: False)
    app.register_blueprint(security_pages.blueprint)
    security_notes.listen(app)
    oidc.init_app(app, chosen)


def _options(chosen: Settings) -> dict[str, Any]:
    return {
        "DATETIME_FACTORY": clock.now,
        "RETURN_GENERIC_RESPONSES": True,
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
        "API_ENABLED_METHODS": ["session"],
        "EMAIL_PLAINTEXT": False,
        "EMAIL_HTML": False,
        # The gate decides how fresh is fresh enough; Flask-Security's own limit is the longest session.
        "FRESHNESS": dt.timedelta(hours=12),
        "FRESHNESS_GRACE_PERIOD": dt.timedelta(0),
        "INPUT_NORMALIZE_FORM": "NFKC",
        **_passwords(),
        **_steps(chosen),
        **_links(),
        **_templates(),
    }


def _passwords() -> dict[str, Any]:
    return {
        "PASSWORD_HASH": "argon2",
        "PASSWORD_SCHEMES": ["argon2"],
        "PASSWORD_SINGLE_HASH": True,
        "PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        "PASSWORD_LENGTH_MIN": SHORTEST,
        "PASSWORD_NORMALIZE_FORM": "NFKC",
        "PASSWORD_CONFIRM_REQUIRED": False,
    }


def _steps(chosen: Settings) -> dict[str, Any]:
    return {
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        # One step of 30 seconds before and after: phones' clocks are that far off.
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_IMPLEMENTATIONS": {
            "code": "flask_security.twofactor.CodeTfPlugin",
            "webauthn": "portal.accounts.passkeys.PasskeyStep",
        },
        "TOTP_SECRETS": codes.totp_secrets(chosen),
        "TOTP_ISSUER": chosen.site_name,
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "WEBAUTHN": True,
        "WAN_RP_NAME": chosen.site_name,
        "WAN_ALLOW_USER_HINTS": False,
        "WAN_ALLOW_AS_VERIFY": ["first"],
        "WAN_SIGNIN_WITHIN": PASSKEY_QUESTIONS_LIVE,
        "WAN_REGISTER_WITHIN": PASSKEY_QUESTIONS_LIVE,
        "WAN_POST_REGISTER_VIEW": "security.wan_register",
    }


def _links() -> dict[str, Any]:
    """What is on, how long links live, where each act leads, and which wording its message has."""
    return {
        "REGISTERABLE": True,
        "CONFIRMABLE": True,
        "RECOVERABLE": True,
        "CHANGEABLE": True,
        "CONFIRM_EMAIL_WITHIN": CONFIRMATIONS_LIVE,
        "RESET_PASSWORD_WITHIN": LINKS_LIVE,
        "POST_LOGIN_VIEW": "/account",
        "POST_LOGOUT_VIEW": "security.signed_out",
        "POST_REGISTER_VIEW": "security.login",
        "POST_CONFIRM_VIEW": "security.login",
        "POST_RESET_VIEW": "security.login",
        "POST_CHANGE_VIEW": "/account",
        "POST_VERIFY_VIEW": "/account",
        "REGISTER_EMAIL_TEMPLATE": "confirm-address",
        "REGISTER_EMAIL_EXISTING_TEMPLATE": "account-exists",
        "EMAIL_TEMPLATE_CONFIRM": "confirm-address",
        "EMAIL_TEMPLATE_PASSWORD_RESET": "reset-password",
        "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "reset-notice",
        "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "password-changed",
    }


def _templates() -> dict[str, str]:
    return {
        "LOGIN_USER_TEMPLATE": "accounts/sign_in.html",
        "REGISTER_USER_TEMPLATE": "accounts/register.html",
        "FORGOT_PASSWORD_TEMPLATE": "accounts/forgotten.html",
        "RESET_PASSWORD_TEMPLATE": "accounts/new_password.html",
        "CHANGE_PASSWORD_TEMPLATE": "accounts/password.html",
        "SEND_CONFIRMATION_TEMPLATE": "accounts/confirm_again.html",
        "VERIFY_TEMPLATE": "accounts/again.html",
        "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "accounts/code.html",
        "TWO_FACTOR_SELECT_TEMPLATE": "accounts/which_step.html",
        "MULTI_FACTOR_RECOVERY_TEMPLATE": "accounts/recovery_code.html",
        "MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "accounts/recovery_codes.html",
        "WAN_REGISTER_TEMPLATE": "accounts/passkeys.html",
        "WAN_SIGNIN_TEMPLATE": "accounts/passkey.html",
        "WAN_VERIFY_TEMPLATE": "accounts/passkey_again.html",
    }
