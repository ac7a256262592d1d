"""Columns that are unreadable without the site's keys, and keyed hashes by which such a value is found again.

What this hides and what it does not is written down in docs/decisions/0012.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.padding import PKCS7
from flask import Flask, current_app
from sqlalchemy.sql import operators

from portal.core.settings import Settings

EXTENSION = "seals"
# Texts are filled up to a multiple of this many bytes, so that a short answer looks like any other short answer.
BLOCK = 64
_PADDING = PKCS7(BLOCK * 8)


class NoKeyOpensError(Exception):
    """A sealed value that none of the site's keys opens: a key is missing, or the value was altered."""

    def __init__(self) -> None:
        super().__init__(
            "No key in PORTAL_ENCRYPTION_KEYS opens a value that stands sealed in the database. "
            "Put the key that sealed it back into the setting; `portal keys status` counts such values."
        )


class SealedComparisonError(TypeError):
    """A query compares or sorts by a sealed column, which could never match or mean anything."""

    def __init__(self, column: object) -> None:
        super().__init__(
            f"{column} stands sealed: the database can neither compare nor sort it, and only IS NULL can be asked. "
            "Keep a fingerprint beside it to find a value, and sort in Python."
        )


class SealingKey:
    """One key: what it seals and opens, and the mark by which people speak of it."""

    def __init__(self, text: str) -> None:
        self.fernet = Fernet(text)
        # Eight digits of a hash of 256 random bits tell keys apart and nothing about them.
        self.mark = hashlib.sha256(b"mark\0" + text.encode()).hexdigest()[:8]

    def has_sealed(self, sealed: bytes) -> bool:
        """Say whether this key sealed the value. Checks its signature and opens nothing."""
        try:
            self.fernet.extract_timestamp(sealed)
        except InvalidToken:
            return False
        return True


class Seals:
    """The keys of one site: the first seals, every one of them opens."""

    def __init__(self, chosen: Settings) -> None:
        self.keys = tuple(SealingKey(text) for text in chosen.sealing_keys)
        self._all = MultiFernet([key.fernet for key in self.keys])
        self._fingerprint_key = chosen.fingerprint_secret.encode()

    def seal(self, text: str) -> bytes:
        """Return the text sealed with the newest key."""
        padder = _PADDING.padder()
        return self._all.encrypt(padder.update(text.encode()) + padder.finalize())

    def unseal(self, sealed: bytes) -> str:
        """Return the text. Raises NoKeyOpensError when no key opens it."""
        try:
            padded = self._all.decrypt(sealed)
        except InvalidToken:
            raise NoKeyOpensError from None
        unpadder = _PADDING.unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()

    def reseal(self, sealed: bytes) -> bytes:
        """Return the same content, with its time of sealing, under the newest key. Raises NoKeyOpensError."""
        try:
            return self._all.rotate(sealed)
        except InvalidToken:
            raise NoKeyOpensError from None

    def find_key(self, sealed: bytes) -> SealingKey | None:
        """Return the key that sealed a value, or None when it is none of the site's."""
        return next((key for key in self.keys if key.has_sealed(sealed)), None)

    def fingerprint(self, kind: str, text: str) -> str:
        """Return a keyed hash (HMAC-SHA-256, 64 hex digits) of a text; `kind` keeps different columns apart."""
        return hmac.new(self._fingerprint_key, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its keys."""
    app.extensions[EXTENSION] = Seals(chosen)


def seals() -> Seals:
    """Return the keys of the running application."""
    found: Seals = current_app.extensions[EXTENSION]
    return found


def plain_address(address: str) -> str:
    """Return the one way in which an e-mail address or a telephone number is written for its fingerprint.

    Case, spaces, brackets and look-alike forms (NFKC) do not matter, nor does +44 or 0044 for a leading 0.
    """
    plain = "".join(unicodedata.normalize("NFKC", address).casefold().split())
    if "@" in plain or not re.fullmatch(r"[+(]?[\d().+/-]+", plain):
        return plain
    digits = ("+" if "+" in plain[:2] else "") + re.sub(r"\D", "", plain)
    return re.sub(r"^(?:\+44|0044)0?", "0", digits)


def fingerprint_of_address(address: str) -> str:
    """Return the keyed hash by which an e-mail address or a telephone number is found, however it is written."""
    return seals().fingerprint("address", plain_address(address))


class _Incomparable(sa.types.TypeDecorator.Comparator[Any]):
    """Refuses every comparison in a query but the one with NULL, which would otherwise silently never match."""

    def operate(self, op: Any, *other: Any, **named: Any) -> Any:
        with_null = len(other) == 1 and (other[0] is None or isinstance(other[0], sa.sql.elements.Null))
        if not with_null or op not in {operators.is_, operators.is_not, operators.eq, operators.ne}:
            raise SealedComparisonError(self.expr)
        return super().operate(op, *other, **named)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - as the base names them
        raise SealedComparisonError(self.expr)


class Sealed(sa.types.TypeDecorator[str]):
    """A text that stands in the database sealed. It cannot be searched: keep a fingerprint beside it."""

    impl = sa.LargeBinary
    cache_ok = True
    comparator_factory = _Incomparable

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> bytes | None:
        return None if value is None else seals().seal(value)

    def process_result_value(self, value: bytes | None, _dialect: sa.Dialect) -> str | None:
        return None if value is None else seals().unseal(bytes(value))


class SealedJson(sa.types.TypeDecorator[Any]):
    """A value of JSON that stands in the database sealed."""

    impl = sa.LargeBinary
    cache_ok = True
    comparator_factory = _Incomparable

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> bytes | None:
        return None if value is None else seals().seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def process_result_value(self, value: bytes | None, _dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(seals().unseal(bytes(value)))
