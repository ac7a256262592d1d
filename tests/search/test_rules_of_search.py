"""The rules of search, one by one, from rows to hits, on both databases."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_sqlalchemy import SQLAlchemy
from werkzeug.datastructures import MultiDict

from portal.core.database import db
from portal.directory.models import (
    Capacity,
    CostKind,
    CostOption,
    Location,
    LocationKind,
    Service,
    ServiceStatus,
    Taxonomy,
)
from portal.search.asking import read_request
from portal.search.finding import find, list_pins
from portal.search.results import Hit, Results
from tests.factories import make_area, make_location, make_organisation, make_service, make_term, once, weekly

# A mile is 0.01447 degrees of latitude here.
HERE = "51.456,-0.012"
MILE = 0.01447


def at(miles: float) -> tuple[float, float]:
    """A position so many miles north of HERE."""
    return 51.456 + miles * MILE, -0.012


def venue(miles: float, **values: Any) -> Location:
    return make_location(f"Hall at {miles} miles", position=at(miles), **values)


def ask(**values: str | list[str]) -> Results:
    db.session.commit()
    return find(read_request(MultiDict({name.rstrip("_"): value for name, value in values.items()})))


def name_of(hit: Hit) -> str:
    service = db.session.get(Service, hit.service_id)
    assert service is not None
    return service.name


def names(**values: str | list[str]) -> list[str]:
    return [name_of(hit) for hit in ask(**values).hits]


@pytest.fixture(autouse=True)
def _database(database: SQLAlchemy) -> None:
    return


class TestWords:
    def test_physical_activity_finds_physical_fun_first(self) -> None:
        make_service("Tea Dance", summary="Some physical activity, and tea.", description="")
        make_service(
            "Physical Fun",
            summary="For all.",
            categories=[make_term(Taxonomy.CATEGORY, "moving", name="Activity").slug],
        )
        make_service("Chess", summary="No activity of the physical kind.", description="")
        assert names(q="physical activity")[0] == "Physical Fun"
        assert set(names(q="Physical activity")) == {"Physical Fun", "Tea Dance", "Chess"}

    def test_phyzical_activiti_still_finds_it_last(self) -> None:
        make_service("Physical Fun", summary="Activity for all.")
        make_service("Phyzical Activiti", summary="Our name is meant so.")
        assert names(q="phyzical activiti") == ["Phyzical Activiti", "Physical Fun"]

    def test_name_over_category_over_summary_over_description(self) -> None:
        make_service("In the description", summary="", description="Knitting and more.")
        make_service("In the summary", summary="Knitting and more.")
        make_service(
            "In the category", summary="", categories=[make_term(Taxonomy.CATEGORY, "k", name="Knitting").slug]
        )
        make_service("Knitting and more", summary="")
        found = names(q="knitting")
        assert found == ["Knitting and more", "In the category", "In the summary", "In the description"]

    def test_exact_over_stem_over_near(self) -> None:
        for name in ("Aa Gardenz", "Mm Gardening", "Zz Garden"):
            make_service(name, summary="")
        assert names(q="garden") == ["Zz Garden", "Mm Gardening", "Aa Gardenz"]

    def test_joined_and_split(self) -> None:
        make_service("Lunch Clubs", summary="")
        make_service("Weekend Foodbank", summary="A dropin.")
        make_service("Drop In Food Bank", summary="")
        assert names(q="lunchclub") == names(q="lunchclubs") == ["Lunch Clubs"]
        assert names(q="week end") == ["Weekend Foodbank"]
        assert names(q="foodbank") == ["Weekend Foodbank", "Drop In Food Bank"]
        assert names(q="food bank") == ["Drop In Food Bank", "Weekend Foodbank"]
        for typed in ("dropin", "drop in", "drop-in"):
            assert set(names(q=typed)) == {"Drop In Food Bank", "Weekend Foodbank"}
        assert names(q="bankfood") == []

    def test_a_known_word_is_not_split(self) -> None:
        for number in range(3):
            make_service(f"Teatime {number}", summary="")
        make_service("Tea Time", summary="")
        assert "Tea Time" not in names(q="teatime")

    def test_british_and_american_spelling_after_the_exact_one(self) -> None:
        make_service("Aa Color Center", summary="")
        make_service("Zz Colour Centre", summary="Programme of counselling.")
        assert names(q="colour centre") == ["Zz Colour Centre", "Aa Color Center"]
        assert names(q="color center") == ["Aa Color Center", "Zz Colour Centre"]
        assert names(q="program counseling") == ["Zz Colour Centre"]
        assert names(q="colour -center") == []

    def test_both_names_of_a_need_are_words(self) -> None:
        term = make_term(Taxonomy.NEED, "money", name="Debt and benefits", plain_name="Money that won’t stretch")
        make_service("The Letter Table", summary="", needs=[term.slug])
        assert names(q="debt") == names(q="money stretch") == ["The Letter Table"]

    def test_organisation_and_venue_are_words(self) -> None:
        make_service(
            "Lunch",
            summary="",
            organisation=make_organisation("Zebra Trust"),
            venues=[make_location("Quaggy Hall", town="Blackheath")],
        )
        assert names(q="zebra lunch") == names(q="quaggy") == names(q="lunch blackheath") == ["Lunch"]

    def test_all_words_have_to_be_there(self) -> None:
        make_service("Chair Yoga", summary="")
        make_service("Chair Repair", summary="")
        assert names(q="chair yoga") == ["Chair Yoga"]

    def test_phrases_and_without(self) -> None:
        make_service("Open Mind", summary="A mind that is open.")
        make_service("Mind Open", summary="")
        make_service("Mind the open gap", summary="For men.")
        assert names(q='"open mind"') == ["Open Mind"]
        assert set(names(q="mind -men")) == {"Open Mind", "Mind Open"}
        assert names(q='open -"mind open" -gap') == ["Open Mind"]
        assert set(names(q="-gap")) == {"Open Mind", "Mind Open"}

    def test_a_phrase_does_not_run_from_one_field_into_the_next(self) -> None:
        make_service("Late Night", summary="Walks and talks.")
        assert names(q='"night walks"') == []

    def test_a_well_known_word_is_not_stretched(self) -> None:
        for number in range(3):
            make_service(f"Food {number}", summary="")
        make_service("Good Mood", summary="")
        assert "Good Mood" not in names(q="food")

    def test_the_same_name_comes_first(self) -> None:
        make_service("A Library and Open Table", summary="")
        make_service("Open Table", summary="")
        assert names(q="open table")[0] == "Open Table"

    def test_markup_and_wildcards_mean_nothing(self) -> None:
        make_service("Yoga", summary="")
        assert names(q="yo*") == names(q="<b>") == []
        assert names(q="yoga*") == names(q="(yoga") == ["Yoga"]


class TestWhere:
    def test_the_radius_cuts(self) -> None:
        make_service("Near", venues=[venue(1.9)])
        make_service("Far", venues=[venue(2.1)])
        assert names(where=HERE, radius="2") == ["Near"]
        assert names(where=HERE, radius="3", sort="distance") == ["Near", "Far"]

    def test_miles_are_to_the_nearest_venue_that_fits(self) -> None:
        make_service("Two Halls", venues=[(venue(0.5), [weekly("MO")]), (venue(1.5), [weekly("TU")])])
        near, later = ask(where=HERE).hits[0], ask(where=HERE, day="tue").hits[0]
        assert near.miles == pytest.approx(0.5, abs=0.01)
        assert later.miles == pytest.approx(1.5, abs=0.01)
        assert near.at_number != later.at_number
        assert later.starts_at == dt.datetime(2026, 11, 24, 10, 30, tzinfo=dt.UTC)

    def test_distance_lowers_the_score_softly(self) -> None:
        make_service("Yoga distant", summary="", venues=[venue(1.8)])
        make_service("Yoga next door", summary="", venues=[venue(0.1)], last_confirmed_on=dt.date(2026, 3, 1))
        make_service("Stretching", summary="Yoga at the door.", venues=[venue(0.0)])
        assert names(q="yoga", where=HERE) == ["Yoga next door", "Yoga distant", "Stretching"]

    def test_an_area_that_covers_shows_and_one_that_does_not_hides(self) -> None:
        ours = make_area("ours", [(-0.02, 51.45), (0.0, 51.45), (0.0, 51.46), (-0.02, 51.46)])
        theirs = make_area("theirs", [(0.0, 51.45), (0.02, 51.45), (0.02, 51.46), (0.0, 51.46)])
        make_service("Ours, based far away", areas=[ours], venues=[venue(30)])
        make_service("Theirs, next door", areas=[theirs], venues=[venue(0.1)])
        make_service("Known by name only", areas=[make_area("elsewhere")], venues=[venue(0.1)])
        assert names(where=HERE, radius="0.5") == ["Ours, based far away"]
        assert len(names()) == 3

    def test_nobody_has_to_go_anywhere(self) -> None:
        make_service("Telephone", rules=[weekly("TU")])
        make_service("Online", venues=[make_location("A screen", kind=LocationKind.VIRTUAL, position=None)])
        make_service("Hall without a position", venues=[make_location("Somewhere", position=None)])
        assert set(names(where=HERE)) == {"Telephone", "Online"}
        assert all(hit.miles is None for hit in ask(where=HERE).hits)

    def test_without_a_place_everything_is_shown(self) -> None:
        make_service("Aberdeen", venues=[make_location(position=(57.1, -2.1))])
        assert names() == ["Aberdeen"]
        assert ask().hits[0].miles is None

    def test_places_by_name_and_postcode(self) -> None:
        make_service("Near", venues=[make_location(position=(51.4566, -0.0118))])
        assert names(where="SE13 6LG") == names(where="Lewisham") == ["Near"]
        assert names(where="AB10 1AA") in ([], ["Near"])


class TestConfidential:
    @pytest.fixture(autouse=True)
    def _refuge(self) -> None:
        secret = make_location(
            "Secret House", town="Hidden", position=at(1), is_confidential=True, access={"lift": True}
        )
        make_service("Refuge", summary="", venues=[(secret, [weekly("MO")])], access={"lift": True})
        db.session.commit()

    @pytest.mark.parametrize("miles", [0.1, 1, 25])
    def test_no_distance_whatever_is_asked(self, miles: float) -> None:
        for sort in ("relevance", "distance", "soonest", "confirmed", "name"):
            for where in (HERE, "51.470,-0.012", "51.600,-0.300"):
                (hit,) = ask(where=where, radius=str(miles), sort=sort).hits
                assert (hit.miles, hit.at_number) == (None, None)

    def test_its_place_in_the_order_does_not_depend_on_where_one_asks(self) -> None:
        for miles in (0.3, 0.9, 1.7):
            make_service(f"At {miles}", summary="", venues=[venue(miles)])
        make_service("At once by telephone", summary="")
        orders = {
            tuple(
                name
                for name in names(where=where, radius="50", sort="distance")
                if name.startswith(("Refuge", "At once"))
            )
            for where in (HERE, "51.470,-0.012", "51.480,-0.012")
        }
        assert orders == {("At once by telephone", "Refuge")}

    def test_no_pin_and_no_name(self) -> None:
        assert list(list_pins(read_request(MultiDict())).numbers) == []
        assert names(q="secret") == names(q="hidden") == []
        assert names(q="refuge") == ["Refuge"]

    def test_its_sessions_and_access_still_count(self) -> None:
        assert names(day="mon", access="lift") == ["Refuge"]
        assert names(day="tue") == []


class TestWhen:
    def test_the_same_venue_for_day_distance_and_access(self) -> None:
        make_service(
            "Split", venues=[(venue(0.5, access={"lift": True}), [weekly("MO")]), (venue(1.5), [weekly("TU")])]
        )
        assert names(where=HERE, day="mon", access="lift") == ["Split"]
        assert names(where=HERE, day="tue", access="lift") == []
        assert names(where=HERE, radius="1", day="tue") == []

    def test_day_and_time_of_the_same_session(self) -> None:
        make_service(
            "Two sessions", venues=[(venue(0.5), [weekly("MO", "10:00", "11:00"), weekly("TU", "18:00", "19:00")])]
        )
        assert names(day="mon", time="morning") == names(day="tue", time="evening") == ["Two sessions"]
        assert names(day="mon", time="evening") == []

    def test_schedules_of_the_service_hold_at_every_venue(self) -> None:
        make_service("Everywhere", venues=[venue(0.5), venue(1.5)], rules=[weekly("WE")])
        assert names(where=HERE, day="wed") == ["Everywhere"]

    def test_real_occurrences(self) -> None:
        """Fortnightly, first of the month, bank holiday, cancelled, and once."""
        make_service("Fortnightly", rules=[weekly("TU", interval=2, starts_on=dt.date(2026, 11, 17))])
        make_service("Cancelled", rules=[weekly("TU", except_on=["2026-11-24"])])
        make_service("Plain", rules=[weekly("TU")])
        assert names(on="2026-11-24") == ["Plain"]
        assert names(on="2026-12-01") == ["Cancelled", "Fortnightly", "Plain"]
        make_service("Christmas too", rules=[weekly("FR")])
        make_service("Not on bank holidays", rules=[weekly("FR", not_on_bank_holidays=True)])
        assert names(on="25/12/2026") == ["Christmas too"]

    def test_far_dates(self) -> None:
        make_service("Yearly fair", rules=[once(dt.date(2027, 6, 5))])
        assert names(on="2027-06-05") == ["Yearly fair"]
        assert names(on="2027-06-06") == names(day="sat") == []
        assert ask().hits[0].starts_at == dt.datetime(2027, 6, 5, 9, 30, tzinfo=dt.UTC)

    @pytest.mark.parametrize(
        ("opens", "closes", "parts"),
        [("09:00", "10:00", {"morning"}), ("11:30", "12:30", {"morning", "afternoon"}), ("11:00", "12:20", {"morning"}),
         ("04:00", "05:20", set()), ("16:45", "17:30", {"afternoon", "evening"}), ("18:00", "", {"evening"}),
         ("22:00", "02:00", {"evening"}), ("", "", set()), ("00:00", "23:59", {"morning", "afternoon", "evening"})],
    )  # fmt: skip
    def test_parts_of_the_day(self, opens: str, closes: str, parts: set[str]) -> None:
        make_service("It", rules=[weekly("MO,TU,WE", opens, closes)])
        assert {part for part in ("morning", "afternoon", "evening") if names(time=part)} == parts

    def test_open_now(self, clock: time_machine.Traveller) -> None:
        make_service("Now", venues=[(venue(0.1), [weekly("MO", "09:00", "10:00")])])
        make_service("Later", rules=[weekly("MO", "14:00", "15:00")])
        make_service("Over", rules=[weekly("MO", "07:00", "08:00")])
        make_service("Nobody knows until when", rules=[weekly("MO", "08:00", "")])
        make_service("Closed for now", rules=[weekly("MO", "09:00", "10:00")], status=ServiceStatus.TEMPORARILY_CLOSED)
        assert names(open_now="1") == ["Now"]
        clock.move_to(dt.datetime(2026, 11, 23, 14, 59, tzinfo=dt.UTC))
        assert names(open_now="1") == ["Later"]

    def test_past_midnight(self, clock: time_machine.Traveller) -> None:
        make_service("Night café", rules=[weekly("MO", "22:00", "02:00")])
        clock.move_to(dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC))
        assert names(open_now="1") == ["Night café"]

    def test_what_is_over_today_does_not_count_today(self, clock: time_machine.Traveller) -> None:
        make_service("Mornings", rules=[weekly("MO", "10:00", "11:00")])
        assert names(on="today") == ["Mornings"]
        clock.move_to(dt.datetime(2026, 11, 23, 11, 0, tzinfo=dt.UTC))
        assert names(on="today") == []
        assert ask().hits[0].starts_at == dt.datetime(2026, 11, 30, 10, 0, tzinfo=dt.UTC)

    def test_a_session_going_on_is_the_next_one(self) -> None:
        make_service("Now", rules=[weekly("MO", "08:00", "10:00")])
        hit = ask().hits[0]
        assert hit.starts_at == dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
        assert hit.ends_at == dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)

    def test_london_time_in_summer(self, clock: time_machine.Traveller) -> None:
        clock.move_to(dt.datetime(2026, 7, 6, 8, 30, tzinfo=dt.UTC))
        make_service("Half past nine", rules=[weekly("MO", "09:30", "10:00")])
        assert names(open_now="1") == ["Half past nine"]


class TestWho:
    def test_untagged_is_for_everybody(self) -> None:
        make_service("For men", audiences=["men"])
        make_service("For women", audiences=["women"])
        make_service("For all")
        results = ask(for_="men")
        assert {name_of(hit) for hit in results.hits} == {"For men", "For all"}
        assert results.facets["for"] == {"men": 2, "women": 2}

    def test_ages_overlap_and_none_means_all(self) -> None:
        make_service("Over 60", minimum_age=60)
        make_service("Under 5", maximum_age=4)
        make_service("16 to 25", minimum_age=16, maximum_age=25)
        make_service("All ages")
        assert set(names(age="60")) == {"Over 60", "All ages"}
        assert set(names(age="0")) == {"Under 5", "All ages"}
        assert set(names(age="25")) == {"16 to 25", "All ages"}

    def test_costs(self) -> None:
        make_service("Free", cost_kind=CostKind.FREE)
        make_service("Donation", cost_kind=CostKind.DONATION)
        make_service(
            "Four pounds", cost_kind=CostKind.PAID, costs=[CostOption(amount_pence=900), CostOption(amount_pence=400)]
        )
        make_service("Nine pounds", cost_kind=CostKind.PAID, costs=[CostOption(amount_pence=900)])
        make_service("Not said")
        assert names(cost="free") == ["Free"]
        assert names(cost="donation") == ["Donation"]
        assert set(names(cost="up-to-5")) == {"Free", "Donation", "Four pounds"}
        assert set(names(cost=["free", "donation"])) == {"Free", "Donation"}

    def test_values_of_a_filter_are_alternatives_but_access_adds_up(self) -> None:
        make_service("A", categories=["food"], venues=[make_location(access={"lift": True, "step-free": True})])
        make_service("B", categories=["moving"], venues=[make_location(access={"lift": True, "step-free": False})])
        make_service(
            "C", categories=["mind"], access={"lift": True}, venues=[make_location(access={"step-free": True})]
        )
        assert set(names(category=["food", "moving"])) == {"A", "B"}
        assert set(names(access=["lift", "step-free"])) == {"A", "C"}
        assert ask(access="step-free").facets["access"] == {"lift": 2, "step-free": 2}

    def test_a_term_stands_for_those_below_it(self) -> None:
        above = make_term(Taxonomy.NEED, "money")
        db.session.flush()
        make_term(Taxonomy.NEED, "debt").parent_id = above.id
        make_service("Debt desk", needs=["debt"])
        assert names(need="money") == names(need="debt") == ["Debt desk"]


class TestShownAndSunk:
    def test_inactive_and_defunct_are_never_shown(self) -> None:
        for status in ServiceStatus:
            make_service(f"Club {status.value}", status=status)
        assert names(q="club") == ["Club active", "Club temporarily closed"]

    def test_stale_full_and_thin_sink_a_little(self) -> None:
        sorts: dict[str, dict[str, Any]] = {
            "Yoga never confirmed": {"last_confirmed_on": None},
            "Yoga stale": {"last_confirmed_on": dt.date(2025, 11, 1)},
            "Yoga ageing": {"last_confirmed_on": dt.date(2026, 3, 1)},
            "Yoga full": {"capacity": Capacity.FULL},
            "Yoga fresh": {},
        }
        for name, values in sorts.items():
            full: dict[str, Any] = {
                "summary": "Long enough to say what happens there, and for whom it is, and when.",
                "rules": [weekly("MO")],
            }
            make_service(name, **full | values)
        found = names(q="yoga")
        assert found[:2] == ["Yoga fresh", "Yoga ageing"]
        assert set(found[2:4]) == {"Yoga stale", "Yoga never confirmed"}
        assert found[4] == "Yoga full"

    def test_a_stale_exact_match_stays_above_a_fresh_weak_one(self) -> None:
        make_service("Yoga", last_confirmed_on=None, summary="")
        make_service("Club", summary="", description="Yoga now and then.")
        assert names(q="yoga") == ["Yoga", "Club"]


class TestOrder:
    @pytest.fixture(autouse=True)
    def _four(self) -> None:
        november, october = dt.date(2026, 11, 1), dt.date(2026, 10, 1)
        make_service("Delta", summary="", venues=[(venue(0.4), [weekly("TU")])], last_confirmed_on=november)
        make_service(
            "alpha", summary="", venues=[(venue(0.2), [weekly("FR")])], last_confirmed_on=dt.date(2026, 11, 20)
        )
        make_service("Bravo", summary="", venues=[(venue(1.2), [weekly("MO")])], last_confirmed_on=None)
        make_service("Charlie", summary="", last_confirmed_on=october)

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [("name", ["alpha", "Bravo", "Charlie", "Delta"]), ("soonest", ["Bravo", "Delta", "alpha", "Charlie"]),
         ("confirmed", ["alpha", "Delta", "Charlie", "Bravo"]), ("distance", ["alpha", "Delta", "Bravo", "Charlie"]),
         ("relevance", ["alpha", "Delta", "Bravo", "Charlie"])],
    )  # fmt: skip
    def test_sorts(self, sort: str, expected: list[str]) -> None:
        assert names(where=HERE, sort=sort) == expected

    def test_without_words_and_place_the_soonest_comes_first(self) -> None:
        assert names() == ["Bravo", "Delta", "alpha", "Charlie"]

    def test_equals_come_by_name_then_id(self) -> None:
        twins = [make_service("Twin", summary="") for _ in range(3)]
        db.session.commit()
        expected = [twin.id for twin in sorted(twins, key=lambda twin: twin.id.int)]
        assert [hit.service_id for hit in ask(q="twin").hits] == expected


class TestPages:
    def test_pages_hold_20_and_the_last_one_is_the_last(self) -> None:
        for number in range(45):
            make_service(f"Club {number:02}", summary="")
        first, last, beyond = (
            ask(q="club", sort="name"),
            ask(q="club", sort="name", page="3"),
            ask(sort="name", page="400"),
        )
        assert (first.total, first.pages, len(first.hits), len(last.hits)) == (45, 3, 20, 5)
        assert [name_of(hit) for hit in last.hits] == [f"Club {number:02}" for number in range(40, 45)]
        assert (beyond.request.page, len(beyond.hits)) == (3, 5)

    def test_pins_are_all_venues_that_fit_in_the_order_of_the_list(self) -> None:
        make_service("Two", summary="", venues=[venue(0.5), venue(1.0), venue(9.0)])
        make_service("One", summary="", venues=[venue(0.1)])
        make_service("Telephone", summary="")
        db.session.commit()
        request = read_request(MultiDict({"where": HERE}))
        pins = list_pins(request)
        assert list(pins.ranks) == [1, 2, 2]
        assert [round(latitude, 4) for latitude in pins.latitudes] == [
            round(at(miles)[0], 4) for miles in (0.1, 0.5, 1.0)
        ]
        assert len(list_pins(request, limit=2).numbers) == 2


def test_libraries_near_lewisham_library_on_saturday() -> None:
    """Lewisham Library first, further ones by distance; those closed on Saturday are not there."""
    libraries = {"Lewisham Library": 0.0, "Manor House Library": 0.8, "Catford Library": 1.0, "Blackheath Library": 0.6}
    for name, miles in libraries.items():
        days = "MO,SA" if name != "Blackheath Library" else "MO"
        make_service(
            name, summary="", last_confirmed_on=None, venues=[(venue(miles), [weekly(days, "09:00", "17:00")])]
        )
    make_service("Story time", summary="At the library.", venues=[(venue(0.0), [weekly("SA")])])
    assert names(q="library", where=HERE, day="sat") == [
        "Lewisham Library", "Manor House Library", "Catford Library", "Story time",
    ]  # fmt: skip
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Service)) == 5
