"""The facts of a site: the settings until somebody changes them, versions after that, and never an error."""

import threading
import time

import pytest
import sqlalchemy as sa
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from portal import create_app
from portal.accounts.browser_state import IDLE_MINUTES, STAFF_IDLE_MINUTES
from portal.accounts.operations import site as operations
from portal.accounts.throttle import DEVICE_DAYS
from portal.core import colours
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.settings import ROOT, CrisisLine, Settings
from portal.core.site import Subject, digits, facts_from, list_versions, shipped_statement, site, statement_blocks
from portal.core.statements import Block, Kind, blocks
from portal.messages.operations.tries import WIPE_AFTER
from portal.search import shortlist

LINE = CrisisLine(name="Shout", number="85258", about="Text if you cannot talk.")


def change(**values: object) -> None:
    present = site()
    facts = {name: getattr(present, name) for name in ("name", "place_name", "phone", "phone_hours", "main_colour")}
    operations.change_site(actor="test", **(facts | values))


def test_until_somebody_changes_them_the_settings_count(database: SQLAlchemy, settings: Settings) -> None:
    facts = site()
    assert (facts.name, facts.place_name, facts.phone) == (settings.site_name, settings.place_name, settings.phone)
    assert facts.crisis_lines == settings.crisis_lines
    assert facts.versions == {} and facts.shades == {}
    assert facts.privacy == shipped_statement(Subject.PRIVACY)


def test_a_change_shows_at_once_and_keeps_the_earlier_version(database: SQLAlchemy) -> None:
    change(name="Nearby")
    assert site().name == "Nearby"
    change(name="Round Here", phone="020 7946 0999")
    assert (site().name, site().phone) == ("Round Here", "020 7946 0999")
    names = [(version.number, version.value["name"], version.changed_by) for version in list_versions(Subject.FACTS)]
    assert names == [(2, "Round Here", "test"), (1, "Nearby", "test")]


def test_the_same_again_is_no_version(database: SQLAlchemy) -> None:
    change(name="Nearby")
    change(name="Nearby")
    assert [version.number for version in list_versions(Subject.FACTS)] == [1]


