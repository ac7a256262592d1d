"""Open Referral UK: pages, lists and single services; ids are kept; what cannot be read is said."""

import copy
import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import (
    CostKind,
    Frequency,
    LocationKind,
    Organisation,
    OrganisationKind,
    Service,
    ServiceAtLocation,
    ServiceStatus,
    Taxonomy,
)
from portal.directory.operations import load_vocabulary, term_id
from tests.directory.imports.conftest import Run

SERVICE = uuid.UUID("11111111-1111-4111-8111-111111111111")
AT = uuid.UUID("22222222-2222-4222-8222-222222222222")
PLACE = uuid.UUID("33333333-3333-4333-8333-333333333333")
GROUP = uuid.UUID("44444444-4444-4444-8444-444444444444")
FULL: dict[str, Any] = {
    "id": str(SERVICE),
    "name": "Knit and natter",
    "description": "Bring wool. Or bring nothing.\n\nThere is tea.",
    "status": "temporarily closed",
    "url": "https://knit.example.org",
    "email": "knit@example.org",
    "minimum_age": 18,
    "assured_date": "2026-10-01",
    "application_process": "Just come.",
    "eligibility_description": "Anybody who likes wool",
    "languages": [{"id": "x", "name": "Polish"}, {"code": "en-GB"}, {"name": "Klingon"}],
    "cost_options": [{"amount": 2.5, "option": "Adults"}, {"amount": 0, "option": "Children"}],
    "phones": [{"number": "020 7946 0001", "extension": "12"}],
    "contacts": [{"name": "Ada", "title": "Knitter", "phones": [{"number": "020 7946 0002"}]}],
    "service_areas": [{"name": "Narnia"}],
    "attributes": [
        {"taxonomy_term": {"id": str(term_id(Taxonomy.NEED, "loneliness")), "name": "anything"}},
        {"taxonomy_term": {"id": "other", "name": "Groups and company"}},
        {"taxonomy_term": {"id": "other", "name": "carers", "taxonomy": "audience"}},
        {"taxonomy_term": {"id": "other", "name": "Large print"}},
    ],
    "service_at_locations": [
        {
            "id": str(AT),
            "description": "Upstairs",
            "location": {
                "id": str(PLACE),
                "location_type": "physical",
                "name": "Wool Hall",
                "latitude": 51.45,
                "longitude": -0.01,
                "addresses": [
                    {"address_1": "PO Box 1", "city": "London", "postal_code": "SE1 1AA", "address_type": "postal"},
                    {
                        "address_1": "1 Wool Road",
                        "city": "London",
                        "postal_code": "se13 6lg",
                        "address_type": "physical",
                    },
                ],
                "accessibility": [
                    {"description": "Hearing loop", "details": "In the hall"},
                    {"description": "A kind cat"},
                ],
            },
            "schedules": [
                {
                    "freq": "MONTHLY",
                    "byday": "1TU,3TU",
                    "opens_at": "10:00:00",
                    "closes_at": "12:30",
                    "dtstart": "2026-01-06",
                },
                {"freq": "WEEKLY", "interval": 2, "byday": "TH", "dtstart": "2026-11-05", "valid_to": "2027-07-01"},
            ],
        }
    ],
    "organization": {
        "id": str(GROUP),
        "name": "Woollies",
        "description": "We knit.",
        "website": "http://woollies.example.org",
        "organization_identifiers": [{"identifier_scheme": "GB-CHC", "identifier": "1"}],
    },
}


