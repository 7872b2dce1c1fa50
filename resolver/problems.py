"""Refusals as the outside sees them: RFC 9457 `application/problem+json`, and a status each.

The table is the law: a refusal that is not in it is a fault of ours and answered 500.
"""

from typing import Any, Final

from stamps.errors import VeritemError
from web.i18n import Texts

STATUS: Final[dict[str, int]] = {
    "malformed-code": 404,
    "unknown-code": 404,
    "not-found": 404,
    "wrong-method": 405,
    "too-slow": 408,
    "too-large": 413,
    "malformed-body": 400,
    "cross-site": 403,
    "unknown-key": 401,
    "foreign-token": 403,
    "expired-token": 410,
    "used-token": 409,
    "no-pin": 409,
    "not-claimable": 409,
    "wrong-pin": 403,
    "pin-locked": 429,
    "too-many": 429,
    "unavailable": 503,
    "not-recorded": 503,
}
"""Status by the refusal's slug."""

RETRY_SECONDS: Final[dict[str, int]] = {"unavailable": 5, "not-recorded": 5, "too-many": 60}
"""When to come again (`Retry-After`), for refusals that may pass by themselves."""

_SHOWN: Final = frozenset({"field", "why", "allowed", "limit", "seconds", "state"})
"""Evidence that is told; the rest may hold what others should not learn."""


def status_of(refusal: VeritemError) -> int:
    """The HTTP status of a refusal."""
    return STATUS.get(refusal.code, 500)


def document(refusal: VeritemError, words: Texts) -> dict[str, Any]:
    """The problem document: `type` a relative reference that names the slug, `title` translated."""
    known = refusal.code in STATUS
    slug = refusal.code if known else "internal"
    told = {
        "type": f"/problems/{slug}",
        "title": words(f"problem.{slug}.title"),
        "status": status_of(refusal),
    }
    if slug in ("unknown-code", "malformed-code"):
        told["verdict"] = "unknown"
    if known:
        told |= {name: value for name, value in refusal.evidence.items() if name in _SHOWN}
        # What could not be written, and why, is for the operator's log alone.
        if slug == "not-recorded":
            told.pop("why", None)
    return told
