"""The log of searches: what is kept and what is not, in batches, and never at the cost of a page."""

import datetime as dt
import json
import logging
import os
import random
import re
import string
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import Base, transaction
from portal.directory.models import Service, Taxonomy
from portal.search.asking import read_request
from portal.search.log import writing
from portal.search.log.models import LoggedOpening, LoggedSearch
from portal.search.log.operations import add_searches, forget_old_searches
from portal.search.log.queries import LEAST_SEARCHES
from portal.search.log.reducing import words_kept
from portal.search.log.writing import MOST_LOST, WRITE_EVERY, Noticed, SearchLog
from portal.search.results import SearchRequest
from portal.search.text.synonyms import Meant, Synonyms
from tests.accounts.reading import look
from tests.factories import make_area, make_location, make_service, make_term, weekly
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
SAFARI = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1"}
CENTRAL = [(-0.02, 51.45), (0.0, 51.45), (0.0, 51.47), (-0.02, 51.47)]
BOROUGH = [(-0.08, 51.40), (0.04, 51.40), (0.04, 51.50), (-0.08, 51.50)]


@pytest.fixture
def few(database: SQLAlchemy) -> Service:
    """Two services in a borough with one neighbourhood; one says a telephone number and an address in its text."""
    with transaction():
        make_area("central", CENTRAL)
        make_area("lewisham", BOROUGH, kind=_kind("borough"))
        make_term(Taxonomy.NEED, "loneliness", plain_name="Feeling lonely")
        make_term(Taxonomy.NEED, "domestic-abuse")
        make_term(Taxonomy.AUDIENCE, "men")
        make_term(Taxonomy.ACCESS, "step-free")
        make_service(
            "Telephone tea",
            description="Ring 020 7946 0123 or write to tea@example.org, SE13 6LG.",
            attendance=["by telephone"],
            needs=["loneliness"],
            audiences=["men"],
        )
        yoga = make_service("Chair yoga", venues=[(make_location("Near Hall"), [weekly("TU", "10:00")])])
    return yoga


def _kind(name: str) -> Any:
    from portal.geo.models import AreaKind

    return AreaKind(name)


def logged(app: Flask) -> list[LoggedSearch]:
    """Write what waits and return all searches."""
    app.extensions["search_log"].flush()
    with look() as session:
        return sorted(session.scalars(sa.select(LoggedSearch)), key=lambda row: (row.words, row.needs, row.area))


def opened(app: Flask) -> list[LoggedOpening]:
    app.extensions["search_log"].flush()
    with look() as session:
        return list(session.scalars(sa.select(LoggedOpening)))


def test_what_is_kept_of_a_search(app: Flask, client: FlaskClient, few: Service) -> None:
    asked = "/services?q=Chair+Yoga+xqzt&where=SE13+6LG&radius=1.13&need=loneliness&cost=free&on=2026-12-25&age=67"
    client.get(asked, headers=FIREFOX)
    with look() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LoggedSearch)) == 0, "the request writes nothing"
    (row,) = logged(app)
    assert (row.day, row.words, row.left_out, row.needs) == (dt.date(2026, 11, 23), "chair yoga", 1, "loneliness")
    assert (row.area, row.radius, row.found) == ("central", 1.0, 0)
    assert row.filters == {"cost": ["free"], "on": ["fri"], "age": ["65-79"]}
    columns = set(LoggedSearch.__table__.columns.keys()) | set(LoggedOpening.__table__.columns.keys())
    assert columns == {"id", "day", "words", "left_out", "needs", "filters", "area", "radius", "found", "service_id"}
    assert all(not isinstance(column.type, sa.DateTime) for column in LoggedSearch.__table__.columns), "no time of day"


