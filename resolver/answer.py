"""What the service says of one stamp: the last room's words, before they are page or JSON."""

from dataclasses import dataclass
from typing import Any, Final

from languages import rfc3339
from resolver.standing import Standing
from stamps.dossier import Dossier
from stamps.verdict import Judgement, Verdict

HISTORY_MISSING: Final = "history_missing"
STATE_STALE: Final = "state_stale"
"""Reasons of the resolver's own: it could not look, so it does not simply say `authentic`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict on one stamp with what it stands on. Times in ms since the Unix epoch.

    `dossier` is None where the memory could not be read; `as_of` is when the state was last
    known to be current; `recorded` says that this answer's own scan is durable evidence.
    """

    code: str
    standing: Standing
    verdict: Verdict
    reasons: tuple[str, ...]
    dossier: Dossier | None
    as_of: int
    recorded: bool = False

    @property
    def kind(self) -> str:
        """How the page looks: the verdict's slug, or `unsure` where we could not look."""
        if self.reasons and self.reasons[-1] in (HISTORY_MISSING, STATE_STALE):
            return "unsure" if self.verdict is Verdict.CAUTION else self.verdict
        return self.verdict

    def document(self) -> dict[str, Any]:
        """The JSON answer of `POST /v1/scans` and of a page asked for as JSON."""
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
                else {"at": rfc3339(dossier.first_at), "province": dossier.first_place_hint},
                "sessions": dossier.sessions,
                "scans": dossier.scans,
            },
            "lot": None if lot is None else lot.document,
            "as_of": rfc3339(self.as_of),
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
    if not seen:
        reasons = (*reasons, HISTORY_MISSING)
    elif stale:
        reasons = (*reasons, STATE_STALE)
    if verdict is Verdict.AUTHENTIC and (stale or not seen):
        verdict = Verdict.CAUTION
    return Answer(
        code, standing, verdict, reasons, judgement.dossier if seen else None, as_of, recorded
    )
