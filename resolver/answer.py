"""What the service says of one stamp: the last room's words, before they are page or JSON."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, final

from languages import rfc3339
from resolver.standing import Standing
from stamps.dossier import Dossier
from stamps.verdict import Judgement, Verdict

_rfc3339 = lru_cache(maxsize=1024)(rfc3339)

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

    `dossier` is None where the memory could not be read; `as_of` is when the state was last
    known to be current; `recorded` says that this answer's own scan is durable evidence. `kind` is
    how the page looks: the verdict's slug, or `unsure` where we could not look.
    """

    code: Final[str]
    standing: Final[Standing]
    verdict: Final[Verdict]
    kind: Final[str]
    reasons: Final[tuple[str, ...]]
    dossier: Final[Dossier | None]
    as_of: Final[int]
    recorded: Final[bool]

    # Written out for the compiler, as a dossier's is (ADR 0047).
    def __init__(
        self,
        code: str,
        standing: Standing,
        verdict: Verdict,
        kind: str,
        reasons: tuple[str, ...],
        dossier: Dossier | None,
        as_of: int,
        recorded: bool,
    ) -> None:
        self.code = code
        self.standing = standing
        self.verdict = verdict
        self.kind = kind
        self.reasons = reasons
        self.dossier = dossier
        self.as_of = as_of
        self.recorded = recorded

    def document(self) -> dict[str, Any]:
        """The JSON answer of `POST /v1/scans` and of a page asked for as JSON, for orjson."""
        dossier, lot = self.dossier, self.standing.lot
        return {
            "code": self.code,
            "verdict": self.verdict,
            "reasons": self.reasons,
            "state": self.standing.facts.state,
            "history": None
            if dossier is None
            else {
                "first": None
                if dossier.first_at is None
                else {"at": _rfc3339(dossier.first_at), "province": dossier.first_place_hint},
                "sessions": dossier.sessions,
                "scans": dossier.scans,
            },
            "lot": None if lot is None else lot.told,
            "as_of": _rfc3339(self.as_of // 1000 * 1000),
            "recorded": self.recorded,
        }


def answered(
    code: str,
    standing: Standing,
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
    dossier = judgement.dossier if seen else None
    return Answer(code, standing, verdict, kind, reasons, dossier, as_of, recorded)
