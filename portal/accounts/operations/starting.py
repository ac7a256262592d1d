"""The real start of a site: what it says of itself, its areas, and its first administrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.accounts.models import Invitation
from portal.accounts.operations.invitations import Invitee, withdraw_all, write_invitation
from portal.accounts.operations.site import set_crisis_lines, set_site
from portal.accounts.queries import has_administrator
from portal.accounts.roles import Role
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.core.settings import CrisisLine
from portal.core.text import clean, slugify
from portal.directory.operations import add_missing_terms
from portal.geo.models import AreaKind
from portal.geo.operations import import_areas, name_area


@dataclass(frozen=True, kw_only=True)
class Start:
    """What an operator says at the start. `areas` is a GeoJSON file, `area_names` are names without outlines."""

    admin_name: str
    admin_email: str
    name: str
    place_name: str
    colour: str
    phone: str
    phone_hours: str
    crisis_lines: Sequence[CrisisLine] = ()
    areas: Path | None = None
    area_names: Sequence[str] = ()


def start_site(*, start: Start, actor: str) -> tuple[Invitation, str]:
    """Store all of it or nothing, and return the first administrator's invitation with the secret text of its link.

    Run again before anybody has followed the link, it makes another one and stops the first. Raises RefusedChangeError
    with the field, when there is an administrator or something cannot be used, and GeoFileError for a file of areas
    that is none.
    """
    with transaction() as session:
        if has_administrator():
            raise RefusedChangeError("", "This site has an administrator already. Invite others on its page “Users”.")
        set_site(
            session,
            actor=actor,
            name=start.name,
            place_name=start.place_name,
            phone=start.phone,
            phone_hours=start.phone_hours,
            main_colour=start.colour,
        )
        if start.crisis_lines:
            set_crisis_lines(session, actor=actor, lines=start.crisis_lines)
        add_missing_terms(session, actor=actor)
        _store_areas(start, actor)
        withdraw_all(session, which=Invitation.role == Role.ADMINISTRATOR, actor=actor)
        invitee = Invitee(name=start.admin_name, email=start.admin_email, role=Role.ADMINISTRATOR)
        return write_invitation(session, invitee=invitee, actor=actor)


def _store_areas(start: Start, actor: str) -> None:
    if start.areas is not None:
        report = import_areas(path=start.areas, kind=AreaKind.NEIGHBOURHOOD, actor=actor)
        if report.refusals or not report.stored:
            first = report.refusals[0] if report.refusals else None
            why = f"feature {first.line}: {first.problem}" if first else "it holds no area"
            raise RefusedChangeError("areas", f"{start.areas.name} cannot be used: {why}")
    for name in map(clean, start.area_names):
        if not slugify(name):
            raise RefusedChangeError("area", f"“{name}” cannot be the name of an area.")
        name_area(slug=slugify(name)[:80], name=name[:120], kind=AreaKind.NEIGHBOURHOOD, note="", actor=actor)
