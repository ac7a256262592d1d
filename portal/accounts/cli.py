"""Commands of the room: `portal setup`, and `portal users …`."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portal.accounts import queries
from portal.accounts.invitation_words import instant_in_words, role_in_words
from portal.accounts.models import User
from portal.accounts.operations import users as operations
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.operations.starting import Start, start_site
from portal.accounts.roles import SCOPE_OF, Role, Scope
from portal.accounts.views.invitation_acts import link_of
from portal.core.editing import RefusedChangeError
from portal.core.migrations import bring_forward
from portal.core.settings import SettingError, parse_crisis_lines
from portal.core.site import site
from portal.core.web import settings
from portal.geo.files import GeoFileError

SETUP, USERS = "portal setup", "portal users"

users = AppGroup("users", help="Who can sign in.")


def _stop(command: str, sentence: str) -> NoReturn:
    click.echo(f"{command}: {sentence}", err=True)
    sys.exit(1)


@contextmanager
def _under_own_address() -> Iterator[None]:
    """Let links be made, which outside of a request needs an address to stand under."""
    with current_app.test_request_context(base_url=settings().site_url or f"http://{settings().bind}"):
        yield


def _ask(value: str | None, option: str, question: str, default: str | None = None) -> str:
    """Return what an option says, else ask; where nobody is there to answer, take the default or stop."""
    if value is not None:
        return value
    if sys.stdin.isatty():
        return str(click.prompt(question, default=default, show_default=bool(default)))
    if default is None:
        _stop(SETUP, f"{option} is missing, and nobody is there to be asked.")
    return default


@click.command()
@click.option("--admin-name", help="Name of the first administrator.")
@click.option("--admin-email", help="Their e-mail address.")
@click.option("--name", help="Name of the site.")
@click.option("--place", help="The place that it is for.")
@click.option("--colour", help="Main colour, like #6a2353. It must be dark enough for white words.")
@click.option("--phone", help="The one number to talk to somebody.")
@click.option("--phone-hours", help="When somebody answers.")
@click.option("--crisis", help="Crisis numbers, each name|number|about, parted by “;”. Left out: the usual ones.")
@click.option("--areas", help="GeoJSON file with the outlines of the areas that teams work in.")
@click.option("--area", "area_names", multiple=True, help="Name of an area without an outline; may be repeated.")
@with_appcontext
def setup(**given: Any) -> None:
    """Start a real site, without people of the demonstration: asks for what is not given as an option.

    Prints the link by which the first administrator chooses a password. It works once, for 72 hours.
    """
    if settings().demo:
        _stop(SETUP, "this is a demonstration. Set PORTAL_DEMO=0, with keys and an address: see docs/setup.md.")
    bring_forward()
    if queries.has_administrator():
        _stop(SETUP, "this site has an administrator already. Nothing was changed.")
    answers = {
        "admin_name": _ask(given["admin_name"], "--admin-name", "Name of the first administrator"),
        "admin_email": _ask(given["admin_email"], "--admin-email", "Their e-mail address"),
        "name": _ask(given["name"], "--name", "Name of the site", site().name),
        "place_name": _ask(given["place"], "--place", "The place that it is for"),
        "colour": _ask(given["colour"], "--colour", "Main colour", site().main_colour),
        "phone": _ask(given["phone"], "--phone", "The one number to talk to somebody"),
        "phone_hours": _ask(given["phone_hours"], "--phone-hours", "When somebody answers"),
    }
    lines = _ask(
        given["crisis"], "--crisis", "Crisis numbers (name|number|about; …), or nothing for the usual ones", ""
    )
    path = _ask(given["areas"], "--areas", "GeoJSON file with the areas of your teams, or nothing", "")
    _start(answers, lines, path, given["area_names"])


def _start(answers: dict[str, str], lines: str, path: str, area_names: tuple[str, ...]) -> None:
    """Check what can be checked without the database, store it, and print the link."""
    if path and not Path(path).is_file():
        _stop(SETUP, f"there is no file {path}. Nothing was stored.")
    try:
        start = Start(
            crisis_lines=parse_crisis_lines(lines),
            areas=Path(path) if path else None,
            area_names=area_names,
            **answers,
        )
        invitation, token = start_site(start=start, actor=SETUP)
    except (RefusedChangeError, GeoFileError, SettingError) as error:
        _stop(SETUP, f"{error} Nothing was stored.")
    with _under_own_address():
        link = link_of(token)
    click.echo(f"{answers['name']} is set up. {invitation.name} chooses a password here:\n\n  {link}\n")
    click.echo(
        f"The link works once, until {instant_in_words(invitation.expires_at)}. Give it to nobody else. "
        "If it is lost, run this again.\nStart the site with `portal run`."
    )


@users.command("list")
def list_all() -> None:
    """Print everybody who has an account: id, address, name, roles."""
    for user in queries.list_everybody():
        roles = ", ".join(sorted(role.value for role in user.current_roles)) or "no role"
        click.echo(f"{user.id}  {user.email}  {user.name}  {roles}{'' if user.active else '  switched off'}")


@users.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="Name of whom you invite.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--team", default="", help="Name of the team, for link workers and team leads.")
@click.option("--organisation", type=click.UUID, help="Id of the organisation, for group editors and referrers.")
def invite_one(email: str, name: str, role: str, team: str, organisation: uuid.UUID | None) -> None:
    """Invite somebody by e-mail to a role."""
    chosen = Role(role)
    found = [each.id for each in queries.list_teams_to_join() if each.name.casefold() == team.casefold()]
    invitee = Invitee(
        email=email,
        name=name,
        role=chosen,
        team_id=found[0] if found and SCOPE_OF[chosen] is Scope.TEAM else None,
        organisation_id=organisation if SCOPE_OF[chosen] is Scope.ORGANISATION else None,
    )
    try:
        with _under_own_address():
            invite(invitee=invitee, actor=USERS, inviter=site().name, link=link_of)
    except RefusedChangeError as error:
        _stop(USERS, error.message)
    click.echo(f"{name} is invited to be {role_in_words(chosen)}. The link in the e-mail works for 72 hours.")


@users.command("end-sessions")
@click.argument("email")
def end_sessions(email: str) -> None:
    """Sign somebody out of every browser."""
    count = operations.sign_out_everywhere(user_id=_get(email).id, actor=USERS)
    click.echo(f"{count} signed out.")


@users.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Switch somebody's account off; sessions end at once."""
    try:
        changed = operations.deactivate_user(user_id=_get(email).id, actor=USERS)
    except RefusedChangeError as error:
        _stop(USERS, error.message)
    click.echo("Switched off." if changed else "It was off already.")


@users.command("reactivate")
@click.argument("email")
def reactivate(email: str) -> None:
    """Switch somebody's account on again, with the roles it had."""
    click.echo("Switched on." if operations.reactivate_user(user_id=_get(email).id, actor=USERS) else "It was on.")


def _get(email: str) -> User:
    found = queries.find_user_by_written_address(email)
    if found is None:
        _stop(USERS, f"nobody has the address {email}.")
    return found