def _write(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "feed.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _service(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(FULL), **changes}


def _get(database: SQLAlchemy, service_id: uuid.UUID = SERVICE) -> Service:
    database.session.expire_all()
    return database.session.get_one(Service, service_id)


def test_a_full_service_is_kept_whole_with_its_ids(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    result = run_import(_write(tmp_path, _service()))
    assert result.exit_code == 0, result.output
    service = _get(database)
    assert service.status is ServiceStatus.TEMPORARILY_CLOSED
    assert (service.summary, service.how_to_join) == ("Bring wool.", "Just come.")
    assert service.description.split("\n\n") == [
        "Bring wool. Or bring nothing.", "There is tea.", "Who it is for: Anybody who likes wool", "Area: Narnia",
    ]  # fmt: skip
    assert service.last_confirmed_on == dt.date(2026, 10, 1)
    assert [(cost.amount_pence, cost.about) for cost in service.costs] == [(250, "Adults"), (0, "Children")]
    assert service.cost_kind is CostKind.PAID
    assert [language.code for language in service.languages] == ["en", "pl"]
    assert [(phone.number, phone.about) for phone in service.phones] == [
        ("020 7946 0001 ext 12", ""), ("020 7946 0002", "Ada"),
    ]  # fmt: skip
    assert [(contact.name, contact.role) for contact in service.contacts] == [("Ada", "Knitter")]
    assert [term.term.slug for term in service.terms] == ["company", "loneliness", "carers"]
    assert [fact.term.slug for fact in service.access] == ["large-print"]
    group = service.organisation
    assert (group.id, group.name, group.kind) == (GROUP, "Woollies", OrganisationKind.CHARITY)
    assert "“Klingon” is not a language that is known" in result.output
    assert "“Narnia” is not an area that is known" in result.output


def test_places_and_timetables_are_kept(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    run_import(_write(tmp_path, {"contents": [_service()], "page_number": 1, "total_pages": 1}))
    (at,) = _get(database).locations
    assert (at.id, at.note, at.location_id) == (AT, "Upstairs", PLACE)
    place = at.location
    assert (place.kind, place.address_1, place.postcode) == (LocationKind.PHYSICAL, "1 Wool Road", "SE13 6LG")
    assert (place.latitude, place.longitude) == (51.45, -0.01)
    assert [(fact.term.slug, fact.note) for fact in place.access_facts] == [("hearing-loop", "In the hall")]
    assert place.getting_there == "Getting in: A kind cat"
    first, second = at.schedules
    assert (first.frequency, first.by_day) == (Frequency.MONTHLY, "1TU,3TU")
    assert (first.opens_at, first.closes_at) == (dt.time(10), dt.time(12, 30))
    assert (second.interval, second.starts_on, second.valid_to) == (2, dt.date(2026, 11, 5), dt.date(2027, 7, 1))


def test_twice_makes_nothing_twice_and_a_change_keeps_the_number(
    run_import: Run, database: SQLAlchemy, tmp_path: Path
) -> None:
    run_import(_write(tmp_path, [_service()]))
    number = _get(database).locations[0].number
    database.session.rollback()
    again = run_import(_write(tmp_path, [_service()]))
    assert "services: 0 new, 0 changed, 1 unchanged" in again.output
    changed = run_import(_write(tmp_path, [_service(name="Knit and chatter")]))
    assert "services: 0 new, 1 changed, 0 unchanged" in changed.output
    assert (_get(database).name, _get(database).locations[0].number) == ("Knit and chatter", number)


def test_the_same_id_twice_in_one_file_counts_once(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    result = run_import(_write(tmp_path, [_service(name="Old"), _service(name="New")]))
    assert "has the same id as item 2, the later one" in result.output
    assert _get(database).name == "New"


def _broken(path: list[Any], value: Any) -> dict[str, Any]:
    service = _service()
    target: Any = service
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return service


FAULTS = [
    (["id"], "not-a-uuid", "id", "is not a UUID"),
    (["id"], None, "id", "is missing"),
    (["name"], "", "name", "is missing"),
    (["name"], ["a"], "name", "has to be text"),
    (["name"], "x" * 201, "name", "has 201 characters, at most 200 fit"),
    (["status"], "sleeping", "status", "“sleeping” is not one of"),
    (["minimum_age"], 130, "minimum_age", "is 130, not between 0 and 120"),
    (["maximum_age"], 10, "maximum_age", "less than the youngest age 18"),
    (["minimum_age"], "old", "minimum_age", "“old” is not a number"),
    (["minimum_age"], 10**30, "minimum_age", "is not a number that can be"),
    (["assured_date"], "2030-01-01", "assured_date", "has not come yet"),
    (["assured_date"], "last week", "assured_date", "was not understood"),
    (["organization"], None, "organization", "is missing; import full services"),
    (["organization", "id"], "x", "organization.id", "is not a UUID"),
    (["organization", "name"], None, "organization.name", "is missing"),
    (["phones"], "020", "phones", "has to be a list of objects"),
    (["cost_options", 0, "amount"], -1, "cost_options.1", "is not a price"),
    (["cost_options", 0, "amount"], "much", "amount", "“much” is not a number"),
    (["service_at_locations", 0, "location", "id"], "x", "location.id", "is not a UUID"),
    (["service_at_locations", 0, "location", "location_type"], "cloud", "location_type", "is not one of"),
    (["service_at_locations", 0, "schedules", 0, "freq"], "OFTEN", "schedules.freq", "is not WEEKLY or MONTHLY"),
    (["service_at_locations", 0, "schedules", 0, "byday"], "XX", "schedules.byday", "is not a day"),
    (["service_at_locations", 0, "schedules", 0, "opens_at"], "tea time", "opens_at", "was not understood"),
    (["service_at_locations", 0, "schedules", 0, "closes_at"], "09:00", "schedules.closes_at", "is before the opening"),
    (["service_at_locations", 0, "schedules", 1, "interval"], 1000, "interval", "not between 1 and 520"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("path", "value", "column", "problem"), FAULTS)
def test_a_bad_service_is_refused_whole_and_a_good_one_beside_it_stays(
    run_import: Run, database: SQLAlchemy, tmp_path: Path, path: list[Any], value: Any, column: str, problem: str
) -> None:
    good = _service(id=str(AT), service_at_locations=[], organization={"id": str(PLACE), "name": "Others"})
    result = run_import(_write(tmp_path, [_broken(path, value), good]))
    assert result.exit_code == 0, result.output
    line = next(line for line in result.output.splitlines() if line.split()[:1] == ["1"])
    assert column in line
    assert problem in line
    assert [row.id for row in database.session.scalars(sa.select(Service))] == [AT]
    assert [row.name for row in database.session.scalars(sa.select(Organisation))] == ["Others"]


def test_strange_items_do_not_stop_the_others(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    result = run_import(_write(tmp_path, [None, 7, "x", {}, {"organization": {}}, _service(name="\ud800Knit\u202e")]))
    assert "6 rows: 5 refused" in result.output
    assert _get(database).name == "Knit"


def test_an_import_takes_over_nothing_of_others(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    run_import(_write(tmp_path, [_service()]))
    result = run_import(_write(tmp_path, [_service(name="Mine now")]), "--source", "another feed")
    assert "did not come from the source “another feed”" in result.output
    assert result.exit_code == 1
    assert _get(database).name == "Knit and natter"
    other = _service(id=str(uuid.uuid4()), service_at_locations=[])
    other["organization"]["name"] = "Taken over"
    run_import(_write(tmp_path, [other]), "--source", "another feed")
    database.session.expire_all()
    assert database.session.get_one(Organisation, GROUP).name == "Woollies"


def test_the_id_of_a_place_of_another_service_is_refused(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    thief = _service(id=str(uuid.uuid4()), name="Thief")
    result = run_import(_write(tmp_path, [_service(), thief]))
    assert "already belongs to another service" in result.output
    assert database.session.scalar(sa.select(sa.func.count(ServiceAtLocation.number))) == 1
    assert _get(database).name == "Knit and natter"


def test_a_short_list_does_not_empty_full_services(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    run_import(_write(tmp_path, [_service()]))
    short = {key: FULL[key] for key in ("id", "name", "status", "description", "organization")}
    result = run_import(_write(tmp_path, {"contents": [short], "page_number": 1, "total_pages": 3}))
    assert "this is page 1 of 3" in result.output
    assert "left as it is" in result.output
    assert len(_get(database).locations) == 1


def test_the_official_examples(run_import: Run, real_oruk: Path, database: SQLAlchemy) -> None:
    load_vocabulary(actor="test")
    result = run_import(real_oruk / "examples" / "service_full.json")
    assert result.exit_code == 0, result.output
    service = _get(database, uuid.UUID("ac148810-d857-441c-9679-408f346de14b"))
    assert service.name == "Community Counselling"
    assert (service.minimum_age, service.maximum_age) == (12, 100)
    (at,) = service.locations
    assert at.id == uuid.UUID("e94c9f38-1e8f-4564-91d4-d53501ab1765")
    assert at.location_id == uuid.UUID("3a19ff88-4620-4d17-9830-ac1d859eb5d5")
    assert (at.location.latitude, at.location.longitude) == (None, None)
    assert service.organisation_id == uuid.UUID("d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610")
    assert [(cost.amount_pence, cost.about) for cost in service.costs] == [
        (3500, "Under 18s and Over 60s, per 1 hour session")
    ]
    (rule,) = service.schedules
    assert (rule.by_day, rule.by_month_day, rule.valid_to) == ("TH,FR", "", dt.date(2005, 1, 1))
    assert "100, 101 is not on the globe" in result.output
    again = run_import(real_oruk / "examples" / "service_full.json")
    assert "services: 0 new, 0 changed, 1 unchanged" in again.output
    page = run_import(real_oruk / "examples" / "service_list.json")
    assert page.exit_code == 0, page.output
    assert "services: 0 new, 0 changed, 1 unchanged" in page.output
