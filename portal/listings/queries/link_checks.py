"""Web addresses of services that are shown: which are to be asked next, and which are dead."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.core.database import db
from portal.directory.models import Organisation, Service
from portal.directory.queries import PUBLIC_STATES
from portal.listings.models import LinkCheck
from portal.search.service_page import safe_address

AT_ONCE = 20
ASK_EVERY = dt.timedelta(days=7)
# One that failed is asked again sooner. Three failures so far apart take three days and more.
ASK_FAILED_EVERY = dt.timedelta(hours=37)
DEAD_AFTER = 3


@dataclass(frozen=True, kw_only=True)
class ToCheck:
    """A web address and the services that show it."""

    url: str
    services: Sequence[uuid.UUID]


@dataclass(frozen=True, kw_only=True)
class DeadLink:
    """A web address that does not answer: on which service's page, of which group, since when nobody got through."""

    service_id: uuid.UUID
    service: str
    group: str
    url: str
    why: str
    failures: int
    checked_at: dt.datetime


def list_to_check(now: dt.datetime) -> list[ToCheck]:
    """Return at most twenty addresses to ask now, none of the same host: those never asked, then the oldest."""
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    services: dict[str, list[uuid.UUID]] = {}
    asked: dict[str, dt.datetime] = {}
    for service_id, url, check in _shown_with_checks():
        last = never
        if check is not None and check.url == url:
            last = check.checked_at
            if now - last < (ASK_FAILED_EVERY if check.failures else ASK_EVERY):
                continue
        services.setdefault(url, []).append(service_id)
        asked[url] = min(last, asked.get(url, last))
    found: dict[str, ToCheck] = {}
    for url in sorted(asked, key=lambda one: (asked[one], one)):
        found.setdefault(urlsplit(url).netloc.lower(), ToCheck(url=url, services=services[url]))
    return list(found.values())[:AT_ONCE]


def list_dead_links() -> list[DeadLink]:
    """Return the addresses that failed three times in a row and are still shown, by group and service."""
    dead = {
        service_id: check
        for service_id, url, check in _shown_with_checks()
        if check is not None and check.url == url and check.failures >= DEAD_AFTER
    }
    statement = (
        sa.select(Service.id, Service.name, Organisation.name)
        .join(Organisation, Organisation.id == Service.organisation_id)
        .where(Service.id.in_(dead))
        .order_by(Organisation.name, Service.name, Service.id)
    )
    return [
        DeadLink(
            service_id=service_id,
            service=service,
            group=group,
            url=dead[service_id].url,
            why=dead[service_id].why,
            failures=dead[service_id].failures,
            checked_at=dead[service_id].checked_at,
        )
        for service_id, service, group in db.session.execute(statement)
    ]


def _shown_with_checks() -> list[tuple[uuid.UUID, str, LinkCheck | None]]:
    """Return each shown service that names a web address, the address as its page gives it, and the last check."""
    statement = (
        sa.select(Service.id, Service.website, Organisation.website, LinkCheck)
        .join(Organisation, Organisation.id == Service.organisation_id)
        .outerjoin(LinkCheck, LinkCheck.service_id == Service.id)
        .where(Service.status.in_(PUBLIC_STATES))
        .where(sa.or_(Service.website != "", Organisation.website != ""))
        .order_by(Service.id)
    )
    rows = ((row[0], safe_address(row[1]) or safe_address(row[2]), row[3]) for row in db.session.execute(statement))
    return [row for row in rows if row[1]]
