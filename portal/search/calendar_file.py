"""The next dates of a service as an iCalendar file (RFC 5545), in London time."""

import datetime as dt
import unicodedata

from portal.search.service_page import NextDate, ServicePage
from portal.search.service_words import ADDRESS_ON_ASKING

# Summer time in London, as RFC 5545, section 3.6.5, wants it written; the rule has held since 1996.
_LONDON = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/London",
    "BEGIN:DAYLIGHT",
    "TZNAME:BST",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0100",
    "DTSTART:19960331T010000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZNAME:GMT",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0000",
    "DTSTART:19961027T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def calendar_file(page: ServicePage, *, url: str, now: dt.datetime, site_name: str) -> str:
    """Return the dates of a page as the text of an .ics file; `now` is an aware instant, `url` the page's address."""
    rows = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(site_name)}//Directory//EN",
        "METHOD:PUBLISH",
        *_LONDON,
    ]
    for date in page.dates:
        rows += _event(page, date, url, now)
    rows.append("END:VCALENDAR")
    return "".join(f"{_fold(row)}\r\n" for row in rows)


def _event(page: ServicePage, date: NextDate, url: str, now: dt.datetime) -> list[str]:
    session, service = date.session, page.service
    told = [service.summary, f"Ring {page.phones[0].number}" if page.phones else "", url]
    number = date.venue.number if date.venue else 0
    rows = [
        "BEGIN:VEVENT",
        f"UID:{service.id}-{session.starts_at:%Y%m%dT%H%M}-{number}",
        f"DTSTAMP:{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        *_times(date),
        f"SUMMARY:{_text(service.name)}",
        f"DESCRIPTION:{_text(chr(10).join(part for part in told if part))}",
        f"URL:{url}",
    ]
    where = _where(page, date)
    if where:
        rows.append(f"LOCATION:{_text(where)}")
    return [*rows, "END:VEVENT"]


def _times(date: NextDate) -> list[str]:
    session = date.session
    if session.opens_at is None:
        return [f"DTSTART;VALUE=DATE:{session.day:%Y%m%d}"]
    rows = [f"DTSTART;TZID=Europe/London:{session.starts_at:%Y%m%dT%H%M%S}"]
    if session.closes_at is not None:
        rows.append(f"DTEND;TZID=Europe/London:{session.ends_at:%Y%m%dT%H%M%S}")
    return rows


def _where(page: ServicePage, date: NextDate) -> str:
    if date.venue is not None:
        return ", ".join(part for part in (date.venue.name, date.venue.address) if part)
    return ADDRESS_ON_ASKING if page.has_confidential_venue else page.from_afar


def _text(value: str) -> str:
    """Escape a text (RFC 5545, section 3.3.11), without signs that control a machine."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = ("".join(char for char in line if unicodedata.category(char) != "Cc") for line in value.splitlines())
    return "\\n".join(lines)


def _fold(row: str) -> str:
    """Fold a line at 75 bytes without cutting a character (RFC 5545, section 3.1)."""
    parts, current, size = [], "", 0
    for char in row:
        width = len(char.encode())
        if size + width > 75:
            parts.append(current)
            current, size = " ", 1
        current, size = current + char, size + width
    return "\r\n".join([*parts, current])
