"""A test client that checks every page it is given: valid HTML, a title, one h1, the policy and its nonce."""

import hashlib
import re
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from justhtml import JustHTML
from werkzeug.test import TestResponse

from portal.core.web import content_policy


class CheckedClient(FlaskClient):
    """Flask's client, which fails the test when a page breaks a rule that holds for every page."""

    def open(self, *args: Any, token: bool = True, **kwargs: Any) -> TestResponse:
        """Ask, check the answer, and return it. An unsafe request carries a good token unless `token=False`."""
        if token and str(kwargs.get("method", "GET")).upper() not in {"GET", "HEAD", "OPTIONS"}:
            kwargs["headers"] = {**dict(kwargs.get("headers") or {}), "X-CSRFToken": self._token()}
        response = super().open(*args, **kwargs)
        check_headers(response)
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            check_page(response.get_data(as_text=True), whole=response.headers.get("X-Fragment") is None)
        return response

    def _token(self) -> str:
        """Return a token against forged requests that fits this browser's session."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", hashlib.sha1(b"the test's own").hexdigest())
        return str(URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token").dumps(raw))


def nonce_of(response: TestResponse) -> str:
    """Return the nonce that the answer's policy names."""
    found = re.search(r"'nonce-([A-Za-z0-9_-]{20,})'", response.headers["Content-Security-Policy"])
    assert found, "The policy names no nonce."
    return found.group(1)


def check_headers(response: TestResponse) -> None:
    """Fail unless the answer carries the whole policy, word for word."""
    assert response.headers["Content-Security-Policy"] == content_policy(nonce_of(response))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def check_page(text: str, *, whole: bool = True) -> None:
    """Fail unless a page (or a fragment of one) is valid HTML that the policy lets work."""
    page = JustHTML(text, collect_errors=True, fragment=not whole, sanitize=False)
    assert not page.errors, f"Invalid HTML: {page.errors[:3]}"
    bare = re.sub(r'"[^"]*"', '""', re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    for tag in re.findall(r"<[a-zA-Z][^>]*>", bare):
        assert not re.search(r"\sstyle\s*=", tag), f"A style attribute, which the policy refuses: {tag}"
        assert not re.search(r"\son[a-z]+\s*=", tag), f"An inline handler, which the policy refuses: {tag}"
    for script in re.findall(r"<script[^>]*>", text):
        assert "nonce=" in script, f"A script without a nonce: {script}"
    if whole:
        titles = re.findall(r"<title>\s*([^<]+?)\s*</title>", text)
        assert titles, "A page without a title."
        assert len(re.findall(r"<h1[\s>]", text)) == 1, "A page has one h1."
        assert '<html lang="en-GB"' in text
        assert 'href="#main"' in text, "A page without a skip link."