def test_where_is_wide_and_facts_about_a_person_are_few(app: Flask, client: FlaskClient, few: Service) -> None:
    client.get("/services?where=SE13+6LG", headers=FIREFOX)
    client.get("/services?q=tea&where=Lewisham", headers=FIREFOX)
    client.get("/services?q=yoga&where=SE13+6LG&for=men&age=67", headers=FIREFOX)
    client.get("/services?q=chair&where=SE13+6LG&for=men&age=67&access=step-free", headers=FIREFOX)
    client.get("/services?q=telephone&where=Zzyzx+Qqq", headers=FIREFOX)
    found = {row.words: (row.area, row.filters) for row in logged(app)}
    assert found == {
        "": ("central", {}),
        "tea": ("lewisham", {}),
        "yoga": ("", {"for": ["men"], "age": ["65-79"]}),
        "chair": ("central", {}),
        "telephone": ("", {}),
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Yoga!", ("yoga", 0)), ("yoga for Margaret", ("yoga", 1)), ("yoga -tea", ("yoga", 0)), ("se13 6lg", ("", 2)),
     ("020 7946 0123", ("", 3)),
     ("⁰²⁰ ①", ("", 2)), ("tea@example.org yoga", ("yoga", 1)), ("www.tea.yoga", ("", 1)), ("the", ("", 0)),
     ("I can't cope", ("cant cope", 0)), ("skint yoga", ("skint yoga", 0)), ("yoga, yoga", ("yoga", 0)),
     ("tea yoga chair tai chi", ("tea yoga chair tai", 1)), ("", ("", 0)), ("\x00*?(", ("", 0))],
)  # fmt: skip
def test_which_words_are_kept(text: str, kept: tuple[str, int]) -> None:
    known = {"yoga", "tea", "chair", "tai", "chi", "020", "7946", "0123", "1", "se13", "6lg", "example", "org"}
    synonyms = Synonyms({("cant", "cope"): Meant(needs=("wellbeing",)), ("skint",): Meant(needs=("money",))})
    assert words_kept(text, known.__contains__, synonyms) == kept


def test_the_same_search_counts_once_a_day(
    app: Flask, client: FlaskClient, few: Service, clock: time_machine.Traveller
) -> None:
    for more in ("", "&page=2", "&sort=name", "&view=map", ""):
        client.get(f"/services?q=yoga{more}", headers=FIREFOX)
    client.get("/services?q=tea&page=2", headers=FIREFOX)
    client.get("/services", headers=FIREFOX)
    assert [row.words for row in logged(app)] == ["yoga"]
    client.get("/services?q=yoga", headers=SAFARI)
    assert [row.words for row in logged(app)] == ["yoga", "yoga"]
    clock.move_to(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC))
    client.get("/services?q=yoga", headers=FIREFOX)
    assert len(logged(app)) == 3


