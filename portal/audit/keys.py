"""The audit's own keys, made of PORTAL_FINGERPRINT_KEY: that one never changes, and neither does what was written."""

import base64
from functools import cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.web import settings


@cache
def _derived(secret: str, purpose: bytes) -> bytes:
    """Return 32 bytes made of the secret for one purpose (HKDF with SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hereabouts audit " + purpose).derive(secret.encode())


def address_seal() -> Fernet:
    """Return what seals and opens the network addresses in the audit."""
    key = _derived(settings().fingerprint_secret, b"address")
    return Fernet(base64.urlsafe_b64encode(key))


def signing_key() -> Ed25519PrivateKey:
    """Return the key that signs heads of the chain."""
    return Ed25519PrivateKey.from_private_bytes(_derived(settings().fingerprint_secret, b"head"))
