"""A pydantic model of a plain dataclass has its fields, defaults and docstrings."""

from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

from config import model_from_dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of a judge."""

    alert: float = 7.0
    """From this score on people look."""
    steps: tuple[float, ...] = (1.0, 2.0)
    """Steps."""
    table: object = field(default_factory=object, metadata={"given": True})
    total: float = field(init=False, default=0.0)


def test_the_model_has_the_fields_that_an_operator_may_set() -> None:
    model = model_from_dataclass(Thresholds)
    assert set(model.model_fields) == {"alert", "steps"}
    assert model.model_fields["alert"].description == "From this score on people look."
    assert model().model_dump() == {"alert": 7.0, "steps": (1.0, 2.0)}


@pytest.mark.parametrize("values", [{"alert": "high"}, {"steps": 3}, {"table": 1}, {"total": 1}])
def test_the_model_refuses_what_does_not_fit(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model_from_dataclass(Thresholds)(**values)
