"""Words people use and words of crisis, which moderators edit."""

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"


def upgrade() -> None:
    op.create_table(
        "crisis_phrase",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("shipped_as", sa.String(length=200), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_why", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crisis_phrase")),
        sa.UniqueConstraint("shipped_as", name=op.f("uq_crisis_phrase_shipped_as")),
    )
    op.create_table(
        "word_list_mark",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_word_list_mark")),
    )
    op.create_table(
        "words_people_use",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("same", sa.JSON(), nullable=False),
        sa.Column("phrases", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("shipped_as", sa.String(length=200), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_why", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words_people_use")),
        sa.UniqueConstraint("shipped_as", name=op.f("uq_words_people_use_shipped_as")),
    )
    counts = sa.text("removed_at IS NULL")
    for table in ("crisis_phrase", "words_people_use"):
        op.create_index(
            op.f(f"ix_{table}_folded"),
            table,
            ["folded"],
            unique=True,
            sqlite_where=counts,
            postgresql_where=counts,
        )
