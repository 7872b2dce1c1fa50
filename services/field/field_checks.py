"""Field check: the whole record of one stamp, for an inspector who holds it.

A check is in the audit log under the inspector's name (ISO 22378), whatever it found. It is neither
a visit nor a scan: it adds nothing to the history that the detector judges. An inspector who wants
a scan to count as evidence makes it with an enrolled device (ADR 0052).

A code is taken from our own addresses alone; what a foreign address says of itself is not asked.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Literal

from ledger import Alert, Ledger, LotRow, RecordedTransition, ReportGroup
from ledger.errors import UnknownBatch
from ledger.field.field_findings import Finding
from services.alerts.alerts import BatchParties, find_parties
from services.alerts.field_history import CHECK_ACTION, name_stamp
from services.attempt_budget import AttemptBudget
from services.context import ServiceContext
from services.errors import ForeignAddress, InvalidInput
from services.permissions import Permission, require_permission
from services.reports.consumer_reports import find_alerts_of_stamp
from services.stamps.stamp_contexts import find_bound_lot
from services.stamps.stamp_lookup import find_stamps
from stamps import serial_range
from stamps.errors import VeritemError
from stamps.spans import Span
from traceability.stamp_host import judge_host
from traceability.stamp_reader import LONGEST_TEXT, read_stamp

SignatureState = Literal["valid", "none", "missing"]
"""`missing`: the batch is signed, and the text has no signature."""
CHECKS_AT_ONCE: Final = 60
"""Checks that one account may make in a row; one more every `CHECK_REFILL_MS`."""
CHECK_REFILL_MS: Final = 2_000


_HOSTS_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class OwnHosts:
    """Hosts and scheme of our stamps' addresses."""

    hosts: Sequence[str]
    scheme: str = "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRecord:
    """What is known of one stamp."""

    span: Span
    """Of this stamp alone."""
    signature: SignatureState
    is_expired: bool
    parties: BatchParties | None
    lot: LotRow | None
    transitions: Sequence[RecordedTransition]
    """In order."""
    alerts: Sequence[Alert]
    reports: Sequence[ReportGroup]
    findings: Sequence[Finding]
    at: int

    @property
    def name(self) -> str:
        """The stamp as a serial range of one."""
        return serial_range.format_serial_range(self.span.batch, self.span.lo, self.span.hi)


class OwnHostsCache:
    """The hosts of our stamps: those that new batches name, and those of earlier batches."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int], host: str, scheme: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._host = host.upper()
        self._scheme = scheme
        self._known: tuple[int, OwnHosts] | None = None

    async def find(self) -> OwnHosts:
        """The hosts, at most a minute old."""
        now = self._clock()
        if self._known is None or now - self._known[0] >= _HOSTS_MS:
            hosts = {self._host, *await self._ledger.field_snapshots.list_hosts()}
            self._known = (now, OwnHosts(sorted(hosts), self._scheme))
        return self._known[1]


async def find_cases(context: ServiceContext, stamp: tuple[int, int] | None) -> list[Alert]:
    """The newest cases of a stamp; none for no stamp. Raises `Forbidden`."""
    require_permission(context, Permission.ALERT_SEE)
    return [] if stamp is None else await find_alerts_of_stamp(context, stamp)


async def check_stamp(
    context: ServiceContext, text: str, own: OwnHosts, budget: AttemptBudget | None = None
) -> FieldRecord:
    """Return the record of the stamp that a symbol, a code or an address names; it is logged.

    Raises `Forbidden`, `CheckLimited`, `ForeignAddress`, `InvalidInput`, `MalformedCode`,
    `UnknownCode`, `UnknownBatch`, `BadSignature`.
    """
    require_permission(context, Permission.FIELD_CHECK)
    if budget is not None:
        budget.take(context.actor.id)
    try:
        found = await _find(context, text, own)
    except VeritemError as refusal:
        await _log(context, f"text:{text[:100]}", refusal.code)
        raise
    await _log(context, name_stamp(found.span.batch, found.span.lo), str(found.span.state))
    return found


async def _log(context: ServiceContext, subject: str, result: str) -> None:
    await context.ledger.audit.append(
        actor=context.actor.id,
        action=CHECK_ACTION,
        subject=subject,
        details={"result": result},
    )


def require_own_address(text: str, own: OwnHosts) -> None:
    """Raise `ForeignAddress` for a text whose address is not ours."""
    verdict = judge_host(text, own.hosts, scheme=own.scheme)
    if not verdict.is_ours:
        reasons = ", ".join(verdict.reasons) or verdict.kind
        raise ForeignAddress(host=verdict.host[:200], reasons=reasons)


async def _find(context: ServiceContext, text: str, own: OwnHosts) -> FieldRecord:
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(field="q", why=f"must have at most {LONGEST_TEXT} characters")
    require_own_address(text, own)
    target = await find_stamps(context, text)
    if target.hi - target.lo != 1:
        raise InvalidInput(field="q", why="names several stamps; check one")
    return await _collect(
        context, target.batch.number, target.lo, _check_signature(context, text, target.batch.grade)
    )


def _check_signature(context: ServiceContext, text: str, grade: str) -> SignatureState:
    reference = read_stamp(text)
    if reference.signature is None:
        return "missing" if grade == "signed" else "none"
    context.require_issuer().signer.public_keys().verify(
        reference.code.upper(), reference.signature
    )
    return "valid"


async def _collect(
    context: ServiceContext, batch: int, index: int, signature: SignatureState
) -> FieldRecord:
    ledger, now = context.ledger, context.clock()
    span = await ledger.transitions.get_span(batch, index)
    lot = await find_bound_lot(ledger, span)
    parties = None
    with suppress(UnknownBatch):
        parties = await find_parties(context, batch)
    expires_at = None if lot is None else lot.expires_at
    return FieldRecord(
        span=replace(span, lo=index, hi=index + 1),
        signature=signature,
        is_expired=expires_at is not None and expires_at <= now,
        parties=parties,
        lot=lot,
        transitions=await ledger.transitions.list_history(batch, index),
        alerts=await find_alerts_of_stamp(context, (batch, index)),
        reports=await ledger.report_groups.list_of_stamps(batch, index),
        findings=await ledger.field_findings.list_of_stamp(batch, index),
        at=now,
    )
