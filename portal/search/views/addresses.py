"""Addresses of this site: made from a question, or taken from a visitor and checked."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from portal.core.addresses import local_path
from portal.core.web import settings
from portal.search.asking import to_args
from portal.search.results import SearchRequest


def may_send() -> bool:
    """Say whether links that are sent to others are sure to lead here.

    Without `PORTAL_SITE_URL` they are made of the host that was asked, which whoever asks can forge; then only this
    machine itself is believed.
    """
    return bool(settings().site_url) or urlsplit(request.host_url).hostname in {"localhost", "127.0.0.1", "::1"}


def address_with(endpoint: str, args: Mapping[str, Sequence[str]]) -> str:
    """Return the address of a page of ours with words of a question; several values of one name are repeated."""
    query = urlencode(args, doseq=True)
    return f"{url_for(endpoint)}?{query}" if query else url_for(endpoint)


def results_address(question: SearchRequest) -> str:
    """Return the address of a question that can be kept."""
    return address_with("search.results", to_args(question))


def read_results_address(text: str) -> MultiDict[str, str] | None:
    """Return the question in an address of the results, or None when it is not such an address."""
    path = local_path(text)
    if path is None:
        return None
    parts = urlsplit(path)
    if parts.path != url_for("search.results"):
        return None
    try:
        return MultiDict(parse_qsl(parts.query, max_num_fields=60))
    except ValueError:
        return None


def results_address_of(args: MultiDict[str, str]) -> str:
    """Return the address of the results for a question that was read by `read_results_address`."""
    return address_with("search.results", dict(args.lists()))
