"""What search engines read of a service: schema.org as JSON-LD. It says nothing that the page does not say."""

import json
from typing import Any

from markupsafe import Markup

from portal.search.service_page import NextDate, ServicePage, Venue

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&'\u2028\u2029"}


def structured(page: ServicePage, url: str, organisation_url: str) -> dict[str, Any]:
    """Return the schema.org graph of a service: the service itself, and its next dates at venues that may be named.

    `url` and `organisation_url` are absolute. A confidential venue appears in no part of it.
    """
    service = page.service
    provider = {"@type": "Organization", "@id": organisation_url, "name": service.organisation.name}
    offered: dict[str, Any] = {
        "@type": "Service",
        "@id": url,
        "url": url,
        "name": service.name,
        "description": service.summary or service.description,
        "provider": provider,
    }
    channels = [{"@type": "ServiceChannel", "serviceLocation": _place(venue)} for venue in page.public_venues]
    if page.phones:
        number = page.phones[0].number
        channels.append({"@type": "ServiceChannel", "servicePhone": {"@type": "ContactPoint", "telephone": number}})
    if channels:
        offered["availableChannel"] = channels
    prices = [cost.amount_pence for cost in service.costs if cost.amount_pence is not None]
    if page.cost == "Free":
        prices = [0]
    if prices:
        offered["offers"] = [_offer(pence) for pence in sorted(set(prices))]
    areas = sorted(link.area.name for link in service.areas)
    if areas:
        offered["areaServed"] = [{"@type": "AdministrativeArea", "name": name} for name in areas]
    events = [
        _event(page, date, date.venue, url) for date in page.dates if date.venue and not date.venue.is_confidential
    ]
    return {"@context": "https://schema.org", "@graph": [offered, *events]}


def as_script_text(graph: dict[str, Any]) -> Markup:
    """Return JSON that may stand inside a script element: nothing in it can end the element or begin a comment."""
    return Markup(json.dumps(graph, ensure_ascii=False).translate(_ESCAPES))  # noqa: S704 - escaped right here


def _place(venue: Venue) -> dict[str, Any]:
    place: dict[str, Any] = {"@type": "Place", "name": venue.name}
    if venue.address:
        place["address"] = venue.address
    if venue.position:
        latitude, longitude = venue.position
        place["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
    return place


def _event(page: ServicePage, date: NextDate, venue: Venue, url: str) -> dict[str, Any]:
    session = date.session
    event: dict[str, Any] = {
        "@type": "Event",
        "name": page.service.name,
        "url": url,
        "startDate": session.starts_at.isoformat() if session.opens_at else session.day.isoformat(),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": _place(venue),
        "organizer": {"@type": "Organization", "name": page.service.organisation.name},
    }
    if session.closes_at:
        event["endDate"] = session.ends_at.isoformat()
    return event


def _offer(pence: int) -> dict[str, Any]:
    return {"@type": "Offer", "price": f"{pence / 100:.2f}", "priceCurrency": "GBP"}
