"""The link checker: off unless switched on, patient, one host at a time, and it never takes anything off."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core.database import db, transaction
from portal.core.fetching import fetch
from portal.core.outside import RefusedAddressError
from portal.core.settings import from_environment
from portal.directory.models import Service, ServiceStatus
from portal.listings import jobs
from portal.listings.models import LinkCheck
from portal.listings.operations import link_checks
from portal.listings.operations.link_checks import check_links, why_dead
from portal.listings.queries.link_checks import list_dead_links, list_to_check
from tests.accounts.reading import find, now_of
from tests.core.outside_server import Server, answer, network_of, redirect, running
from tests.factories import make_organisation, make_service
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, which the fetcher takes for the open internet."""
    with running() as found:
        monkeypatch.setattr(link_checks, "fetch", functools.partial(fetch, network=network_of(found)))
        yield found


def test_it_is_off_unless_the_operator_switches_it_on(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment({}).link_checks is False
    assert from_environment({"PORTAL_LINK_CHECKS": "1"}).link_checks is True
    runs: list[int] = []
    monkeypatch.setattr(jobs, "check_links", lambda **_named: runs.append(1))
    jobs.look_at_links()
    assert runs == []
    app.extensions["settings"] = dataclasses.replace(app.extensions["settings"], link_checks=True)
    jobs.look_at_links()
    assert runs == [1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(), ""), (answer(status="403 Forbidden"), ""), (answer(status="429 Too Many Requests"), ""),
        (answer(b"x" * 100_000), ""), (answer(status="404 Not Found"), "not there"),
        (answer(status="410 Gone"), "not there"), (answer(status="503 Busy"), "out of order"),
        (redirect("/other"), ""), (lambda *_args: None, "does not answer"),
    ],
)  # fmt: skip
def test_what_counts_as_dead(given: object, words: str, server: Server) -> None:
    server.answers = {"/": given, "/other": answer()}  # type: ignore[dict-item]
    why = why_dead(f"http://hall.example.org:{server.port}/")
    assert (words in why) if words else why == ""


def test_an_address_of_this_machine_is_never_asked() -> None:
    with pytest.raises(RefusedAddressError):
        from portal.core.fetching import fetch

        fetch("http://127.0.0.1/", most_bytes=10, seconds=1)
    assert why_dead("http://127.0.0.1/")


def test_dead_after_three_failures_over_three_days(
    client: FlaskClient, cast: Cast, clock: Traveller, server: Server
) -> None:
    server.answers = {"/": answer(status="404 Not Found")}
    with transaction():
        group = make_organisation("Hall Group", website=f"http://hall.example.org:{server.port}/")
        service = make_service("Painting", organisation=group)
    began = dt.datetime.now(dt.UTC)
    runs = 0
    while not list_dead_links():
        db.session.rollback()
        check_links(actor="job:test")
        clock.shift(dt.timedelta(hours=6))
        runs += 1
        assert runs < 20
    db.session.rollback()
    assert len(server.requests) == 3
    assert dt.timedelta(days=3) <= dt.datetime.now(dt.UTC) - began < dt.timedelta(days=4)
    sign_in(client, cast.mo)
    page = client.get("/moderation/links").text
    assert all(words in page for words in ("Painting", "Hall Group", "not there", "PORTAL_LINK_CHECKS"))
    assert now_of(service).status is ServiceStatus.ACTIVE, "It never takes anything off."
    server.answers = {"/": answer()}
    clock.shift(dt.timedelta(days=2))
    check_links(actor="job:test")
    assert list_dead_links() == []
    assert find(sa.select(LinkCheck.failures)) == 0
    clock.shift(dt.timedelta(days=6))
    assert list_to_check(dt.datetime.now(dt.UTC)) == []
    clock.shift(dt.timedelta(days=2))
    assert len(list_to_check(dt.datetime.now(dt.UTC))) == 1


def test_one_host_at_a_time_and_a_changed_address_begins_anew(cast: Cast, server: Server) -> None:
    server.answers = {"/a": answer(status="500 Oh"), "/b": answer()}
    address = f"http://hall.example.org:{server.port}"
    with transaction():
        first = make_service("A", website=f"{address}/a")
        make_service("A too", website=f"{address}/a")
        make_service("B", website=f"{address}/b")
        make_service("C", website="javascript:alert(1)")
        make_service("D", website=f"{address}/hidden", status=ServiceStatus.INACTIVE)
    assert check_links(actor="job:test") == 1
    assert len(server.requests) == 1, "Two services share the address, the other waits for the next run."
    assert find(sa.select(sa.func.count()).select_from(LinkCheck)) == 2
    assert check_links(actor="job:test") == 1
    assert check_links(actor="job:test") == 0
    with transaction() as session:
        session.get_one(Service, first.id).website = f"{address}/b"
    assert check_links(actor="job:test") == 1
    assert find(sa.select(LinkCheck.failures).where(LinkCheck.service_id == first.id)) == 0
