"""Models of the JSON documents; see `services.documents`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from detection.verdict import Verdict
from ledger import AlertEventKind, AlertState, DeviceKind, Grade, OrderState, ProposalState, Role
from stamps.lifecycle import State, Transition
from traceability.code_forms import CodeKind
from traceability.lot_changes import CorrectionReason, LotPart
from traceability.lot_profiles import DetailType, RequirementSource
from web.i18n import Language

Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, UTC."""


class Document(BaseModel):
    """A JSON document with exactly its declared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderDocument(Document):
    """An order; another person than the requester decides it."""

    id: str
    number: str | None
    """Year and place in the year: 2026-00017."""
    count: int
    grade: Grade
    has_pin: bool
    product: str | None
    packer: str | None
    print_house: str | None
    note: str | None
    state: OrderState
    requested_by: str
    requested_at: Timestamp
    decided_by: str | None
    decided_at: Timestamp | None
    """When it was decided or withdrawn."""
    due_on: str | None
    """The day by which the stamps are needed, an ISO date."""
    excess_reason: str | None
    """Why the requester asks for more than the limits leave."""
    decision_reason: str | None
    """Why it was refused."""


class CropAreaDocument(Document):
    """A growing area, with the yield that counts for it."""

    code: str
    hectares: float
    yield_t_per_ha: float


class OrderLimitsDocument(Document):
    """An order against the packer's quota and crop; counts are stamps, or fruits of the crop."""

    year: int
    count: int
    quota: int | None
    quota_used: int
    quota_left: int | None
    ordered: int
    """Of the packer's other approved orders of the product and year."""
    activated: int
    crop: int | None
    """Fruits: hectares × yield ÷ weight of a fruit. None where a figure is not registered."""
    crop_left: int | None
    fruit_kg: float | None
    areas: list[CropAreaDocument]
    areas_left_out: int
    """Growing areas whose hectares or yield are not registered."""
    is_above: bool
    """Whether the order needs a reason and a second approval."""


class QuotaDocument(Document):
    """The quota of a packer in a calendar year; `stamps` is null without one."""

    organisation: str
    name: str
    year: int
    stamps: int | None
    used: int
    left: int | None


class BatchDocument(Document):
    """A numbered run of stamps."""

    number: int
    order: str
    count: int
    range: str
    grade: Grade
    epoch: int
    host: str
    gtin: str | None
    product: str | None
    has_pin: bool
    issued_by: str
    issued_at: Timestamp
    is_finished: bool
    """False while the batch lacks its signed manifest."""


class BalanceDocument(Document):
    """The mass balance of a batch: where its stamps are, and whether that matches its history."""

    batch: int
    issued: int
    printed: int
    activated: int
    spoiled: int
    void: dict[str, int]
    """Void stamps by reason."""
    outstanding: int
    not_printed: int
    states: dict[str, int]
    """Stamps by state."""
    balances: bool
    flaws: list[str]


class SpanDocument(Document):
    """A serial range whose stamps share state and lot."""

    range: str
    first: int
    last: int
    state: State
    lot: str | None
    reason: str | None
    activated_at: Timestamp | None
    changed_at: Timestamp


class BatchBalanceDocument(BatchDocument):
    """A batch with its balance."""

    balance: BalanceDocument


class BatchDetailsDocument(BatchBalanceDocument):
    """A batch with its balance and spans."""

    spans: list[SpanDocument]


class TransitionDocument(Document):
    """A recorded transition.

    `acted_at` is when an activation was done, if it was recorded later. `repeated` says that its
    idempotency key had been used before.
    """

    seq: int
    batch: int
    range: str
    first: int
    last: int
    transition: Transition
    reason: str | None
    lot: str | None
    actor: str
    at: Timestamp
    acted_at: Timestamp | None
    hash: str
    repeated: bool


class StampsDocument(Document):
    """Stamps by serial range or code: their spans, and what happened to them."""

    batch: int
    range: str
    spans: list[SpanDocument]
    transitions: list[TransitionDocument]


class AppliedReportDocument(Document):
    """What a print report recorded: `printed` counts all stamps that left the press."""

    batch: int
    printed: int
    good: int
    spoiled: int
    transitions: list[TransitionDocument]
    balance: BalanceDocument


class RecallDocument(Document):
    """The recall of a lot, or of a part of its stamps."""

    reason: str | None
    at: Timestamp
    decided_by: str | None
    """The account that approved it; null for stamps that were recalled by batch or range."""
    decider: str | None
    """That person's name."""
    is_whole: bool
    """Whether the whole lot was recalled."""


class LotDocument(Document):
    """A lot; stamps can be bound to it when `missing` is empty."""

    code: str
    organisation: str | None
    """Whose lot it is."""
    version: int
    document: dict[str, Any]
    missing: list[str]
    packed_at: Timestamp | None
    expires_at: Timestamp | None
    recalled_at: Timestamp | None
    recall: RecallDocument | None
    put_by: str
    put_at: Timestamp


class LotItemDocument(Document):
    """One item that lots of a kind tell."""

    name: str
    field: str | None
    """Where a document tells it: an item of `details`; null: docs/lot.md."""
    label: dict[Language, str]
    type: DetailType | None
    choices: dict[str, dict[Language, str]] | None
    is_mandatory: bool
    needed_with: str | None
    """The detail with which the item is mandatory."""
    sources: dict[RequirementSource, str]
    """Each rule's own number or name of the item."""


class LotProfileDocument(Document):
    """What a lot tells of one kind of produce."""

    kind: str
    name: dict[Language, str]
    code_kinds: list[CodeKind]
    items: list[LotItemDocument]


