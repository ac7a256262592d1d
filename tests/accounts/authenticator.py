"""A passkey made of software: answers a page's questions as a phone would, or wrongly on purpose."""

import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def question_in(page: str) -> tuple[dict[str, Any], str]:
    """Return the question that a page asks the device, and the address that the answer goes to."""
    found = re.search(r'action="([^"]+)" data-passkey="\w+" data-options="([^"]+)"', page)
    assert found, "The page asks the device nothing."
    return json.loads(html.unescape(found[2])), html.unescape(found[1])


@dataclass
class Device:
    """One passkey on one device. `verifies` is whether it looks who uses it."""

    origin: str = "http://localhost"
    host: str = "localhost"
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    user_handle: bytes = b""
    used: int = 0

    def make(self, question: dict[str, Any]) -> str:
        """Answer the question for a new passkey."""
        self.user_handle = base64url_to_bytes(question["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        seen = self._seen(ATTESTED) + bytes(16) + len(self.id).to_bytes(2) + self.id + key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": seen})
        return self._answer(
            attestationObject=bytes_to_base64url(attestation),
            clientDataJSON=bytes_to_base64url(self._said("webauthn.create", question)),
            transports=["internal"],
        )

    def show(self, question: dict[str, Any]) -> str:
        """Answer the question who it is."""
        said, seen = self._said("webauthn.get", question), self._seen()
        signature = self.key.sign(seen + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            authenticatorData=bytes_to_base64url(seen),
            clientDataJSON=bytes_to_base64url(said),
            signature=bytes_to_base64url(signature),
            userHandle=bytes_to_base64url(self.user_handle),
        )

    def _seen(self, more: int = 0) -> bytes:
        self.used += 1
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.used.to_bytes(4)

    def _said(self, kind: str, question: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": question["challenge"], "origin": self.origin}).encode()

    def _answer(self, **response: Any) -> str:
        name = bytes_to_base64url(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
