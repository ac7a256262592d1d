"""The geocoder: a real small server on the loopback, asked politely and only when it is named."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from portal.core.database import db
from portal.core.settings import SettingError
from portal.geo import geocoder
from portal.geo.place import Place, Precision, UnknownPlace
from portal.geo.queries import BOUNDS, find_place


@dataclass
class Nominatim:
    """What the server was asked and what it is to answer."""

    url: str = ""
    status: int = 200
    delay: float = 0
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)


@pytest.fixture
def nominatim(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nominatim]:
    state = Nominatim()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            state.asked.append(query["q"][0])
            state.agents.append(self.headers["User-Agent"])
            assert query["countrycodes"] == ["gb"]
            time.sleep(state.delay)
            body = json.dumps(state.answers.get(query["q"][0], [])).encode()
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(geocoder, "_known", {})
    yield state
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def named(app: Flask, nominatim: Nominatim) -> Iterator[Nominatim]:
    """A site whose operator names the geocoder."""
    app.extensions["settings"] = replace(app.extensions["settings"], geocoder=f"nominatim:{nominatim.url}")
    with app.app_context():
        yield nominatim
        db.session.rollback()


TIMBUKTU = {"lat": "51.4501234", "lon": "-0.0209", "display_name": "Timbuktu Terrace, Catford, London, SE6, UK"}


def test_asked_for_what_is_not_known_and_once(named: Nominatim) -> None:
    named.answers["timbuktu terrace"] = [TIMBUKTU]
    place = find_place("Timbuktu Terrace")
    assert place == Place(
        asked="Timbuktu Terrace", key="Timbuktu Terrace", name="Timbuktu Terrace, Catford", latitude=51.45012,
        longitude=-0.0209, precision=Precision.PLACE,
    )  # fmt: skip
    assert find_place("timbuktu TERRACE") is not None
    assert isinstance(find_place("Lewisham"), Place)
    assert isinstance(find_place("51.4,-0.1"), Place)
    assert named.asked == ["timbuktu terrace"]
    assert named.agents == ["Hereabouts community directory"]


def test_what_it_does_not_know_is_remembered_too(named: Nominatim) -> None:
    for _ in range(3):
        assert find_place("Xyzzy Plugh") == UnknownPlace(asked="Xyzzy Plugh")
    assert named.asked == ["xyzzy plugh"]


def test_never_asked_without_the_setting(app: Flask, nominatim: Nominatim) -> None:
    with app.app_context():
        assert isinstance(find_place("Xyzzy Plugh"), UnknownPlace)
        db.session.rollback()
    assert nominatim.asked == []


@pytest.mark.parametrize("answer", [{**TIMBUKTU, "lat": "48.85", "lon": "2.35"}, {**TIMBUKTU, "lat": "0", "lon": "0"}])
def test_answers_elsewhere_are_thrown_away(named: Nominatim, answer: dict[str, str]) -> None:
    named.answers["xyzzy plugh"] = [answer]
    assert isinstance(find_place("Xyzzy Plugh"), UnknownPlace)


def test_a_name_with_markup_is_cleaned(named: Nominatim) -> None:
    named.answers["xyzzy"] = [{**TIMBUKTU, "display_name": "\u202e\x00A <b>, B" + "x" * 500}]
    place = find_place("xyzzy")
    assert isinstance(place, Place)
    assert place.name.startswith("A <b>, Bx")
    assert len(place.name) <= 120


def test_a_server_that_fails_is_no_error_and_is_asked_again(named: Nominatim) -> None:
    named.status = 503
    assert isinstance(find_place("Xyzzy Plugh"), UnknownPlace)
    named.status, named.answers = 200, {"xyzzy plugh": [TIMBUKTU]}
    assert isinstance(find_place("Xyzzy Plugh"), Place)
    assert len(named.asked) == 2


def test_a_slow_server_is_given_up(named: Nominatim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoder, "TIMEOUT", 0.2)
    named.delay = 3
    started = time.perf_counter()
    assert isinstance(find_place("Xyzzy Plugh"), UnknownPlace)
    assert time.perf_counter() - started < 2.5


def test_at_most_once_a_second(nominatim: Nominatim) -> None:
    setting = f"nominatim:{nominatim.url}"
    started = time.perf_counter()
    for text in ("aaaa", "bbbb", "cccc"):
        assert geocoder.find(setting, text, BOUNDS) is None
    assert time.perf_counter() - started >= 2
    assert len(nominatim.asked) == 3


def test_nobody_queues_for_long(nominatim: Nominatim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoder, "PATIENCE", 0.1)
    nominatim.delay = 0.6
    setting = f"nominatim:{nominatim.url}"
    threads = [threading.Thread(target=geocoder.find, args=(setting, f"text {n}", BOUNDS)) for n in range(5)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - started < 1.5
    assert len(nominatim.asked) == 1


@pytest.mark.parametrize("setting", ["nominatim", "nominatim:", "nominatim:ftp://x", "google:https://x", "https://x"])
def test_a_setting_that_names_none(setting: str) -> None:
    with pytest.raises(SettingError, match="PORTAL_GEOCODER"):
        geocoder.get_geocoder(setting)
