"""A job that goes through many things leaves room for whoever else wants to write."""

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask

from portal.core.jobs import pacing
from portal.listings import jobs as listings_jobs


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every rest, none of which is really taken."""
    found: list[float] = []
    monkeypatch.setattr("portal.core.jobs.pacing.time.sleep", found.append)
    return found


def test_it_rests_as_long_as_each_took_and_never_long(rests: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.2, 1.0, 9.0, 20.0, 19.0])
    monkeypatch.setattr("portal.core.jobs.pacing.time.perf_counter", lambda: next(ticks))
    assert list(pacing.unhurried("abc")) == ["a", "b", "c"]
    assert rests == [0.2, 0.5, 0.0]


@pytest.mark.usefixtures("database")
def test_asking_groups_is_unhurried(app: Flask, rests: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of groups may be due on one day; whoever saves meanwhile waited until SQLite gave up."""
    asked: list[uuid.UUID] = []
    groups = [uuid.UUID(int=number) for number in range(3)]

    def due(_today: dt.date) -> dict[uuid.UUID, Any]:
        return dict.fromkeys(groups)

    def keep(*, organisation_id: uuid.UUID, actor: str) -> None:
        assert actor == "job:listings.freshness"
        asked.append(organisation_id)

    monkeypatch.setattr(listings_jobs, "list_due", due)
    monkeypatch.setattr(listings_jobs, "keep_fresh", keep)
    listings_jobs.ask_groups()
    assert asked == groups
    assert len(rests) == len(groups)
