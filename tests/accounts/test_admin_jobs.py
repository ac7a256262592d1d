"""The page about jobs: who may see it, and that it says when nothing is at work."""

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from portal.core import jobs
from portal.core.database import transaction
from portal.core.jobs import states
from tests.core import some_jobs
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


def test_only_administrators_see_it(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/admin/jobs").status_code == 303
    sign_in(client, cast.tara)
    assert client.get("/admin/jobs").status_code == 404
    sign_in(client, cast.ada)
    assert client.get("/admin/jobs").status_code == 200
    assert 'href="/admin/jobs"' in client.get("/admin").text


def test_it_says_that_no_worker_is_there(client: FlaskClient, cast: Cast, clock: time_machine.Traveller) -> None:
    sign_in(client, cast.ada)
    page = client.get("/admin/jobs").text
    assert "No worker has begun a job in the last ten minutes" in page
    assert "Never begun" in page
    states.note_begun("test.each-minute")
    assert "The worker is at work." in client.get("/admin/jobs").text
    clock.shift(11 * 60)
    assert "No worker has begun a job" in client.get("/admin/jobs").text


def test_it_shows_what_failed_and_what_waits(client: FlaskClient, cast: Cast) -> None:
    with transaction() as session:
        jobs.later(session, "test.fail", "x")
    assert jobs.settle()
    with transaction() as session:
        jobs.later(session, "test.write", "x")
    sign_in(client, cast.ada)
    page = client.get("/admin/jobs").text
    assert "It failed last time." in page
    assert "RuntimeError" in page
    assert "secret" not in page
    assert "1 job" in page
    assert some_jobs.done[-1] == ("tried", ("x",))


def test_a_queue_that_does_not_answer_is_said(
    app: Flask, client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object) -> int:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(app.extensions["jobs"].huey.storage, "queue_size", away)
    sign_in(client, cast.ada)
    page = client.get("/admin/jobs").text
    assert "The list of waiting jobs cannot be read just now." in page
