"""Cached state and lot of a stamp: what a scan needs beside the scan history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from detection.place import Place
from detection.rules import Rules
from detection.stamp_context import Decision, StampContext
from detection.verdict import Judgement
from ledger import Batch, Correction, Publication
from ledger.codes.code_evidence import PublicEvidence
from ledger.codes.registered_code import PublicSite
from ledger.record.quoted_events import QuotedEventError
from stamps.lifecycle import State
from stamps.spans import Span
from stamps.timestamps import format_rfc3339
from traceability.lot import Lot
from traceability.lot_record import hide_private


@dataclass(frozen=True, eq=False)
class CachedLot:
    """A lot with what is derived from it."""

    lot: Lot
    document: dict[str, Any]
    corrections: tuple[Correction, ...] = ()
    """The last corrections since stamps were bound, the newest first."""
    sites: Mapping[str, PublicSite] = field(default_factory=dict)
    """Public view of the registered codes that the lot names, by code."""
    publication: Publication | None = None
    """What is published of the lot; None where nobody reviewed it."""
    has_later: bool = False
    """Whether the lot has a later version than the published one."""
    result_errors: tuple[QuotedEventError, ...] = ()
    """The results of the published record that their laboratory corrected or took back since."""
    evidence: Mapping[str, PublicEvidence] = field(default_factory=dict)
    """The newest released evidence of the places of a published lot, by registered code."""
    shown: Lot = field(init=False, repr=False)
    """The lot as everybody may see it: the published record, else without what is private."""
    rendered: dict[Any, Any] = field(default_factory=dict, repr=False)
    """Rendered parts of pages; the keys belong to `resolver.pages`."""
    json: orjson.Fragment = field(init=False, repr=False)
    """The shown document as JSON, for answers: with its publication, and if there are any, its
    corrections and those of published results."""

    def __post_init__(self) -> None:
        publication = self.publication
        if publication is None:
            lot = hide_private(self.lot)
        else:
            lot = Lot.from_document(publication.record["document"])
        shown = {**lot.to_document(), "publication": _describe_publication(publication)}
        if self.corrections:
            shown["corrections"] = [_describe(one) for one in self.corrections]
        if self.result_errors:
            shown["result_corrections"] = [_describe_error(one) for one in self.result_errors]
        object.__setattr__(self, "shown", lot)
        object.__setattr__(self, "json", orjson.Fragment(orjson.dumps(shown)))


@dataclass(frozen=True, slots=True)
class StampFacts:
    """Facts about one stamp besides its span."""

    decision: Decision | None = None
    other_claims: int = 0
    """Number of others who entered the right PIN of the claimed stamp."""


@dataclass(eq=False, slots=True)
class StampState:
    """The state that the stamps of one span share. A changed span gets a new object.

    A stamp that people have decided on, or whose PIN others know, has a state of its own.
    """

    batch: Batch
    context: StampContext
    lot: CachedLot | None
    is_claimed: bool = False
    """Whether the PIN was used."""
    needs_signature: bool = False
    """Whether the grade of the batch is `signed`: its addresses carry the issuer's signature."""
    scan_rate: float | None = None
    """The measured scan rate (`resolver.scan_rate`); None: judge by the configured one."""
    recall: tuple[str, int] | None = None
    """Reason and time (ms, UTC) of the recall."""
    unscanned: tuple[Rules, Judgement] | None = field(default=None, init=False, repr=False)
    """The judgement of a stamp of the span without scans, and the rules that it was made by."""

    @property
    def claimable(self) -> bool:
        """Whether the page asks for the PIN: to claim the stamp, or to say who knows it too."""
        return self.batch.has_pin and self.context.in_circulation


def _describe_publication(publication: Publication | None) -> dict[str, Any] | None:
    if publication is None:
        return None
    return {
        "at": format_rfc3339(publication.at),
        "record": publication.record,
        "statement": publication.statement,
        "signature": publication.signature,
    }


def _describe(correction: Correction) -> dict[str, Any]:
    return {
        "at": format_rfc3339(correction.at),
        "reason": correction.reason,
        "changed": list(correction.changed),
    }


def _describe_error(error: QuotedEventError) -> dict[str, Any]:
    return {
        "event": error.event,
        "at": format_rfc3339(error.at),
        "withdrawn": error.is_withdrawn,
    }


def build_stamp_state(
    batch: Batch,
    span: Span,
    lot: CachedLot | None,
    *,
    packed: Place | None = None,
    batch_evidence: float = 0.0,
    scan_rate: float | None = None,
) -> StampState:
    """The state of a span's stamps; `packed` is the place of the lot's packing house."""
    state = State(span.state)
    record = lot.lot if lot is not None else None
    context = StampContext(
        state=state,
        activated_at=span.activated_at,
        packed=packed,
        shelf_life_days=record.shelf_life_days if record else None,
        harvested_at=record.harvested_at if record else None,
        expires_at=record.expires_at if record else None,
        market=record.market if record else (),
        batch_evidence=batch_evidence,
    )
    return StampState(
        batch=batch,
        context=context,
        lot=lot,
        is_claimed=State.CLAIMED in (state, span.suspended_from),
        needs_signature=batch.grade == "signed",
        scan_rate=scan_rate,
        recall=(span.reason or "", span.changed_at) if state is State.RECALLED else None,
    )


def add_stamp_facts(state: StampState, facts: StampFacts) -> StampState:
    """The state of one stamp of a span."""
    context = replace(state.context, decision=facts.decision, other_claims=facts.other_claims)
    return StampState(
        batch=state.batch,
        context=context,
        lot=state.lot,
        is_claimed=state.is_claimed,
        needs_signature=state.needs_signature,
        scan_rate=state.scan_rate,
        recall=state.recall,
    )
