"""The answer to a scan or visit of one stamp, before it is rendered as a page or JSON."""

from dataclasses import dataclass
from typing import Any, Final, final

from detection.scan_history import ScanHistory
from detection.verdict import Judgement, Verdict
from resolver.stamp_state import StampState
from stamps.timestamps import format_rfc3339

# Attributes of an enum class are slow to read (Python 3.11).
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION

HISTORY_MISSING: Final = "history_missing"
"""Reason: the history store did not answer."""
STATE_STALE: Final = "state_stale"
"""Reason: the ledger has been silent for longer than `stale_seconds`."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict on one stamp and what it is based on. Times in ms since the Unix epoch."""

    code: str
    state: StampState
    verdict: Verdict
    kind: str
    """The layout of the page: the verdict's value, or `unsure` if something could not be read."""
    reasons: tuple[str, ...]
    history: ScanHistory | None
    """None: the history store did not answer."""
    as_of: int
    """When the state was last known to be current."""
    recorded: bool
    """Whether the answered scan is durable evidence."""

    def to_document(self) -> dict[str, Any]:
        """The JSON document of the answer, to be encoded by orjson."""
        history, lot = self.history, self.state.lot
        return {
            "code": self.code,
            "verdict": self.verdict,
            "reasons": self.reasons,
            "state": self.state.context.state,
            "history": None if history is None else _history_document(history),
            "lot": None if lot is None else lot.json,
            "as_of": format_rfc3339(self.as_of // 1000 * 1000),
            "recorded": self.recorded,
        }


def _history_document(history: ScanHistory) -> dict[str, Any]:
    first = None
    if history.first_at is not None:
        first = {"at": format_rfc3339(history.first_at), "province": history.first_place_hint}
    return {"first": first, "sessions": history.sessions, "scans": history.scans}


def build_answer(
    code: str,
    state: StampState,
    judgement: Judgement,
    *,
    history_known: bool,
    as_of: int,
    stale: bool,
    recorded: bool = False,
) -> Answer:
    """The answer of a judgement.

    If the history is not known or the state may be stale, `authentic` becomes `caution` with that
    as its last reason. Verdicts of the lifecycle and `suspect` stay.
    """
    verdict = judgement.verdict
    reasons: tuple[str, ...] = judgement.reasons
    kind = verdict._value_  # the `value` property of an enum is slow
    if stale or not history_known:
        reasons = (*reasons, STATE_STALE if history_known else HISTORY_MISSING)
        if verdict is _AUTHENTIC:
            verdict = _CAUTION
        if verdict is _CAUTION:
            kind = "unsure"
    return Answer(
        code=code,
        state=state,
        verdict=verdict,
        kind=kind,
        reasons=reasons,
        history=judgement.history if history_known else None,
        as_of=as_of,
        recorded=recorded,
    )