def test_one_address_alone_is_not_many(app: Flask, client: FlaskClient, few: Service) -> None:
    """Whoever pretends to be many browsers, or tries many filters, does not reach on one day what is told outside."""
    for number in range(LEAST_SEARCHES + 2):
        browser = {"User-Agent": f"{FIREFOX['User-Agent']} {number}"}
        client.get(f"/services?q=Yoga&radius={number}&where=SE13", headers=browser)
        client.get(f"/services/{few.id}", query_string={"from": f"/services?q=yoga&age={number}"}, headers=browser)
    assert len(logged(app)) == len(opened(app)) == LEAST_SEARCHES - 1
    client.get("/services?q=yoga", headers=FIREFOX, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    for number in range(LEAST_SEARCHES + 2):
        client.get(f"/services?age={number}", headers=FIREFOX)
    assert len(logged(app)) == 2 * LEAST_SEARCHES + 2


def test_what_is_opened_is_kept_with_the_words_alone(app: Flask, client: FlaskClient, few: Service) -> None:
    asked = "/services?q=yoga+xqzt&where=SE13+6LG&age=67"
    for _ in range(2):
        client.get(f"/services/{few.id}", query_string={"from": asked}, headers=FIREFOX)
    for other in ("/services", "/help-now", "https://elsewhere.example.org/services?q=yoga", "/services?q=suicidal"):
        client.get(f"/services/{few.id}", query_string={"from": other}, headers=FIREFOX)
    (row,) = opened(app)
    assert (row.service_id, row.words, row.left_out, row.needs, row.area) == (few.id, "yoga", 1, "", "central")


def test_who_and_what_is_never_logged(app: Flask, client: FlaskClient, few: Service, cast: Cast) -> None:
    unchecked = FlaskClient(app, app.response_class)
    robots: list[dict[str, str]] = [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": ""},
        {**FIREFOX, "Sec-Purpose": "prefetch;prerender"},
    ]
    for headers in robots:
        unchecked.get("/services?q=yoga", headers=headers)
    unchecked.head("/services?q=yoga", headers=FIREFOX)
    for user in (cast.gus, cast.mo, cast.lena):
        sign_in(app.test_client(), user).get("/services?q=yoga", headers=FIREFOX)
    for crisis in ("q=want+to+die+tea", "q=sucidal+yoga", "need=domestic-abuse", "q=tea&need=domestic-abuse"):
        client.get(f"/services?{crisis}", headers=FIREFOX)
        client.get(f"/services/{few.id}", query_string={"from": f"/services?{crisis}"}, headers=FIREFOX)
    assert app.extensions["search_log"].waiting == 0, "not even in memory"
    app.extensions["search_log"].note(Noticed(SearchRequest(q="tea or want to die")))
    assert logged(app) == [] and opened(app) == [], "a phrase may have come on the list since"
    sign_in(app.test_client(), cast.rita).get("/services?q=yoga", headers=FIREFOX)
    assert len(logged(app)) == 1


def planted(count: int) -> list[str]:
    """Return secrets of all kinds that people put into searches: names, postcodes, numbers, addresses."""
    draw = random.Random(7)

    def word() -> str:
        return "".join(draw.choice("bdfgjkvwxz") + draw.choice("aeiou") for _ in range(4))

    kinds: list[Callable[[], str]] = [
        lambda: f"{word()} {word()}".title(),
        lambda: f"BR{draw.randint(1, 8)} {draw.randint(1, 9)}{''.join(draw.choices(string.ascii_uppercase, k=2))}",
        lambda: f"07700 900{draw.randint(100, 999)}",
        lambda: f"{word()}.{word()}@example.org",
        lambda: f"999 {draw.randint(100, 999)} {draw.randint(1000, 9999)}",
    ]
    return [kinds[number % len(kinds)]() for number in range(count)]


def test_no_secret_reaches_the_database(
    app: Flask, client: FlaskClient, few: Service, database: SQLAlchemy, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [*planted(50), "020 7946 0123", "SE13 6LG", "tea@example.org"]
    caplog.set_level(logging.DEBUG)
    unchecked = FlaskClient(app, app.response_class)
    with app.test_request_context():
        for secret in secrets:
            question = read_request(_args(q=f"tea {secret}", where=secret))
            app.extensions["search_log"].note(Noticed(question, 1))
            app.extensions["search_log"].note(Noticed(question, service_id=few.id))
    for secret in secrets[:5]:
        unchecked.get("/services", query_string={"q": f"yoga {secret}", "where": secret}, headers=FIREFOX)
        asked = f"/services?q=yoga+{secret.replace(' ', '+').replace('@', '%40')}"
        unchecked.get(f"/services/{few.id}", query_string={"from": asked}, headers=FIREFOX)
    app.extensions["figures"].write()
    rows = logged(app)
    assert len(rows) == len(secrets) + 5 and {row.words for row in rows} == {"tea", "yoga"}
    stored = caplog.text
    with look() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in {"service", "contact", "phone", "location", "search_document"}:
                stored += json.dumps([list(map(str, row)) for row in session.execute(sa.select(table))])
    stored = stored.casefold()
    for secret in secrets[:50]:
        for part in (secret, secret.replace(" ", ""), *re.findall(r"[A-Za-z]{4,}", secret)):
            assert part == "example" or part.casefold() not in stored, part


def _args(**values: str) -> Any:
    from werkzeug.datastructures import MultiDict

    return MultiDict(values)


def test_nothing_tells_in_which_order_they_came(app: Flask, few: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    made: SearchLog = app.extensions["search_log"]
    written: list[int] = []

    def add(*, actor: str, searches: Any, openings: Any) -> None:
        written.extend(row["found"] for row in searches)
        add_searches(actor=actor, searches=searches, openings=openings)

    monkeypatch.setattr(writing, "add_searches", add)
    for number in range(60):
        made.note(Noticed(SearchRequest(q="yoga"), number))
    made.flush()
    assert sorted(written) == list(range(60)) and written != sorted(written)
    with look() as session:
        statement = sa.text("SELECT found FROM logged_search")
        found = [row[0] for row in session.execute(statement)]
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        assert sorted(found) == list(range(60)) and found != sorted(found)
        if is_sqlite:
            with pytest.raises(sa.exc.OperationalError, match="no such column"):
                session.execute(sa.text("SELECT rowid FROM logged_search"))


def _away(**_given: object) -> None:
    raise sa.exc.OperationalError("INSERT", {}, Exception("locked"))


def _faulty(**_given: object) -> None:
    raise KeyError("fault")


def test_what_cannot_be_written_waits_within_bounds(
    app: Flask, few: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: SearchLog = app.extensions["search_log"]
    monkeypatch.setattr(writing, "MOST_WAITING", 10)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "add_searches", _away)
        for number in range(8):
            made.note(Noticed(SearchRequest(q="yoga"), number))
        made.flush()
        assert made.waiting == 8
        for number in range(8, 15):
            made.note(Noticed(SearchRequest(q="tea"), number))
        made.flush()
        assert made.waiting == 10
    rows = logged(app)
    assert sorted(row.found for row in rows) == list(range(5, 15)) and made.waiting == 0
    assert "5 searches were not logged" in caplog.text and "yoga" not in caplog.text
    monkeypatch.setattr(writing, "add_searches", _faulty)
    made.note(Noticed(SearchRequest(q="tea"), 1))
    made.flush()
    assert made.waiting == 0, "what would fail again is dropped, and the rest goes on"


def _until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    assert is_so()


def test_a_thread_writes_by_itself_and_ends_with_the_application(app: Flask, few: Service) -> None:
    assert WRITE_EVERY * 2 <= MOST_LOST == 10.0, "half of what may be lost is left for writing"
    made = SearchLog(app, every=0.02)
    began = time.perf_counter()
    for number in range(3):
        made.note(Noticed(SearchRequest(q="yoga"), number))
    assert time.perf_counter() - began < 0.5
    _until(lambda: made.waiting == 0)
    full = SearchLog(app, every=3600)
    for number in range(writing.WRITE_FROM):
        full.note(Noticed(SearchRequest(q="tea"), number))
    _until(lambda: full.waiting == 0)
    full.note(Noticed(SearchRequest(q="tea"), 1))
    for each in (made, full):
        thread = each._thread
        each.close()
        assert thread is not None and not thread.is_alive()
        each.note(Noticed(SearchRequest(q="tea"), 2))
        assert each.waiting == 0
    assert len(logged(app)) == 3 + writing.WRITE_FROM + 1, "the rest is written at the end"


def test_the_thread_waits_for_the_interval_and_not_longer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = SearchLog(app)
    waited: list[float | None] = []

    def wait_for(is_so: Callable[[], object], timeout: float | None = None) -> bool:
        waited.append(timeout)
        made._is_closed = len(waited) >= 4
        return bool(is_so())

    monkeypatch.setattr(made._news, "wait_for", wait_for)
    monkeypatch.setattr(made, "flush", lambda: waited.append(-1))
    made._work()
    assert waited == [None, WRITE_EVERY, -1, None, WRITE_EVERY]


def test_a_fork_leaves_what_waits_to_the_process_that_noticed_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made: SearchLog = app.extensions["search_log"]
    made.note(Noticed(SearchRequest(q="yoga")))
    lock, parent = made._flushing, os.getpid()
    lock.acquire()  # as a thread of the parent that is writing would hold it
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: parent + 1)
        made.close()
        made.note(Noticed(SearchRequest(q="tea")))
        assert made.waiting == 1 and not made._flushing.locked()


def test_after_25_months_it_is_erased(app: Flask, database: SQLAlchemy) -> None:
    days = [dt.date(2024, 10, 22), dt.date(2024, 10, 23), dt.date(2026, 11, 23)]
    with transaction() as session:
        for day in days:
            row: dict[str, Any] = {"day": day, "words": "tea", "left_out": 0, "needs": "", "area": ""}
            session.add(LoggedSearch(**row, filters={}, found=1))
            session.add(LoggedOpening(**row, service_id=uuid.uuid4()))
    forget_old_searches(actor="test")
    assert sorted(row.day for row in logged(app)) == sorted(row.day for row in opened(app)) == days[1:]
