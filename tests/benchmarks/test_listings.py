"""The made-up listings are what the benchmark says they are."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa
import yaml
from flask_sqlalchemy import SQLAlchemy

from benchmarks import listings
from benchmarks.listings import fill, make_rows
from benchmarks.questions import ask_anything, make_questions, new_addresses, rendered_addresses, result_addresses
from benchmarks.words import THEMES
from portal.directory.models import (
    AccessFact,
    Capacity,
    Change,
    Frequency,
    Location,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceStatus,
    Taxonomy,
)
from portal.directory.operations.vocabulary import FILES, FOLDER, NAMESPACE
from portal.directory.schedules import next_sessions
from tests.conftest import MONDAY

COUNT = 300
TODAY = MONDAY.date()


class _AnySlug(dict[str, UUID]):
    """Gives every slug an id, so that rows can be made without a database."""

    def __missing__(self, slug: str) -> UUID:
        return self.setdefault(slug, uuid5(NAMESPACE, slug))


def gather(seed: int = 1, today: dt.date = TODAY) -> dict[type, list[dict[str, Any]]]:
    terms: Mapping[Taxonomy, Mapping[str, UUID]] = {one: _AnySlug(loneliness=UUID(int=1)) for one in Taxonomy}
    gathered: dict[type, list[dict[str, Any]]] = {}
    for rows in make_rows(COUNT, terms, seed=seed, today=today):
        for model, found in rows.items():
            gathered.setdefault(model, []).extend(found)
    return gathered


@pytest.fixture
def filled(database: SQLAlchemy) -> SQLAlchemy:
    fill(COUNT, seed=1, today=TODAY)
    return database


def test_there_are_as_many_as_asked_for(filled: SQLAlchemy) -> None:
    session = filled.session
    assert session.scalar(sa.select(sa.func.count()).select_from(Service)) == COUNT
    without = sa.select(Service.id).where(~Service.terms.any())
    assert session.scalars(without).all() == []
    # Bulk statements leave no notes: whoever fills a database rebuilds its index.
    assert session.scalar(sa.select(sa.func.count()).select_from(Change)) == 0


def test_the_same_seed_makes_the_same_listings() -> None:
    assert gather() == gather()
    assert gather(seed=2)[Service] != gather()[Service]


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gather()
    monkeypatch.setattr(listings, "BATCH", 70)
    assert gather() == whole


def test_listings_are_as_mixed_as_real_ones() -> None:
    rows = gather()
    services = rows[Service]
    states = Counter(row["status"] for row in services)
    assert set(states) == set(ServiceStatus)
    assert states[ServiceStatus.ACTIVE] > COUNT * 0.85
    assert {row["capacity"] for row in services} == {None, *Capacity}
    year_ago = TODAY - dt.timedelta(days=365)
    assert any(row["last_confirmed_on"] and row["last_confirmed_on"] < year_ago for row in services)
    assert {row["frequency"] for row in rows[Schedule]} >= {Frequency.WEEKLY, Frequency.MONTHLY}
    assert any(row["interval"] == 2 for row in rows[Schedule])
    assert 0 < len(rows[ServiceArea]) < COUNT / 2
    assert rows[AccessFact]
    with_venue = {row["service_id"] for row in rows[ServiceAtLocation]}
    assert COUNT * 0.7 < len(with_venue) < COUNT


def test_some_are_kept_secret() -> None:
    rows = gather()
    secret = {row["id"] for row in rows[Location] if row["is_confidential"]}
    assert any(row["location_id"] in secret for row in rows[ServiceAtLocation])
    assert len(secret) < len(rows[Location]) / 10


def test_short_numbers_are_unique_and_hold_the_rules_of_their_service() -> None:
    rows = gather()
    owners = {row["number"]: row["service_id"] for row in rows[ServiceAtLocation]}
    assert len(owners) == len(rows[ServiceAtLocation])
    at_venues = [row for row in rows[Schedule] if row["at_number"] is not None]
    assert at_venues
    assert all(owners[row["at_number"]] == row["service_id"] for row in at_venues)


def test_every_theme_stands_under_terms_that_ship() -> None:
    shipped = {
        (taxonomy, term["slug"])
        for taxonomy, name in FILES.items()
        for term in yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    }
    for theme in THEMES:
        assert {(Taxonomy.CATEGORY, slug) for slug in theme.categories} <= shipped
        assert {(Taxonomy.NEED, slug) for slug in theme.needs} <= shipped
        assert {(Taxonomy.AUDIENCE, slug) for slug in theme.audiences} <= shipped


def test_rules_can_be_expanded(filled: SQLAlchemy) -> None:
    schedules = list(filled.session.scalars(sa.select(Schedule)))
    with_session = [rule for rule in schedules if next_sessions([rule], MONDAY, 1)]
    assert len(with_session) > len(schedules) * 0.8


def test_the_same_seed_asks_the_same_questions() -> None:
    asked = make_questions(ask_anything, 50, 3)
    assert asked == make_questions(ask_anything, 50, 3)
    assert asked != make_questions(ask_anything, 50, 4)
    found = result_addresses()
    assert len(found) == len(rendered_addresses())
    assert len(set(found)) > 50
    assert all(address.startswith("/services?") for address in found)
    fresh = new_addresses(200, 1)
    assert len(set(fresh)) == 200
    assert fresh == new_addresses(200, 1)
    assert fresh != new_addresses(200, 2)
