"""The explanation of a score: its factors come to the figure by which services were put in order."""

import datetime as dt
import math
import uuid

import pytest
from flask_sqlalchemy import SQLAlchemy
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.database import db
from portal.directory.models import Capacity, Service, ServiceStatus
from portal.search.answering import answer
from portal.search.asking import read_request
from portal.search.explaining import Explanation, explain
from portal.search.results import SearchRequest
from portal.search.words.entries import Entry
from portal.search.words.operations import add_words
from tests.factories import make_location, make_service, weekly
from tests.search.test_rules_of_search import HERE, at


@pytest.fixture(autouse=True)
def _database(database: SQLAlchemy) -> None:
    return


def asked(**values: str) -> SearchRequest:
    db.session.commit()
    return read_request(MultiDict(values))


def explained(request: SearchRequest, service: Service) -> Explanation:
    db.session.commit()
    service_id = service.id
    db.session.rollback()
    found = explain(request, service_id)
    assert found is not None
    return found


def listed() -> list[Service]:
    """Services that differ in everything that a score is made of."""
    hall, far = make_location(position=at(0.3)), make_location("Far Hall", position=at(1.7))
    today = clock.today()
    long_ago = today - dt.timedelta(days=400)
    return [
        make_service("Chair Yoga", summary="", venues=[(hall, [weekly("MO")])], last_confirmed_on=today),
        make_service(
            "Yoga",
            summary="Chairs too.",
            venues=[(far, [weekly("TU")])],
            capacity=Capacity.FULL,
            last_confirmed_on=long_ago,
        ),
        make_service("Stretching", summary="", description="Yogas on chairs.", capacity=Capacity.WAITING_LIST),
        make_service("Chair Yogga", summary="", status=ServiceStatus.TEMPORARILY_CLOSED),
        make_service("Old Chairs", summary="Yoga.", last_confirmed_on=today - dt.timedelta(days=200)),
        make_service("Steady", summary="A chair.", needs=["falls"], venues=[(hall, [])]),
        make_service("Lunch", summary=""),
    ]


@pytest.mark.parametrize("where", ["", HERE])
@pytest.mark.parametrize("q", ["chair yoga", '"chair yoga"', "chair keeps falling", "yoga -lunch", ""])
def test_the_factors_come_to_the_score(q: str, where: str) -> None:
    services = listed()
    db.session.commit()
    ids = [service.id for service in services]
    db.session.rollback()
    add_words(actor="test", entry=Entry(said="keeps falling", needs=("falls",)))
    request = asked(q=q, where=where)
    ranked = {hit.service_id: hit.score for hit in answer(request).hits(0, 100)}
    assert ranked
    for service_id in ids:
        found = explain(request, service_id)
        assert found is not None
        assert (found.is_found, found.score) == (service_id in ranked, ranked.get(service_id, 0.0))
        if found.is_found:
            assert math.prod(part.factor for part in found.parts) == pytest.approx(found.score, abs=2e-9)
            shares = [part.factor for part in found.parts if part.what == "how well the words are answered"]
            assert sum(one.share for one in found.asked_for) == pytest.approx(sum(shares), abs=1e-9)


def test_how_each_word_was_met() -> None:
    chair, yoga, stretching, near, *_others = listed()
    request = asked(q="chair yoga")
    assert [one.ways for one in explained(request, chair).asked_for] == [
        ["“chair” as it was typed, in the name"],
        ["“yoga” as it was typed, in the name"],
    ]
    assert explained(request, yoga).asked_for[0].ways == [
        "“chair” in another form, in the summary or the second thing it helps with"
    ]
    assert explained(request, stretching).asked_for[1].ways == [
        "“yoga” in another form, in the description or another thing it helps with"
    ]
    (unmet,) = [one for one in explained(request, near).asked_for if not one.value]
    assert (unmet.what, unmet.ways, unmet.share) == ("yoga", [], 0.0)
    assert not explained(request, near).is_found


def test_other_words_and_needs() -> None:
    service = make_service("Steady Feet", summary="Balance.", needs=["falls"])
    db.session.commit()
    add_words(actor="test", entry=Entry(said="keeps falling", phrases=("steady feet",), needs=("falls",)))
    (one,) = explained(asked(q="keeps on falling"), service).asked_for
    assert one.what == "keeps on falling"
    assert one.ways == ["other words for it: “steady feet”", "it helps with Falls"]
    assert one.value == pytest.approx(0.6 + 0.1 * 0.49)


def test_what_lowers_a_score() -> None:
    _chair, yoga, *_others = listed()
    parts = {part.what: part.factor for part in explained(asked(q="yoga", where=HERE), yoga).parts}
    assert parts["the name says just these words"] == 1.25
    assert parts["it is full"] == 0.92
    assert parts["how far it is: 1.7 miles"] < 1
    assert parts["how long ago somebody confirmed it"] == 0.95


def test_what_nobody_is_shown_is_not_explained() -> None:
    assert explain(asked(q="yoga"), uuid.uuid4()) is None
