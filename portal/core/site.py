"""What a site says of itself: name, telephone number, crisis numbers, colour, privacy. Changed by administrators.

What nobody has changed comes from the settings. Each change is a new row, so that there is a history; the changes
themselves are in `portal.accounts.operations.site`, because they are audited.
"""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.local import LocalProxy

from portal.core import clock
from portal.core.colours import DEFAULT_COLOUR, shades_of
from portal.core.database import Base, UtcDateTime, choice, db
from portal.core.remembered import Remembered
from portal.core.settings import DEFAULT_CRISIS_LINES, CrisisLine, Settings
from portal.core.statements import Block, blocks, default_cookies, default_privacy

# The line that no list is without.
EMERGENCY = DEFAULT_CRISIS_LINES[0]


class Subject(enum.Enum):
    """What is changed, and counted, on its own."""

    FACTS = "site"
    CRISIS = "crisis-numbers"
    PRIVACY = "privacy"
    COOKIES = "cookies"


class SiteVersion(Base):
    """One version of one subject. The highest number counts; nothing is ever changed or deleted."""

    __tablename__ = "site_version"

    subject: Mapped[Subject] = mapped_column(choice(Subject), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_by: Mapped[str] = mapped_column(sa.String(80))


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """The facts at one moment. `versions` says how often each subject was changed; 0: it is as the settings say."""

    name: str
    place_name: str
    phone: str
    phone_hours: str
    crisis_lines: tuple[CrisisLine, ...]
    main_colour: str
    privacy: str
    cookies: str
    versions: Mapping[Subject, int] = field(default_factory=dict)

    def version(self, subject: Subject) -> int:
        """Return how often a subject was changed."""
        return self.versions.get(subject, 0)

    def statement(self, subject: Subject) -> str:
        """Return the text of the privacy or the cookie statement, with its places still to be filled."""
        return self.privacy if subject is Subject.PRIVACY else self.cookies

    @cached_property
    def shades(self) -> Mapping[str, str]:
        """The shades of the main colour by custom property; empty when it is the one that ships."""
        return {} if self.main_colour == DEFAULT_COLOUR else shades_of(self.main_colour)

    @cached_property
    def header_colour(self) -> str:
        """The darkest shade, which browsers may take for their own frame."""
        return shades_of(self.main_colour)["damson-9"] if self.shades else "#3a142f"


def facts_from(settings: Settings, versions: Mapping[Subject, tuple[int, Mapping[str, Any]]]) -> SiteFacts:
    """Return the facts: the newest version of each subject over what the settings say."""
    values = {subject: value for subject, (_number, value) in versions.items()}
    facts = values.get(Subject.FACTS, {})
    lines = settings.crisis_lines
    if Subject.CRISIS in values:
        lines = tuple(CrisisLine(**line) for line in values[Subject.CRISIS]["lines"])
    if not any(is_emergency(line) for line in lines):
        lines = (EMERGENCY, *lines)
    return SiteFacts(
        name=facts.get("name", settings.site_name),
        place_name=facts.get("place_name", settings.place_name),
        phone=facts.get("phone", settings.phone),
        phone_hours=facts.get("phone_hours", settings.phone_hours),
        crisis_lines=lines,
        main_colour=facts.get("main_colour", DEFAULT_COLOUR),
        privacy=values.get(Subject.PRIVACY, {}).get("text") or default_privacy(settings),
        cookies=values.get(Subject.COOKIES, {}).get("text") or default_cookies(settings),
        versions={subject: number for subject, (number, _value) in versions.items()},
    )


def digits(number: str) -> str:
    """Return a telephone number as it is dialled and as addresses of pages name it."""
    return "".join(char for char in number if char.isdigit())


def is_emergency(line: CrisisLine) -> bool:
    """Say whether a line is the emergency one."""
    return digits(line.number) == EMERGENCY.number


def _numbers(connection: sa.Connection) -> dict[Subject, int]:
    statement = sa.select(SiteVersion.subject, sa.func.max(SiteVersion.number)).group_by(SiteVersion.subject)
    return {row[0]: row[1] for row in connection.execute(statement)}


def _newest(connection: sa.Connection) -> dict[Subject, tuple[int, Mapping[str, Any]]]:
    last = sa.select(SiteVersion.subject, sa.func.max(SiteVersion.number).label("number"))
    newest = last.group_by(SiteVersion.subject).subquery()
    statement = sa.select(SiteVersion.subject, SiteVersion.number, SiteVersion.value).join(
        newest, (SiteVersion.subject == newest.c.subject) & (SiteVersion.number == newest.c.number)
    )
    return {subject: (number, value) for subject, number, value in connection.execute(statement)}


def list_versions(subject: Subject) -> list[SiteVersion]:
    """Return all versions of a subject, the newest first."""
    statement = sa.select(SiteVersion).where(SiteVersion.subject == subject)
    return list(db.session.scalars(statement.order_by(SiteVersion.number.desc())))


def find_version(subject: Subject, number: int) -> SiteVersion | None:
    """Return one version of a subject, or None."""
    return db.session.get(SiteVersion, (subject, number))


def init_app(app: Flask) -> None:
    """Give an application its site, and templates the global `site`. The database is not touched before a question."""
    settings: Settings = app.extensions["settings"]
    app.extensions["site"] = Remembered(
        facts_from(settings, {}),
        is_current=lambda connection, facts: _numbers(connection) == facts.versions,
        read=lambda connection: facts_from(settings, _newest(connection)),
    )
    app.jinja_env.globals["site"] = LocalProxy(site)


def site() -> SiteFacts:
    """Return the facts of the running application's site. Raises nothing, also when the database is away."""
    remembered: Remembered[SiteFacts] = current_app.extensions["site"]
    return remembered.value()


def shipped_statement(subject: Subject) -> str:
    """Return the text of a statement that ships."""
    settings: Settings = current_app.extensions["settings"]
    return default_privacy(settings) if subject is Subject.PRIVACY else default_cookies(settings)


def statement_blocks(text: str) -> Sequence[Block]:
    """Return a statement as headings, lists and paragraphs, with the facts of the site in their places."""
    facts = site()
    places = {"name": facts.name, "place": facts.place_name, "phone": facts.phone, "hours": facts.phone_hours}
    return blocks(text, places)


def forget() -> None:
    """Have this process look again at the next question."""
    current_app.extensions["site"].forget()


def forget_after_commit(session: Any) -> None:
    """Have this process look again as soon as the session's transaction is committed."""
    remembered: Remembered[SiteFacts] = current_app.extensions["site"]
    sa.event.listen(session, "after_commit", lambda _session: remembered.forget(), once=True)
