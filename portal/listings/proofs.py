"""What can show that somebody speaks for a group: an address at its own domain, or a code to what is published."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.directory.models import Location, Organisation, OrganisationKind
from portal.listings.public_mail_domains import OFFICIAL_ENDS, PUBLIC_MAIL, SHARED_ENDS, SHARED_SITES
from portal.messages.addresses import AddressError, plain_address
from portal.messages.models import Channel

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CodeWay:
    """A published way by which a code can be sent: by e-mail, by SMS to a mobile number, or by letter."""

    key: str
    channel: Channel
    address: str
    in_words: str


def registrable(host: str) -> str:
    """Return the part of a host's name that somebody has registered ("mail.group.org.uk" is "group.org.uk"), or "".

    Nothing comes back for what is no name of a host, for an end that many share ("org.uk"), and for a bare address.
    """
    try:
        labels = host.encode("idna").decode("ascii").lower().removesuffix(".").split(".")
    except UnicodeError:
        return ""
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    count = 2
    if len(labels) >= 2 and len(labels[-1]) == 2 and labels[-2] in SHARED_ENDS:
        count = 4 if labels[-2:] == ["sch", "uk"] else 3
    return ".".join(labels[-count:]) if len(labels) >= count else ""


def own_domain(organisation: Organisation) -> str:
    """Return the domain that is a group's own, from its published web address; "" when it has none of its own."""
    try:
        host = urlsplit(organisation.website).hostname or ""
    except ValueError:
        return ""
    found = registrable(host)
    is_official = tuple(found.split(".")[-2:]) in OFFICIAL_ENDS
    if is_official and organisation.kind is not OrganisationKind.PUBLIC_BODY:
        return ""
    return "" if found in SHARED_SITES or found in PUBLIC_MAIL else found


def is_at_own_domain(address: str, organisation: Organisation) -> bool:
    """Say whether an e-mail address is at the group's own domain, or at a name below it; compared label by label."""
    domain = own_domain(organisation)
    try:
        host = plain_address(Channel.EMAIL, address).rpartition("@")[2]
    except AddressError:
        return False
    return bool(domain) and registrable(host) == domain and registrable(host) not in PUBLIC_MAIL


def is_mobile(number: str) -> bool:
    """Say whether a telephone number is a British mobile, to which a text message can go."""
    try:
        plain = plain_address(Channel.SMS, number)
    except AddressError:
        return False
    # 070 is for personal numbers, which cost a lot, and 076 mostly for pagers.
    return re.fullmatch(r"\+447[1-57-9]\d{8}|\+447624\d{6}", plain, re.ASCII) is not None


def code_ways(email: str, numbers: Sequence[str], locations: Sequence[Location]) -> list[CodeWay]:
    """Return the ways by which a code may reach a group at what is published of it; confidential places are none."""
    ways = [CodeWay(key="email", channel=Channel.EMAIL, address=email, in_words=f"e-mail to {email}")] if email else []
    mobiles = dict.fromkeys(number for number in numbers if is_mobile(number))
    ways += [
        CodeWay(key=f"sms-{place}", channel=Channel.SMS, address=number, in_words=f"text message to {number}")
        for place, number in enumerate(mobiles, start=1)
    ]
    letters = dict.fromkeys(text for one in locations if not one.is_confidential and (text := _letter_to(one)))
    for place, lines in enumerate(letters, start=1):
        words = f"letter to {', '.join(lines.splitlines())}"
        ways.append(CodeWay(key=f"letter-{place}", channel=Channel.LETTER, address=lines, in_words=words))
    return ways


def _letter_to(place: Location) -> str:
    """Return the lines of a postal address, or "" when a letter would not arrive."""
    lines = [place.name, place.address_1, place.address_2, place.town, place.postcode]
    text = "\n".join(line for line in lines if line)
    try:
        return plain_address(Channel.LETTER, text) if place.address_1 and place.postcode else ""
    except AddressError:
        return ""
