"""From an invitation to a role, by keyboard and without script, and every page of users and teams looked at by axe."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.roles import Role
from portal.core.database import db
from seeds.cast import read_cast, seed_cast
from tests.accounts.reading import last_message, look, token_in
from tests.journeys.conftest import WIDTHS
from tests.signing_in import browser_cookie

Open = Callable[..., Page]
Axe = Callable[[Page], list[str]]
GOOD = "umbrella seven lantern fish"


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """The cast of the demonstration by its keys."""
    with app.app_context():
        seed_cast()
        by_id = {member.id: member.key for member in read_cast().people}
        with look() as session:
            return {by_id[user.id]: user for user in session.scalars(sa.select(User)) if user.id in by_id}


def invite_to_north(app: Flask, people: dict[str, User], email: str) -> str:
    """Have Ada invite somebody to North, and return the path of the link."""
    with app.app_context():
        (omar,) = people["omar"].memberships
        invitee = Invitee(name="Ned New", email=email, role=Role.LINK_WORKER, team_id=omar.team_id)
        invite(
            invitee=invitee,
            actor=people["ada"].actor,
            inviter="Ada Akande",
            link=lambda token: f"https://hereabouts.example.org/invitation/{token}",
        )
        path = f"/invitation/{token_in(last_message())}"
        db.session.remove()
    return path


@pytest.mark.parametrize("script", [True, False])
def test_a_new_link_worker_says_yes_by_keyboard(
    script: bool, app: Flask, people: dict[str, User], open_page: Open
) -> None:
    page = open_page(invite_to_north(app, people, "ned@example.org"), script=script)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are invited")
    page.get_by_label("Your name").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Ned Newman")
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_text("Your account is made")).to_be_visible()
    page.get_by_label("E-mail address").fill("ned@example.org")
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/account"))
    page.goto("/team")
    expect(page.get_by_role("heading", level=1)).to_have_text("The team North")
    expect(page.get_by_text("Ned Newman")).to_be_visible()


def test_somebody_with_an_account_signs_in_and_says_yes(app: Flask, people: dict[str, User], open_page: Open) -> None:
    page = open_page(invite_to_north(app, people, "rita@example.org"))
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill("rita@example.org")
    page.get_by_label("Password", exact=True).fill(read_cast().password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are invited")
    page.get_by_role("button", name="Yes, I accept").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, that is done")
    page.goto("/team")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("script", [True, False])
def test_a_team_lead_ends_a_role_by_keyboard(
    script: bool, app: Flask, people: dict[str, User], open_page: Open, live_url: str
) -> None:
    page = open_page("/", script=script)
    page.context.add_cookies([browser_cookie(app, people["tara"], live_url)])  # type: ignore[list-item]
    lena = open_page("/", script=script)
    lena.context.add_cookies([browser_cookie(app, people["lena"], live_url)])  # type: ignore[list-item]
    lena.goto("/team")
    expect(lena.get_by_role("heading", level=1)).to_have_text("The team Central")
    page.goto("/team")
    page.get_by_role("link", name=re.compile("Take out of the team.*Lena Lowe")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take them out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Lena Lowe is no longer in the team")).to_be_visible()
    lena.reload()
    expect(lena.get_by_role("heading", level=1)).to_have_text("Sign in")


def pages_of(people: dict[str, User]) -> list[tuple[str, str]]:
    """Return who opens what: every page of users, teams and invitations."""
    lena, omar = people["lena"], people["omar"]
    (held,) = lena.memberships
    (other,) = omar.memberships
    admin = [
        "/admin", "/admin/users", "/admin/users?q=nobody", f"/admin/users/{lena.id}",
        f"/admin/users/{lena.id}/roles/add", f"/admin/users/{lena.id}/roles/{held.id}/end",
        f"/admin/users/{lena.id}/switch-off", "/admin/invitations", "/admin/invitations/new", "/admin/teams",
        "/admin/teams/new", f"/admin/teams/{other.team_id}", f"/admin/teams/{other.team_id}/close", "/team",
    ]  # fmt: skip
    lead = [f"/team/{held.team_id}", f"/team/{held.team_id}/invite", f"/team/{held.team_id}/members/{held.id}/end"]
    return [*(("ada", path) for path in admin), *(("tara", path) for path in lead)]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_passes_axe(
    width: int, app: Flask, people: dict[str, User], open_page: Open, live_url: str, axe: Axe
) -> None:
    invite_to_north(app, people, "ned@example.org")
    pages = {}
    for name in ("ada", "tara"):
        pages[name] = open_page("/", width=width)
        pages[name].context.add_cookies([browser_cookie(app, people[name], live_url)])  # type: ignore[list-item]
    for name, path in pages_of(people):
        page = pages[name]
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, path
        assert "/sign-in" not in page.url, path
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_an_invitation_passes_axe(
    width: int, app: Flask, people: dict[str, User], open_page: Open, axe: Axe, complaints: list[str]
) -> None:
    path = invite_to_north(app, people, "ned@example.org")
    page = open_page(path, width=width)
    assert axe(page) == []
    page.get_by_label("Choose a password").fill("short")
    page.get_by_role("button", name="Yes, make my account").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert axe(page) == []
    page.goto("/invitation/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link leads nowhere")
    assert axe(page) == []
    # The browser says that the page was not found, as it should.
    complaints[:] = [text for text in complaints if "404" not in text]
