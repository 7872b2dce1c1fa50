"""Events that notices tell: one table of their names, their receivers and their data.

An event names what happened and the rows that it is about. It has no name of a person, no code of a
stamp and no secret; a receiver that wants more asks the API with its own token.

An authority gets every event. Another organisation gets those of the orders, batches and lots that
are its own, in the part that it plays (`EventKind.parts`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

from ledger.chains.hash_chain import to_canonical_json
from ledger.organisations.registry import OrganisationKind
from stamps.timestamps import format_rfc3339

Part = Literal["packer", "print_house", "grower"]
"""Relation of an organisation to an order, a batch or a lot; a grower's is its growing area."""


@dataclass(frozen=True, slots=True)
class OrderDecided:
    """Another person decided on an order."""

    order: str
    number: str | None
    decision: Literal["approved", "refused"]


@dataclass(frozen=True, slots=True)
class BatchIssued:
    """A batch was issued and its manifest signed."""

    batch: int
    order: str
    stamps: int


@dataclass(frozen=True, slots=True)
class BundleReady:
    """The files of a bundle are written and can be downloaded."""

    batch: int
    format: str


@dataclass(frozen=True, slots=True)
class BatchReported:
    """Every stamp of a batch is reported: printed or void."""

    batch: int
    stamps: int


@dataclass(frozen=True, slots=True)
class StampsChanged:
    """Serial ranges of a batch changed their state."""

    batch: int
    ranges: tuple[str, ...]
    """`7·0-4999`; first and last number, both included."""
    stamps: int
    lot: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class RecallApproved:
    """A lot was recalled."""

    lot: str


@dataclass(frozen=True, slots=True)
class LotReviewed:
    """A version of a lot was submitted for review, returned with a comment, or published."""

    review: int
    lot: str
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class AlertOpened:
    """The detector opened an alert: a suspicion, not a finding."""

    alert: int
    kind: str
    batch: int | None
    index: int | None
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeSuspected:
    """The watch opened an alert about a registered code: a suspicion, not a finding."""

    alert: int
    kind: str
    place: str
    """The registered code."""
    score: float
    reasons: tuple[str, ...]
    stamps: int


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A suspicion reached a level for the first time, when it was opened or by later evidence."""

    alert: int
    kind: str
    batch: int | None
    index: int | None
    place: str | None
    """The registered code, for an alert about one."""
    level: str
    score: float
    stamps: int


@dataclass(frozen=True, slots=True)
class CodeStatusChanged:
    """A registered code was suspended, revoked or put in force again."""

    place: str
    """The registered code."""
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class AlertDecided:
    """A person decided on an alert."""

    alert: int
    state: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class OrderRequested:
    """An order waits for its decision."""

    order: str
    number: str | None
    stamps: int


@dataclass(frozen=True, slots=True)
class ProposalOpened:
    """A proposal waits for the decision of a second person."""

    proposal: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class WebhookStopped:
    """A webhook was disabled, because its deliveries failed for days or it said that it is gone."""

    webhook: str
    why: str


@dataclass(frozen=True, slots=True)
class HeadsUnpushed:
    """Signed chain heads do not reach the place outside that services check."""

    minutes: int
    """Time for which the ledger has had rows that no head at the place covers."""


@dataclass(frozen=True, slots=True)
class HearingAsked:
    """A party is told of a suspicion about stamps of its own, and asked to answer."""

    hearing: str
    organisation: str
    batch: int | None
    lot: str | None
    due_at: str | None


@dataclass(frozen=True, slots=True)
class HearingAnswered:
    """A party answered in a case."""

    hearing: str
    organisation: str
    alert: int


@dataclass(frozen=True, slots=True)
class HearingClosed:
    """A party is told the decision on a case; `investigating`: it is investigated again."""

    hearing: str
    organisation: str
    state: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class MentionTold:
    """Another organisation told events that name one as their party; it can answer them."""

    organisation: str
    """The one that is named."""
    teller: str
    events: tuple[str, ...]
    """The 64 digits of at most a hundred of the events."""
    mentions: int


@dataclass(frozen=True, slots=True)
class WebhookTested:
    """Somebody asked for a test message."""

    webhook: str


EventData = (
    OrderDecided
    | BatchIssued
    | BundleReady
    | BatchReported
    | StampsChanged
    | RecallApproved
    | LotReviewed
    | AlertOpened
    | CodeSuspected
    | CodeStatusChanged
    | AlertRaised
    | AlertDecided
    | OrderRequested
    | ProposalOpened
    | WebhookStopped
    | HeadsUnpushed
    | HearingAsked
    | HearingAnswered
    | HearingClosed
    | MentionTold
    | WebhookTested
)
"""The data of an event; the fields are JSON."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: who gets it beside authorities, and an example of its data."""

    parts: tuple[Part, ...]
    example: EventData


