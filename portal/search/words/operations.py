"""Every change of the two lists of words. Each moves the mark of its list, and the search looks again at once."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean
from portal.directory.changes import changed
from portal.directory.models import Taxonomy
from portal.directory.queries import list_terms
from portal.search.text.words import STOP_WORDS
from portal.search.words.entries import Entry, folded, shipped_crisis, shipped_entries
from portal.search.words.models import CrisisPhrase, WordListMark, WordsPeopleUse

MOST_LETTERS, LONGEST_FOLDED = 80, 200
MOST_WORDS = 5
MOST_WORDS_OF_CRISIS = 8
MOST_PHRASES = 20
MOST_NOTE = 300
# So many are held in memory without a thought; a list that is longer is no list that people look after.
MOST_ENTRIES = 5_000

Kept = TypeVar("Kept", WordsPeopleUse, CrisisPhrase)


@dataclass(frozen=True)
class Loaded:
    """How many entries of each list came in from what ships."""

    words: int
    crisis: int


def add_words(*, actor: str, entry: Entry) -> WordsPeopleUse:
    """Add an entry to the words people use, and return it. Raises RefusedChangeError with the field."""
    values = columns_of(entry)
    with transaction() as session:
        if (session.scalar(sa.select(sa.func.count()).select_from(WordsPeopleUse)) or 0) >= MOST_ENTRIES:
            raise RefusedChangeError("", f"The list has {MOST_ENTRIES:,} entries. Take one away first.")
        kept = WordsPeopleUse(id=uuid.uuid4(), **values)
        session.add(kept)
        _close(session, kept, actor, "add", after=_told(values))
    return kept


def change_words(*, actor: str, words_id: uuid.UUID, expected: int, entry: Entry) -> None:
    """Change an entry that has the version `expected`.

    Raises RefusedChangeError with the field, ChangedMeanwhileError with the present row, LookupError when there is
    none.
    """
    values = columns_of(entry)
    with transaction() as session:
        _change(session, _get(session, WordsPeopleUse, words_id, expected), values, actor)


def remove_words(*, actor: str, words_id: uuid.UUID, expected: int, why: str = "") -> None:
    """Take an entry away; `words load` does not put it back. Raises as `change_words` does."""
    with transaction() as session:
        _remove(session, _get(session, WordsPeopleUse, words_id, expected), why, actor)


def add_crisis_phrase(*, actor: str, said: str, remark: str = "") -> CrisisPhrase:
    """Add a phrase of crisis, and return it; those that ship are there then too. Raises RefusedChangeError."""
    values = _crisis_values(said, remark)
    with transaction() as session:
        # Before the first change the shipped ones count though no row says so; they must not end with it.
        _add_shipped_crisis(session)
        kept = CrisisPhrase(id=uuid.uuid4(), **values)
        session.add(kept)
        _close(session, kept, actor, "add", after=values)
    return kept


def change_crisis_phrase(*, actor: str, phrase_id: uuid.UUID, expected: int, said: str, remark: str = "") -> None:
    """Change a phrase of crisis that has the version `expected`. Raises as `change_words` does."""
    values = _crisis_values(said, remark)
    with transaction() as session:
        _change(session, _get(session, CrisisPhrase, phrase_id, expected), values, actor)


def remove_crisis_phrase(*, actor: str, phrase_id: uuid.UUID, expected: int, why: str) -> None:
    """Take a phrase of crisis away, with a reason. The last one stays. Raises as `change_words` does."""
    with transaction() as session:
        phrase = _get(session, CrisisPhrase, phrase_id, expected)
        if not clean(why):
            raise RefusedChangeError("why", "Say why it goes")
        rest = sa.select(CrisisPhrase.id).where(CrisisPhrase.removed_at.is_(None), CrisisPhrase.id != phrase.id)
        if session.scalars(rest.limit(1)).first() is None:
            raise RefusedChangeError("", "This is the last one. The list is never empty: change it, or add another.")
        _remove(session, phrase, why, actor)


def load_words(*, actor: str) -> Loaded:
    """Add what ships and is missing in either list. What moderators changed or took away stays as they left it."""
    with transaction() as session:
        return add_shipped_words(session, actor=actor)


def add_shipped_words(session: Session, *, actor: str) -> Loaded:
    """Do what `load_words` does, within a transaction that is already open."""
    known = _known(session, WordsPeopleUse)
    fresh = [(key, entry) for entry in shipped_entries() if (key := _key(entry.said)) not in known]
    session.add_all(WordsPeopleUse(shipped_as=key, **columns_of(entry, is_checked=False)) for key, entry in fresh)
    loaded = Loaded(words=len(fresh), crisis=_add_shipped_crisis(session))
    session.flush()
    for name, count in (("words", loaded.words), ("crisis", loaded.crisis)):
        if count:
            _move_mark(session, name)
            note(session, actor=actor, act=f"{name}:load", about="word_list", after={"added": count})
    return loaded


def columns_of(entry: Entry, *, is_checked: bool = True) -> dict[str, Any]:
    """Return the columns of an entry, cleaned. Raises RefusedChangeError with the field that cannot be used.

    With `is_checked` its needs and categories have to be in the lists of the site.
    """
    cleaned = replace(
        entry,
        said=clean(entry.said),
        same=_cleaned(entry.same),
        phrases=_cleaned(entry.phrases),
        note=clean(entry.note),
    )
    _check_said("said", cleaned.said, MOST_WORDS)
    _check_phrases(cleaned)
    if not (cleaned.same or cleaned.phrases or cleaned.needs or cleaned.categories):
        raise RefusedChangeError("phrases", "Enter other words, or choose a need or a kind of service")
    if len(cleaned.note) > MOST_NOTE:
        raise RefusedChangeError("note", f"Use {MOST_NOTE} letters or fewer")
    if is_checked:
        _check_terms("needs", cleaned.needs, Taxonomy.NEED)
        _check_terms("categories", cleaned.categories, Taxonomy.CATEGORY)
    lists = {name: list(getattr(cleaned, name)) for name in ("same", "phrases", "needs", "categories")}
    return {**asdict(cleaned), **lists, "folded": _key(cleaned.said)}


def _crisis_values(said: str, remark: str) -> dict[str, str]:
    values = {"said": clean(said), "note": clean(remark)}
    _check_said("said", values["said"], MOST_WORDS_OF_CRISIS)
    if STOP_WORDS.issuperset(folded(values["said"])):
        raise RefusedChangeError("said", "These words are so common that they would put the panel above every search")
    if len(values["note"]) > MOST_NOTE:
        raise RefusedChangeError("note", f"Use {MOST_NOTE} letters or fewer")
    return {**values, "folded": _key(values["said"])}


def _cleaned(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for phrase in phrases if (found := clean(phrase))))


def _check_phrases(entry: Entry) -> None:
    """Refuse other words that are too many, too long, or stand in an entry twice."""
    seen = {_key(entry.said)}
    for field, phrases in (("same", entry.same), ("phrases", entry.phrases)):
        if len(phrases) > MOST_PHRASES:
            raise RefusedChangeError(field, f"Use {MOST_PHRASES} phrases or fewer")
        for phrase in phrases:
            _check_said(field, phrase, MOST_WORDS)
            if _key(phrase) in seen:
                raise RefusedChangeError(field, f"“{phrase}” stands here twice")
            seen.add(_key(phrase))


def _check_said(field: str, text: str, most: int) -> None:
    words = folded(text)
    if not words:
        raise RefusedChangeError(field, "Enter a word or a phrase")
    # A few signs stand for a whole word each, so that what is looked up may be longer than what was typed.
    if len(words) > most or len(text) > MOST_LETTERS or len(_key(text)) > LONGEST_FOLDED:
        raise RefusedChangeError(field, f"Use {most} words or fewer: “{text[:MOST_LETTERS]}” is too long")


def _check_terms(field: str, slugs: tuple[str, ...], taxonomy: Taxonomy) -> None:
    if not {term.slug for term in list_terms(taxonomy)}.issuperset(slugs):
        raise RefusedChangeError(field, "Choose from the list")


def _key(text: str) -> str:
    return " ".join(folded(text))


def _known(session: Session, kind: type[WordsPeopleUse] | type[CrisisPhrase]) -> set[str | None]:
    """Return every phrase that a list holds or held, also under the name by which it once came in."""
    return {phrase for row in session.execute(sa.select(kind.folded, kind.shipped_as)) for phrase in row}


def _add_shipped_crisis(session: Session) -> int:
    known = _known(session, CrisisPhrase)
    fresh = {key: said for said in shipped_crisis() if (key := _key(said)) not in known}
    session.add_all(CrisisPhrase(said=said, folded=key, shipped_as=key) for key, said in fresh.items())
    session.flush()
    return len(fresh)


def _get(session: Session, kind: type[Kept], row_id: uuid.UUID, expected: int) -> Kept:
    row = session.get(kind, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.removed_at is not None:
        raise LookupError(row_id)
    if row.version != expected:
        raise ChangedMeanwhileError(row)
    return row


def _change(session: Session, row: WordsPeopleUse | CrisisPhrase, values: Mapping[str, Any], actor: str) -> None:
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not differing:
        return
    before = {name: getattr(row, name) for name in differing}
    for name, value in differing.items():
        setattr(row, name, value)
    _close(session, row, actor, "change", before=_told(before), after=_told(differing))


def _remove(session: Session, row: WordsPeopleUse | CrisisPhrase, why: str, actor: str) -> None:
    row.removed_at, row.removed_why = clock.now(), clean(why, limit=MOST_NOTE)
    _close(session, row, actor, "remove", before={"said": row.said}, after={"why": row.removed_why})


def _told(values: Mapping[str, Any]) -> dict[str, object]:
    """Return columns as the audit takes them: lists in one line, and what is derived left out."""
    return {
        name: ", ".join(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name != "folded"
    }


def _close(
    session: Session,
    row: WordsPeopleUse | CrisisPhrase,
    actor: str,
    verb: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Store a change, move the mark and note it. Raises RefusedChangeError when the phrase is in the list already."""
    name = "words" if isinstance(row, WordsPeopleUse) else "crisis"
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise RefusedChangeError("said", "This is in the list already") from None
    _move_mark(session, name)
    note(
        session, actor=actor, act=f"{name}:{verb}", about=row.__tablename__, about_id=row.id, before=before, after=after
    )


def _move_mark(session: Session, name: str) -> None:
    mark = session.get(WordListMark, name, with_for_update=True, populate_existing=True)
    if mark is None:
        session.add(WordListMark(name=name))
    else:
        mark.changes, mark.changed_at = mark.changes + 1, clock.now()
    # A function of its own each time: one that was heard once is not heard again.
    sa.event.listen(session, "after_commit", lambda _session: changed.send(), once=True)
