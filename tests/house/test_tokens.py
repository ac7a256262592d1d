"""Every unsafe request needs a token; what is exempt proves itself in another way."""

import re

from flask import Flask
from flask.testing import FlaskClient

from portal.core.access import access_of
from portal.core.web import csrf

# Programs send these, signed.
EXEMPT: dict[str, str] = {
    "messages.inbound_email": "signed over its time and body, tests/messages/test_inbound.py",
    "messages.inbound_sms": "signed in the same way, or with the secret that GOV.UK Notify shows",
}


def unsafe_routes(app: Flask) -> list[tuple[str, str, str]]:
    return [
        (rule.endpoint, method, filled(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
    ]


def filled(rule: str) -> str:
    """Return an address that a route matches."""
    values = {"uuid": "00000000-0000-0000-0000-000000000007", "int": "7"}

    def value(match: re.Match[str]) -> str:
        kind, _, listed = (match.group(1) or "").partition("(")
        # A list of words is no route for any other word.
        return listed.split("'")[1] if kind == "any" else values.get(kind, "something")

    return re.sub(r"<(?:([a-z]+(?:\([^)]*\))?):)?[a-z_]+>", value, rule)


def test_no_unsafe_request_passes_without_a_token(app: Flask, client: FlaskClient) -> None:
    passed = []
    for endpoint, method, path in unsafe_routes(app):
        answer = client.open(path, method=method, data={"csrf_token": "forged"}, token=False)
        if answer.status_code != 400 and endpoint not in EXEMPT:
            passed.append((endpoint, answer.status_code))
    assert passed == []
    assert len(unsafe_routes(app)) > 4


def test_only_what_is_listed_is_exempt(app: Flask) -> None:
    names = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in csrf._exempt_views
    }
    assert names == set(EXEMPT)
    assert csrf._exempt_blueprints == set()
    assert all(access_of(app.view_functions[name]) for name in names)
