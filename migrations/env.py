"""Runs the migrations with the application's own database."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from portal.core.database import Base, UtcDateTime
from portal.core.sealing import Sealed, SealedJson

config = context.config


def render_plainly(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones beneath, since migrations must outlive the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, (Sealed, SealedJson)):
        return "sa.LargeBinary()"
    return False


def run() -> None:
    """Bring the database forward over one connection, each migration in its own transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_plainly,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need the database: offline mode is not supported.")
run()
