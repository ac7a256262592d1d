"""The lists of words: what ships, what is read of them, and every change."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
import yaml
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import reading, transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Taxonomy
from portal.directory.operations.vocabulary import FILES, FOLDER
from portal.search.crisis import CrisisWords
from portal.search.text.synonyms import Meant
from portal.search.wordlists import read_crisis_phrases, read_entries, read_lists_mark, read_synonyms
from portal.search.words import operations
from portal.search.words import preview as trying
from portal.search.words.entries import (
    SHIPPED_WORDS,
    Entry,
    folded,
    shipped_crisis,
    shipped_crisis_phrases,
    shipped_entries,
    synonyms_of,
)
from portal.search.words.models import CrisisPhrase, WordsPeopleUse
from portal.search.words.preview import MOST_SEARCHES, recent_searches
from tests.accounts.reading import acts, look
from tests.factories import make_term

SKINT = Entry("skint", needs=("money",))


def slugs_of(taxonomy: Taxonomy) -> set[str]:
    return {term["slug"] for term in yaml.safe_load((FOLDER / FILES[taxonomy]).read_text())}


def test_enough_words_ship() -> None:
    assert len(shipped_entries()) >= 250
    for asked in (
        "lonely",
        "skint",
        "somewhere warm",
        "can’t cope",
        "gran keeps falling",
        "mum and baby",
        "blue badge",
    ):
        assert synonyms_of(shipped_entries()).find(folded(asked)), asked


def test_every_word_that_ships_can_be_used() -> None:
    needs, categories = slugs_of(Taxonomy.NEED), slugs_of(Taxonomy.CATEGORY)
    for entry in shipped_entries():
        operations.columns_of(entry, is_checked=False)
        assert needs.issuperset(entry.needs) and categories.issuperset(entry.categories), entry
    for line in yaml.safe_load(SHIPPED_WORDS.read_text()):
        assert set(line) <= {"said", "same", "also", "needs", "categories", "note"}, line


def test_no_word_that_ships_stands_twice() -> None:
    # A phrase that is in two entries, as what is said or as the same, would have two homes for moderators to look in.
    heard = [folded(phrase) for entry in shipped_entries() for phrase in (entry.said, *entry.same)]
    assert len(heard) == len(set(heard)), sorted({phrase for phrase in heard if heard.count(phrase) > 1})


def test_words_of_crisis_lead_to_needs_and_nothing_leads_to_them() -> None:
    crisis = CrisisWords(shipped_crisis_phrases())
    speaking = [one for one in shipped_entries() if any(map(crisis.are_in, (one.said, *one.same)))]
    assert len(speaking) >= 10
    assert all({*one.needs} & {"mental-wellbeing", "domestic-abuse"} for one in speaking)
    assert [phrase for one in shipped_entries() for phrase in one.phrases if crisis.are_in(phrase)] == []
    meant = synonyms_of(shipped_entries()).longest_at
    for said, need in (("i want to die", "mental-wellbeing"), ("he hits me", "domestic-abuse")):
        stretch = next(found for place in range(3) if (found := meant(said.split(), place)))
        assert stretch.meant.needs == (need,), said


def test_the_ways_of_words() -> None:
    meant = synonyms_of(
        [
            SKINT,
            Entry("ms", phrases=("multiple sclerosis",)),
            Entry("Nan", same=("gran’s", "grand mother"), phrases=("older people",)),
            Entry("nan", needs=("falls",), categories=("carers",)),
        ]
    ).find
    assert meant(("skint",)) == Meant(needs=("money",))
    assert meant(("ms",)) == Meant((("multiple", "sclerosis"),))
    assert meant(("multiple", "sclerosis")) is None
    assert meant(("grans",)) == Meant((("nan",), ("grand", "mother"), ("older", "people")))
    assert meant(("nan",)) == Meant((("grans",), ("grand", "mother"), ("older", "people")), ("falls",), ("carers",))
    assert meant(("older", "people")) is None


def test_searches_to_try_a_change_on(database: SQLAlchemy) -> None:
    assert 30 <= len(recent_searches()) <= MOST_SEARCHES


def test_a_change_is_not_tried_for_ever(database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trying.preview(None, SKINT).asked >= MOST_SEARCHES
    monkeypatch.setattr(trying, "MOST_SECONDS", -1.0)
    assert trying.preview(None, SKINT).asked == 1


def test_loading_keeps_what_moderators_did(database: SQLAlchemy) -> None:
    loaded = operations.load_words(actor="test")
    assert (loaded.words, loaded.crisis) == (len(shipped_entries()), len(shipped_crisis_phrases()))
    assert acts() == ["words:load", "crisis:load"]
    with look() as session:
        rows = {row.said: row for row in session.scalars(sa.select(WordsPeopleUse))}
        phrase = session.scalars(sa.select(CrisisPhrase).where(CrisisPhrase.said == "chest pains")).one()
    with transaction():
        make_term(Taxonomy.NEED, "food")
    operations.change_words(
        actor="test", words_id=rows["skint"].id, expected=1, entry=Entry("so skint", needs=("food",))
    )
    operations.remove_words(actor="test", words_id=rows["lonely"].id, expected=1)
    operations.remove_crisis_phrase(actor="test", phrase_id=phrase.id, expected=1, why="chest pain meets it")
    assert operations.load_words(actor="test") == operations.Loaded(0, 0)
    with reading() as connection:
        entries = {entry.said: entry for entry in read_entries(connection)}
        assert folded("chest pains") not in read_crisis_phrases(connection)
    assert entries["so skint"] == Entry("so skint", needs=("food",))
    assert "skint" not in entries and "lonely" not in entries and len(entries) == len(shipped_entries()) - 1


def test_the_mark_moves_with_every_change(database: SQLAlchemy) -> None:
    with transaction():
        make_term(Taxonomy.NEED, "money")
    marks = []

    def mark() -> None:
        with reading() as connection:
            marks.append(read_lists_mark(connection))
            assert read_lists_mark(connection) == marks[-1]

    mark()
    row = operations.add_words(actor="test", entry=SKINT)
    mark()
    operations.change_words(actor="test", words_id=row.id, expected=1, entry=Entry("skint", phrases=("debt",)))
    mark()
    operations.remove_words(actor="test", words_id=row.id, expected=2)
    mark()
    phrase = operations.add_crisis_phrase(actor="test", said="cannot bear it")
    mark()
    operations.change_crisis_phrase(actor="test", phrase_id=phrase.id, expected=1, said="cannot bear this")
    mark()
    operations.remove_crisis_phrase(actor="test", phrase_id=phrase.id, expected=2, why="met by another")
    mark()
    assert len(set(marks)) == len(marks)
    operations.add_words(actor="test", entry=SKINT)  # what was taken away can come back
    with reading() as connection:
        assert read_synonyms(connection).find(("skint",)) == Meant(needs=("money",))


REFUSED: list[tuple[Entry, str]] = [
    (Entry("?!", needs=("money",)), "said"),
    (Entry("one two three four five six", needs=("money",)), "said"),
    (Entry("a" * 81, needs=("money",)), "said"),
    (Entry("Skint!", needs=("money",)), "said"),
    (Entry("broke"), "phrases"),
    (Entry("broke", phrases=("Broke",)), "phrases"),
    (Entry("broke", same=("No money", "no money!")), "same"),
    (Entry("broke", same=("no money",), phrases=("no money",)), "phrases"),
    (Entry("broke", phrases=("one two three four five six",)), "phrases"),
    (Entry("broke", phrases=tuple(f"word{number}" for number in range(21))), "phrases"),
    (Entry("broke", needs=("no-such-need",)), "needs"),
    (Entry("broke", categories=("money",)), "categories"),
    (Entry("broke", needs=("money",), note="x" * 301), "note"),
]


def test_what_cannot_stand_in_the_list(database: SQLAlchemy) -> None:
    with transaction():
        make_term(Taxonomy.NEED, "money")
    operations.add_words(actor="test", entry=SKINT)
    for entry, field in REFUSED:
        with pytest.raises(RefusedChangeError) as refused:
            operations.add_words(actor="test", entry=entry)
        assert refused.value.field == field, entry
    with pytest.raises(RefusedChangeError):
        operations.add_crisis_phrase(actor="test", said=" ".join(["ﷲ" * 10] * 7))
    other = operations.add_words(actor="test", entry=Entry("broke", needs=("money",)))
    with pytest.raises(RefusedChangeError):
        operations.change_words(actor="test", words_id=other.id, expected=1, entry=SKINT)
    with pytest.raises(ChangedMeanwhileError):
        operations.remove_words(actor="test", words_id=other.id, expected=7)
    operations.remove_words(actor="test", words_id=other.id, expected=1)
    with pytest.raises(LookupError):
        operations.remove_words(actor="test", words_id=other.id, expected=2)


def test_words_of_crisis_are_never_switched_off(database: SQLAlchemy) -> None:
    def phrases() -> frozenset[tuple[str, ...]]:
        with reading() as connection:
            return read_crisis_phrases(connection)

    assert phrases() == shipped_crisis_phrases(), "nothing is stored, so what ships counts"
    for said in ("", "!?", "the and of", " ".join(["word"] * 9)):
        with pytest.raises(RefusedChangeError):
            operations.add_crisis_phrase(actor="test", said=said)
    operations.add_crisis_phrase(actor="test", said="Cannot bear it")
    assert phrases() == shipped_crisis_phrases() | {("cannot", "bear", "it")}, "what ships came along"
    with look() as session:
        rows = session.execute(sa.select(CrisisPhrase.id, CrisisPhrase.said)).all()
    with pytest.raises(RefusedChangeError) as refused:
        operations.remove_crisis_phrase(actor="test", phrase_id=rows[0].id, expected=1, why="  ")
    assert refused.value.field == "why"
    with transaction() as session:
        keep = sa.update(CrisisPhrase).where(CrisisPhrase.id != rows[0].id)
        session.execute(keep.values(removed_at=sa.func.current_timestamp(), version=CrisisPhrase.version))
    with pytest.raises(RefusedChangeError, match="the last one"):
        operations.remove_crisis_phrase(actor="test", phrase_id=rows[0].id, expected=1, why="no more")
    assert len(phrases()) == 1


def test_the_command(app: Flask, database: SQLAlchemy) -> None:
    run: Callable[..., object] = app.test_cli_runner().invoke
    first, again = run(args=["words", "load"]), run(args=["words", "load"])
    assert first.output == (  # type: ignore[attr-defined]
        f"Words people use: {len(shipped_entries())} added. Words of crisis: {len(set(shipped_crisis()))} added.\n"
    )
    assert again.output == "Words people use: 0 added. Words of crisis: 0 added.\n"  # type: ignore[attr-defined]
