"""What a password must be, and what it must not: 12 to 128 signs, any signs, but nothing that is guessed at once."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask_security import PasswordUtil

from portal.accounts.models import User
from portal.core.site import site

SHORTEST = 12
LONGEST = 128

# The estimator's work grows with the square of the length; what is longer than this is judged by its beginning.
JUDGED = 64

# Fewer guesses than this, in powers of ten, are made in hours against a stolen file of passwords, and "common"
# passwords with a number behind them need fewer still (D. Wheeler, zxcvbn, USENIX Security 2016: score 3).
FEWEST_GUESSES = 8

ADVICE = "Three or four words that do not belong together work well."
TOO_SHORT = f"Use at least {SHORTEST} letters, numbers or signs. {ADVICE}"
TOO_LONG = f"Use {LONGEST} letters or fewer."
COMMON = f"This password is too easy to guess: many people use it or one like it. Choose another. {ADVICE}"
HOLDS_NAME = (
    "Leave your own name, your e-mail address and the name of this website out of your password. "
    "Others would try them first."
)


def normalised(password: str) -> str:
    """Return the password as it is hashed: NFKC, so that every keyboard makes the same of the same letters."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, *, site_name: str, names: Iterable[str]) -> str | None:
    """Say what is wrong with a new password and what to do, or return None.

    `names` holds the person's name and the part of their address before the @; no word of three letters or more of
    them may stand in the password, nor the whole name of the site, however it is written.
    """
    password = normalised(password)
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    words = {word for name in names for word in _words(name)} | {_joined(site_name)} - {""}
    plain = password.casefold()
    if any(word in plain or word in _joined(plain) for word in words):
        return HOLDS_NAME
    return COMMON if _is_common(password, words) else None


def _words(name: str) -> list[str]:
    """Return the words of a name that are long enough to matter."""
    return [word for word in re.split(r"[\W_\d]+", normalised(name).casefold()) if len(word) >= 3]


def _joined(text: str) -> str:
    """Return the letters of a text without what parts them."""
    return re.sub(r"[\W_\d]+", "", normalised(text).casefold())


def _is_common(password: str, words: Iterable[str]) -> bool:
    """Say whether few guesses find it: common passwords, names and words, rows of keys, repeats, dates."""
    from zxcvbn import zxcvbn  # it reads its lists when it is imported, which takes a moment

    guesses: float = zxcvbn(password[:JUDGED], user_inputs=sorted(words))["guesses_log10"]
    return guesses < FEWEST_GUESSES


class Passwords(PasswordUtil):
    """Gives Flask-Security our rules."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def normalize(self, password: str) -> str:
        """Return the password as it is hashed and compared."""
        return normalised(password)

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return what is wrong, if anything, and the normalised password.

        At registration the name and the address come as fields; later, as `user`.
        """
        user: User | None = None if is_register else kwargs.get("user")
        name, email = (user.name, user.email) if user else (kwargs.get("name", ""), kwargs.get("email", ""))
        fault = fault_of(password, site_name=site().name, names=[name or "", (email or "").partition("@")[0]])
        return ([fault] if fault else None), normalised(password)