class ImportedLotDocument(Document):
    """A line that describes a new lot, and the mandatory items that it lacks."""

    line: int
    code: str
    missing: list[str]


class RefusedLotDocument(Document):
    """A line that can not be saved, with the reason for each field."""

    line: int
    code: str
    flaws: dict[str, str]


class LotImportDocument(Document):
    """What an import would save, or saved; `id` is the hash of what is shown."""

    id: str
    file_name: str
    added: int
    incomplete: int
    refused: int
    at: Timestamp
    applied_at: Timestamp | None
    lots: list[ImportedLotDocument]
    refused_lines: list[RefusedLotDocument]
    ignored: list[str]
    """Columns that are not read."""


class LotVersionDocument(Document):
    """A version of a lot; versions are chained by their hashes."""

    lot: str
    version: int
    document: dict[str, Any]
    missing: list[str]
    put_by: str
    put_at: Timestamp
    is_correction: bool
    """Whether stamps were bound to the lot already; its time, reason and changes are published."""
    changed: list[LotPart]
    """The parts that differ from the version before."""
    reason: CorrectionReason | None
    note: str | None
    confirmed_by: str | None
    """The second person, where the correction is material."""
    hash: str


class BatchCountDocument(Document):
    """What was counted of a batch that looks leaked; old counts decay."""

    scanned: float
    anomalous: float
    usual_share: float
    """The share of scanned stamps that become anomalous in a usual batch."""


class CampaignCountDocument(Document):
    """What was counted of a campaign: many stamps scanned from the same few networks."""

    networks: int
    first_at: Timestamp
    last_at: Timestamp


class AlertDocument(Document):
    """An alert: a suspicion for people to judge, not a finding."""

    id: int
    kind: Literal["stamp", "batch", "campaign"]
    batch: int | None
    """Null for a campaign."""
    index: int | None
    """Null unless the alert is about one stamp."""
    campaign: str | None
    previous: int | None
    """The dismissed alert that this one reopens."""
    state: AlertState
    cause: str | None
    owner: str | None
    score: float
    reasons: list[str]
    scan_count: int
    stamp_count: int
    """How many stamps it lists: those of a campaign, the anomalous ones of a batch."""
    counted: BatchCountDocument | CampaignCountDocument | None
    """What was counted of a batch or campaign."""
    expected_loss: float
    opened_at: Timestamp
    updated_at: Timestamp
    due_at: Timestamp | None
    province: str | None
    """Two-digit code of the province of the first scan that is evidence."""
    is_news: bool
    """Whether evidence came since a person last handled it."""


class RecallReachDocument(Document):
    """What a recall would reach."""

    stamps: int
    left: int
    """Stamps that stay as they are: not activated, void, or recalled already."""
    lots: list[str]
    batches: list[int]
    scanned: int
    provinces: list[str]
    """Two-digit codes."""
    is_partial: bool
    """Whether `scanned` and `provinces` are at least: not all scans were looked at."""


class AlertStampDocument(Document):
    """A stamp that an alert lists."""

    batch: int
    index: int
    range: str


class PartyDocument(Document):
    """A party of the order of a batch."""

    id: str
    name: str


class AlertEventDocument(Document):
    """One entry of an alert's history: evidence, a decision, a note or a hand-over."""

    at: Timestamp
    actor: str
    what: AlertEventKind
    state: AlertState
    cause: str | None
    note: str | None
    score: float
    reasons: list[str]
    scans: list[str]
    owner: str | None
    """Who has it from a hand-over on."""
    due_at: Timestamp | None
    photos: int
    """Photos of a note."""


class ScanDocument(Document):
    """One scan; places are rounded to a ward.

    `device` and `net` are pseudonyms of this stamp: the same device has another one elsewhere.
    `enrolled_device` is the id of the enrolled device that signed the scan; null for a page's scan.
    """

    id: str
    at: Timestamp
    via: str
    device: str | None
    enrolled_device: str | None
    net: str | None
    lat: float | None
    lon: float | None
    province: str | None
    ward: str | None
    country: str | None
    verdict: Verdict
    score: float
    reasons: list[str]
    is_evidence: bool
    """Whether the scan raised the alert."""


class AlertCaseDocument(AlertDocument):
    """An alert with its history, the scans of its stamp or the stamps that it lists."""

    history: list[AlertEventDocument]
    scans: list[ScanDocument]
    packer: PartyDocument | None
    print_house: PartyDocument | None
    stamps: list[AlertStampDocument]
    """The first stamps that it lists; the others are at `/alerts/{alert}/stamps`."""
    next_stamps: str | None
    """`after` for the following stamps; null when there are no more."""


class DeviceDocument(Document):
    """A device of an account; its scans count as `kind` while it is enrolled."""

    id: str
    account: str
    kind: DeviceKind
    label: str
    state: Literal["waiting", "expired", "enrolled", "revoked"]
    added_at: Timestamp
    enrolled_at: Timestamp | None
    revoked_at: Timestamp | None


class AddedDeviceDocument(DeviceDocument):
    """A device that waits for its enrolment, with its one-time code."""

    enrolment_code: str
    code_expires_at: Timestamp


class AccountDocument(Document):
    """A staff account."""

    id: str
    name: str
    role: Role
    organisation: str | None
    has_otp: bool
    disabled: bool
    is_confirmed: bool
    """Whether a second person confirmed it; without it, it may do nothing."""
    added_at: Timestamp


class ProposalDocument(Document):
    """An act that one person asks for and another decides."""

    id: int
    kind: str
    subject: str
    document: dict[str, Any]
    reason: str | None
    state: ProposalState
    requested_by: str
    requested_at: Timestamp
    decided_by: str | None
    decided_at: Timestamp | None
    used_at: Timestamp | None
    """When the act was done."""
