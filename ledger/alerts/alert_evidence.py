"""Alert evidence: open alerts and add to them, many at a time in a few statements.

A recorder writes hundreds of scans in one flush, and in an attack most of them are suspicious.
Evidence is merged by subject (stamp, batch, campaign or registered code), then looked up, applied
and written together. An alert knows its scans and stamps, so a flush that was cut off can be
reported again, together with other scans, and adds only what is new.

Evidence goes to the active alert of its subject. Where there is none and people have decided, a
confirmed subject takes no more evidence, and a dismissed one only evidence that outweighs the
decision: it opens a new alert that names the dismissed one. Otherwise it opens an alert.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.reasons import ACCUSING
from ledger import schema
from ledger.alerts.alert_levels import record_levels
from ledger.alerts.alert_record import (
    CODE_ALERTS,
    Alert,
    AlertEvent,
    AlertKey,
    AlertKind,
    AlertState,
    CampaignCount,
    Counted,
    make_alert_key,
)
from ledger.alerts.alert_rows import (
    Stamp,
    append_events,
    append_parts,
    count_in_use,
    select_active,
    select_alerts,
    select_known_scans,
    select_known_stamps,
    write_alerts,
)
from ledger.alerts.decisions import DecisionRow, select_decisions

DETECTOR: Final = "detector"
"""Actor that opens alerts and adds evidence, where no person does."""
_GROWTH: Final = 1.1
_EXACT: Final = 1e-9


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """A suspicion against a stamp, a batch, a campaign or a registered code."""

    kind: AlertKind
    batch: int | None
    """None for a campaign or a registered code."""
    index: int | None
    """None unless it is about one stamp."""
    score: float
    """Without what consumers' reports add."""
    reasons: tuple[str, ...]
    scans: tuple[bytes, ...] = ()
    """Ids of the scans that are its evidence; a repeated scan is no new evidence."""
    at: int | None = None
    """Milliseconds, UTC; None is now."""
    actor: str = DETECTOR
    subject: str | None = None
    """The registered code, or the name of the campaign; None for a stamp or batch."""
    stamps: tuple[Stamp, ...] = ()
    """The stamps of a campaign, as batch and index; a repeated stamp is no new evidence."""
    stamp_count: int = 0
    """Number of stamps of a batch that became anomalous, or are suspicious under a code, so far."""
    counted: Counted | None = None
    """Counts of a batch, campaign or code."""
    province: str | None = None
    """Two-digit code of the province of its first scan that gave a place, or of the code."""
    since: int | None = None
    """When the matter began (ms, UTC): a season, or a revocation. A decision of before is about
    another matter. None: every decision counts."""
    report_score: float = 0.0
    """What consumers' reports add to the score, in nats. It outweighs no decision."""

    def __post_init__(self) -> None:
        given = self.batch is not None, self.index is not None, self.subject is not None
        due = (
            self.kind in ("stamp", "batch"),
            self.kind == "stamp",
            self.kind not in ("stamp", "batch"),
        )
        if given != due:
            raise ValueError(
                "an alert about a stamp has a batch and an index, one about a batch has a batch, "
                "and one about a campaign or a registered code has a subject"
            )

    @property
    def key(self) -> AlertKey:
        """Identifies the alert that it belongs to."""
        return make_alert_key(self.kind, self.batch, self.index, self.subject)


def merge_evidence(pieces: Iterable[AlertEvidence]) -> dict[AlertKey, AlertEvidence]:
    """Merge evidence by subject: highest score, all reasons, scans and stamps, last time."""
    found: dict[AlertKey, AlertEvidence] = {}
    for one in pieces:
        before = found.get(one.key)
        if before is not None:
            one = replace(
                one,
                score=max(before.score, one.score),
                report_score=max(before.report_score, one.report_score),
                reasons=before.reasons + one.reasons,
                scans=before.scans + one.scans,
                stamps=before.stamps + one.stamps,
                stamp_count=max(before.stamp_count, one.stamp_count),
                counted=_merge_counted(before.counted, one.counted),
                at=max(before.at or 0, one.at or 0) or None,
                province=before.province or one.province,
            )
        found[one.key] = one
    return {
        key: replace(
            one,
            reasons=tuple(dict.fromkeys(one.reasons)),
            scans=tuple(dict.fromkeys(one.scans)),
            stamps=tuple(dict.fromkeys(one.stamps)),
        )
        for key, one in found.items()
    }


