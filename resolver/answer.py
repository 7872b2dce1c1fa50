"""What the service says of one stamp: the last room's words, before they are page or JSON."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, final

from detection.scan_history import ScanHistory
from detection.verdict import Judgement, Verdict
from resolver.stamp_state import StampState
from stamps.timestamps import format_rfc3339

_rfc3339 = lru_cache(maxsize=1024)(format_rfc3339)

# On Python 3.11 to ask an enum for a member takes fifteen times as long as to ask a module.
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION

HISTORY_MISSING: Final = "history_missing"
STATE_STALE: Final = "state_stale"
"""Reasons of the resolver's own: it could not look, so it does not simply say `authentic`."""


@final
@dataclass(slots=True, init=False)
class Answer:
    """A verdict on one stamp with what it stands on. Times in ms since the Unix epoch.

    `history` is None where the memory could not be read; `as_of` is when the state was last
    known to be current; `recorded` says that this answer's own scan is durable evidence. `kind` is
    how the page looks: the verdict's slug, or `unsure` where we could not look.
    """

    code: Final[str]
    state: Final[StampState]
    verdict: Final[Verdict]
    kind: Final[str]
    reasons: Final[tuple[str, ...]]
    history: Final[ScanHistory | None]
    as_of: Final[int]
    recorded: Final[bool]

    # Written out for the compiler, as a dossier's is (ADR 0047).
    def __init__(
        self,
        code: str,
        state: StampState,
        verdict: Verdict,
        kind: str,
        reasons: tuple[str, ...],
        history: ScanHistory | None,
        as_of: int,
        recorded: bool,
    ) -> None:
        self.code = code
        self.state = state
        self.verdict = verdict
        self.kind = kind
        self.reasons = reasons
        self.history = history
        self.as_of = as_of
        self.recorded = recorded

    def to_document(self) -> dict[str, Any]:
        """The JSON answer of `POST /v1/scans` and of a page asked for as JSON, for orjson."""
        history, lot = self.history, self.state.lot
        return {
            "code": self.code,
            "verdict": self.verdict,
            "reasons": self.reasons,
            "state": self.state.context.state,
            "history": None
            if history is None
            else {
                "first": None
                if history.first_at is None
                else {
                    "at": _rfc3339(history.first_at // 1000 * 1000),
                    "province": history.first_place_hint,
                },
                "sessions": history.sessions,
                "scans": history.scans,
            },
            "lot": None if lot is None else lot.json,
            "as_of": _rfc3339(self.as_of // 1000 * 1000),
            "recorded": self.recorded,
        }


def build_answer(
    code: str,
    standing: StampState,
    judgement: Judgement,
    *,
    seen: bool,
    as_of: int,
    stale: bool,
    recorded: bool = False,
) -> Answer:
    """Word a judgement: `seen` says that the memory was read, `stale` that the state may be old.

    Where either could not be looked up, a would-be `authentic` becomes `caution` with that as
    its reason; what the law or strong evidence says stands as it is.
    """
    verdict = judgement.verdict
    reasons: tuple[str, ...] = judgement.reasons
    kind = verdict._value_  # an enum's `value` and hash are slow, and every page asks for both
    if stale or not seen:
        reasons = (*reasons, STATE_STALE if seen else HISTORY_MISSING)
        if verdict is _AUTHENTIC:
            verdict = _CAUTION
        if verdict is _CAUTION:
            kind = "unsure"
    history = judgement.history if seen else None
    return Answer(code, standing, verdict, kind, reasons, history, as_of, recorded)