EVENTS: Final[Mapping[str, EventKind]] = {
    "order.decided": EventKind(
        ("packer", "print_house"), OrderDecided("o-7c1f", "2026-00017", "approved")
    ),
    "batch.issued": EventKind(("packer", "print_house"), BatchIssued(7, "o-7c1f", 50_000)),
    "bundle.ready": EventKind(("print_house",), BundleReady(7, "pdf")),
    "batch.printed": EventKind(("packer", "print_house"), BatchReported(7, 50_000)),
    "stamps.activated": EventKind(
        ("packer",), StampsChanged(7, ("7·0-4999",), 5_000, "DL-2026-0912", None)
    ),
    "stamps.deactivated": EventKind(
        ("packer",), StampsChanged(7, ("7·0-4999",), 5_000, None, None)
    ),
    "stamps.recalled": EventKind(
        ("packer",), StampsChanged(7, ("7·0-4999",), 5_000, None, "food-safety")
    ),
    "lot.recalled": EventKind(("packer", "grower"), RecallApproved("DL-2026-0912")),
    "lot.submitted": EventKind((), LotReviewed(12, "DL-2026-0912", 1, "submitted")),
    "lot.returned": EventKind(("packer",), LotReviewed(12, "DL-2026-0912", 1, "returned")),
    "lot.published": EventKind(("packer",), LotReviewed(13, "DL-2026-0912", 2, "published")),
    "alert.opened": EventKind(
        (), AlertOpened(31, "stamp", 7, 1204, 8.25, ("impossible_travel", "many_places"))
    ),
    "code.suspected": EventKind(
        (), CodeSuspected(32, "lent_code", "VN-ĐLOR-0123", 6.5, ("above_crop",), 2_000)
    ),
    "code.status": EventKind(("packer",), CodeStatusChanged("VN-ĐLOR-0123", "suspended", 3)),
    "alert.raised": EventKind((), AlertRaised(31, "stamp", 7, 1204, None, "strong", 11.5, 0)),
    "alert.decided": EventKind((), AlertDecided(31, "confirmed", "copied")),
    "webhook.disabled": EventKind(
        ("packer", "print_house"), WebhookStopped("wh_0b5e1f0c9d2a4b61", "failing")
    ),
    "heads.unpushed": EventKind((), HeadsUnpushed(15)),
    "hearing.asked": EventKind(
        ("packer", "grower"),
        HearingAsked("5b1e0c9a77d2", "krong-pac", 7, "DL-2026-0912", "2026-12-04T16:59:59.999Z"),
    ),
    "hearing.answered": EventKind((), HearingAnswered("5b1e0c9a77d2", "krong-pac", 31)),
    "hearing.decided": EventKind(
        ("packer", "grower"), HearingClosed("5b1e0c9a77d2", "krong-pac", "dismissed", "gift")
    ),
    "mention.told": EventKind(
        ("packer", "grower"), MentionTold("krong-pac", "vua-an", ("0f1e2d3c" * 8,), 1)
    ),
}
"""Events that a webhook can ask for, by name."""

MAIL_EVENTS: Final = ("order.requested", "proposal.opened")
"""Events that are told by e-mail alone: what waits for a person's decision."""

TEST_EVENT: Final = "webhook.tested"
"""The event of the button that sends a test; every webhook gets it when it is asked for."""


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """One event that happened, and whose it is."""

    name: str
    at: int
    data: EventData
    source: str
    """Source of the message's id: the chain, the number of the entry and its hash."""
    packers: frozenset[str] = frozenset()
    print_houses: frozenset[str] = frozenset()
    asked_by: str | None = None
    """The account that asked for what is decided or answered; no message names it."""
    provinces: frozenset[str] = frozenset()
    """The provinces of the packers."""
    growers: frozenset[str] = frozenset()
    """The organisations of the growing areas of a lot."""

    def list_parties(self) -> frozenset[str]:
        """The organisations that get it, authorities left out."""
        parts = EVENTS[self.name].parts
        told: frozenset[str] = frozenset()
        for part, named in (
            ("packer", self.packers),
            ("print_house", self.print_houses),
            ("grower", self.growers),
        ):
            if part in parts:
                told |= named
        return told


def list_events(kind: OrganisationKind) -> list[str]:
    """The events that an organisation of this kind can ask for, in the order of the table.

    >>> list_events("print_house")
    ['order.decided', 'batch.issued', 'bundle.ready', 'batch.printed', 'webhook.disabled']
    """
    if kind == "authority":
        return list(EVENTS)
    return [name for name, one in EVENTS.items() if kind in one.parts]


def make_body(name: str, at: int, data: EventData) -> str:
    """The body of a message: the JSON that is signed and sent, always the same bytes.

    >>> make_body("lot.recalled", 0, RecallApproved("L1"))
    '{"data":{"lot":"L1"},"timestamp":"1970-01-01T00:00:00Z","type":"lot.recalled"}'
    """
    return to_canonical_json({"type": name, "timestamp": format_rfc3339(at), "data": asdict(data)})


def render_events() -> str:
    """The table of events with example bodies as Markdown, as docs/webhooks.md shows it."""
    lines = ["| event | who gets it | when |", "|---|---|---|"]
    for name, kind in EVENTS.items():
        who = ", ".join([*(part.replace("_", " ") for part in kind.parts), "authority"])
        lines.append(f"| `{name}` | {who} | {(type(kind.example).__doc__ or '').rstrip('.')} |")
    for name, kind in EVENTS.items():
        names = ", ".join(f"`{one.name}`" for one in fields(kind.example))
        body = make_body(name, 1_790_000_000_000, kind.example)
        lines += ["", f"### {name}", "", f"Data: {names}.", "", "```json", body, "```"]
    return "\n".join(lines) + "\n"
