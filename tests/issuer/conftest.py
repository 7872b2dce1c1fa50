"""Fixtures of the issuer's tests."""

import pytest


@pytest.fixture(autouse=True)
def _cost(quick_passphrases: None) -> None:
    """Every test has envelopes of the lowest cost."""
