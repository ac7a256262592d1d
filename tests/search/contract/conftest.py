"""A PostgreSQL database, whatever the other tests run on."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of the PostgreSQL database, without rows."""
    from tests.conftest import _empty

    url: str = request.getfixturevalue("migrated_postgres")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        _empty(connection)
    engine.dispose()
    return url


@pytest.fixture
def in_postgresql(app: Flask) -> Iterator[None]:
    """An application context over PostgreSQL."""
    with app.app_context():
        yield


@pytest.fixture
def answered_by_tables(app: Flask, database: SQLAlchemy) -> Iterator[None]:
    """Let PostgreSQL answer, and see to it that the tables agree with the directory in the end."""
    yield
    with app.app_context():
        assert not app.extensions["search"].difference()