def test_another_process_sees_it_within_a_second(
    database: SQLAlchemy, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create_app(settings)
    with other.app_context():
        assert site().name == "Hereabouts"
    change(name="Nearby")
    with other.app_context():
        assert site().name == "Hereabouts"
        later = time.monotonic() + 1.01
        monkeypatch.setattr("portal.core.remembered.time.monotonic", lambda: later)
        assert site().name == "Nearby"
        from portal.core.database import db

        db.engine.dispose()
    other.extensions["search"].close()


def test_a_thousand_questions_ask_the_database_once(database: SQLAlchemy) -> None:
    site()
    asked = []

    def count(*arguments: object) -> None:
        asked.append(arguments[2])

    app_reader = site
    event.listen(database.engine, "before_cursor_execute", count)
    try:
        began = time.monotonic()
        for _ in range(1000):
            app_reader()
        seconds = time.monotonic() - began
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
    assert len([text for text in asked if "SELECT" in str(text).upper()]) <= 1 + int(seconds)


def test_a_page_for_a_database_that_is_away_has_a_name_and_a_number(
    app: Flask, client: FlaskClient, database: SQLAlchemy
) -> None:
    def away(*_arguments: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    event.listen(database.engine, "before_cursor_execute", away)
    try:
        response = client.get("/services")
        page = response.get_data(as_text=True)
    finally:
        event.remove(database.engine, "before_cursor_execute", away)
    assert response.status_code == 503
    assert "Hereabouts" in page and "020 7946 0100" in page and "tel:999" in page


def test_what_was_known_last_serves_while_the_database_is_away(app: Flask, database: SQLAlchemy) -> None:
    change(name="Nearby")
    assert site().name == "Nearby"

    def away(*_arguments: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    app.extensions["site"].forget()
    event.listen(database.engine, "before_cursor_execute", away)
    try:
        assert site().name == "Nearby"
    finally:
        event.remove(database.engine, "before_cursor_execute", away)


def test_nothing_is_stored_or_seen_when_the_transaction_fails(database: SQLAlchemy) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        operations.set_site(session, actor="test", name="No", place_name="", phone="999", phone_hours="always")
        raise RuntimeError
    assert site().name == "Hereabouts"
    assert list_versions(Subject.FACTS) == []


def test_two_editors_at_once_the_second_is_told_and_stores_nothing(database: SQLAlchemy) -> None:
    facts = {"place_name": "", "phone": "020 7946 0100", "phone_hours": "always"}
    operations.change_site(actor="one", name="First", expected=0, **facts)
    with pytest.raises(ChangedMeanwhileError) as caught:
        operations.change_site(actor="two", name="Second", expected=0, **facts)
    assert caught.value.now.name == "First"
    assert site().name == "First"
    operations.change_site(actor="two", name="Second", expected=1, **facts)
    assert site().name == "Second"


def test_of_eight_editors_at_the_same_moment_one_stores(app: Flask, database: SQLAlchemy) -> None:
    database.session.remove()
    together, outcomes = threading.Barrier(8), []

    def edit(number: int) -> None:
        with app.app_context():
            together.wait(timeout=30)
            try:
                operations.change_statement(
                    actor=f"editor {number}", subject=Subject.COOKIES, text=f"By {number}", expected=0
                )
                outcomes.append("stored")
            except ChangedMeanwhileError as error:
                outcomes.append("told" if error.now.cookies.startswith("By ") else "told wrongly")
            database.session.remove()

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["stored"] + ["told"] * 7
    assert [version.number for version in list_versions(Subject.COOKIES)] == [1]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "   "}, "name"),
        ({"phone": "ring me"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone_hours": ""}, "phone_hours"),
        ({"main_colour": "red"}, "main_colour"),
        ({"main_colour": "#fff;}body{display:none"}, "main_colour"),
        ({"main_colour": "#ff0000"}, "main_colour"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(database: SQLAlchemy, values: dict[str, str], field: str) -> None:
    with pytest.raises(RefusedChangeError) as caught:
        change(**values)
    assert caught.value.field == field
    assert list_versions(Subject.FACTS) == []


def test_contrast_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert colours.contrast("#6a2353", "#ffffff") == pytest.approx(10.6, abs=0.05)


def test_a_colour_that_cannot_be_read_is_refused_with_the_figure() -> None:
    assert "4.0" in colours.problem_with_colour("#ff0000")
    # White on it would do, links on the grey ground would not.
    assert colours.contrast("#ffffff", "#767676") >= 4.5
    assert "stone" in colours.problem_with_colour("#767676") or "pale" in colours.problem_with_colour("#767676")
    for good in ("#6a2353", "#1d6443", "#2c526e", "#005ea5"):
        assert colours.problem_with_colour(good) == ""


def test_the_shades_of_the_shipped_colour_are_the_shipped_shades() -> None:
    tokens = (ROOT / "portal/static/src/scss/_tokens.scss").read_text()
    for name, shade in colours.shades_of(colours.DEFAULT_COLOUR).items():
        shipped = tokens.split(f"--{name}: ")[1][:7]
        apart = [abs(int(shade[at : at + 2], 16) - int(shipped[at : at + 2], 16)) for at in (1, 3, 5)]
        assert max(apart) <= 12, (name, shade, shipped)


def test_a_colour_stands_in_the_page_with_the_nonce_and_nothing_when_it_ships(
    client: FlaskClient, database: SQLAlchemy
) -> None:
    assert "<style" not in client.get("/help-now").get_data(as_text=True)
    change(main_colour="#005EA5")
    response = client.get("/help-now")
    page = response.get_data(as_text=True)
    nonce = response.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'<style nonce="{nonce}">:root {{ --damson-9: ' in page
    assert "--damson-7: #005ea5;" in page


def test_the_emergency_line_is_always_there(database: SQLAlchemy) -> None:
    with pytest.raises(RefusedChangeError):
        operations.remove_crisis_line(actor="test", key="999", expected=0)
    with pytest.raises(RefusedChangeError) as caught:
        operations.change_crisis_line(actor="test", key="999", line=LINE, expected=0)
    assert caught.value.field == "number"
    operations.move_crisis_line(actor="test", key="999", by=1, expected=0)
    operations.move_crisis_line(actor="test", key="111", by=-1, expected=0)
    assert [line.number for line in site().crisis_lines][:2] == ["999", "111"]
    lines = facts_from(Settings(crisis_lines=(LINE,)), {}).crisis_lines
    assert [line.number for line in lines] == ["999", "85258"]


def test_numbers_are_added_changed_moved_and_taken_away(database: SQLAlchemy) -> None:
    operations.add_crisis_line(actor="test", line=LINE, expected=0)
    numbers = [digits(line.number) for line in site().crisis_lines]
    assert numbers == ["999", "111", "116123", "08082000247", "08001111", "85258"]
    operations.move_crisis_line(actor="test", key="85258", by=-1, expected=1)
    assert digits(site().crisis_lines[4].number) == "85258"
    other = CrisisLine(name="Shout!", number="85 258", about="Text.")
    operations.change_crisis_line(actor="test", key="85258", line=other, expected=2)
    assert site().crisis_lines[4] == other
    operations.remove_crisis_line(actor="test", key="111", expected=3)
    assert "111" not in [line.number for line in site().crisis_lines]
    with pytest.raises(LookupError):
        operations.remove_crisis_line(actor="test", key="111", expected=4)


def test_a_number_stands_once_and_a_stale_list_is_refused(database: SQLAlchemy) -> None:
    with pytest.raises(RefusedChangeError):
        operations.add_crisis_line(actor="test", line=CrisisLine(name="N", number="1 1 1", about="x"), expected=0)
    operations.add_crisis_line(actor="test", line=LINE, expected=0)
    with pytest.raises(ChangedMeanwhileError):
        operations.remove_crisis_line(actor="test", key="111", expected=0)


def test_a_statement_is_text_and_has_a_history(database: SQLAlchemy) -> None:
    shipped = site().privacy
    operations.change_statement(actor="one", subject=Subject.PRIVACY, text="# We keep little", expected=0)
    operations.change_statement(actor="two", subject=Subject.PRIVACY, text="# We keep less", expected=1)
    assert site().privacy == "# We keep less"
    operations.restore_statement(actor="two", subject=Subject.PRIVACY, number=1, expected=2)
    assert site().privacy == "# We keep little"
    operations.restore_statement(actor="two", subject=Subject.PRIVACY, number=0, expected=3)
    assert site().privacy == shipped
    assert [version.number for version in list_versions(Subject.PRIVACY)] == [4, 3, 2, 1]
    with pytest.raises(ChangedMeanwhileError):
        operations.restore_statement(actor="two", subject=Subject.PRIVACY, number=1, expected=3)
    with pytest.raises(RefusedChangeError):
        operations.change_statement(actor="two", subject=Subject.PRIVACY, text=" \n ", expected=4)
    with pytest.raises(LookupError):
        operations.restore_statement(actor="two", subject=Subject.PRIVACY, number=99, expected=4)


def test_plain_text_becomes_headings_lists_and_paragraphs() -> None:
    text = "Hello {name},\nhow are you?\n\n# What\n- one\n  and on\n- two\nmore\n\n-not a list {other}"
    assert blocks(text, {"name": "Rita"}) == [
        Block(Kind.PARAGRAPH, ("Hello Rita, how are you?",)),
        Block(Kind.HEADING, ("What",)),
        Block(Kind.LIST, ("one and on", "two more")),
        Block(Kind.PARAGRAPH, ("-not a list {other}",)),
    ]


def test_hostile_text_stays_text(client: FlaskClient, database: SQLAlchemy) -> None:
    hostile = "# <script>alert(1)</script>\n- {{ 7*7 }} ${7*7}\n\n</p><img src=x onerror=alert(1)>"
    operations.change_statement(actor="test", subject=Subject.COOKIES, text=hostile, expected=0)
    change(name="<b>{{ 1111*1111 }}</b>")
    page = client.get("/cookies").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "{{ 7*7 }}" in page
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>{{" not in page and "1234321" not in page


def test_the_shipped_statements_are_true(app: Flask, client: FlaskClient, database: SQLAlchemy) -> None:
    cookies, privacy = shipped_statement(Subject.COOKIES), shipped_statement(Subject.PRIVACY)
    assert f"up to {shortlist.LIMIT} things, for {shortlist.DAYS} days" in cookies
    assert f"{STAFF_IDLE_MINUTES} minutes without use, for others after {IDLE_MINUTES // 60} hours" in cookies
    assert f"{STAFF_IDLE_MINUTES} minutes without use, for others after {IDLE_MINUTES // 60} hours" in privacy
    assert f"It stays for {DEVICE_DAYS} days" in cookies
    assert f"We wipe it after {WIPE_AFTER.days} days" in privacy
    assert {"“form”", "“session”", "“device”", f"“{shortlist.COOKIE}”"} <= set(cookies.split())
    assert "load nothing from other companies" in privacy and "load nothing from other companies" in cookies
    read = " ".join(line for block in statement_blocks(privacy) for line in block.lines)
    assert "020 7946 0100, Monday to Friday, 9am to 5pm" in read and "{" not in read
    with_map = Settings(
        tile_url="https://tiles.example.org/{z}/{x}/{y}.png", geocoder="nominatim:https://n.example.org"
    )
    facts = facts_from(with_map, {})
    assert "come from another company" in facts.privacy and "we ask another service" in facts.privacy
    assert "load nothing from other companies" not in facts.privacy + facts.cookies
    for path, title in (("/privacy", "Your privacy"), ("/cookies", "Cookies")):
        assert f"<h1>{title}</h1>" in client.get(path).get_data(as_text=True)


def test_no_template_takes_from_the_settings_what_administrators_change() -> None:
    taken = ("settings.site_name", "settings.place_name", "settings.phone", "settings.crisis_lines")
    for path in (ROOT / "portal").rglob("*"):
        if path.suffix in {".html", ".py", ".yml"} and path.name != "site.py":
            text = path.read_text()
            assert not any(one in text or one.replace("settings.", "settings().") in text for one in taken), path


def test_templates_have_it_without_context(app: Flask, database: SQLAlchemy) -> None:
    change(name="Nearby")
    with app.test_request_context():
        assert render_template_string("{% macro m() %}{{ site.name }}{% endmacro %}{{ m() }}") == "Nearby"
