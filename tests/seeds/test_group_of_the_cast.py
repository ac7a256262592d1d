"""Gus leads his group in the demonstration, and his pages show what a group has that has joined."""

import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import User
from portal.directory.queries import list_services_of
from portal.listings.access import leads
from portal.listings.models import Claim, ClaimState, Listing
from portal.messages.models import OutboxMessage
from seeds.cast import read_cast
from seeds.loader import seed_demonstration
from seeds.reading import seed_id
from tests.signing_in import sign_in


def test_gus_leads_his_group(client: FlaskClient, database: SQLAlchemy) -> None:
    seed_demonstration()
    gus = next(member for member in read_cast().people if member.key == "gus")
    group = seed_id("organisation", gus.organisation)
    user = database.session.get_one(User, gus.id)
    assert leads(user, group)
    claim = database.session.scalars(sa.select(Claim)).one()
    assert (claim.organisation_id, claim.user_id, claim.state) == (group, gus.id, ClaimState.ACCEPTED)
    assert database.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 0, "Nobody is written to."
    services = list_services_of(group)
    kept = set(database.session.scalars(sa.select(Listing.service_id)))
    assert kept == {service.id for service in services[:-1]}
    last = services[-1].id
    database.session.rollback()
    sign_in(client, user)
    page = client.get("/listings").text
    assert "Kitchen Table Carers" in page
    assert f"/listings/adopt/{last}" in page
    assert page.count("/listings/adopt/") == 1
    assert "Invite" in client.get(f"/groups/{group}").text
