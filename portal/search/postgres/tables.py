"""The tables of the index, in a schema of their own; migrations 008 and 009 make them. SQLite has none of them.

They hold nothing that is not in the directory as well, so they may be emptied at any time and filled again.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

SCHEMA = "search"
metadata = sa.MetaData(schema=SCHEMA)

# Later than any minute of a session.
NO_END = 2_147_483_647

# How far the index has come: the newest change it holds, and the London day from which its sessions were worked out.
STATE = sa.Table(
    "state",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("sessions_from", sa.Date, nullable=False),
)

# One row per public service: what is looked up for its words, and what few questions ask for. `number` stays with it
# as long as it is shown. `texts` are its folded fields with a sign between them, for phrases; `flags` are
# "filter:value".
DOCUMENT = sa.Table(
    "document",
    metadata,
    sa.Column("service_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.Column("words", pg.TSVECTOR, nullable=False),
    sa.Column("flags", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("capacity", sa.Text),
    sa.Column("is_thin", sa.Boolean, nullable=False),
    sa.Column("is_closed_for_now", sa.Boolean, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("ix_document_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)

# One narrow row per service and venue, which every question looks through, with all of the service that it filters
# and orders by: so nothing has to be joined. `service` is the number of the service, `is_only` says that this is its
# one venue, `reach` how the rule of "where" is applied, `access` which combination of ACCESS it has; positions are
# millionths of a degree, NULL where there is none or it is confidential. `number` is the one in addresses.
# `later_starts` and `later_bits` say when something begins after the day of the state, and on which days and in which
# parts of the day something does.
VENUE = sa.Table(
    "venue",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("service", sa.Integer, nullable=False, index=True),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Column("is_only", sa.Boolean, nullable=False),
    sa.Column("is_physical", sa.Boolean, nullable=False),
    sa.Column("reach", sa.SmallInteger, nullable=False),
    sa.Column("access", sa.Integer, nullable=False),
    sa.Column("latitude", sa.Integer),
    sa.Column("longitude", sa.Integer),
    sa.Column("number", sa.BigInteger),
    sa.Column("later_starts", sa.Integer),
    sa.Column("later_bits", sa.Integer, nullable=False),
    sa.Column("least_age", sa.Integer, nullable=False),
    sa.Column("most_age", sa.Integer, nullable=False),
    sa.Column("confirmed_on", sa.Date),
    sa.Column("factor", sa.Float, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("folded_name", sa.Text(collation="C"), nullable=False),
    sa.Column("name_words", sa.Text, nullable=False),
    sa.Column("rules", pg.ARRAY(sa.Integer), nullable=False),
    sa.Index("ix_venue_latitude_longitude", "latitude", "longitude"),
)

# What happens at a venue, short: its sessions of the day of the state and the day before; one row for all later ones
# of five weeks that belong to the same days and parts of the day, as the first of them begins and with no end; and,
# where there are none, the first one after that, which belongs to none.
HAPPENING = sa.Table(
    "happening",
    metadata,
    sa.Column("venue", sa.Integer, nullable=False, index=True),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("is_bounded", sa.Boolean, nullable=False),
    sa.Column("days", sa.SmallInteger, nullable=False),
    sa.Column("parts", sa.SmallInteger, nullable=False),
    sa.Index("ix_happening_ends", "ends", postgresql_where=sa.text(f"ends < {NO_END}")),
)

# Combinations of what helps in getting in and taking part, each once. There are few.
ACCESS = sa.Table(
    "access",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("held", pg.ARRAY(sa.Text), nullable=False, unique=True),
)

# For each value of a filter on the service, and each area, a bit for every service by its number, all of one length.
# Counting beside the filters is then counting bits. ("all", "") are all services, ("for", "") those for everybody.
FLAG = sa.Table(
    "flag",
    metadata,
    sa.Column("filter", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("held", pg.BIT(varying=True), nullable=False),
)

# The names of services from each of their words on, for suggestions.
BEGINNING = sa.Table(
    "beginning",
    metadata,
    sa.Column("words", sa.Text(collation="C"), nullable=False, index=True),
    sa.Column("starts_name", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False, index=True),
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

# How many services hold a word or a stem; the words are what slips are looked up in.
TERM = sa.Table(
    "term",
    metadata,
    sa.Column("form", sa.String(5), primary_key=True),
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("services", sa.Integer, nullable=False),
)

# How a venue is reached: by its distance, not at all (nobody has to go anywhere), or by the areas of the service.
BY_DISTANCE, ANYWHERE, BY_AREA = range(3)
WORD, STEM = "word", "stem"
TRIGRAM_INDEX = "ix_term_words_by_trigrams"
MAKE_TRIGRAM_INDEX = (
    f"CREATE INDEX {TRIGRAM_INDEX} ON {SCHEMA}.term USING gin (term gin_trgm_ops) WHERE form = '{WORD}'"
)
