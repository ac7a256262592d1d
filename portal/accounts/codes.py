"""Codes for the second step: from an authenticator app, each good once, and recovery codes kept as keyed hashes."""

import base64
import hashlib
import hmac
import re

import segno
from flask_security import MfRecoveryCodesUtil, Totp
from passlib.totp import TotpMatch

from portal.accounts.models import User
from portal.core.sealing import seals
from portal.core.settings import Settings


def totp_secrets(chosen: Settings) -> dict[str, str]:
    """Return the key that Flask-Security seals authenticator secrets with, inside the column that we seal again.

    It is made of the key that never changes: the outer seal is the one that is renewed.
    """
    key = hmac.new(chosen.fingerprint_secret.encode(), b"authenticator secrets", hashlib.sha256).digest()
    return {"1": base64.urlsafe_b64encode(key).decode()}


class AuthenticatorCodes(Totp):
    """Codes of an authenticator app. The step of the last one is kept, so that none is accepted twice."""

    def get_last_counter(self, user: User) -> int | None:  # type: ignore[override]
        """Return the time step of the last code that was accepted."""
        return user.tf_last_counter

    def set_last_counter(self, user: User, tmatch: TotpMatch) -> None:  # type: ignore[override]
        """Keep the time step of the code that was just accepted."""
        user.tf_last_counter = tmatch.counter

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Return the picture to point a phone at, as an SVG in a data address."""
        picture: str = segno.make(self.get_totp_uri(username, totp), error="m").svg_data_uri(scale=5, border=4)
        return picture


def in_groups(key: str) -> str:
    """Return a secret in groups of four, to be typed by hand."""
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def plain_code(typed: str) -> str:
    """Return a recovery code as it was shown, however it was typed: "1a2b 3C4D5e6f" is "1a2b-3c4d-5e6f"."""
    signs = re.sub(r"[^0-9a-z]", "", typed.casefold())
    return "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, of which only keyed hashes are kept: they are shown once, when they are made."""

    def get_recovery_codes(self, user: User) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """Return nothing: nobody can read them again."""
        return []

    def check_recovery_code(self, user: User, code: str) -> bool:  # type: ignore[override]
        """Say whether this is one of the codes that are left."""
        return self._hash(code) in (user.mf_recovery_codes or [])

    def delete_recovery_code(self, user: User, code: str) -> bool:  # type: ignore[override]
        """Use a code up."""
        left = user.mf_recovery_codes or []
        user.mf_recovery_codes = [kept for kept in left if kept != self._hash(code)]
        return len(user.mf_recovery_codes) < len(left)

    def _encrypt_codes(self, codes: list[str]) -> list[str]:
        return [self._hash(code) for code in codes]

    def _hash(self, code: str) -> str:
        return seals().fingerprint("recovery code", plain_code(code))
