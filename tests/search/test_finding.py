"""What is offered beside the hits: a way out, likenesses, suggestions, counts, marked words."""

import pytest
from flask_sqlalchemy import SQLAlchemy
from werkzeug.datastructures import MultiDict

from portal.core.database import db
from portal.directory.models import Service, ServiceStatus
from portal.search.asking import read_request
from portal.search.finding import count_by_category, find, matching_words, rescue, similar, suggest
from portal.search.results import Hit, SearchRequest
from tests.factories import make_location, make_service, weekly
from tests.search.test_rules_of_search import HERE, at


@pytest.fixture(autouse=True)
def _database(database: SQLAlchemy) -> None:
    return


def asked(**values: str | list[str]) -> SearchRequest:
    db.session.commit()
    return read_request(MultiDict(values))


def named(hits: list[Hit]) -> list[str]:
    found = [db.session.get(Service, hit.service_id) for hit in hits]
    return [service.name for service in found if service]


class TestRescue:
    @pytest.fixture(autouse=True)
    def _listed(self) -> None:
        hall, far = make_location(position=at(0.3)), make_location("Far Hall", position=at(4))
        make_service("Chair Yoga", summary="", venues=[(hall, [weekly("MO")])], needs=["falls", "being-active"])
        make_service("Gentle Yoga", summary="", venues=[(far, [weekly("SU")])], needs=["falls"], categories=["moving"])
        make_service("Lunch", summary="", venues=[(hall, [weekly("SU")])], needs=["food"])

    def test_what_to_leave_out_with_counts(self) -> None:
        request = asked(q="yoga", where=HERE, day="sun")
        assert find(request).total == 0
        offered = rescue(request)
        assert {(drop.label, drop.total) for drop in offered.drops} == {
            ("the word “yoga”", 1), ("Sunday", 1), (f"near {request.place.name if request.place else ''}", 1),
        }  # fmt: skip
        for drop in offered.drops:
            assert find(drop.request).total == drop.total

    def test_the_nearest_beyond_the_radius(self) -> None:
        offered = rescue(asked(q="yoga", where=HERE, day="sun"))
        assert named(list(offered.beyond)) == ["Gentle Yoga"]
        assert offered.beyond[0].miles == pytest.approx(4, abs=0.05)

    def test_related_needs(self) -> None:
        assert rescue(asked(q="yoga", day="wed")).related_needs == ["falls", "being-active"]
        assert rescue(asked(need="being-active", day="wed")).related_needs == ["falls"]
        assert rescue(asked(day="wed")).related_needs == []

    def test_one_word_of_several(self) -> None:
        offered = rescue(asked(q="yoga lunch"))
        assert {(drop.label, drop.total) for drop in offered.drops} == {
            ("the word “lunch”", 2), ("the word “yoga”", 1), ("your words", 3),
        }  # fmt: skip

    def test_everything_but_the_words(self) -> None:
        offered = rescue(asked(q="yoga", day="wed", need="food", cost="free"))
        assert [(drop.label, drop.total) for drop in offered.drops] == [("everything but your words", 2)]

    def test_nothing_to_offer(self) -> None:
        offered = rescue(asked(q="zzzzzz"))
        assert [drop.label for drop in offered.drops] == ["the word “zzzzzz”"]
        assert (offered.beyond, offered.related_needs) == ([], [])


