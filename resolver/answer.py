"""The answer to a scan or visit of one stamp, before it is rendered as a page or JSON.

Shaped for mypyc (ADR 0035): value types have written-out constructors, because those that
`dataclass` makes are not compiled. With ordinary ones a page or scan takes at least 10 % more
processor time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, final

from detection.scan_history import ScanHistory
from detection.verdict import Judgement, Verdict
from resolver.stamp_state import StampState

# Attributes of an enum class are slow to read (Python 3.11).
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION

HISTORY_MISSING: Final = "history_missing"
"""Reason: the history store did not answer."""
STATE_STALE: Final = "state_stale"
"""Reason: the ledger has been silent for longer than `stale_seconds`."""
SIGNATURE_UNSEEN: Final = "signature_unseen"
"""Reason: the stamp is of a signed batch, and what was opened carries no signature."""
UNSIGNED: Final = "unsigned"
"""The layout of a page that is `caution` for that reason alone."""


@final
@dataclass(slots=True, init=False)
class StampAnswer:
    """A verdict on one stamp and what it is based on. Times in ms since the Unix epoch."""

    code: Final[str]
    state: Final[StampState]
    verdict: Final[Verdict]
    kind: Final[str]
    """The layout of the page: the verdict's value, `unsure` if something could not be read, or
    `unsigned`."""
    reasons: Final[tuple[str, ...]]
    history: Final[ScanHistory | None]
    """None: the history store did not answer."""
    as_of: Final[int]
    """When the state was last known to be current."""
    claimed_at: Final[int | None]
    """When the PIN was used; None if it was not, or the ledger did not answer."""
    recorded: Final[bool]
    """Whether the answered scan is durable evidence."""

    def __init__(
        self,
        code: str,
        state: StampState,
        verdict: Verdict,
        kind: str,
        reasons: tuple[str, ...],
        history: ScanHistory | None,
        as_of: int,
        claimed_at: int | None,
        recorded: bool,
    ) -> None:
        self.code = code
        self.state = state
        self.verdict = verdict
        self.kind = kind
        self.reasons = reasons
        self.history = history
        self.as_of = as_of
        self.claimed_at = claimed_at
        self.recorded = recorded

    def as_recorded(self) -> "StampAnswer":
        """Return the answer after its scan was recorded."""
        return StampAnswer(
            self.code,
            self.state,
            self.verdict,
            self.kind,
            self.reasons,
            self.history,
            self.as_of,
            self.claimed_at,
            recorded=True,
        )

    def to_document(self, format_time: Callable[[int], str]) -> dict[str, Any]:
        """The JSON document of the answer, to be encoded by orjson.

        `format_time` is `format_rfc3339`, cached by its owner: most answers have the same times.
        """
        history, lot = self.history, self.state.lot
        return {
            "code": self.code,
            "verdict": self.verdict,
            "reasons": self.reasons,
            "state": self.state.context.state,
            "history": None if history is None else _history_document(history, format_time),
            "claimed_at": None if self.claimed_at is None else format_time(self.claimed_at),
            "lot": None if lot is None else lot.json,
            "as_of": format_time(self.as_of // 1000 * 1000),
            "recorded": self.recorded,
        }


def _history_document(history: ScanHistory, format_time: Callable[[int], str]) -> dict[str, Any]:
    first = None
    if history.first_at is not None:
        first = {"at": format_time(history.first_at), "province": history.first_place_hint}
    return {"first": first, "sessions": history.sessions, "scans": history.scans}


def build_answer(
    code: str,
    state: StampState,
    judgement: Judgement,
    *,
    history_known: bool,
    as_of: int,
    stale: bool,
    claimed_at: int | None = None,
    recorded: bool = False,
    lacks_signature: bool = False,
) -> StampAnswer:
    """The answer of a judgement.

    If a signature is missing, `authentic` becomes `caution` with that as a reason: whoever has the
    opening keys can make a code of the batch, but not its signature.
    If the history is not known or the state may be stale, `authentic` becomes `caution` with that
    as its last reason. Verdicts of the lifecycle and `suspect` stay.
    """
    verdict = judgement.verdict
    reasons: tuple[str, ...] = judgement.reasons
    kind = verdict._value_  # the `value` property of an enum is slow
    if lacks_signature:
        reasons = (*reasons, SIGNATURE_UNSEEN)
        if verdict is _AUTHENTIC:
            verdict = _CAUTION
            kind = UNSIGNED
    if stale or not history_known:
        reasons = (*reasons, STATE_STALE if history_known else HISTORY_MISSING)
        if verdict is _AUTHENTIC:
            verdict = _CAUTION
        if verdict is _CAUTION:
            kind = "unsure"
    return StampAnswer(
        code=code,
        state=state,
        verdict=verdict,
        kind=kind,
        reasons=reasons,
        history=judgement.history if history_known else None,
        as_of=as_of,
        claimed_at=claimed_at,
        recorded=recorded,
    )
