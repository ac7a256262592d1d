"""What every answer carries, and hosts and forms that are refused."""

import gzip
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.core.database import db
from portal.core.settings import Settings
from portal.core.web import content_policy, public_url
from tests.checked_client import nonce_of

PAGES = ("/help-now", "/nothing-here", "/services/pins.json", "/healthz", "/static/build/nothing.css")


def test_the_policy_word_for_word() -> None:
    assert content_policy("abc") == (
        "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'none'; form-action 'self'; "
        "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; "
        "script-src 'nonce-abc'; style-src 'self' 'nonce-abc'"
    )


def test_a_tile_server_may_send_pictures_and_nothing_else() -> None:
    policy = content_policy("abc", "https://{s}.tiles.example.org/{z}/{x}/{y}.png")
    assert policy.count("https://*.tiles.example.org") == 1
    assert "img-src 'self' data: https://*.tiles.example.org;" in policy


def test_every_answer_has_its_own_nonce(client: FlaskClient) -> None:
    nonces = {nonce_of(client.get(page)) for page in PAGES for _ in range(2)}
    assert len(nonces) == 2 * len(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_headers(page: str, client: FlaskClient) -> None:
    headers = client.get(page).headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert "Set-Cookie" not in headers


def test_transport_security_behind_tls(client: FlaskClient) -> None:
    headers = client.get("/help-now", base_url="https://localhost").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_built_assets_may_be_kept_for_a_year(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("app.css")  # type: ignore[operator]
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"govuk" in gzip.decompress(response.data)


def test_pages_are_private(client: FlaskClient) -> None:
    assert client.get("/services").headers["Cache-Control"] == "private, no-cache"
    assert client.get("/shortlist").headers["Cache-Control"] == "no-store"


def test_a_forged_host_is_refused_where_the_site_knows_its_own(settings: Settings) -> None:
    app = create_app(replace(settings, site_url="https://hereabouts.example.org"))
    client = app.test_client()
    assert client.get("/help-now", base_url="https://hereabouts.example.org").status_code == 200
    assert client.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200
    assert client.get("/help-now", headers={"Host": "HEREABOUTS.example.org."}).status_code == 200
    impossible = client.get("/help-now", headers={"Host": "a" * 500})
    assert impossible.status_code == 400
    assert "Content-Security-Policy" in impossible.headers
    refused = client.get("/help-now", base_url="https://evil.example.com")
    assert refused.status_code == 400
    assert "evil.example.com" not in refused.get_data(as_text=True)
    app.extensions["search"].close()
    with app.app_context():
        db.engine.dispose()


def test_an_error_that_nobody_expected_is_a_kind_page(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(app.view_functions, "search.help_now", broken)
    app.testing = False
    response = client.get("/help-now")
    assert response.status_code == 500
    assert "secret detail" not in response.get_data(as_text=True)


def test_a_method_that_is_not_there_is_told_which_ones_are(client: FlaskClient) -> None:
    response = client.post("/help-now")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_shared_links_stand_under_the_sites_own_address(settings: Settings) -> None:
    app = create_app(replace(settings, site_url="https://hereabouts.example.org"))
    with app.test_request_context(base_url="http://hereabouts.example.org:99"):
        assert public_url("search.shortlist") == "https://hereabouts.example.org/shortlist"
    app.extensions["search"].close()


def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    response = client.post("/shortlist/save", data={"back": "x" * 3_000_000})
    assert response.status_code == 413
