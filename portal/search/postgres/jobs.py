"""The job that keeps the tables in PostgreSQL up to the day, and fills them where they are empty."""

from flask import current_app

from portal.core.jobs import every
from portal.search.postgres import keeping


@every("search.tables", minutes=10)
def turn_page_of_tables() -> None:
    """Bring the tables level with the directory and their sessions up to the present London day."""
    if current_app.extensions["search"].answers_in_postgres:
        keeping.turn_page()
