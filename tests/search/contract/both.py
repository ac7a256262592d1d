"""Both engines over made-up documents, behind one face."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.directory import calendar
from portal.directory.index_queries import Watermark
from portal.search import state as states
from portal.search.answering import Answer
from portal.search.columns.filters import Filters
from portal.search.columns.question import Question
from portal.search.columns.vocabulary import vocabulary_of
from portal.search.documents import Document
from portal.search.postgres import writing
from portal.search.postgres.answer import TableAnswer
from portal.search.postgres.bits import read_numbers
from portal.search.postgres.known import Known, Marks, read_access
from portal.search.postgres.lookup import TableLookup
from portal.search.postgres.tables import metadata
from portal.search.results import SearchRequest
from portal.search.text.meeting import Meeting
from portal.search.text.synonyms import Synonyms
from tests.search.made_up import TERMS

Covering = frozenset[uuid.UUID]
Ask = Callable[[SearchRequest, Covering], Answer | TableAnswer]


def embedded(documents: Sequence[Document], synonyms: Synonyms) -> Ask:
    state = states.from_memory(states.first_state(documents, TERMS.values(), Watermark(1, ""), clock.today()))
    object.__setattr__(state, "synonyms", synonyms)

    def ask(request: SearchRequest, covering: Covering) -> Answer:
        found = Answer(state, request, clock.now())
        found.__dict__["covering"] = covering
        question = Question(
            request=request,
            now=found.now,
            scores=found.scoring.score(found.query) if found.query else None,
            is_ranked=found.query.asks,
            covering=covering,
        )
        found.__dict__["filters"] = Filters(state.columns, question)
        # Other spellings are asked anew, with areas that only an application knows; they are tested elsewhere.
        found.__dict__["did_you_mean"] = list
        return found

    return ask


def clear(connection: sa.Connection) -> None:
    """Empty the tables of the index."""
    for table in metadata.sorted_tables:
        connection.execute(sa.delete(table))


def write(documents: Sequence[Document], today: dt.date) -> None:
    with db.engine.begin() as connection:
        clear(connection)
        writing.fill_terms(connection, writing.put(connection, documents, today, calendar.shipped(), {}))
        connection.exec_driver_sql("ANALYZE")


def in_postgres(documents: Sequence[Document], synonyms: Synonyms, days_old: int = 0) -> Ask:
    """Fill the tables. With `days_old` they say of themselves that they were worked out on an earlier day."""
    write(documents, clock.today())
    with db.engine.connect() as connection:
        lookup, access = TableLookup(read_numbers(connection)), read_access(connection)
    known = Known(
        marks=Marks("", clock.today() - dt.timedelta(days=days_old), None),
        vocabulary=vocabulary_of(TERMS.values(), documents),
        synonyms=synonyms,
        calendar=calendar.shipped(),
        meeting=Meeting(lookup),
        access=access,
    )

    def ask(request: SearchRequest, covering: Covering) -> TableAnswer:
        found = TableAnswer(known, request, clock.now())
        found.__dict__["covering"] = covering
        return found

    return ask
