"""What an address on the open internet is: which web addresses may be asked, and which hosts they may lead to."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_LONGEST = 2000
_NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
PORTS = {"http": 80, "https": 443}

# Global by the registries, and yet no host of the open internet: each with its reason.
_NOT_OUTSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments; one cloud keeps its keys at 192.0.0.192
        "192.88.99.0/24",  # relays of 6to4
        "100.64.0.0/10",  # behind a carrier's own translation
        "168.63.129.16/32",  # one cloud's inner services, at a public address
        "2001::/23",  # protocol assignments: Teredo, which embeds IPv4, ORCHID, benchmarks
        "2002::/16",  # 6to4 embeds IPv4
        "3fff::/20",  # documentation
    )
)
# IPv4-mapped and -compatible, NAT64 and what else stands outside of this is no global unicast of IPv6.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class RefusedAddressError(Exception):
    """A web address that is not asked, whatever stands there; the message says why, in one plain sentence."""


@dataclass(frozen=True)
class WebAddress:
    """A web address that was taken apart and found fit to be asked: `host` is ASCII, `target` path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as the Host header names it: with brackets for IPv6, and the port where it is not the usual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def is_outside(address: str) -> bool:
    """Say whether an IP address is a global unicast one that hides no IPv4 address in itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_private:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # ISATAP writes an IPv4 address behind 0:5efe or 200:5efe.
        is_isatap = (int(ip) >> 32) & 0xFDFFFFFF == 0x5EFE
        if ip.scope_id or ip not in _GLOBAL_UNICAST or is_isatap:
            return False
    return not any(ip in network for network in _NOT_OUTSIDE if network.version == ip.version)


def read_web_address(text: str, *, ports: frozenset[int] = frozenset(PORTS.values())) -> WebAddress:
    """Take apart a web address that somebody typed. Raises RefusedAddressError.

    Only http and https, no user name or password, nothing that programs read in different ways (control characters,
    spaces, backslashes, numbers in place of a name), and only the ports given.
    """
    if len(text) > _LONGEST:
        raise RefusedAddressError("The address is too long.")
    if any(ord(char) <= 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in text) or "\\" in text:
        raise RefusedAddressError("The address holds a space, a backslash or a character that cannot be seen.")
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise RefusedAddressError("This is not a web address.") from None
    is_odd = "[" in parts.netloc and not re.fullmatch(r"\[[^\]]*\](:[0-9]*)?", parts.netloc)
    if scheme not in PORTS or not host or is_odd:
        raise RefusedAddressError("The address has to begin with http:// or https:// and name a site.")
    if "@" in parts.netloc:
        raise RefusedAddressError("The address holds a user name or a password.")
    port = PORTS[scheme] if port is None else port
    if port not in ports:
        raise RefusedAddressError("The address names a port that is not asked.")
    path, query = (quote(part, safe="/%:@!$&'()*+,;=~?-._[]") for part in (parts.path or "/", parts.query))
    return WebAddress(scheme, _read_host(host), port, f"{path}?{query}" if query else path)


def _read_host(host: str) -> str:
    """Return a name with a dot, in ASCII, or a plainly written IP address. Raises RefusedAddressError."""
    try:
        # Wide digits and dots become plain ones here, before anything looks whether this is a number.
        name = host.encode("idna").decode().lower().removesuffix(".") if ":" not in host else host
        if "%" not in name:
            return str(ipaddress.ip_address(name))
    except UnicodeError:
        raise RefusedAddressError("The name of the site cannot be one.") from None
    except ValueError:
        pass
    # The last part of a name begins with a letter: 127.1, 0x7f.1 and 2130706433 are numbers to those who look them up.
    if not _NAME.fullmatch(name):
        raise RefusedAddressError("The name of the site cannot be one.")
    return name
