"""A small OpenID provider on this machine, that signs what it is told to: rightly, or wrongly on purpose."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "hereabouts", "a secret that both sides know"


@cache
def _own_key() -> RSAKey:
    """Return the provider's key: made once, since that takes longer than all of a test."""
    return RSAKey.generate_key(2048, {"kid": "first"})


class Provider:
    """Who signs in there, and what is wrong with what it says.

    `person` holds the claims about whoever signs in; `wrong` names one fault: "nonce", "audience", "issuer",
    "unsigned", "our own secret", "another key", "old", "no token", "no answer", "no subject".
    """

    def __init__(self) -> None:
        self.issuer = ""
        self.person: dict[str, Any] = {"sub": "lena-at-work", "email": "lena@example.org", "email_verified": True}
        self.wrong = ""
        self.key = _own_key()
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def sign_in(self, address: str) -> str:
        """Do what a browser does that is sent to an address of the provider: return where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state']})}"

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": "https://another.example.net" if self.wrong == "issuer" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def token(self, form: dict[str, str]) -> Response:
        """Give a token for a code, once, to who holds the verifier of the question (RFC 7636)."""
        asked = self._codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["code_challenge_method"] != "S256":
            answer = jsonify({"error": "invalid_grant"})
            answer.status_code = 400
            return answer
        said = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 60}
        return jsonify(said if self.wrong == "no token" else said | {"id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time()) - (3600 if self.wrong == "old" else 0)
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"auth_time": now} | self.person
        if self.wrong == "nonce":
            claims["nonce"] = "another"
        if self.wrong == "audience":
            claims["aud"] = "another site"
        if self.wrong == "no subject":
            del claims["sub"]
        if self.wrong == "unsigned":
            return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x"), algorithms=["none"])
        if self.wrong == "our own secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        key = RSAKey.generate_key(2048, {"kid": "first"}) if self.wrong == "another key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key)


def pages_of(provider: Provider) -> Flask:
    """Return the provider's addresses as an application."""
    pages = Flask("provider")

    @pages.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        return jsonify(provider.metadata()) if provider.wrong != "no answer" else ("closed", 503)

    @pages.get("/keys")
    def keys() -> Any:
        return jsonify({"keys": [provider.key.as_dict(private=False)]})

    @pages.post("/token")
    def token() -> Any:
        return provider.token(request.form.to_dict())

    return pages


@contextmanager
def serve() -> Iterator[Provider]:
    """Run a provider in a thread of this process."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, pages_of(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
