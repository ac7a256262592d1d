"""What changed is found at once; the index follows; whatever happens to it, answers stay right and it heals."""

import logging
import random
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal import create_app
from portal.core.database import db, transaction
from portal.core.settings import Settings
from portal.directory.models import Change, Service, ServiceStatus, Taxonomy
from portal.search import state as states
from portal.search.cli import cli
from portal.search.engine import Engine, engine
from portal.search.finding import find
from portal.search.index.reading import IndexReader
from portal.search.results import SearchRequest
from tests import processes
from tests.factories import make_location, make_service, make_term, weekly
from tests.search.test_index import damage


def names(q: str = "") -> set[str]:
    hits = find(SearchRequest(q=q)).hits
    return {
        name
        for (name,) in db.session.execute(
            sa.select(Service.name).where(Service.id.in_([hit.service_id for hit in hits]))
        )
    }


def listed(*given: str) -> None:
    for name in given:
        make_service(name, summary="", venues=[(make_location(), [weekly("MO")])])
    db.session.commit()


@pytest.fixture(autouse=True)
def _in_memory(app: Flask) -> None:
    """Let the engine in memory answer on both databases, as it does until the tables of PostgreSQL are filled."""
    app.extensions["search"].answers_in_postgres = False


@pytest.fixture
def settled(database: SQLAlchemy) -> Engine:
    listed("Chair Yoga", "Paper Boats", "Garden Club")
    found = engine()
    assert found.settle()
    return found


