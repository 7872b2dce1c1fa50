"""Refusals as the outside sees them: RFC 9457 `application/problem+json`, and a status each.

The table is the law: a refusal that is not in it is a fault of ours and answered 500.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from stamps.errors import VeritemError
from web.i18n import Texts

STATUS: Final[Mapping[str, int]] = {
    # who asks
    "not-signed-in": 401,
    "unknown-token": 401,
    "wrong-credentials": 401,
    "sign-in-locked": 429,
    "forbidden": 403,
    "foreign-form": 403,
    "weak-password": 422,
    "token-lifetime": 422,
    # how they ask
    "not-found": 404,
    "wrong-method": 405,
    "wrong-media": 415,
    "too-slow": 408,
    "too-large": 413,
    "malformed-body": 400,
    "key-required": 400,
    "key-reused": 422,
    # what is not there
    "unknown-row": 404,
    "unknown-order": 404,
    "unknown-batch": 404,
    "unknown-lot": 404,
    "unknown-alert": 404,
    "no-such-part": 404,
    "unknown-code": 404,
    "malformed-code": 422,
    # orders and batches
    "already-there": 409,
    "same-person": 403,
    "order-state": 409,
    "order-exceeded": 409,
    "no-trade-item": 409,
    "batch-unfinished": 409,
    "batch-numbers-exhausted": 409,
    "out-of-range": 422,
    # bundles and reports
    "bundle-not-ready": 409,
    "bundle-busy": 409,
    "another-bundle": 409,
    "pins-need-encryption": 409,
    "recipient-refused": 409,
    "report-refused": 422,
    # lots and transitions
    "malformed-lot": 422,
    "malformed-range": 422,
    "lot-required": 422,
    "lot-not-taken": 422,
    "lot-incomplete": 409,
    "lot-recalled": 409,
    "span-out-of-range": 422,
    "illegal-reason": 422,
    "transition-conflict": 409,
    "nothing-to-transition": 409,
    # alerts
    "alert-step": 409,
    # the storage
    "ledger-busy": 503,
    "ledger-down": 503,
    "ledger-read-only": 503,
    "ledger-full": 507,
}
"""Status by the refusal's slug."""

_UNKNOWN: Final = frozenset({"unknown-row", "unknown-order", "unknown-batch", "unknown-lot"})
_NAMES: Final = ("id", "order", "batch", "lot")
RETRY_SECONDS: Final = 5


def status_of(refusal: VeritemError, named: Collection[str] | None = None) -> int:
    """The HTTP status of a refusal.

    `named` are the values in the address of a request that has a body: what is unknown and stands
    in the address is 404, what the body names and is not there is 422.
    """
    status = STATUS.get(refusal.code, 500)
    if refusal.code in _UNKNOWN and named is not None:
        asked = {str(refusal.evidence[name]) for name in _NAMES if name in refusal.evidence}
        return status if asked & set(named) else 422
    return status


def document(refusal: VeritemError, words: Texts, status: int) -> dict[str, Any]:
    """The problem document: `type` names the slug, `title` is translated, evidence is told."""
    known = refusal.code in STATUS
    slug = refusal.code if known else "internal"
    told: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": words(f"problem.{slug}"),
        "status": status,
    }
    # What is wrong with our own storage is for the operator's log alone.
    if known and status < 500:
        told["detail"] = str(refusal)
        told |= {
            name: _shown(name, value)
            for name, value in refusal.evidence.items()
            if name not in told
        }
    return told


def _shown(name: str, value: Any) -> Any:
    """Evidence as JSON: runs of stamps by their first and last number, both included."""
    if name == "conflicts":
        return [{"first": lo, "last": hi - 1, "state": str(state)} for lo, hi, state in value]
    if isinstance(value, int | str | bool | None):
        return value
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value)