def _merge_counted(before: Counted | None, now: Counted | None) -> Counted | None:
    """Return the present counts of a batch, or those of a campaign from its first to its last."""
    if isinstance(before, CampaignCount) and isinstance(now, CampaignCount):
        return CampaignCount(
            networks=max(before.networks, now.networks),
            first_at=min(before.first_at, now.first_at),
            last_at=max(before.last_at, now.last_at),
        )
    return before if now is None else now


@dataclass(slots=True)
class _Fold:
    """One piece of evidence and the alert that it is added to."""

    evidence: AlertEvidence
    at: int
    alert: Alert
    is_new: bool
    is_settled: bool = False
    """People have decided, and the evidence does not outweigh their decision."""
    scans: tuple[bytes, ...] = ()
    """The scans that are new to the alert."""
    stamps: tuple[Stamp, ...] = ()
    """The stamps that are new to the alert."""
    changed: bool = True
    score_before: float | None = None
    """Its score before this evidence; None if it is new."""

    def apply(self, seen: set[bytes], listed: set[Stamp], in_use: int) -> None:
        """Add the evidence to the alert.

        `seen` and `listed` are its known scans and stamps; `in_use` counts a batch's stamps.
        """
        known, evidence = self.alert, self.evidence
        self.score_before = None if self.is_new else known.score
        self.scans = tuple(scan for scan in evidence.scans if scan not in seen)
        self.stamps = tuple(stamp for stamp in evidence.stamps if stamp not in listed)
        reasons = tuple(reason for reason in evidence.reasons if reason not in known.reasons)
        is_more = self.scans or self.stamps or reasons or self._has_grown()
        if self.is_settled or not (self.is_new or is_more):
            self.scans, self.stamps, self.changed = (), (), False
            return
        scans = known.scans + len(self.scans)
        stamps = max(known.stamps, evidence.stamp_count) + len(self.stamps)
        at_stake = {"stamp": scans, "batch": in_use}.get(known.kind, stamps)
        scan_score = evidence.score if self.is_new else max(evidence.score, known.scan_score)
        report_score = max(evidence.report_score, known.report_score)
        score = scan_score + report_score
        self.alert = replace(
            known,
            score=score,
            report_score=report_score,
            reasons=known.reasons + reasons,
            scans=scans,
            stamps=stamps,
            counted=_merge_counted(known.counted, evidence.counted),
            expected_loss=max(score, 0.0) * max(at_stake, 1),
            updated_at=self.at,
            province=known.province or evidence.province,
            is_news=known.state is not AlertState.OPEN,
        )

    def _has_grown(self) -> bool:
        """Whether the evidence is above that of the alert.

        A code in use gets more stamps every day: its evidence has grown with a tenth more of them.
        """
        known, evidence = self.alert, self.evidence
        if known.kind not in CODE_ALERTS:
            # The parts of a stored score are not exact.
            grown = evidence.score > known.scan_score + _EXACT
            return grown or evidence.report_score > known.report_score
        return evidence.stamp_count > known.stamps * _GROWTH

    def to_event(self) -> AlertEvent:
        """Return the event for the alert's history."""
        return AlertEvent(
            at=self.at,
            actor=self.evidence.actor,
            what="evidence",
            state=self.alert.state,
            cause=None,
            note=None,
            score=self.evidence.score + self.evidence.report_score,
            reasons=self.evidence.reasons,
            scans=self.scans,
        )


