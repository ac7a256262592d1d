"""Noting a search and what was opened from it, while a page is answered: only in memory, and never a crisis."""

import uuid

from flask import request

from portal.search.asking import to_args
from portal.search.crisis import is_urgent
from portal.search.log.queries import LEAST_SEARCHES
from portal.search.log.visitors import is_counted, visitor_of
from portal.search.log.writing import Noticed, search_log
from portal.search.results import SearchRequest
from portal.search.text.words import tokens

# How the results are shown is no part of what is looked for.
_SHOWING = {"page", "view", "sort"}
# One address, which a library or a household may share, never reaches on one day alone what is told outside.
MOST_FROM_AN_ADDRESS = LEAST_SEARCHES - 1


def note_search(question: SearchRequest, found: int) -> None:
    """Note a search with the number of services found, once a day for each browser.

    Turning pages, another order or the map are the same search. A crisis is never noted, and neither are robots,
    moderators, link workers and people of groups.
    """
    asked = _what_is_asked(question)
    if question.page == 1 and asked and is_counted(request) and _is_new(question, asked):
        search_log().note(Noticed(question, found))


def note_opening(question: SearchRequest, service_id: uuid.UUID) -> None:
    """Note that a service was opened from a search, under the same rules."""
    asked = _what_is_asked(question)
    if asked and is_counted(request) and _is_new(question, asked, str(service_id)):
        search_log().note(Noticed(question, service_id=service_id))


def _is_new(question: SearchRequest, asked: str, opened: str = "") -> bool:
    """Say whether this browser has not asked this today, nor too many at its address the same words or needs.

    What a browser calls itself is easily changed, and so are filters: nobody alone shall make a few of many.
    """
    seen = search_log().seen
    if not seen.is_first(visitor_of(request), asked, opened):
        return False
    if not (question.words or question.needs):
        return True
    same = (request.remote_addr or "", *tokens(question.words), "", *sorted(question.needs), opened)
    return any(seen.is_first(str(number), *same) for number in range(MOST_FROM_AN_ADDRESS))


def _what_is_asked(question: SearchRequest) -> str:
    """Return a text that is the same for the same search; "" when nothing is asked for, or in a crisis."""
    asked = {name: values for name, values in to_args(question).items() if name not in _SHOWING}
    if not asked.keys() - {"radius"} or is_urgent(question.q, question.needs):
        return ""
    return repr(asked)
