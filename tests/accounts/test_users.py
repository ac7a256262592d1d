"""Pages of users: who may look, what is noted, and changes after a question."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.queries import PAGE, NotFoundError, get_membership, get_user, list_invitations, list_users
from portal.core.database import transaction
from tests.accounts.reading import acts, entries, is_signed_in, last_message, now_of, token_in
from tests.factories.accounts import Cast, make_user
from tests.signing_in import sign_in

OTHERS = ("rita", "gus", "mo", "gita", "lena", "omar", "tara", "sam", "cora", "eve", "pat")


@pytest.mark.parametrize("name", OTHERS)
def test_only_administrators_see_users(name: str, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.everybody[name])
    for path in (
        "/admin",
        "/admin/users",
        f"/admin/users/{cast.lena.id}",
        f"/admin/users/{cast.lena.id}/roles/add",
        f"/admin/users/{cast.lena.id}/roles/{cast.lena.memberships[0].id}/end",
        f"/admin/users/{cast.lena.id}/switch-off",
        "/admin/invitations",
        "/admin/teams",
    ):
        response = client.get(path)
        assert response.status_code == 404, path
        assert "Lena" not in response.text
    assert client.post(f"/admin/users/{cast.lena.id}/switch-off").status_code == 404
    assert now_of(cast.lena).active


@pytest.mark.parametrize("name", OTHERS)
def test_the_loaders_give_users_to_administrators_only(name: str, cast: Cast) -> None:
    viewer = cast.everybody[name]
    held = cast.lena.memberships[0].id
    for load in (
        lambda: list_users(viewer),
        lambda: get_user(viewer, cast.lena.id),
        lambda: get_membership(viewer, cast.lena.id, held),
        lambda: list_invitations(viewer),
    ):
        with pytest.raises(NotFoundError):
            load()
    assert entries("user:searched") == entries("user:opened") == []


def test_the_start_page_lists_what_there_is(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    page = client.get("/admin").text
    for path in ("/admin/users", "/admin/invitations", "/admin/teams"):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_list_of_users_is_a_reading(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    page = client.get("/admin/users").text
    assert page.index("Ada Akande") < page.index("Lena Lowe") < page.index("Tara Tran")
    assert "Link worker, Central" in page
    (entry,) = entries("user:searched")
    assert entry["actor"] == cast.ada.actor
    assert set(entry["shown"]) == {str(user.id) for user in cast.everybody.values()}


@pytest.mark.parametrize(
    ("words", "found"),
    [("lena", {"lena"}), ("LOWE", {"lena"}), ("lena@example.org", {"lena"}), (" Lena@Example.org ", {"lena"}),
     ("t r", {"rita", "tara", "pat"}), ("nobody", set()), ("lena@", {"lena"}), ("%", set())],
)  # fmt: skip
def test_searching_users(words: str, found: set[str], client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    page = client.get("/admin/users", query_string={"q": words}).text
    seen = {name for name, user in cast.everybody.items() if f"/admin/users/{user.id}" in page}
    if words == "t r":
        # Every word counts, wherever it stands: in the name or in the address.
        assert {"rita", "tara"} <= seen
    else:
        assert seen == found
    (entry,) = entries("user:searched")
    assert set(entry["shown"]) == {str(cast.everybody[name].id) for name in seen}


def test_many_users_come_in_pages(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        for number in range(60):
            make_user(f"Zoe Zimmer{number:02}", f"zoe{number:02}@example.org")
    sign_in(client, cast.ada)
    first, last = client.get("/admin/users?q=zoe").text, client.get("/admin/users?q=zoe&page=3").text
    assert first.count("Zoe Zimmer") == PAGE
    assert "60 users" in first
    assert "Zoe Zimmer59" in last
    assert "Zoe Zimmer24" not in last
    for page in ("0", "-1", "999", "x", "99999999999999999999"):
        assert client.get(f"/admin/users?q=zoe&page={page}").status_code == 200


def test_opening_a_user_is_a_reading(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    page = client.get(f"/admin/users/{cast.lena.id}").text
    assert "lena@example.org" in page
    assert "End this role" in page
    assert entries("user:opened") == [
        {"actor": cast.ada.actor, "about_id": None, "before": None, "after": None, "shown": [str(cast.lena.id)]}
    ]
    assert client.get(f"/admin/users/{uuid.uuid4()}").status_code == 404
    assert len(entries("user:opened")) == 1


def test_own_page_offers_no_change(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    page = client.get(f"/admin/users/{cast.ada.id}").text
    assert "This is you" in page
    for word in ("End this role", "Add a role", "Switch off"):
        assert word not in page


def test_changes_ask_for_the_password_again(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada, fresh=False)
    assert client.get(f"/admin/users/{cast.lena.id}").status_code == 200
    for path in (
        f"/admin/users/{cast.lena.id}/roles/add",
        f"/admin/users/{cast.lena.id}/roles/{cast.lena.memberships[0].id}/end",
        f"/admin/users/{cast.lena.id}/switch-off",
        "/admin/invitations/new",
        f"/admin/teams/{cast.north.id}/close",
    ):
        for response in (client.get(path), client.post(path)):
            assert response.status_code == 303, path
            assert "fresh" in response.headers["Location"], path
    assert now_of(cast.lena).active
    assert now_of(cast.lena).current_roles


def test_a_role_is_added_and_ended(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    path = f"/admin/users/{cast.rita.id}/roles/add"
    assert client.get(path).status_code == 200
    bad = client.post(path, data={"role": "link worker", "organisation": str(cast.group.id)})
    assert bad.status_code == 200
    assert "Choose the team in which they are link worker" in bad.text
    assert f'value="{cast.group.id}" selected' in bad.text
    for role in ("", "emperor", "LINK WORKER", "Role.ADMINISTRATOR"):
        assert "Choose a role" in client.post(path, data={"role": role}).text
    assert "Choose the team" in client.post(path, data={"role": "link worker", "team": "x"}).text
    # A team that is chosen though the role needs none does no harm.
    assert client.post(path, data={"role": "moderator", "team": str(cast.north.id)}).status_code == 303
    page = client.get(f"/admin/users/{cast.rita.id}").text
    assert "one more role" in page
    assert "Since Monday 23 November, 9am, by Ada Akande" in page
    (held,) = now_of(cast.rita).current_memberships
    end = f"/admin/users/{cast.rita.id}/roles/{held.id}/end"
    assert client.get(f"/admin/users/{cast.lena.id}/roles/{held.id}/end").status_code == 404
    assert "no longer be a moderator" in client.get(end).text
    assert client.post(end).status_code == 303
    assert "had ended already" not in client.get(f"/admin/users/{cast.rita.id}").text
    assert client.post(end).status_code == 303
    assert "had ended already" in client.get(f"/admin/users/{cast.rita.id}").text


def test_the_last_administrator_is_kept_with_a_reason(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    path = f"/admin/users/{cast.ada.id}/roles/{cast.ada.memberships[0].id}/end"
    response = client.post(path)
    assert response.status_code == 200
    assert "You cannot change your own roles" in response.text
    assert "You cannot switch off your own account" in client.post(f"/admin/users/{cast.ada.id}/switch-off").text


def test_acts_on_an_account(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    base = f"/admin/users/{cast.omar.id}"
    for act, noted in (
        ("sign-out", "user:sign-out"),
        ("forget-second-factor", "second-factor:forget"),
        ("switch-off", "user:deactivate"),
        ("switch-on", "user:reactivate"),
    ):
        sign_in(client.application.test_client(), cast.omar)
        assert client.get(f"{base}/{act}").status_code == 200
        assert noted not in acts(cast.omar.id)
        assert client.post(f"{base}/{act}").status_code == 303
        assert noted in acts(cast.omar.id)
        assert not is_signed_in(cast.omar), act
    assert client.get(f"{base}/delete-everything").status_code == 404
    assert client.post(f"{base}/delete-everything").status_code == 404


def test_commands_for_users(app: Flask, cast: Cast) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["users", *words])
        return done.exit_code, done.output

    code, listed = run("list")
    assert code == 0
    assert listed.index("Ada Akande") < listed.index("Tara Tran")
    assert "rita@example.org  Rita Rowe  no role" in listed
    assert len(entries("user:searched")[0]["shown"]) == 12
    sign_in(app.test_client(), cast.lena)
    assert run("end-sessions", "LENA@example.org") == (0, "1 signed out.\n")
    assert not is_signed_in(cast.lena)
    assert run("deactivate", "lena@example.org") == (0, "Switched off.\n")
    assert run("deactivate", "lena@example.org") == (0, "It was off already.\n")
    assert not now_of(cast.lena).active
    assert "lena@example.org  Lena Lowe  link worker  switched off" in run("list")[1]
    assert run("reactivate", "lena@example.org") == (0, "Switched on.\n")
    code, words = run("deactivate", "ada@example.org")
    assert (code, "last administrator" in words) == (1, True)
    assert run("end-sessions", "nobody@example.org")[0] == 1


def test_an_invitation_from_the_command_line(app: Flask, cast: Cast) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["users", "invite", *words])
        return done.exit_code, done.output

    code, words = run("ned@example.org", "--name", "Ned New", "--role", "link worker", "--team", "north")
    assert (code, "Ned New is invited" in words) == (0, True)
    assert len(token_in(last_message())) == 43
    assert run("ned@example.org", "--name", "Ned New", "--role", "link worker", "--team", "nowhere")[0] == 1
    assert run("ned at example", "--name", "Ned New", "--role", "moderator")[0] == 1
    assert run("ned@example.org", "--name", "Ned New", "--role", "emperor")[0] == 2


def test_names_are_text(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        user = make_user("<script>alert(1)</script> {{ 7*7 }}", "hostile@example.org")
    sign_in(client, cast.ada)
    for path in ("/admin/users", f"/admin/users/{user.id}", f"/admin/users/{user.id}/switch-off"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "{{ 7*7 }}" in page