def outweighs_decision(
    evidence: AlertEvidence, decision: DecisionRow, reopen_margin: float
) -> bool:
    """Return whether evidence reopens what was decided.

    A stamp: clearly above the dismissed score, or an accusing reason that was not dismissed. The
    judge has weighed the reason already, unless it did not know of the decision yet. A batch or
    campaign: twice the stamps. A code: twice the stamps, a reason that was not dismissed, or
    another matter than the one that was decided.
    """
    if evidence.since is not None and decision.at < evidence.since:
        return True
    if decision.confirmed:
        return False
    if evidence.kind in CODE_ALERTS and set(evidence.reasons) - set(decision.reasons):
        return True
    if evidence.kind != "stamp":
        return not decision.dismisses(max(evidence.stamp_count, len(evidence.stamps)))
    is_new_kind = not ACCUSING.isdisjoint(set(evidence.reasons) - set(decision.reasons))
    return is_new_kind or evidence.score >= decision.score + reopen_margin


async def apply_evidence(
    connection: AsyncConnection, pieces: Iterable[AlertEvidence], now: int, reopen_margin: float
) -> list[Alert]:
    """Open alerts or add to active ones, inside the writer's transaction.

    Returns one alert, without history, for each subject, in the order of first mention; for one
    that people have decided on, the decided alert as it is.
    """
    evidence = merge_evidence(pieces)
    if not evidence:
        return []
    active = await select_active(connection, list(evidence))
    decisions = await select_decisions(connection, [key for key in evidence if key not in active])
    decided = await select_alerts(connection, {one.alert for one in decisions.values()})
    last = await connection.scalar(select(func.max(schema.alerts.c.id))) or 0
    folds = []
    for key, one in evidence.items():
        at = now if one.at is None else one.at
        alert, decision = active.get(key), decisions.get(key)
        if alert is not None:
            fold = _Fold(one, at, alert, is_new=False)
        elif decision is not None and not outweighs_decision(one, decision, reopen_margin):
            fold = _Fold(one, at, decided[decision.alert], is_new=False, is_settled=True)
        else:
            last += 1
            previous = None if decision is None else decision.alert
            fold = _Fold(one, at, _new_alert(last, one, at, previous), is_new=True)
        folds.append(fold)
    known = [fold for fold in folds if not fold.is_new]
    seen = await select_known_scans(
        connection, [(fold.alert.id, scan) for fold in known for scan in fold.evidence.scans]
    )
    listed = await select_known_stamps(
        connection, {fold.alert.id: fold.evidence.stamps for fold in known}
    )
    in_use = await count_in_use(connection, [key[1] for key in evidence if key[0] == "batch"])
    for (_, batch, *_), fold in zip(evidence, folds, strict=True):
        id_ = fold.alert.id
        fold.apply(seen.get(id_, set()), listed.get(id_, set()), in_use.get(batch, 0))
    changed = [fold for fold in folds if fold.changed]
    await _write(connection, changed)
    await record_levels(connection, [(fold.alert, fold.score_before) for fold in changed])
    return [fold.alert for fold in folds]


def _new_alert(id_: int, evidence: AlertEvidence, at: int, previous: int | None) -> Alert:
    return Alert(
        id=id_,
        kind=evidence.kind,
        batch=evidence.batch,
        index=evidence.index,
        subject=evidence.subject,
        previous=previous,
        state=AlertState.OPEN,
        cause=None,
        owner=None,
        score=evidence.score,
        reasons=(),
        scans=0,
        stamps=0,
        counted=None,
        expected_loss=0.0,
        opened_at=at,
        updated_at=at,
    )


async def _write(connection: AsyncConnection, folds: list[_Fold]) -> None:
    """Write changed alerts, the scans and stamps that they have, and one event each."""
    if not folds:
        return
    await write_alerts(
        connection,
        [fold.alert for fold in folds if fold.is_new],
        [fold.alert for fold in folds if not fold.is_new],
    )
    await append_parts(
        connection,
        [(fold.alert.id, scan) for fold in folds for scan in fold.scans],
        [(fold.alert.id, stamp) for fold in folds for stamp in fold.stamps],
    )
    await append_events(connection, [(fold.alert.id, fold.to_event()) for fold in folds])
