"""The organisation's own sign-in (OpenID Connect), for staff: authorization code with PKCE, state and nonce.

Off until PORTAL_OIDC_ISSUER is set. Authlib does the protocol; here stands what this site makes of the answer.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from portal.core.settings import Settings
from portal.core.web import public_url, settings

NAME = "organisation"

# Signatures that need the provider's private key. "none" is no signature, and HS256 would make our own secret one.
SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})

# Ways of signing in (RFC 8176, section 2) by what they are: something known, something held, something of the body.
FACTORS = (
    frozenset({"pwd", "pin", "kba"}),
    # Codes by SMS or telephone are left out: numbers are taken over too easily.
    frozenset({"otp", "hwk", "swk", "sc"}),
    frozenset({"face", "fpt", "iris", "retina", "vbm"}),
)

WAIT = 10  # seconds for each answer of the provider
LEEWAY = 60  # seconds that clocks may be apart
AGAIN_WITHIN = 300  # seconds since somebody showed there that it is them


class OrganisationError(Exception):
    """The organisation's sign-in did not say who somebody is; the message is for them, in plain words."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the provider said: who (a name of its own), and what it has checked."""

    issuer: str
    subject: str
    email: str
    email_is_verified: bool
    methods: frozenset[str] = field(default_factory=frozenset)
    shown_at: float | None = None

    @property
    def has_second_factor(self) -> bool:
        """Whether the provider says that it asked for several factors, or names two of different kinds."""
        return "mfa" in self.methods or sum(bool(self.methods & kind) for kind in FACTORS) > 1

    @property
    def is_recent(self) -> bool:
        """Whether the provider asked who it is just now, rather than remembering it."""
        return self.shown_at is not None and abs(time.time() - self.shown_at) <= AGAIN_WITHIN


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its way to the provider, if there is one."""
    if not chosen.oidc_issuer:
        return
    registry = OAuth(app)
    registry.register(
        NAME,
        client_id=chosen.oidc_client_id,
        client_secret=chosen.oidc_client_secret,
        server_metadata_url=f"{chosen.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "default_timeout": WAIT},
    )
    app.extensions["organisation sign-in"] = registry


def is_on() -> bool:
    """Whether there is an organisation's sign-in."""
    return "organisation sign-in" in current_app.extensions


def send_there(*, again: bool) -> ResponseReturnValue:
    """Send the browser to the provider; `again` has it ask anew who it is. Raises OrganisationError."""
    asks = {"prompt": "login", "max_age": 0} if again else {}
    try:
        client = _client()
        back = public_url("security.organisation_back")
        answer: ResponseReturnValue = client.authorize_redirect(back, nonce=secrets.token_urlsafe(24), **asks)
    except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, RuntimeError, KeyError) as error:
        raise OrganisationError("Your organisation’s sign-in does not answer. Try again later.") from error
    return answer


def read_answer() -> Answer:
    """Fetch and check what the provider says, with the code in this request. Raises OrganisationError."""
    try:
        token = _client().authorize_access_token(leeway=LEEWAY)
    except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, RuntimeError, KeyError) as error:
        raise OrganisationError("Your organisation’s sign-in did not say who you are. Start again.") from error
    claims = token.get("userinfo")
    if not claims or not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise OrganisationError("Your organisation’s sign-in did not say who you are. Start again.")
    return _read(claims)


def _read(claims: dict[str, Any]) -> Answer:
    methods, email, shown_at = claims.get("amr"), claims.get("email"), claims.get("auth_time")
    return Answer(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email if isinstance(email, str) else "",
        # Only the word true itself counts, not "true" and not 1.
        email_is_verified=claims.get("email_verified") is True,
        methods=frozenset(one for one in methods if isinstance(one, str)) if isinstance(methods, list) else frozenset(),
        shown_at=float(shown_at) if isinstance(shown_at, int | float) else None,
    )


def _client() -> Any:
    """Return Authlib's client, with what the provider says of itself held against our settings."""
    client = current_app.extensions["organisation sign-in"].create_client(NAME)
    says = client.load_server_metadata()
    if says.get("issuer") != settings().oidc_issuer:
        raise ValueError("The provider calls itself by another name than PORTAL_OIDC_ISSUER.")
    offered = says.get("id_token_signing_alg_values_supported") or ["RS256"]
    says["id_token_signing_alg_values_supported"] = [one for one in offered if one in SIGNATURES] or ["RS256"]
    return client
