"""Which requests come from machines. A short list of what they call themselves: no list is whole, and none need be."""

import re
from collections.abc import Mapping

_NAMES = re.compile(
    r"bot\b|bots?[/;) -]|crawl|spider|slurp|archiver|scan|monitor|uptime|pingdom|lighthouse|headless|phantomjs|preview"
    r"|facebookexternalhit|whatsapp|curl|wget|python|httpx|aiohttp|go-http-client|java/|okhttp|libwww|perl|ruby|scrapy"
    r"|axios|node-fetch|postman|feed|validator|check",
    re.IGNORECASE,
)


def is_robot(user_agent: str) -> bool:
    """Say whether a browser's name is a machine's. Whoever gives none is one too."""
    return not user_agent.strip() or _NAMES.search(user_agent) is not None


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Say whether a browser only fetches ahead what somebody may never look at."""
    said = (headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return any(word in value.lower() for value in said for word in ("prefetch", "prerender", "preview"))
