"""HTTP status and problem document (RFC 9457) of every refusal that the desk answers.

A refusal that is not in the table is a defect and is answered 500.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from stamps.errors import VeritemError
from web.problems import SHARED_PROBLEMS, Problem, ProblemTable

_RETRY_SECONDS: Final = 5
_STATUS: Final[Mapping[str, int]] = {
    "service-busy": 429,
    "uploads-limited": 429,
    "proofs-limited": 429,
    # authentication and permission
    "not-signed-in": 401,
    "unknown-token": 401,
    "wrong-credentials": 401,
    "unknown-session": 404,
    "unknown-invitation": 404,
    "invitation-open": 409,
    "account-disabled": 409,
    "account-active": 409,
    "last-administrator": 409,
    "too-few-administrators": 409,
    "organisation-disabled": 409,
    "organisation-enabled": 409,
    "sign-in-limited": 429,
    "confirmation-limited": 429,
    "invitation-limited": 429,
    "sign-in-busy": 429,
    "forbidden": 403,
    "not-confirmed": 403,
    "token-limited": 403,
    "foreign-form": 403,
    "weak-password": 422,
    "token-lifetime": 422,
    "wrong-setup-code": 422,
    "setup-expired": 409,
    "no-one-time-codes": 409,
    # devices
    "malformed-enrolment": 422,
    "wrong-enrolment-code": 409,
    "device-key-taken": 409,
    "unknown-device": 404,
    "unknown-staff": 404,
    # input
    "invalid-input": 400,
    "key-required": 400,
    "key-reused": 422,
    # unknown rows
    "unknown-row": 404,
    "unknown-order": 404,
    "unknown-batch": 404,
    "unknown-lot": 404,
    "unknown-alert": 404,
    "export-under-way": 409,
    "export-not-ready": 409,
    "unknown-catalogue": 404,
    "unknown-bundle-format": 404,
    "unknown-bundle-file": 404,
    "unknown-code": 404,
    "malformed-code": 422,
    # what needs two people
    "unknown-proposal": 404,
    "second-person-required": 403,
    "account-required": 409,
    "already-proposed": 409,
    "already-founded": 409,
    "nobody-else": 409,
    "proposal-state": 409,
    "ledger-two-people": 409,
    # orders and batches
    "already-exists": 409,
    "row-changed": 412,
    "too-many-drafts": 409,
    "too-many-invitations": 409,
    "mention-full": 409,
    "precondition-required": 428,
    "same-person": 403,
    "order-state": 409,
    "order-exceeded": 409,
    "foreign-order": 403,
    "order-incomplete": 409,
    "order-above-limits": 409,
    "excess-reason-required": 409,
    "similar-order": 409,
    "no-trade-item": 409,
    "batch-unfinished": 409,
    "batch-numbers-exhausted": 409,
    "out-of-range": 422,
    # bundles and print reports
    "bundle-not-ready": 409,
    "bundle-busy": 409,
    "batch-printed": 409,
    "last-print-key": 409,
    # webhooks
    "webhooks-full": 409,
    # links
    "malformed-link": 422,
    "link-sets-full": 409,
    "webhook-disabled": 409,
    "webhook-tests-limited": 429,
    # e-mail
    "mail-off": 409,
    "unknown-mail-link": 410,
    "mail-limited": 429,
    "mail-not-resendable": 409,
    "dead-download-link": 410,
    "another-bundle": 409,
    "pins-need-encryption": 409,
    "recipient-refused": 409,
    "report-refused": 422,
    "proof-unreadable": 422,
    # lots and transitions
    # cartons
    "malformed-label": 422,
    "unread-lines": 422,
    "too-many-lines": 422,
    "label-missing": 422,
    "contents-missing": 422,
    "mixed-contents": 422,
    "unknown-carton": 404,
    "ambiguous-carton": 409,
    "wrong-carton-kind": 409,
    "carton-empty": 409,
    "carton-full": 409,
    "already-packed": 409,
    "stamps-not-active": 409,
    "stamps-of-another": 409,
    "stamps-elsewhere": 409,
    "stamps-not-in-carton": 409,
    "cartons-elsewhere": 409,
    "cartons-not-on-pallet": 409,
    "stamps-packed": 409,
    "malformed-event": 422,
    "malformed-entry": 422,
    "entry-refused": 422,
    "entry-taken-back": 409,
    "captures-full": 429,
    "capture-lost": 409,
    "queries-full": 409,
    "query-too-large": 413,
    "query-too-complex": 413,
    "unclear-query": 400,
    "not-acceptable": 406,
    "not-offered": 501,
    "malformed-lot": 422,
    "malformed-range": 422,
    "lot-required": 422,
    "lot-not-allowed": 422,
    "lot-incomplete": 409,
    "record-unpublished": 409,
    "list-entry-ended": 409,
    "lot-recalled": 409,
    "lot-code-taken": 409,
    "lot-reason-required": 409,
    "lot-confirmation-required": 409,
    "lot-changed": 409,
    "unknown-submission": 404,
    "submission-closed": 409,
    "reviewer-involved": 403,
    "version-published": 409,
    "lot-product-mismatch": 409,
    "lot-owner-mismatch": 409,
    "foreign-place": 422,
    "code-not-usable": 409,
    "code-revoked": 409,
    "code-suspended": 409,
    "code-out-of-date": 409,
    "code-not-registered": 409,
    "code-like-another": 409,
    "packed-in-future": 422,
    "packed-elsewhere": 422,
    "span-out-of-range": 422,
    "two-batches": 422,
    "foreign-act": 409,
    "foreign-address": 422,
    "bad-signature": 422,
    "phone-shut-out": 403,
    "checks-limited": 429,
    "illegal-reason": 422,
    "transition-conflict": 409,
    "activation-too-old": 409,
    "activation-handled": 409,
    "stamps-scanned": 409,
    "not-assigned": 403,
    "nothing-to-recall": 409,
    # registered codes
    "malformed-code-record": 422,
    "code-exists": 409,
    "code-changed": 409,
    "code-state": 409,
    "import-outdated": 409,
    "import-refused": 409,
    "unreadable-text": 422,
    "sheet-too-large": 413,
    "malformed-table": 422,
    # alerts
    "illegal-alert-decision": 409,
    # reports of consumers
    "unknown-reports": 404,
    "illegal-report-step": 409,
    "unknown-hearing": 404,
    "hearing-decided": 409,
    "hearing-full": 409,
    # photos
    "malformed-photo": 422,
    "photo-heic": 422,
    "photo-pdf": 422,
    "photo-too-large": 422,
    # evidence
    "unknown-media-type": 422,
    "evidence-too-large": 422,
    "evidence-full": 409,
    "evidence-state": 409,
    "same-person-evidence": 403,
    "damaged-original": 500,
    "attachments-unwritable": 507,
    # storage
    "ledger-busy": 503,
    "ledger-down": 503,
    "ledger-read-only": 503,
    "ledger-full": 507,
}

_UNKNOWN: Final = frozenset({"unknown-row", "unknown-order", "unknown-batch", "unknown-lot"})
_NAMES: Final = ("id", "order", "batch", "lot")


def _encode_conflicts(conflicts: Collection[tuple[int, int, str]]) -> list[dict[str, Any]]:
    """Conflicting serial ranges by their first and last number, both included."""
    return [{"first": lo, "last": hi - 1, "state": str(state)} for lo, hi, state in conflicts]


PROBLEMS: Final = ProblemTable(
    {
        code: Problem(status, retry_after=_RETRY_SECONDS if status in (429, 503) else None)
        for code, status in _STATUS.items()
    },
    evidence=None,
    encoders={"conflicts": _encode_conflicts},
)
"""The refusals of the desk."""


def status_of_type(error: type[VeritemError], *, has_body: bool, has_address: bool) -> set[int]:
    """The statuses with which a route may answer a type of error; see `status_of`.

    `has_body` says whether the route reads a body, `has_address` whether its address has values.
    """
    if error.code in _UNKNOWN and has_body:
        return {404, 422} if has_address else {422}
    if error.code in SHARED_PROBLEMS:
        return {SHARED_PROBLEMS[error.code].status}
    return {_STATUS[error.code]}


def status_of(error: Exception, named: Collection[str] | None = None) -> int:
    """The HTTP status of an error.

    `named` holds the values in the address of a request that has a body: an unknown name is 404
    when it stands in the address, and 422 when the body names it.
    """
    status = PROBLEMS.status(error)
    if named is not None and isinstance(error, VeritemError) and error.code in _UNKNOWN:
        unknown = {str(error.evidence[name]) for name in _NAMES if name in error.evidence}
        return status if unknown & set(named) else 422
    return status
