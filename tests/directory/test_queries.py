"""What is not public is not returned by any query that a page uses."""

import uuid

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.directory import queries
from portal.directory.models import Service, ServiceStatus
from tests.factories import make_location, make_organisation, make_service, weekly


@pytest.fixture(params=[ServiceStatus.INACTIVE, ServiceStatus.DEFUNCT])
def hidden(database: SQLAlchemy, request: pytest.FixtureRequest) -> Service:
    with transaction():
        return make_service(
            name="Gone",
            status=request.param,
            organisation=make_organisation(name="Gone group", phone="020 7946 0999"),
            venues=[(make_location(), [weekly("MO")])],
        )


def test_hidden_services_are_in_no_query(hidden: Service) -> None:
    assert queries.find_service(hidden.id) is None
    with pytest.raises(queries.NotFoundError):
        queries.get_service(hidden.id)
    assert queries.list_services([hidden.id]) == []
    assert queries.list_for_cards([hidden.id]) == []
    assert queries.list_services_of(hidden.organisation_id) == []
    assert list(queries.iter_services()) == []
    assert queries.find_at_location(hidden.locations[0].number) is None
    assert queries.find_organisation(hidden.organisation_id) is None


def test_hidden_services_have_no_page_and_cannot_be_saved(hidden: Service, client: FlaskClient) -> None:
    assert client.get(f"/services/{hidden.id}").status_code == 404
    assert client.get(f"/organisations/{hidden.organisation_id}").status_code == 404
    client.post("/shortlist/save", data={"service_id": str(hidden.id)})
    client.post("/shortlist/save", data={"service_id": str(uuid.UUID(int=7))})
    assert "Nothing saved yet" in client.get("/shortlist").get_data(as_text=True)
    cookie = client.get_cookie("shortlist")
    assert cookie is None or cookie.value == ""


def test_services_come_in_the_order_asked_for_and_in_batches(database: SQLAlchemy) -> None:
    with transaction():
        services = [make_service(name=f"Club {number}") for number in range(7)]
    wanted = [service.id for service in reversed(services)]
    assert [service.id for service in queries.list_services(wanted)] == wanted
    assert [service.id for service in queries.iter_services(batch=3)] == sorted(wanted)