class TestSimilar:
    def test_shared_terms_and_nearness(self) -> None:
        hall, near, far = (make_location(f"Hall {miles}", position=at(miles)) for miles in (0, 0.5, 30))
        one = make_service("One", summary="", venues=[hall], needs=["falls"], categories=["moving"])
        make_service("Like and near", summary="", venues=[near], needs=["falls"], categories=["moving"])
        make_service("Like and far", summary="", venues=[far], needs=["falls"], categories=["moving"])
        make_service("Less like", summary="", venues=[near], categories=["moving"])
        make_service("By telephone", summary="", needs=["falls"])
        make_service("Not like", summary="", venues=[near], needs=["food"])
        make_service("Gone", summary="", venues=[near], needs=["falls"], status=ServiceStatus.DEFUNCT)
        db.session.commit()
        hits = similar(one.id, limit=5)
        assert named(hits) == ["Like and near", "Less like", "By telephone"]
        assert hits[0].miles == pytest.approx(0.5, abs=0.01)
        assert hits[2].miles is None
        assert len(similar(one.id, limit=1)) == 1

    def test_a_confidential_one_is_neither_near_nor_far(self) -> None:
        secret = make_location("Secret House", position=at(1), is_confidential=True)
        refuge = make_service("Refuge", summary="", venues=[secret], needs=["falls"])
        hits = {}
        for miles in (1.0, 20.0):
            other = make_service(f"At {miles}", summary="", venues=[make_location(position=at(miles))], needs=["falls"])
            db.session.commit()
            hits[miles] = [hit for hit in similar(other.id, limit=9) if hit.service_id == refuge.id]
        assert [[hit.miles for hit in found] for found in hits.values()] == [[None], [None]]
        assert hits[1.0][0].score == hits[20.0][0].score
        assert {hit.miles for hit in similar(refuge.id, limit=9)} == {None}

    def test_unknown(self) -> None:
        import uuid

        assert similar(uuid.uuid4()) == []


class TestSuggest:
    @pytest.fixture(autouse=True)
    def _listed(self) -> None:
        make_service("Chair Yoga", summary="", needs=["being-active"])
        make_service("Yoga Bears", summary="", categories=["young-people"])
        make_service("Gone Yoga", summary="", status=ServiceStatus.INACTIVE)
        db.session.commit()

    def test_any_word_from_the_second_letter(self) -> None:
        assert suggest("y") == suggest("") == suggest("  - ") == []
        assert (suggest("yo")[0].kind, suggest("yo")[0].text) == ("category", "Young people")
        assert [one.text for one in suggest("yog")] == ["Yoga Bears", "Chair Yoga"]
        assert [one.text for one in suggest("chair yo")] == ["Chair Yoga"]
        assert [one.target for one in suggest("being")] == ["being-active"]

    def test_places(self) -> None:
        assert ("place", "Lewisham") in [(one.kind, one.text) for one in suggest("lewis")]

    def test_at_most_so_many(self) -> None:
        for number in range(30):
            make_service(f"Yodel {number}", summary="")
        db.session.commit()
        assert len(suggest("yo")) == 8
        assert len(suggest("yo", limit=3)) == 3

    def test_it_follows_changes(self) -> None:
        assert suggest("zeb") == []
        service = make_service("Zebra Club", summary="")
        db.session.commit()
        assert [one.text for one in suggest("zeb")] == ["Zebra Club"]
        service.name = "Lion Club"
        db.session.commit()
        assert suggest("zeb") == []
        assert [one.text for one in suggest("lion")] == ["Lion Club"]
        service.status = ServiceStatus.DEFUNCT
        db.session.commit()
        assert suggest("lion") == []

    @pytest.mark.parametrize(
        "text", ["\x00", "\ud800x", "a" * 10_000, "yo" + "\u202e" * 50, "(((", "%%", "\U0010ffff" * 3]
    )
    def test_anything_may_be_typed(self, text: str) -> None:
        assert len(suggest(text)) <= 8


def test_counts_by_category() -> None:
    make_service("A", categories=["food", "moving"])
    make_service("B", categories=["food"])
    make_service("C", categories=["food"], status=ServiceStatus.INACTIVE)
    db.session.commit()
    assert count_by_category() == {"food": 2, "moving": 1}


def test_matching_words_are_marked() -> None:
    make_service("Gardening <b>Club</b>", summary="")
    assert str(matching_words(asked(q="gardns club"))("Gardening <b>Club</b> & more")) == (
        "Gardening &lt;b&gt;<mark>Club</mark>&lt;/b&gt; &amp; more"
    )
    assert str(matching_words(asked(q="gardenin"))("Gardening in gardens")) == (
        "<mark>Gardening</mark> in <mark>gardens</mark>"
    )
    assert str(matching_words(asked())("<i>")) == "&lt;i&gt;"
