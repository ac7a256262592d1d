"""The rules of search, word for word those of the embedded engine, with PostgreSQL answering."""

import pytest

from tests.search.test_rules_of_search import *  # noqa: F403


@pytest.fixture(autouse=True)
def _database(answered_by_tables: None) -> None:
    return
