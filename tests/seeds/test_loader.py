"""The demonstration: loads whole, into an empty directory only; faults are named with file and key."""

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.directory.models import (
    Attendance,
    Capacity,
    Change,
    Location,
    Organisation,
    Service,
    ServiceAtLocation,
    ServiceKind,
    ServiceStatus,
    ServiceTerm,
    Taxonomy,
    TaxonomyTerm,
)
from portal.directory.operations import load_vocabulary
from seeds.cli import seed
from seeds.faults import SeedError
from seeds.loader import FOLDER, NotEmptyError, load_seeds, seed_demonstration

TODAY = dt.date(2026, 11, 23)


def _count(database: SQLAlchemy, *where: sa.ColumnElement[bool]) -> int:
    return database.session.scalar(sa.select(sa.func.count(Service.id)).where(*where)) or 0


def test_the_demonstration_is_what_the_field_needs(database: SQLAlchemy) -> None:
    counts = seed_demonstration()
    assert counts.services >= 200
    assert counts.organisations >= 90
    assert _count(database) == counts.services
    for kind in ServiceKind:
        assert _count(database, Service.kind == kind) >= 5
    assert _count(database, Service.status == ServiceStatus.DEFUNCT) >= 1
    assert _count(database, Service.capacity == Capacity.FULL) >= 3
    assert _count(database, Service.last_confirmed_on < TODAY - dt.timedelta(days=365)) >= 1
    assert (database.session.scalar(sa.select(sa.func.count()).where(Location.is_confidential)) or 0) >= 1
    ways = [tuple(way) for way in database.session.scalars(sa.select(Service.attendance))]
    assert ways.count((Attendance.ONLINE.value,)) >= 3
    assert ways.count((Attendance.TELEPHONE.value,)) >= 3
    with_need = sa.select(ServiceTerm.term_id)
    unused = sa.select(TaxonomyTerm.slug).where(
        TaxonomyTerm.taxonomy == Taxonomy.NEED, TaxonomyTerm.id.not_in(with_need)
    )
    assert list(database.session.scalars(unused)) == []
    venues = sa.select(ServiceAtLocation.service_id).group_by(ServiceAtLocation.service_id).having(sa.func.count() > 1)
    assert len(list(database.session.scalars(venues))) >= 3
    noted = set(database.session.scalars(sa.select(Change.service_id)))
    assert len(noted) == counts.services


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _public_texts(organisation: Organisation, services: list[Service]) -> Iterator[str]:
    yield from (organisation.name, organisation.description, organisation.email, organisation.website)
    for service in services:
        yield from (service.name, service.summary, service.description, service.email, service.website)
        yield from (service.when_note, service.cost_note, service.how_to_join)
        yield from (fact.note for fact in service.access)
        for at_venue in service.locations:
            yield from (at_venue.note, at_venue.location.getting_there)


def test_no_public_text_gives_a_hidden_place_away(database: SQLAlchemy) -> None:
    seed_demonstration()
    services = list(database.session.scalars(sa.select(Service)))
    texts = [
        _plain(text)
        for organisation in database.session.scalars(sa.select(Organisation))
        for text in _public_texts(organisation, [one for one in services if one.organisation_id == organisation.id])
    ]
    hidden = list(database.session.scalars(sa.select(Location).where(Location.is_confidential)))
    assert len(hidden) >= 3
    for place in hidden:
        street, postcode = _plain(place.address_1.lstrip("0123456789 ")), _plain(place.postcode)
        assert street
        assert postcode
        for secret in (street, postcode, postcode.replace(" ", "")):
            assert [text for text in texts if secret in text] == [], f"{place.name}: {secret}"


def test_only_an_empty_directory_is_filled(app: Flask, database: SQLAlchemy) -> None:
    assert app.test_cli_runner().invoke(seed).exit_code == 0
    services = _count(database)
    with pytest.raises(NotEmptyError):
        seed_demonstration()
    again = app.test_cli_runner().invoke(seed)
    assert again.exit_code == 1
    assert "not empty" in again.output
    assert _count(database) == services


