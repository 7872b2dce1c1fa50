"""Waiting periods: what was given to plants or animals ends a stated time before their harvest.

A harvest within a waiting period is told, never refused: the record says what happened. The rule
counts whole days of Vietnam. What is treated on the 1st with 7 days is free from the 8th.

>>> spray = FieldTreatment("Ridomil Gold", date(2026, 11, 1), 7)
>>> [find_breaches(date(2026, 11, day), [spray]) != [] for day in (1, 7, 8)]
[True, True, False]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class FieldTreatment:
    """A treatment of a place with what has a waiting period; `product` is the crop, if told."""

    name: str
    day: date
    waiting_days: int
    product: str | None = None

    @property
    def free_from(self) -> date:
        """The first day of a harvest that keeps the waiting period."""
        return self.day + timedelta(days=self.waiting_days)


def find_breaches(
    harvest: date, treatments: Iterable[FieldTreatment], product: str | None = None
) -> list[FieldTreatment]:
    """The treatments whose waiting period a harvest of a product at the same place breaks.

    A treatment of another crop does not count where both name theirs. The latest to end is first.
    """
    broken = [
        one
        for one in treatments
        if one.day <= harvest < one.free_from
        and (product is None or one.product is None or product == one.product)
    ]
    return sorted(broken, key=_order, reverse=True)


def _order(treatment: FieldTreatment) -> tuple[date, date, str, str]:
    return treatment.free_from, treatment.day, treatment.name, treatment.product or ""
