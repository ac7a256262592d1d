"""What the pages ask for, as the embedded engine gives it, with PostgreSQL answering."""

import pytest

from tests.search.test_finding import TestRescue, test_counts_by_category, test_matching_words_are_marked  # noqa: F401


@pytest.fixture(autouse=True)
def _database(answered_by_tables: None) -> None:
    return