FAULTS = [
    (
        "organisations/a.yml",
        "kind: activity",
        "kind: activtiy",
        "organisations/a.yml: tea.kind: “activtiy” is not one of",
    ),
    ("organisations/a.yml", "[company]", "[compny]", "tea.categories: “compny” is not in the list"),
    ("organisations/a.yml", "venue: hall", "venue: hal", "tea.venues: there is no venue “hal”; did you mean “hall”?"),
    (
        "organisations/a.yml",
        "every Monday",
        "every Mnday",
        "tea.venues.when: “every Mnday, 10:00-11:00”: “mnday” is not",
    ),
    ("organisations/a.yml", "cost: free", "cost: cheap", "tea.cost: “cheap” is not a price"),
    ("organisations/a.yml", "cost: free", "cst: free", "tea.cst: there is no such key; did you mean “cost”?"),
    ("organisations/a.yml", "areas: [Central]", "areas: [Narnia]", "tea.areas: “narnia” is not an area that is known"),
    ("organisations/a.yml", "key: tea", "key: group", ""),
    ("organisations/a.yml", "key: cake", "key: tea", "tea: this key is taken in organisations/a.yml"),
    ("organisations/a.yml", "- key: group", "- key: [", "organisations/a.yml: : line"),
    ("venues/a.yml", "lift: yes", "lift: perhaps", "venues/a.yml: hall.access.lift: “perhaps” does not begin with yes"),
    ("venues/a.yml", "position: [51.45, -0.01]", "position: here", "hall.position: has to be [latitude, longitude]"),
    ("venues/a.yml", "town: London", "name: Two", "line 3: the key “name” stands twice"),
    ("areas.geojson", "{", "", "areas.geojson: : "),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of seeds."""
    (tmp_path / "venues").mkdir()
    (tmp_path / "organisations").mkdir()
    shutil.copy(FOLDER / "areas.geojson", tmp_path / "areas.geojson")
    (tmp_path / "venues" / "a.yml").write_text(
        "hall:\n  name: Hall\n  town: London\n  position: [51.45, -0.01]\n  access: {lift: yes}\n",
        encoding="utf-8",
    )
    (tmp_path / "organisations" / "a.yml").write_text(
        """
- key: group
  name: Group
  services:
    - key: tea
      name: Tea
      kind: activity
      categories: [company]
      venues: [{venue: hall, when: ["every Monday, 10:00-11:00"]}]
      cost: free
      areas: [Central]
      confirmed_days_ago: 11
    - {key: cake, name: Cake, attend: [online], when: ["in 12 days, 10:00-11:00"]}
""",
        encoding="utf-8",
    )
    return tmp_path


def test_what_is_relative_counts_from_the_day_of_loading(database: SQLAlchemy, folder: Path) -> None:
    with transaction() as session:
        load_seeds(session, today=TODAY, actor="test", folder=folder)
    tea, cake = (
        database.session.scalars(sa.select(Service).where(Service.name == name)).one() for name in ("Tea", "Cake")
    )
    assert tea.last_confirmed_on == dt.date(2026, 11, 12)
    assert tea.attendance == [Attendance.IN_PERSON.value]
    assert cake.schedules[0].starts_on == dt.date(2026, 12, 5)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("file", "good", "bad", "sentence"), FAULTS)
def test_a_fault_is_named_and_nothing_is_loaded(
    database: SQLAlchemy, folder: Path, file: str, good: str, bad: str, sentence: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    if not sentence:  # the key of a service may be that of a group: they are different nouns
        with transaction() as session:
            assert load_seeds(session, today=TODAY, actor="test", folder=folder).services == 2
        return
    with pytest.raises(SeedError) as caught, transaction() as session:
        load_seeds(session, today=TODAY, actor="test", folder=folder)
    assert sentence in str(caught.value)
    assert database.session.scalar(sa.select(sa.func.count(Organisation.id))) == 0


def test_the_vocabulary_is_added_once_and_never_changed_back(database: SQLAlchemy) -> None:
    first = load_vocabulary(actor="test")
    assert first == 108
    term = database.session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.slug == "places")).one()
    term.plain_name = "Halls"
    database.session.delete(database.session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.slug == "lift")).one())
    database.session.commit()
    assert load_vocabulary(actor="test") == 1
    assert (
        database.session.scalars(sa.select(TaxonomyTerm.plain_name).where(TaxonomyTerm.slug == "places")).one()
        == "Halls"
    )
