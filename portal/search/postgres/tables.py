"""The tables of the index, in a schema of their own; migration 008 makes them. SQLite has none of them.

They hold nothing that is not in the directory as well, so they may be emptied at any time and filled again.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

SCHEMA = "search"
metadata = sa.MetaData(schema=SCHEMA)

# How far the index has come: the newest change it holds, and the London day from which its sessions were worked out.
STATE = sa.Table(
    "state",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("sessions_from", sa.Date, nullable=False),
)

# One row per public service. `number` stays with it as long as it is shown. `texts` are its folded fields with a sign
# between them, for phrases; `flags` are
# "filter:value"; `folded_name` and `name_words` serve order and the bonus for a name.
DOCUMENT = sa.Table(
    "document",
    metadata,
    sa.Column("service_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded_name", sa.Text(collation="C"), nullable=False),
    sa.Column("name_words", sa.Text, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.Column("words", pg.TSVECTOR, nullable=False),
    sa.Column("flags", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("is_for_all", sa.Boolean, nullable=False),
    sa.Column("is_physical", sa.Boolean, nullable=False),
    sa.Column("least_age", sa.Integer, nullable=False),
    sa.Column("most_age", sa.Integer, nullable=False),
    sa.Column("confirmed_on", sa.Date),
    sa.Column("factor", sa.Float, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("ix_document_words", "words", postgresql_using="gin"),
)

# One row per service and venue, in their order. `reach` says how the rule of "where" is applied; positions are
# millionths of a degree, NULL where there is none or it is confidential.
VENUE = sa.Table(
    "venue",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("service_id", sa.Uuid, nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("number", sa.BigInteger),
    sa.Column("reach", sa.SmallInteger, nullable=False),
    sa.Column("latitude", sa.Integer),
    sa.Column("longitude", sa.Integer),
    sa.Column("areas", pg.ARRAY(sa.Uuid), nullable=False),
    sa.Column("access", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("rules", pg.ARRAY(sa.Integer), nullable=False),
    sa.Index("ix_venue_reach_latitude_longitude", "reach", "latitude", "longitude"),
)

# Rules of recurrence, each once whoever follows it, and their real sessions in minutes of London's wall clock.
RULE = sa.Table(
    "rule",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("print", sa.Text, nullable=False, unique=True),
    sa.Column("rule", pg.JSONB, nullable=False),
)

SESSION = sa.Table(
    "session",
    metadata,
    sa.Column("rule", sa.Integer, nullable=False),
    sa.Column("day", sa.Integer, nullable=False, index=True),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("begins", sa.Integer, nullable=False),
    sa.Column("closes", sa.Integer, nullable=False),
    sa.Column("days", sa.SmallInteger, nullable=False),
    sa.Column("parts", sa.SmallInteger, nullable=False),
    sa.Index("ix_session_rule_starts", "rule", "starts"),
)

# How many services hold a word, a stem, a flag, or are there at all; the words are what slips are looked up in.
TERM = sa.Table(
    "term",
    metadata,
    sa.Column("form", sa.String(5), primary_key=True),
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("services", sa.Integer, nullable=False),
)

# How a venue is reached: by its distance, not at all (nobody has to go anywhere), or by the areas of the service.
BY_DISTANCE, ANYWHERE, BY_AREA = range(3)
ALL, WORD, STEM, FLAG = "all", "word", "stem", "flag"
TRIGRAM_INDEX = "ix_term_words_by_trigrams"
MAKE_TRIGRAM_INDEX = (
    f"CREATE INDEX {TRIGRAM_INDEX} ON {SCHEMA}.term USING gin (term gin_trgm_ops) WHERE form = '{WORD}'"
)
