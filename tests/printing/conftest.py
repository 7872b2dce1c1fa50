"""Fixtures of the printing tests."""

from collections.abc import Callable
from typing import Any

import pytest

from printing import PrintRun
from tests.printing.support import seal, sign


@pytest.fixture
def make_run() -> Callable[..., PrintRun]:
    """Make print runs of batch 17 with changed fields."""

    def make(**changes: Any) -> PrintRun:
        values: dict[str, Any] = {
            "batch": 17,
            "lo": 0,
            "hi": 100,
            "host": "VERITEM.VN",
            "grade": "sealed",
            "gtin": None,
            "seal": seal,
            "sign": sign,
        }
        return PrintRun(**{**values, **changes})

    return make