def test_the_database_is_let_go_before_the_long_work(
    app: Flask, database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads keeps others from saving where SQLite has no log of writes, and making columns takes seconds."""
    listed("Chair Yoga")
    db.session.remove()
    in_use: list[int] = []
    first_state = states.first_state

    def looking(*given: Any) -> states.State:
        in_use.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
        return first_state(*given)

    monkeypatch.setattr(states, "first_state", looking)
    fresh = Engine(app.extensions["settings"])
    assert fresh.state().columns.count == 1
    fresh.close()
    assert in_use == [0]


def test_an_empty_directory(database: SQLAlchemy) -> None:
    assert find(SearchRequest()).total == 0
    assert find(SearchRequest(q="yoga")).total == 0
    assert engine().settle()


def test_answers_come_from_memory_until_there_is_an_index(database: SQLAlchemy) -> None:
    listed("Chair Yoga")
    results = find(SearchRequest(q="yoga"))
    assert (results.total, results.is_rebuilding) == (1, True)
    assert engine().settle()
    results = find(SearchRequest(q="yoga"))
    assert (results.total, results.is_rebuilding) == (1, False)


def test_a_change_is_found_at_once_and_then_in_the_index(settled: Engine) -> None:
    service = db.session.scalar(sa.select(Service).where(Service.name == "Paper Boats"))
    assert service is not None
    service.name = "Long Supper"
    db.session.commit()
    assert names("supper") == {"Long Supper"}
    assert names("boats") == set()
    assert not find(SearchRequest(q="supper")).is_rebuilding
    assert settled.settle()
    assert names("supper") == {"Long Supper"}
    assert names("boats") == set()
    assert not settled.difference()


def test_what_is_rolled_back_is_not_found(settled: Engine) -> None:
    make_service("Never There")
    db.session.flush()
    assert names("never") == set()
    db.session.rollback()
    assert names("never") == set()


def test_gone_services_are_gone(settled: Engine) -> None:
    with transaction() as session:
        session.get_one(
            Service, session.scalar(sa.select(Service.id).where(Service.name == "Paper Boats"))
        ).status = ServiceStatus.INACTIVE
    assert names() == {"Chair Yoga", "Garden Club"}
    assert names("boats") == set()
    assert settled.settle()
    assert (names("boats"), settled.difference()) == (set(), settled.difference())
    assert not settled.difference()


def test_a_new_term_and_language_fit_in(settled: Engine) -> None:
    make_service("New Words", categories=["brand-new"], languages=["yo"])
    db.session.commit()
    facets = find(SearchRequest()).facets
    assert (facets["category"], facets["language"]) == ({"brand-new": 1}, {"yo": 1})
    assert find(SearchRequest(categories=("brand-new",))).total == 1


def test_a_term_that_is_renamed_is_searched_by_its_new_name(settled: Engine) -> None:
    make_service("Sewing", categories=["stitch"])
    db.session.commit()
    assert names("needlework") == set()
    make_term(Taxonomy.CATEGORY, "stitch").name = "Needlework"
    db.session.commit()
    assert names("needlework") == {"Sewing"}


def test_many_changes_in_a_row(settled: Engine) -> None:
    for number in range(30):
        make_service(f"Number {number} Club")
        db.session.commit()
        assert find(SearchRequest(q="club")).total == number + 2
    assert settled.settle()
    assert find(SearchRequest(q="club")).total == 31
    assert not settled.difference()


def test_damage_while_the_site_is_up(settled: Engine, caplog: pytest.LogCaptureFixture) -> None:
    lot = random.Random(8)
    for how in ("flip", "cut", "remove", "grow", "swap"):
        generation = settled.folder.current()
        assert generation is not None
        damage(generation, how, lot.randrange(10**9))
        settled.look_again()
        with caplog.at_level(logging.WARNING):
            results = find(SearchRequest(q="yoga"))
        assert (results.total, results.is_rebuilding) == (1, True), how
        assert "made anew" in caplog.text
        assert settled.settle(), how
        assert not find(SearchRequest(q="yoga")).is_rebuilding
        assert not settled.difference()


def test_nothing_is_written_twice_while_a_new_index_is_put_in_place(
    settled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another index counts already, but cannot be opened for a moment: it need not be made once more."""
    asked: list[object] = []
    monkeypatch.setattr(settled._keeper, "ask", asked.append)
    monkeypatch.setattr(settled, "_state", None)
    with settled.folder.lock("write") as mine:
        assert mine
        settled.look_again()
        assert find(SearchRequest(q="yoga")).is_rebuilding
        assert not settled.settle(0.1)
    assert asked == []
    settled.look_again()
    assert not find(SearchRequest(q="yoga")).is_rebuilding


@pytest.mark.parametrize("how", ["folder", "generation", "current", "empty current"])
def test_parts_that_are_removed(settled: Engine, how: str) -> None:
    generation = settled.folder.current()
    assert generation is not None
    if how == "folder":
        shutil.rmtree(settled.folder.path)
    elif how == "generation":
        shutil.rmtree(generation)
    elif how == "current":
        (settled.folder.path / "CURRENT").unlink()
    else:
        (settled.folder.path / "CURRENT").write_text("")
    settled.look_again()
    assert names("yoga") == {"Chair Yoga"}
    assert settled.settle()
    assert not settled.difference()


def test_an_older_copy_catches_up(settled: Engine, tmp_path: Path) -> None:
    shutil.copytree(settled.folder.path, tmp_path / "copy")
    listed("Late Comer")
    assert settled.settle()
    shutil.rmtree(settled.folder.path)
    shutil.copytree(tmp_path / "copy", settled.folder.path)
    settled.look_again()
    assert names("late") == {"Late Comer"}
    assert settled.settle()
    assert names("late") == {"Late Comer"}
    assert not settled.difference()


def test_the_index_of_another_database_with_the_same_address(settled: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """The file was replaced: same address, same numbers of changes, other services."""
    with db.engine.begin() as connection:
        connection.execute(
            sa.delete(Change).where(Change.sequence == sa.select(sa.func.max(Change.sequence)).scalar_subquery())
        )
    settled.look_again()
    results = find(SearchRequest(q="yoga"))
    assert (results.total, results.is_rebuilding) == (1, True)
    assert settled.settle()
    assert not settled.difference()


def test_an_index_older_than_the_notes_is_made_anew(settled: Engine, app: Flask) -> None:
    settled.close()
    listed("Late Comer", "Later Still")
    with db.engine.begin() as connection:
        newest = connection.scalar(sa.select(sa.func.max(Change.sequence)))
        connection.execute(sa.delete(Change).where(Change.sequence < newest))
    again = Engine(app.extensions["settings"])
    app.extensions["search"] = again
    results = find(SearchRequest(q="comer"))
    assert (results.total, results.is_rebuilding) == (1, True)
    assert again.settle()
    assert not again.difference()


def test_services_that_came_without_a_note_are_found_and_the_index_mended(settled: Engine, app: Flask) -> None:
    """As after a restore that lost notes: the columns know, and so the answers are right."""
    generation = settled.folder.current()
    assert generation is not None
    settled.close()
    with db.engine.begin() as connection:
        connection.execute(sa.insert(Change).values(service_id=uuid.uuid4(), changed_at=sa.func.current_timestamp()))
    again = app.extensions["search"] = Engine(app.extensions["settings"])
    assert find(SearchRequest(q="yoga")).total == 1
    assert again.settle()
    again.close()


def test_a_folder_that_cannot_be_written_to(
    database: SQLAlchemy, app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listed("Chair Yoga")
    blocked = tmp_path / "a file"
    blocked.write_text("")
    app.extensions["search"].close()
    app.extensions["search"] = Engine(
        Settings(database_url=app.extensions["settings"].database_url, search_index=blocked)
    )
    app.extensions["search"].answers_in_postgres = False
    results = find(SearchRequest(q="yoga"))
    assert (results.total, results.is_rebuilding) == (1, True)


def test_another_thread_waits_for_its_own_change(settled: Engine, app: Flask) -> None:
    """Four threads save and look at once; each finds what it saved."""
    missed: list[str] = []

    def save(number: int) -> None:
        with app.app_context():
            for step in range(4):
                name = f"thread{number}step{step}x"
                with transaction():
                    make_service(name)
                if find(SearchRequest(q=f'"{name}"')).total + find(SearchRequest(q=name)).total == 0:
                    missed.append(name)
            db.session.remove()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert missed == []
    assert settled.settle()
    assert not settled.difference()


def _in_another_process(settings: Settings, commands: Any, answers: Any) -> None:
    app = create_app(settings)
    app.extensions["search"].answers_in_postgres = False
    with app.app_context():
        for command, text in iter(commands.get, None):
            if command == "find":
                engine().look_again()
                answers.put(find(SearchRequest(q=text)).total)
            elif command == "save":
                with transaction():
                    make_service(text)
                answers.put(engine().settle())
        db.session.remove()
        db.engine.dispose()
    app.extensions["search"].close()


def test_two_processes_share_the_folder(settled: Engine, settings: Settings) -> None:
    commands, answers = processes.Queue(), processes.Queue()
    process = processes.start(_in_another_process, settings, commands, answers)

    def there(command: str, text: str) -> object:
        commands.put((command, text))
        return answers.get(timeout=60)

    try:
        assert there("find", "yoga") == 1
        listed("Made Here")
        assert there("find", "made") == 1
        assert settled.settle()
        assert there("find", "made") == 1
        assert there("save", "Made There")
        settled.look_again()
        assert names("made") == {"Made Here", "Made There"}
        generation = settled.folder.current()
        assert generation is not None
        damage(generation, "flip", 3)
        assert there("find", "made") == 2
        assert settled.settle()
        assert there("find", "made") == 2
    finally:
        commands.put(None)
        process.join(timeout=30)
        for queue in (commands, answers):
            queue.close()
            queue.join_thread()
    assert process.exitcode == 0
    assert not settled.difference()


def test_the_index_answers_like_memory(settled: Engine) -> None:
    """The reader that is in use and documents in memory give the same scores."""
    listed("Gardening for Carers", "Gardens")
    found = {}
    for is_settled in (False, True):
        if is_settled:
            assert settled.settle()
        found[is_settled] = [
            [(hit.service_id, hit.score) for hit in find(SearchRequest(q=q)).hits]
            for q in ("garden", "gardens club", "yoga", "gardning", "chiar")
        ]
    assert found[False] == found[True]
    generation = settled.folder.current()
    assert generation is not None
    assert len([one for one in IndexReader(settled.folder, generation).ids if one is not None]) == 5


def test_index_commands(settled: Engine, app: Flask) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(cli, ["verify"])
    assert (done.exit_code, done.output) == (0, "The index agrees with the database.\n")
    settled.close()
    with db.engine.begin() as connection:
        connection.execute(sa.update(Service).where(Service.name == "Chair Yoga").values(name="Table Yoga"))
        connection.execute(sa.update(Service).where(Service.name == "Garden Club").values(status=ServiceStatus.DEFUNCT))
    done = runner.invoke(cli, ["verify"])
    assert done.exit_code == 1
    assert "stale: " in done.output
    assert "extra: " in done.output
    assert "portal index rebuild" in done.output
    done = runner.invoke(cli, ["rebuild"])
    assert (done.exit_code, done.output) == (0, "\rIndexed 2 of 2 services\n")
    assert runner.invoke(cli, ["verify"]).exit_code == 0
    shutil.rmtree(settled.folder.path)
    done = runner.invoke(cli, ["verify"])
    assert done.exit_code == 1
    assert "there is no index" in done.output


def test_over_midnight(settled: Engine, clock: time_machine.Traveller) -> None:
    assert settled.state().columns.sessions.today.day == 23
    clock.move_to("2026-11-24T09:00+00:00")
    assert find(SearchRequest(days=("mon",))).total == 3
    for _ in range(200):
        if settled.state().columns.sessions.today.day == 24:
            break
        threading.Event().wait(0.02)
    assert settled.state().columns.sessions.today.day == 24
    clock.move_to("2026-12-20T09:00+00:00")
    assert settled.state().columns.sessions.today.day == 20
