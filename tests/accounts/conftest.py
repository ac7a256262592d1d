"""What tests of accounts share: hashes that cost next to nothing, and a look into the audit and the outbox."""

import pytest


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the least memory and one pass; a test that asks for `real_hashes` gets the site's own cost."""
    if "real_hashes" not in request.fixturenames:
        least = {"argon2__type": "ID", "argon2__memory_cost": 64, "argon2__time_cost": 1, "argon2__parallelism": 1}
        monkeypatch.setattr("portal.accounts.security.ARGON2", least)


@pytest.fixture
def real_hashes() -> None:
    """Hash as the site does."""
