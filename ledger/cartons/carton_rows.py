"""Rows of cartons and of acts, and what an act asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ledger.record.epcis_events import NewEvent
from ledger.stamps.carton_contents import PackedRange
from stamps.stamp_ranges import StampRange

CartonKind = Literal["carton", "pallet"]
PackingAction = Literal["pack", "unpack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carton:
    """A carton with stamps, or a pallet with cartons. Times are milliseconds, UTC."""

    id: str
    organisation: str
    label: str
    kind: CartonKind
    pallet: str | None
    """The id of the pallet that it is on."""
    stamps: int
    """Stamps in it; of a pallet, in its cartons."""
    cartons: int
    """Cartons on it."""
    created_at: int
    changed_at: int
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingOrder:
    """What is to be packed into a carton or pallet, or unpacked from it."""

    action: PackingAction
    organisation: str
    label: str
    kind: CartonKind | None = None
    """What the label is of; None to unpack all, whichever it is."""
    stamps: Sequence[StampRange] = ()
    """A set (`stamps.stamp_ranges`)."""
    cartons: Sequence[str] = ()
    """Labels."""

    @property
    def is_whole(self) -> bool:
        """Whether all that is in it is meant."""
        return not self.stamps and not self.cartons

    def to_document(self) -> dict[str, Any]:
        """What an idempotency key stands for."""
        return {
            "action": self.action,
            "organisation": self.organisation,
            "label": self.label,
            "stamps": [list(one) for one in self.stamps],
            "cartons": list(self.cartons),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPacking:
    """One recorded act: what went into a carton or pallet, or out of it."""

    seq: int
    carton: str
    """The id of the carton or pallet."""
    label: str
    action: PackingAction
    at: int
    actor: str
    stamps: int
    """Number of stamps; of a pallet, of those in the cartons."""
    skipped: int
    """Stamps or cartons that were named and are in it already."""
    items: Sequence[PackedRange] = ()
    cartons: Sequence[str] = ()
    """Labels of the cartons that went on a pallet or off it."""
    event: str
    """The digest of its EPCIS event."""
    repeated: bool = False
    """Whether the idempotency key was used before; this is the first result again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedPacking:
    """What the event of an act is built from."""

    order: PackingOrder
    at: int
    items: Sequence[PackedRange]
    cartons: Sequence[str]
    batches: Mapping[int, tuple[str, str | None]]
    """Host and GTIN of each batch."""
    packing_house: str | None
    """The one packing house of all lots."""


DescribePacking = Callable[[DescribedPacking], NewEvent]
