"""Teams: their areas, two editors at once, and closing."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Invitation, Team
from portal.accounts.models.membership import InvitationState
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.operations.memberships import begin_membership
from portal.accounts.operations.teams import change_team, close_team, open_team
from portal.accounts.queries import NotFoundError, get_member
from portal.accounts.roles import Role
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.geo.models import Area
from tests.accounts.reading import acts, entries, find, is_signed_in, look, now_of
from tests.factories import make_area
from tests.factories.accounts import Cast, make_membership
from tests.signing_in import sign_in

SQUARE = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]


@pytest.fixture
def areas(cast: Cast) -> list[Area]:
    with transaction():
        return [make_area("central", SQUARE), make_area("north", SQUARE), make_area("bromley")]


def link_of(token: str) -> str:
    return f"https://hereabouts.example.org/invitation/{token}"


def test_a_team_opens_with_its_areas(cast: Cast, areas: list[Area]) -> None:
    team_id = open_team(name="South East", area_ids=[areas[0].id, areas[1].id], actor=cast.ada.actor)
    with look() as session:
        assert [area.name for area in session.get_one(Team, team_id).areas] == ["Central", "North"]
    assert acts(team_id) == ["team:open"]
    with pytest.raises(RefusedChangeError, match="of this name"):
        open_team(name="SOUTH EAST", area_ids=[], actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError, match="Enter a name"):
        open_team(name="", area_ids=[], actor=cast.ada.actor)


def test_the_second_editor_is_told(cast: Cast, areas: list[Area]) -> None:
    version = cast.central.version
    change_team(team_id=cast.central.id, version=version, name="Central", area_ids=[areas[0].id], actor=cast.ada.actor)
    with pytest.raises(ChangedMeanwhileError) as caught:
        change_team(
            team_id=cast.central.id, version=version, name="Middle", area_ids=[areas[1].id], actor=cast.ada.actor
        )
    assert [area.name for area in caught.value.now.areas] == ["Central"]
    assert now_of(cast.central).name == "Central"
    (entry,) = entries("team:change")
    assert (entry["before"]["areas"], entry["after"]["areas"]) == ([], [str(areas[0].id)])


def test_closing_a_team_ends_everything_of_it(cast: Cast, app: Flask) -> None:
    for user in (cast.lena, cast.tara, cast.omar):
        sign_in(app.test_client(), user)
    begin_membership(user_id=cast.omar.id, role=Role.LINK_WORKER, team_id=cast.central.id, actor=cast.ada.actor)
    sign_in(app.test_client(), cast.omar)
    invitee = Invitee(name="Ned New", email="ned@example.org", role=Role.LINK_WORKER, team_id=cast.central.id)
    invitation_id = invite(invitee=invitee, actor=cast.tara.actor, inviter="Tara Tran", link=link_of)
    close_team(team_id=cast.central.id, actor=cast.ada.actor)
    assert now_of(cast.lena).current_roles == frozenset()
    assert now_of(cast.tara).current_roles == frozenset()
    assert {held.team_id for held in now_of(cast.omar).current_memberships} == {cast.north.id}
    assert not any(is_signed_in(user) for user in (cast.lena, cast.tara, cast.omar))
    invitation = find(sa.select(Invitation).where(Invitation.id == invitation_id))
    assert invitation.state is InvitationState.WITHDRAWN
    with pytest.raises(RefusedChangeError, match="closed"):
        close_team(team_id=cast.central.id, actor=cast.ada.actor)
    with pytest.raises(RefusedChangeError):
        begin_membership(user_id=cast.rita.id, role=Role.LINK_WORKER, team_id=cast.central.id, actor=cast.ada.actor)


def test_nobody_closes_the_own_team(cast: Cast) -> None:
    with pytest.raises(RefusedChangeError, match="own"):
        close_team(team_id=cast.central.id, actor=cast.tara.actor)
    assert now_of(cast.central).ended_at is None


def test_pages_of_teams(client: FlaskClient, cast: Cast, areas: list[Area]) -> None:
    sign_in(client, cast.ada)
    assert "Central" in client.get("/admin/teams").text
    opened = client.post("/admin/teams/new", data={"name": "South", "areas": [str(areas[0].id)]})
    assert opened.status_code == 303
    page = client.get(opened.headers["Location"]).text
    assert "The team is open" in page
    assert "The team South" in page
    assert f'value="{areas[0].id}" checked' in page
    assert str(areas[2].id) not in page, "An area without an outline is nowhere to work in."
    taken = client.post("/admin/teams/new", data={"name": "North", "areas": [str(areas[1].id)]})
    assert taken.status_code == 200
    assert "There is a team of this name" in taken.text
    assert f'value="{areas[1].id}" checked' in taken.text, "What was ticked stays ticked."


def test_the_second_editor_sees_both_and_loses_nothing(client: FlaskClient, cast: Cast, areas: list[Area]) -> None:
    sign_in(client, cast.ada)
    path, version = f"/admin/teams/{cast.north.id}", cast.north.version
    first = {"version": version, "name": "North and river", "areas": [str(areas[0].id)]}
    assert client.post(path, data=first).status_code == 303
    second = client.post(path, data={"version": version, "name": "Up North", "areas": [str(areas[1].id)]})
    assert second.status_code == 200
    assert "Somebody else changed this team" in second.text
    assert "North and river" in second.text
    assert 'value="Up North"' in second.text
    assert f'value="{areas[1].id}" checked' in second.text
    with look() as session:
        team = session.get_one(Team, cast.north.id)
        assert (team.name, [area.name for area in team.areas]) == ("North and river", ["Central"])
    again = {"version": team.version, "name": "Up North", "areas": [str(areas[1].id)]}
    assert f'name="version" value="{team.version}"' in second.text
    assert client.post(path, data=again).status_code == 303


def test_a_team_closes_after_a_question(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    path = f"/admin/teams/{cast.north.id}/close"
    assert "Close the team" in client.get(path).text
    assert now_of(cast.north).ended_at is None
    assert client.post(path).status_code == 303
    assert "Closed" in client.get("/admin/teams").text
    closed = client.get(f"/admin/teams/{cast.north.id}").text
    assert "was closed on Monday 23 November" in closed
    assert client.get(f"/team/{cast.north.id}").status_code == 200, "Who closes teams can still look."


@pytest.mark.parametrize(
    ("name", "own", "other"),
    [("tara", 200, 404), ("lena", 200, 404), ("omar", 404, 200), ("sam", 200, 200), ("ada", 200, 200),
     ("cora", 404, 404), ("mo", 404, 404), ("gus", 404, 404), ("rita", 404, 404)],
)  # fmt: skip
def test_who_sees_which_team(name: str, own: int, other: int, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.everybody[name])
    assert client.get(f"/team/{cast.central.id}").status_code == own
    assert client.get(f"/team/{cast.north.id}").status_code == other
    assert client.get("/team/00000000-0000-4000-8000-000000000007").status_code == 404


def test_a_member_sees_colleagues_and_no_addresses(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.lena)
    page = client.get(f"/team/{cast.central.id}").text
    assert "Tara Tran" in page
    assert "Lena Lowe" in page
    assert "tara@example.org" not in page
    assert "Invite" not in page
    assert "Take out" not in page
    assert client.get("/team").headers["Location"] == f"/team/{cast.central.id}"
    shown = entries("user:opened")[0]["shown"]
    assert set(shown) == {str(cast.tara.id), str(cast.lena.id)}


def test_a_team_lead_ends_link_workers_of_the_own_team_only(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.tara)
    lena, omar, tara = (user.memberships[0].id for user in (cast.lena, cast.omar, cast.tara))
    for path in (
        f"/team/{cast.north.id}/members/{omar}/end",
        f"/team/{cast.central.id}/members/{omar}/end",
        f"/team/{cast.central.id}/members/{tara}/end",
        f"/team/{cast.north.id}/invite",
    ):
        assert client.get(path).status_code == 404, path
        assert client.post(path).status_code == 404, path
    path = f"/team/{cast.central.id}/members/{lena}/end"
    assert "Take Lena Lowe out of the team" in client.get(path).text
    assert client.post(path).status_code == 303
    assert "Lena Lowe is no longer in the team" in client.get(f"/team/{cast.central.id}").text
    assert now_of(cast.omar).current_roles == {Role.LINK_WORKER}
    assert client.post(path).status_code == 404


def test_a_member_is_looked_for_in_one_team_only(cast: Cast) -> None:
    omar = cast.omar.memberships[0].id
    assert get_member(cast.sam, cast.north.id, omar).user_id == cast.omar.id
    for viewer, team in ((cast.sam, cast.central), (cast.ada, cast.central), (cast.lena, cast.north)):
        with pytest.raises(NotFoundError):
            get_member(viewer, team.id, omar)


def test_a_lead_of_one_team_is_only_a_member_of_another(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        make_membership(cast.tara, Role.LINK_WORKER, team=cast.north)
    omar = cast.omar.memberships[0].id
    sign_in(client, cast.tara)
    north = client.get(f"/team/{cast.north.id}")
    assert north.status_code == 200
    assert "Omar Osei" in north.text
    assert "Take out" not in north.text
    assert client.get(f"/team/{cast.north.id}/invite").status_code == 404
    form = {"name": "Ned New", "email": "ned@example.org"}
    assert client.post(f"/team/{cast.north.id}/invite", data=form).status_code == 404
    assert client.post(f"/team/{cast.north.id}/members/{omar}/end").status_code == 404
    assert find(sa.select(sa.func.count(Invitation.id))) == 0
    assert now_of(cast.omar).current_roles == {Role.LINK_WORKER}
