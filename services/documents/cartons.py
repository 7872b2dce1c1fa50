"""JSON documents of cartons, pallets and what was packed."""

from ledger.cartons.carton_rows import Carton, CartonKind, PackingAction, RecordedPacking
from services.cartons.cartons import CartonDetails, PackingResult
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_reader import format_event_id


class CartonDocument(Document):
    """A carton with stamps, or a pallet with cartons."""

    id: str
    """`LABEL@ORGANISATION`, which names it among all organisations."""
    label: str
    """An SSCC, 18 digits, or the packer's own number, `T-…` or `P-…`."""
    kind: CartonKind
    organisation: str
    pallet: str | None
    """The id of the pallet that it is on."""
    stamps: int
    """Stamps in it; of a pallet, in its cartons."""
    cartons: int
    """Cartons on it."""
    created_at: Timestamp
    changed_at: Timestamp
    changed_by: str


class CartonDetailsDocument(CartonDocument):
    """A carton or pallet with its contents."""

    ranges: list[str]
    """The serial ranges of its stamps; of a pallet, those in its cartons."""
    lots: list[str]
    """The lots that its stamps vouch for."""
    on_it: list[CartonDocument]
    """The cartons on a pallet."""


class PackedRangeDocument(Document):
    """Stamps of one lot that were packed or unpacked."""

    range: str
    lot: str


class PackingDocument(Document):
    """One act: what went into a carton or pallet, or out of it."""

    number: int
    action: PackingAction
    carton: str
    """The id of the carton or pallet."""
    label: str
    at: Timestamp
    actor: str
    stamps: int
    skipped: int
    """Stamps or cartons that were named and were in it already."""
    ranges: list[PackedRangeDocument]
    cartons: list[str]
    """The labels of cartons that went on a pallet or off it."""
    event: str
    """The id of its EPCIS event."""
    repeated: bool


class PackingResultDocument(Document):
    """An act, and the carton or pallet after it."""

    act: PackingDocument
    carton: CartonDocument


def describe_carton(carton: Carton) -> CartonDocument:
    """The document of a carton."""
    return CartonDocument(
        id=carton.id,
        label=carton.label,
        kind=carton.kind,
        organisation=carton.organisation,
        pallet=carton.pallet,
        stamps=carton.stamps,
        cartons=carton.cartons,
        created_at=format_rfc3339(carton.created_at),
        changed_at=format_rfc3339(carton.changed_at),
        changed_by=carton.changed_by,
    )


def describe_carton_details(details: CartonDetails) -> CartonDetailsDocument:
    """The document of a carton with its contents."""
    return CartonDetailsDocument(
        **describe_carton(details.carton).model_dump(),
        ranges=[one.text for one in details.ranges],
        lots=list(details.lots),
        on_it=[describe_carton(one) for one in details.cartons],
    )


def describe_packing_act(act: RecordedPacking) -> PackingDocument:
    """The document of an act."""
    return PackingDocument(
        number=act.seq,
        action=act.action,
        carton=act.carton,
        label=act.label,
        at=format_rfc3339(act.at),
        actor=act.actor,
        stamps=act.stamps,
        skipped=act.skipped,
        ranges=[PackedRangeDocument(range=one.range.text, lot=one.lot) for one in act.items],
        cartons=list(act.cartons),
        event=format_event_id(act.event),
        repeated=act.repeated,
    )


def describe_packing_result(result: PackingResult) -> PackingResultDocument:
    """The document of an act and the carton after it."""
    return PackingResultDocument(
        act=describe_packing_act(result.act), carton=describe_carton(result.carton)
    )
