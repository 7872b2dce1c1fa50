"""Days of people sign in several times: their passwords are hashed at the lowest cost."""

import pytest


@pytest.fixture(autouse=True)
def hash_quickly(quick_passwords: None) -> None:
    """Every day signs in at the lowest cost of Argon2id."""
