"""Signed heads: where the chain ended at some time, to be kept elsewhere, so that a missing end is noticed.

Signed with Ed25519, so that whoever keeps a head needs no secret to check it: the public key stands in it.
"""

import base64
import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.audit import queries
from portal.core import clock


class HeadError(Exception):
    """A head cannot be trusted; the message says why."""


@dataclass(frozen=True)
class Head:
    """Number and hash of the last row at an instant (ISO 8601, UTC), the public key, and the signature over them."""

    number: int
    hash: str
    at: str
    key: str
    signature: str

    def text(self) -> str:
        """Return the head as one line of JSON."""
        return json.dumps(asdict(self))

    def check(self, key: str) -> None:
        """Check the signature against the public key that the site is known by. Raises HeadError."""
        if self.key != key:
            raise HeadError("The head was signed with another key than this site's.")
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
            public.verify(base64.b64decode(self.signature), _signed(self.number, self.hash, self.at))
        except (InvalidSignature, ValueError):
            raise HeadError("The head's signature is not right: somebody changed it.") from None


def _signed(number: int, hash_: str, at: str) -> bytes:
    return f"hereabouts audit head 1\n{number}\n{hash_}\n{at}\n".encode()


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Return the public key (32 bytes) in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sign_head(connection: sa.Connection, key: Ed25519PrivateKey) -> Head:
    """Return the present head of the chain, signed."""
    number, hash_ = queries.last_link(connection)
    at = clock.now().isoformat(timespec="seconds")
    signature = base64.b64encode(key.sign(_signed(number, hash_, at))).decode()
    return Head(number, hash_, at, public_key_of(key), signature)


def read_head(text: str) -> Head:
    """Read a head that `text` wrote. Raises HeadError when it is none."""
    try:
        values = json.loads(text)
        head = Head(**values)
    except (ValueError, TypeError):
        raise HeadError("This is not a head: it has to be the line that `portal audit head` printed.") from None
    if not isinstance(head.number, int) or not all(isinstance(one, str) for one in list(values.values())[1:]):
        raise HeadError("This is not a head: its number or its texts are of another kind.")
    return head
