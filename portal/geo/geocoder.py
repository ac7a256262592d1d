"""Asking a geocoder for what the portal itself does not know: only if the operator named one.

Answers are remembered in the process and not in the database: what people type into a search may be their own
address, and a search writes nothing. Nothing is asked more than once a second (Nominatim's usage policy), by each
process; who would have to wait longer than that gets no answer rather than a slow page.
"""

import logging
import threading
from functools import lru_cache
from urllib.parse import urlsplit

from geopy.exc import GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import Nominatim

from portal.core import text as texts
from portal.core.settings import SettingError
from portal.geo.place import Place, Precision

USER_AGENT = "Hereabouts community directory"
TIMEOUT = 3
PATIENCE = 1.5
REMEMBERED = 2048

log = logging.getLogger(__name__)

Bounds = tuple[float, float, float, float]
Answer = tuple[str, float, float] | None


class BusyError(Exception):
    """Too many people are asking at once; this answer is not to be remembered."""


class Geocoder:
    """One Nominatim server, asked politely."""

    def __init__(self, setting: str) -> None:
        """Take the setting "nominatim:https://host". Raises SettingError for anything else."""
        kind, _, address = setting.partition(":")
        parts = urlsplit(address)
        if kind != "nominatim" or parts.scheme not in {"http", "https"} or not parts.netloc:
            raise SettingError(
                f"PORTAL_GEOCODER is {setting!r}. Write it like nominatim:https://nominatim.example.org."
            )
        server = Nominatim(
            domain=parts.netloc + parts.path.rstrip("/"), scheme=parts.scheme, user_agent=USER_AGENT, timeout=TIMEOUT
        )
        self._ask = RateLimiter(server.geocode, min_delay_seconds=1, max_retries=0, swallow_exceptions=False)
        self._turn = threading.Lock()
        self.find = lru_cache(maxsize=REMEMBERED)(self._find)

    def _find(self, text: str, bounds: Bounds) -> Answer:
        """Return name, latitude and longitude, or None. Raises BusyError or GeopyError, which are not remembered."""
        if not self._turn.acquire(timeout=PATIENCE):
            raise BusyError
        try:
            found = self._ask(text, country_codes="gb")
        finally:
            self._turn.release()
        if found is None:
            return None
        south, west, north, east = bounds
        if not (south <= found.latitude <= north and west <= found.longitude <= east):
            return None
        name = ", ".join(part.strip() for part in str(found.address).split(",")[:2])
        return texts.clean(name, limit=120), round(found.latitude, 5), round(found.longitude, 5)


_known: dict[str, Geocoder] = {}
_making = threading.Lock()


def get_geocoder(setting: str) -> Geocoder:
    """Return the geocoder that a setting names; the same one each time, for all threads. Raises SettingError."""
    with _making:
        if setting not in _known:
            _known[setting] = Geocoder(setting)
        return _known[setting]


def find(setting: str, asked: str, bounds: Bounds) -> Place | None:
    """Return the place that the geocoder knows under a text, or None, also when it does not answer in time.

    `bounds` are south, west, north and east in degrees: answers elsewhere are thrown away.
    """
    try:
        answer = get_geocoder(setting).find(asked.casefold(), bounds)
    except (GeopyError, BusyError) as error:
        log.warning("The geocoder did not answer: %s", type(error).__name__)
        return None
    if answer is None:
        return None
    name, latitude, longitude = answer
    return Place(
        asked=asked,
        key=asked,
        name=name or asked,
        latitude=latitude,
        longitude=longitude,
        precision=Precision.PLACE,
    )
