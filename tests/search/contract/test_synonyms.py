"""What words mean, as it holds for the embedded engine, with PostgreSQL answering."""

import pytest

from tests.search.test_synonyms_in_search import TestDidYouMean, TestFinding, TestOfferedNeeds, listed  # noqa: F401


@pytest.fixture(autouse=True)
def _database(answered_by_tables: None) -> None:
    return
