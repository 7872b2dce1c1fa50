"""Answers of every kind, made without a service: what the pages' tests look at."""

from typing import Final

from detection.scan_history import ScanHistory, to_minute
from detection.verdict import Reason, Verdict
from ledger import Batch
from resolver.answer import (
    HISTORY_MISSING,
    SIGNATURE_UNSEEN,
    STATE_STALE,
    UNSIGNED,
    StampAnswer,
)
from resolver.stamp_state import StampState, build_stamp_state
from stamps.lifecycle import State
from stamps.spans import Span
from tests.resolver.orchard import RING, cache_lot, lot

NOW: Final = 1_790_000_000_000
CODE: Final = RING.seal(7, 3, 4)[0].decode()
TOKEN: Final = "AbCdEfGhIjKlMnOpQrStUv"

BATCH: Final = Batch(
    number=7, order="o1", count=5000, grade="sealed", epoch=0, host="veritem.vn", gtin=None,
    product="ri6", has_pin=True, actor="issuer", at=NOW,
)  # fmt: skip
SCANNED: Final = ScanHistory(
    first=to_minute(NOW - 86_400_000), last_independent=to_minute(NOW), last=to_minute(NOW),
    scans=4, sessions=3, province=66, devices=(1, 2, 3),
)  # fmt: skip
_STATES: Final = {
    Verdict.INACTIVE: State.PRINTED,
    Verdict.SUSPENDED: State.SUSPENDED,
    Verdict.RECALLED: State.RECALLED,
    Verdict.VOID: State.VOID,
}
_REASONS: Final = {
    Verdict.CAUTION: (Reason.MANY_PLACES,),
    Verdict.SUSPECT: (Reason.IMPOSSIBLE_TRAVEL, Reason.MANY_PLACES),
}


def where(state: State, *, known: bool = True) -> StampState:
    before = State.ACTIVATED if state is State.SUSPENDED else None
    span = Span(7, 0, 5000, state, before, "DL" if known else None, changed_at=NOW)
    made = lot()
    return build_stamp_state(BATCH, span, cache_lot(made) if known else None)


def answer(verdict: Verdict) -> StampAnswer:
    state = _STATES.get(verdict, State.ACTIVATED)
    return StampAnswer(
        code=CODE,
        state=where(state, known=verdict not in (Verdict.INACTIVE, Verdict.VOID)),
        verdict=verdict,
        kind=str(verdict),
        reasons=tuple(map(str, _REASONS.get(verdict, ()))),
        history=ScanHistory() if verdict is Verdict.INACTIVE else SCANNED,
        as_of=NOW,
        claimed_at=None,
        recorded=verdict is Verdict.AUTHENTIC,
    )


def unsure(reason: str, kind: str = "unsure") -> StampAnswer:
    history = None if reason == HISTORY_MISSING else SCANNED
    found = where(State.ACTIVATED)
    return StampAnswer(
        CODE, found, Verdict.CAUTION, kind, (reason,), history, NOW, None, recorded=True
    )


ANSWERS: Final = {
    **{str(v): answer(v) for v in Verdict if v is not Verdict.UNKNOWN},
    "unsure": unsure(HISTORY_MISSING),
    "stale": unsure(STATE_STALE),
    "unsigned": unsure(SIGNATURE_UNSEEN, UNSIGNED),
}
