"""The search itself, in one process: building, loading, asking, and how soon a change is found."""

import multiprocessing
import resource
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from benchmarks import words
from benchmarks.questions import (
    Question,
    ask_anything,
    ask_place_filters,
    ask_words,
    ask_words_place_filters,
    make_questions,
)
from benchmarks.site import Site
from benchmarks.timing import Spread, spread, time_each
from portal.core.database import db, transaction
from portal.directory.models import Service
from portal.directory.queries import PUBLIC_STATES
from portal.search.asking import read_request
from portal.search.finding import find, suggest
from portal.search.results import SearchRequest

QUESTIONS, WARM_UP = 300, 30
SEARCHES = 1_000
MOST_SECONDS = 12.0
CHANGES = 20
LONGEST_WAIT = 20.0

SORTS = {
    "text": ask_words,
    "text, place and filters": ask_words_place_filters,
    "place and filters": ask_place_filters,
}


@dataclass(frozen=True)
class Loaded:
    """What a new process needed: seconds to its first answer, and megabytes it held then and after many searches."""

    seconds: float
    megabytes: float
    later: float


def load_in_new_process(site: Site) -> Loaded:
    """Start a new process and return what it took to load the columns and answer a first question."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_load, site).result()


def _load(site: Site) -> Loaded:
    with site.opened():
        before = time.perf_counter()
        find(SearchRequest())
        seconds, first = time.perf_counter() - before, _megabytes()
        for request in map(_read, make_questions(ask_anything, SEARCHES, 47)):
            find(request)
        return Loaded(seconds, first, _megabytes())


def _megabytes() -> float:
    """Return what this process holds in memory; where the system does not say, the most that it ever held."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1_000_000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)


def rebuild(app: Flask) -> float:
    """Build the index anew and return the seconds it took."""
    before = time.perf_counter()
    app.extensions["search"].rebuild(_say_progress)
    return time.perf_counter() - before


def _say_progress(done: int, of: int) -> None:
    if done % 5_000 == 0 or done == of:
        print(f"  {done:,} of {of:,}", file=sys.stderr, flush=True)


def time_reading() -> Spread:
    """Return how long it takes to read a question from an address: cleaning, and finding its place."""
    questions = make_questions(ask_words_place_filters, WARM_UP + QUESTIONS, 40)
    for question in questions[:WARM_UP]:
        _read(question)
    return time_each(_read, questions[WARM_UP:], most_seconds=MOST_SECONDS)


def time_suggestions() -> Spread:
    """Return how long suggestions take while somebody types: beginnings of two to six letters, one letter at a time."""
    rng = Random(44)
    typed = [" ".join(question["q"])[: rng.randint(2, 6)] for question in make_questions(ask_words, QUESTIONS, 45)]
    for text in typed[:WARM_UP]:
        suggest(text)
    return time_each(suggest, typed, most_seconds=MOST_SECONDS)


@dataclass(frozen=True)
class Asked:
    """One sort of question: how long `find` took for each, and the share of them that found nothing."""

    name: str
    times: Spread
    in_vain: float


def time_questions() -> Iterator[Asked]:
    """Yield how long `find` takes, warm, for each sort of question, counts beside all filters included."""
    for number, (name, ask) in enumerate(SORTS.items()):
        requests = [_read(question) for question in make_questions(ask, WARM_UP + QUESTIONS, 41 + number)]
        for request in requests[:WARM_UP]:
            find(request)
        totals: list[int] = []

        def ask_once(request: SearchRequest, seen: list[int] = totals) -> None:
            seen.append(find(request).total)

        times = time_each(ask_once, requests[WARM_UP:], most_seconds=MOST_SECONDS)
        yield Asked(name, times, totals.count(0) / len(totals))


def time_changes(is_seen: Callable[[uuid.UUID, str], bool], *, pause: float, seed: int) -> Spread:
    """Change the name of twenty services, one after another, and return how long each took from save to found.

    `is_seen` is given the service and the two words, found nowhere else, that its name now ends with; it is asked
    again after each `pause` in seconds. Raises RuntimeError when a change stays unseen for twenty seconds.
    """
    rng = Random(seed)
    times = []
    for service_id in rng.sample(public_ids(), CHANGES):
        ending = f"{words.make_word(rng)}{rng.randrange(10**6)} {words.make_word(rng)}{rng.randrange(10**6)}"
        before = time.perf_counter()
        _rename(service_id, ending)
        while not is_seen(service_id, ending):
            if time.perf_counter() - before > LONGEST_WAIT:
                raise RuntimeError("A change was never found.")
            time.sleep(pause)
        times.append(time.perf_counter() - before)
    return spread(times)


def _rename(service_id: uuid.UUID, ending: str) -> None:
    with transaction() as session:
        service = session.get_one(Service, service_id)
        service.name = f"{service.name} {ending}"


def is_found(service_id: uuid.UUID, ending: str) -> bool:
    """Say whether this process finds the service by the words."""
    found = find(_read({"q": [f'"{ending}"']}))
    # A session that goes on reading would keep the next change from being saved, where SQLite has no log of writes.
    db.session.rollback()
    return [hit.service_id for hit in found.hits] == [service_id]


def public_ids() -> Sequence[uuid.UUID]:
    """Return the ids of all public services, in order."""
    ids = db.session.scalars(sa.select(Service.id).where(Service.status.in_(PUBLIC_STATES)).order_by(Service.id)).all()
    db.session.rollback()
    return ids


def _read(question: Question) -> SearchRequest:
    return read_request(MultiDict([(name, value) for name, values in question.items() for value in values]))
