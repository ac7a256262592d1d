"""Addresses: in one form, checked before anything is sent to them, and known by keyed hashes."""

import re

from portal.core.sealing import fingerprint_of_address
from portal.core.text import clean
from portal.messages.models import Channel

LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3
# What a dot-atom may hold (RFC 5322, section 3.2.3). Letters beyond ASCII, which few servers take, are not for us.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")


class AddressError(ValueError):
    """Nothing can be sent to this address. The message holds no part of it."""


def plain_address(channel: Channel, address: str) -> str:
    """Return the address in the one form in which it is kept, whatever was typed.

    E-mail: composed, without blanks, the host in lower case and ASCII; telephone numbers: +44…; postal
    addresses: three to seven lines, the last a postcode. Raises AddressError when it cannot be one.
    """
    if channel is Channel.EMAIL:
        return _plain_email(address)
    if channel is Channel.SMS:
        return _plain_number(address)
    return _plain_lines(address)


def _plain_email(address: str) -> str:
    if len(address) > LONGEST_EMAIL * 2 or any(ord(char) < 32 or ord(char) == 127 for char in address.strip(" ")):
        raise AddressError("This is not an e-mail address.")
    local, at, host = clean(address).rpartition("@")
    try:
        host = host.encode("idna").decode().lower()
    except UnicodeError:
        host = ""
    found = f"{local}@{host}"
    if not at or not _LOCAL.fullmatch(local) or not _HOST.fullmatch(host) or len(found.encode()) > LONGEST_EMAIL:
        raise AddressError("This is not an e-mail address.")
    return found


def _plain_number(number: str) -> str:
    digits = re.sub(r"[\s().-]", "", number)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+44" + digits[1:]
    digits = digits.replace("+440", "+44", 1)
    if not re.fullmatch(r"\+[1-9]\d{7,14}", digits, re.ASCII):
        raise AddressError("This is not a telephone number.")
    return digits


def _plain_lines(address: str) -> str:
    lines = [line for line in clean(address, lines=True).split("\n") if line]
    if not 2 <= len(lines) <= 6 or not _POSTCODE.fullmatch(lines[-1].upper()):
        raise AddressError("A letter needs two to six lines of address, the last of them a postcode.")
    return "\n".join([*lines[:-1], lines[-1].upper()])


def fingerprint_of(channel: Channel, address: str) -> str:
    """Return the keyed hash of an address, the same however it is written; also of what cannot be an address."""
    try:
        plain = plain_address(channel, address)
    except AddressError:
        plain = clean(address, limit=2000)
    if channel is Channel.LETTER:
        plain = re.sub(r"[\W_]+", "", plain)
    return fingerprint_of_address(plain)


def fingerprint_of_any(address: str) -> str:
    """Return the keyed hash of an address of whatever kind it looks like."""
    if "@" in address:
        return fingerprint_of(Channel.EMAIL, address)
    digits = sum(char.isdigit() for char in address)
    return fingerprint_of(Channel.SMS if digits > len(address) / 2 else Channel.LETTER, address)
