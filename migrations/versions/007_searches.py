"""what is looked for, without who"""

import sqlalchemy as sa
from alembic import op

revision = "007"
down_revision = "006"


def upgrade() -> None:
    # Without a row number, nothing on SQLite tells in which order the rows came.
    op.create_table(
        "logged_search",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("needs", sa.String(length=500), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("radius", sa.Double(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logged_search")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_logged_search_day"), "logged_search", ["day"])
    op.create_index("ix_logged_search_area_day", "logged_search", ["area", "day"])
    op.create_table(
        "logged_opening",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("needs", sa.String(length=500), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logged_opening")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_logged_opening_day"), "logged_opening", ["day"])
    op.create_index("ix_logged_opening_service_id_day", "logged_opening", ["service_id", "day"])
