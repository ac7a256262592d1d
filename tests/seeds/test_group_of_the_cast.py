"""Gus leads his group in the demonstration, and his pages show what a group has that has joined."""

import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import User
from portal.listings.access import leads
from portal.listings.models import Claim, ClaimState
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
    database.session.rollback()
    sign_in(client, user)
    assert "Kitchen Table Carers" in client.get("/listings").text
    assert "Invite" in client.get(f"/groups/{group}").text
