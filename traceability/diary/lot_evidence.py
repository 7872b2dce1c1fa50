"""What the diary of its place of origin says of a lot: what it confirms, lacks and contradicts.

A lot whose place has no diary is not judged by it. Where there is one, it should tell the harvest
of the lot and what was given before, no waiting period should be broken, and nothing is packed
before it is harvested. What cannot be checked, because no harvest is told, is not confirmed.
Nothing here forbids an act: the findings go into the completeness of a lot.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from traceability.diary.waiting_period import FieldTreatment, find_breaches

SEASON_DAYS: Final = 365
"""Days before a harvest whose inputs count for it."""
HARVEST_DAYS: Final = 3
"""Days by which the harvest of an entry and that of a lot may differ."""


class EvidencePart(StrEnum):
    """What the diary of a place should say of a lot."""

    HARVEST = "harvest"
    """An entry tells the harvest."""
    ORDER = "order"
    """The harvest that it tells was not after the packing."""
    INPUTS = "inputs"
    """Entries tell what was given in the year before."""
    WAITING = "waiting"
    """Every waiting period before a known harvest was kept."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest that an entry tells."""

    day: date
    product: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceDiary:
    """The entries of a place around the harvest of a lot."""

    harvests: Sequence[Harvest]
    treatments: Sequence[FieldTreatment]
    inputs: int
    """Entries of inputs, those without a waiting period too."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A harvest within the waiting period of a treatment."""

    harvest: date
    treatment: FieldTreatment


@dataclass(frozen=True, slots=True)
class LotEvidence:
    """What a diary says of a lot."""

    kept: frozenset[EvidencePart]
    harvests: tuple[Harvest, ...]
    inputs: int
    breaches: tuple[Breach, ...]

    @property
    def missing(self) -> tuple[EvidencePart, ...]:
        """The parts that the diary lacks or contradicts, in their order."""
        return tuple(part for part in EvidencePart if part not in self.kept)


def judge_lot(
    diary: PlaceDiary, *, harvested: date | None, packed: date | None, product: str | None = None
) -> LotEvidence | None:
    """What the diary of its place says of a lot; None where the place has no entry of the season.

    `product` is the lot's. The harvest of a lot that names none is not found.
    """
    if not (diary.harvests or diary.inputs):
        return None
    harvests = _find_harvests(diary.harvests, harvested, packed, product)
    in_time = [one for one in harvests if packed is None or one.day <= packed]
    days = {one.day for one in in_time} or {one for one in (harvested,) if one is not None}
    breaches = [
        Breach(day, treatment)
        for day in sorted(days)
        for treatment in find_breaches(day, diary.treatments, product)
    ]
    kept = {
        EvidencePart.HARVEST: bool(harvests),
        EvidencePart.ORDER: bool(in_time),
        EvidencePart.INPUTS: diary.inputs > 0,
        EvidencePart.WAITING: bool(days) and not breaches,
    }
    return LotEvidence(
        kept=frozenset(part for part, is_kept in kept.items() if is_kept),
        harvests=tuple(harvests),
        inputs=diary.inputs,
        breaches=tuple(breaches),
    )


def _find_harvests(
    harvests: Collection[Harvest], harvested: date | None, packed: date | None, product: str | None
) -> list[Harvest]:
    """The harvests that may be the lot's, by day."""
    if harvested is None:
        return []
    margin = timedelta(days=HARVEST_DAYS)
    last = max(harvested, packed or harvested) + margin
    return sorted(
        (
            one
            for one in harvests
            if harvested - margin <= one.day <= last
            and (product is None or one.product is None or one.product == product)
        ),
        key=lambda one: one.day,
    )
