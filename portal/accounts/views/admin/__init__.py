"""The pages of administrators: the start page, and one module for each subject."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from portal.accounts.queries import NotFoundError
from portal.accounts.signed_in import signed_in_user
from portal.accounts.views.not_found import not_there
from portal.core.access import Permission, needs

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.register_error_handler(NotFoundError, not_there)


@dataclass(frozen=True)
class Section:
    """A line of the start page: the view it leads to, what it is for, and who may follow it."""

    endpoint: str
    title: str
    about: str
    permission: Permission


# In the order of the start page. Each subject adds its line here.
SECTIONS: tuple[Section, ...] = (
    Section(
        "admin.list_of_users",
        "Users",
        "Who can sign in, what they may do, and how to stop it.",
        Permission.USER_READ,
    ),
    Section(
        "admin.list_of_invitations",
        "Invitations",
        "Ask somebody to join. See who has not answered yet.",
        Permission.USER_CHANGE,
    ),
    Section(
        "admin.list_of_teams",
        "Teams",
        "Teams of link workers, the areas they work in, and who is in them.",
        Permission.TEAM_CHANGE,
    ),
    Section(
        "admin.site_facts",
        "Name, telephone number and colour",
        "What the site is called, whom people ring, and how it looks.",
        Permission.SITE_CHANGE,
    ),
    Section(
        "admin.crisis_numbers",
        "Crisis numbers",
        "Whom people ring when it cannot wait.",
        Permission.SITE_CHANGE,
    ),
    Section(
        "admin.statements",
        "Privacy and cookies",
        "What the site promises about both, with every earlier text.",
        Permission.SITE_CHANGE,
    ),
    Section(
        "admin.vocabularies",
        "Lists of words",
        "Needs, where referrals come from, and reasons.",
        Permission.VOCABULARY_CHANGE,
    ),
    Section(
        "admin.dates",
        "Bank holidays and school terms",
        "The days on which groups do not meet.",
        Permission.DATES_CHANGE,
    ),
    Section(
        "admin.outbox",
        "Messages",
        "What leaves the site, what became of it, and what came back.",
        Permission.OUTBOX_READ,
    ),
    Section(
        "admin.wordings",
        "What messages say",
        "The words of every message that the site sends.",
        Permission.WORDING_CHANGE,
    ),
    Section(
        "admin.jobs",
        "Jobs",
        "What the site does by itself, and whether it works.",
        Permission.JOBS_READ,
    ),
)


@blueprint.after_request
def keep_names_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store what only administrators may see."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("")
@needs(Permission.ADMIN_OPEN)
def start() -> str:
    """Show the subjects that this user may look after."""
    sections = [section for section in SECTIONS if signed_in_user().may(section.permission)]
    return render_template("admin/start.html", sections=sections)


# Each module hangs its views on the blueprint when it is read.
from portal.accounts.views.admin import (  # noqa: E402
    dates,  # noqa: F401
    invitations,  # noqa: F401
    jobs,  # noqa: F401
    outbox,  # noqa: F401
    site,  # noqa: F401
    statements,  # noqa: F401
    teams,  # noqa: F401
    users,  # noqa: F401
    vocabularies,  # noqa: F401
    wording,  # noqa: F401
)
