"""A list as an e-mail: the published facts of its services as plain text, and nothing that the sender could write."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from portal.core.sealing import seals
from portal.core.settings import Settings
from portal.core.text import clean
from portal.directory.models import Service
from portal.search.service_page import ServicePage

# Thirty services of the longest facts still fit into one message.
_LONGEST = {"name": 100, "by": 80, "next": 70, "when": 110, "where": 120, "phone": 30}
_PHONE = re.compile(r"[0-9+() ]{3,30}", re.ASCII)
# The full stop, and those that browsers take for one in the name of a host (UTS #46).
_DOTS = ".\u3002\uff0e\uff61"
_SALT = "no-lists"


@dataclass(frozen=True, kw_only=True)
class ListLetter:
    """A list on its way: the address and what fills the wording."""

    address: str
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SendingKeys:
    """The keyed hashes under which a list is counted, and by which its recipient refuses more of them."""

    network: str
    site: str
    recipient: str
    refusal: str


def keys_for(address: str, network: str) -> SendingKeys:
    """Return the keyed hashes for an address in its one form and the network that the request came from.

    What stands after a plus sign is left out, since all of it ends in the same mailbox.
    """
    name, _, host = address.casefold().rpartition("@")
    mailbox = f"{name.partition('+')[0]}@{host}"
    hashed = seals().fingerprint
    return SendingKeys(
        network=hashed("list-network", network),
        site=hashed("list-site", ""),
        recipient=hashed("list-recipient", mailbox),
        refusal=hashed("list-refusal", mailbox),
    )


def stop_token(refusal: str, chosen: Settings) -> str:
    """Return the text of the link by which a recipient refuses lists: the keyed hash of the address, signed."""
    return str(_signer(chosen).dumps(refusal))


def find_refusal(token: str, chosen: Settings) -> str | None:
    """Return the keyed hash that such a link holds, or None when it was not made here."""
    try:
        found = _signer(chosen).loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def _signer(chosen: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(chosen.secret_key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})


def letter_for(
    address: str, pages: Sequence[ServicePage], *, list_link: str, stop_link: str, link_of: Callable[[Service], str]
) -> ListLetter:
    """Return the e-mail that holds a list, to an address in its one form."""
    entries = [_entry(number, page, link_of(page.service)) for number, page in enumerate(pages, start=1)]
    values = {"list": "\n\n".join(entries), "list_link": list_link, "stop_link": stop_link}
    return ListLetter(address=address, values=values)


def _entry(number: int, page: ServicePage, link: str) -> str:
    service = page.service
    facts = [
        ("Next", _next(page), "next"),
        ("When", " ".join([*page.rules, *(rule for venue in page.venues for rule in venue.rules)]), "when"),
        ("Where", _where(page), "where"),
    ]
    lines = [f"{number}. {published(service.name, 'name')}", f"By {published(service.organisation.name, 'by')}"]
    lines += [f"{name}: {published(text, kind)}" for name, text, kind in facts if text]
    phone = page.phones[0].number if page.phones else ""
    if _PHONE.fullmatch(phone):
        lines.append(f"Ring: {phone.strip()}")
    return "\n".join([*lines, f"More: {link}"])


def _next(page: ServicePage) -> str:
    if page.is_closed:
        return "Closed just now. Ring to ask when it opens."
    if not page.dates:
        return ""
    first = page.dates[0]
    return f"{first.day}, {first.times}" if first.times else first.day


def _where(page: ServicePage) -> str:
    venue = next(iter(page.public_venues), None)
    if venue is not None:
        return f"{venue.name}, {venue.address}" if venue.address else venue.name
    return "The address is given when you ring" if page.has_confidential_venue else page.from_afar


def published(text: str, kind: str) -> str:
    """Return a fact that a group typed, as it may stand in our mail: cut to its length, and nothing in it a link.

    Programs that show mail make links of whatever looks like an address, so a blank parts what does:
    `https://evil.example` becomes `https evil. example`, and `@` stands alone.
    """
    plain = clean(text, limit=_LONGEST[kind])
    plain = re.sub(r"[:/\\]{2,}", " ", plain)
    plain = re.sub(rf"(?<=\w)([{_DOTS}])(?=[^\W\d])", r"\1 ", plain)
    return re.sub(r"\s*[@\uff20]\s*", " @ ", plain)[: _LONGEST[kind]].strip()
