"""Fixtures of the issuer's tests."""

from typing import Any

import pytest
from argon2.low_level import hash_secret_raw

from stamps import envelope


@pytest.fixture(autouse=True)
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its lowest cost: the full one, which `stamps` tests, would take minutes here."""

    def quick(*args: Any, **cost: Any) -> bytes:
        return hash_secret_raw(*args, **{**cost, "memory_cost": 64, "time_cost": 1})

    monkeypatch.setattr(envelope, "hash_secret_raw", quick)
