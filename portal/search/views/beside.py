"""What the results page offers beside the results: other spellings, needs that were spoken of, and why this order."""

import dataclasses
import uuid
from typing import Any

from flask import request
from flask_security import current_user

from portal.core.access import Permission
from portal.search.asking import to_args
from portal.search.explaining import Explanation, explain
from portal.search.results import Results, SearchRequest
from portal.search.results_page import Names
from portal.search.views.addresses import address_with, results_address


def offers(found: Results, names: Names) -> dict[str, Any]:
    """Return links: (the words in another spelling, address), and (name of a need, how many, address with it chosen).

    A need is offered where it leaves something, and never set.
    """
    question = found.request
    counts = found.facets.get("need", {})
    return {
        "spellings": [(q, _asked_with(question, q=q)) for q in found.did_you_mean],
        "needs_spoken_of": [
            (names.say("need", need), counts[need], _asked_with(question, needs=(*question.needs, need)))
            for need in found.offered_needs
            if counts.get(need)
        ],
    }


def _asked_with(question: SearchRequest, **changed: Any) -> str:
    return results_address(dataclasses.replace(question, page=1, problems=(), **changed))


def reasons(found: Results) -> dict[str, Any]:
    """Return what each score is made of where `explain=1` asks for it, else where to ask. Nothing for the public."""
    if not _may_see_reasons():
        return {}
    if request.args.get("explain") != "1":
        return {"reasons_href": address_with("search.results", {**to_args(found.request), "explain": ["1"]})}
    explained = [explain(found.request, hit.service_id) for hit in found.hits]
    by_service: dict[uuid.UUID, Explanation] = {one.service_id: one for one in explained if one is not None}
    return {"reasons": by_service}


def _may_see_reasons() -> bool:
    return bool(
        current_user.is_authenticated
        and (current_user.may(Permission.LISTING_MODERATE) or current_user.may(Permission.WORDS_CHANGE))
    )
