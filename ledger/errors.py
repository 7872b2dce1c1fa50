"""Errors of the ledger: refused requests, and failures of its storage.

A refused request changed nothing. After a storage failure (`StorageFailed` and its subclasses) the
transaction is rolled back; committed data is untouched.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import exc

from stamps.errors import VeritemError


class UnknownRow(VeritemError):
    """No row of this kind has this id."""

    code = "unknown-row"
    message = "there is no {kind} {id}"


class UnknownBatch(UnknownRow):
    """No batch has this number."""

    code = "unknown-batch"
    message = "there is no batch {batch}"


class UnknownLot(UnknownRow):
    """No lot has this code."""

    code = "unknown-lot"
    message = "there is no lot {lot}"


class UnknownOrder(UnknownRow):
    """No order has this id."""

    code = "unknown-order"
    message = "there is no order {order}"


class UnknownAlert(UnknownRow):
    """No alert has this number."""

    code = "unknown-alert"
    message = "there is no alert {alert}"


class UnknownReports(UnknownRow):
    """Nobody reported this stamp or code."""

    code = "unknown-reports"
    message = "there are no reports about {id}"


class AlreadyExists(VeritemError):
    """A row with this id exists already, with other content."""

    code = "already-exists"
    message = "{kind} {id} exists already, with other content"


class KeyReused(VeritemError):
    """The idempotency key was used before, for a request with other content."""

    code = "key-reused"
    message = "the idempotency key {key} was used before, for another request"


class SamePerson(VeritemError):
    """The person who requested an order can not decide on it."""

    code = "same-person"
    message = "order {order} was requested by {actor}; another person must decide on it"


class UnknownProposal(UnknownRow):
    """There is no proposal of this number."""

    code = "unknown-proposal"
    message = "there is no proposal {proposal}"


class SecondPersonRequired(VeritemError):
    """The account that proposed something tries to decide on it, in whatever spelling."""

    code = "second-person-required"
    message = "proposal {proposal} was made by {actor}; another person must decide on it"


class AccountRequired(VeritemError):
    """A decision names somebody who has no account, or one that may not decide."""

    code = "account-required"
    message = "{actor} {why}; a decision needs two accounts that are enabled and confirmed"


class AlreadyProposed(VeritemError):
    """The same subject waits for a second person already."""

    code = "already-proposed"
    message = (
        "proposal {proposal} of {actor} on the same subject waits for a second person; "
        "decide on that one, or have it withdrawn"
    )


class AlreadyFounded(VeritemError):
    """There are accounts already that add and confirm others."""

    code = "already-founded"
    message = "there are accounts that add and confirm others already; ask one to add yours"


class NobodyElse(VeritemError):
    """Nobody would be left to confirm an account."""

    code = "nobody-else"
    message = (
        "a third administrator must confirm {account} after the reset, and there is none; add one "
        "first"
    )


class ProposalNotOpen(VeritemError):
    """The proposal was decided, withdrawn or used already."""

    code = "proposal-state"
    message = "proposal {proposal} is {state}; {wanted} is needed for this"


class OrderNotOpen(VeritemError):
    """The order is not in the state that is needed."""

    code = "order-state"
    message = "order {order} is {state}; {wanted} is needed for this"


class ForeignOrder(VeritemError):
    """Somebody else than the requester tries to withdraw an order."""

    code = "foreign-order"
    message = "order {order} was requested by {actor}, who alone withdraws it"


class OrderAboveLimits(VeritemError):
    """The order is above the packer's quota or the crop, and nobody approved it a second time.

    `quota_left` and `crop_left` say what the limits leave for it; None where there is no limit.
    """

    code = "order-above-limits"
    message = (
        "order {order} of {count} stamps is above a limit (the quota leaves {quota_left}, the crop "
        "{crop_left}): it needs a reason and the approval of a second person"
    )


class OrderExceeded(VeritemError):
    """The batches of an order can not have more stamps than were approved."""

    code = "order-exceeded"
    message = "order {order} has {left} stamps left, not {count}"


class NumbersExhausted(VeritemError):
    """All 2**24 batch numbers are in use."""

    code = "batch-numbers-exhausted"
    message = "all batch numbers are in use; a new installation of keys is needed"


class ManifestSet(VeritemError):
    """The batch has another manifest already."""

    code = "manifest-set"
    message = "batch {batch} has another manifest already"


class LotRequired(VeritemError):
    """The transition binds stamps to a lot, and none was named."""

    code = "lot-required"
    message = "{transition} must name a lot"


class LotNotAllowed(VeritemError):
    """A lot was named, and the transition binds none."""

    code = "lot-not-allowed"
    message = "{transition} binds no lot, yet {lot} was named"


class LotIncomplete(VeritemError):
    """The lot lacks mandatory items, named in `items`; no stamp can be bound to it.

    `kind` is its kind of produce; None: crops.
    """

    code = "lot-incomplete"
    message = "lot {lot} lacks {named}"

    def __init__(self, *, lot: str, items: list[str], kind: str | None = None) -> None:
        super().__init__(lot=lot, items=items, kind=kind, named=", ".join(items))


class LotRecalled(VeritemError):
    """The lot or stamps of it were recalled: nothing of the lot changes any more."""

    code = "lot-recalled"
    message = "lot {lot} was recalled; it can not be changed, and no stamp can be bound to it"


class LotCodeTaken(VeritemError):
    """The code belongs to a lot of another organisation; nothing of that lot is told."""

    code = "lot-code-taken"
    message = "the lot code {lot} is taken; choose another"


class LotReasonRequired(VeritemError):
    """Stamps are bound to the lot: a new version is a correction and must name its reason."""

    code = "lot-reason-required"
    message = "stamps are bound to lot {lot}; a correction ({changed}) must name a reason"


class LotConfirmationRequired(VeritemError):
    """Stamps are bound to the lot, and the correction changes what another person must confirm."""

    code = "lot-confirmation-required"
    message = "stamps are bound to lot {lot}; another person must confirm a change of {changed}"


class RowChanged(VeritemError):
    """The row was changed since the caller read it."""

    code = "row-changed"
    message = "the {kind} {id} was changed since it was read; read it again"


class LotChanged(VeritemError):
    """The lot was saved since the change was proposed; it must be proposed again."""

    code = "lot-changed"
    message = "lot {lot} has version {version} now; the change was proposed on version {base}"


class LotProductMismatch(VeritemError):
    """The batch was ordered for another product than the lot is of."""

    code = "lot-product-mismatch"
    message = "batch {batch} was issued for {ordered}; lot {lot} is of {product}"


class LotOwnerMismatch(VeritemError):
    """The batch was ordered for another packer than the lot belongs to."""

    code = "lot-owner-mismatch"
    message = "batch {batch} was issued for {packer}; lot {lot} belongs to {organisation}"


class NothingToRecall(VeritemError):
    """A recall found no stamp that can be recalled."""

    code = "nothing-to-recall"
    message = "{what} has no stamps that can be recalled"


class IllegalAlertDecision(VeritemError):
    """The alert can not take this decision, or not with this cause."""

    code = "illegal-alert-decision"
    message = "an alert that is {state} can not become {wanted}{why}"


class IllegalReportStep(VeritemError):
    """The reports can not be taken to this state."""

    code = "illegal-report-step"
    message = "reports that are {state} can not become {wanted}"


class UnknownStaff(UnknownRow):
    """There is no account of this name."""

    code = "unknown-staff"
    message = "there is no staff account {staff}"


class UnknownToken(VeritemError):
    """The token is unknown, expired or revoked, or its account is disabled."""

    code = "unknown-token"
    message = "the token is unknown, expired or revoked"


class LastAdministrator(VeritemError):
    """Nobody would be left to manage accounts."""

    code = "last-administrator"
    message = "{account} is the last administrator; make another one first"


class UnknownInvitation(VeritemError):
    """The link was not made here, has expired, or was used or replaced."""

    code = "unknown-invitation"
    message = "the invitation is not valid, or no longer; ask for a new link"


class InvitationOpen(VeritemError):
    """The person has not accepted the invitation, so the account is nobody's yet."""

    code = "invitation-open"
    message = "{account} has not accepted the invitation; confirm the account after that"


class AccountDisabled(VeritemError):
    """The account is disabled, so nothing is reset."""

    code = "account-disabled"
    message = "{account} is disabled; enable the account first"


class UnknownSession(VeritemError):
    """The account has no session of this id."""

    code = "unknown-session"
    message = "the account has no such session"


class WrongCredentials(VeritemError):
    """The name, the password or the one-time code is wrong; the error does not say which."""

    code = "wrong-credentials"
    message = "the name, the password or the one-time code is not right"


class SignInBusy(VeritemError):
    """Too many passwords wait to be checked; `seconds` says when to try again."""

    code = "sign-in-busy"
    message = "too many people sign in at once; try again in {seconds} seconds"


class WeakPassword(VeritemError):
    """The password is too short or too easily guessed."""

    code = "weak-password"
    message = "the password can not be used: {why}"


class UnknownDevice(VeritemError):
    """There is no device with this id."""

    code = "unknown-device"
    message = "there is no device {id}"


class WrongEnrolmentCode(VeritemError):
    """The code is not known, was used, has expired, or its device was revoked."""

    code = "wrong-enrolment-code"
    message = "the enrolment code is not valid, or no longer: ask for a new one"


class DeviceKeyTaken(VeritemError):
    """The public key belongs to another device."""

    code = "device-key-taken"
    message = "this key is enrolled already; make a new one"


class StorageFailed(VeritemError):
    """The ledger's storage failed; the transaction was rolled back."""

    code = "ledger-failed"
    message = "the ledger's storage failed: {detail}"


class StorageFull(StorageFailed):
    """The disk (or its quota) is full; the transaction was rolled back."""

    code = "ledger-full"
    message = "the ledger's disk is full, nothing was written: {detail}"


class StorageReadOnly(StorageFailed):
    """The ledger is read-only: a write-protected file, or a standby server."""

    code = "ledger-read-only"
    message = "the ledger is read-only, nothing was written: {detail}"


class StorageBusy(StorageFailed):
    """Another writer locked the ledger for too long; try again."""

    code = "ledger-busy"
    message = "the ledger is busy, try again: {detail}"


class StorageDown(StorageFailed):
    """The database can not be reached or opened."""

    code = "ledger-down"
    message = "the ledger can not be reached: {detail}"


class StorageForbidden(StorageFailed):
    """The database role lacks a permission (ops/postgres/roles.sql)."""

    code = "ledger-forbidden"
    message = "the ledger's database role has no permission for this: {detail}"


class AppendOnly(StorageFailed):
    """A trigger of the database refused to alter or remove history."""

    code = "ledger-append-only"
    message = "the ledger's history can not be altered: {detail}"


class TwoPeopleRequired(StorageFailed):
    """A trigger or constraint of the database found no decision of two people."""

    code = "ledger-two-people"
    message = "the ledger's database asks for the decision of two people: {detail}"


class AccountNamesCollide(StorageFailed):
    """Existing accounts have names that are spellings of one name."""

    code = "account-names-collide"
    message = "rename or disable one account of each of these pairs, then migrate again: {detail}"


class GuardRefused(StorageFailed):
    """A rule that the database itself enforces refused a row (`ledger.migrations.guards`)."""

    code = "ledger-guard"
    message = "the ledger's database refused a row: {detail}"


class MigrationRefused(VeritemError):
    """The ledger holds rows that a migration can not take over; nothing was changed."""

    code = "migration-refused"
    message = "the ledger is not migrated: {why}"


class SchemaBehind(StorageFailed):
    """Tables are missing or old: the ledger needs a migration."""

    code = "ledger-not-ready"
    message = "the ledger's tables are missing or old (migrate it first): {detail}"


class SchemaTooNew(StorageFailed):
    """A newer version of Veritem migrated this ledger."""

    code = "ledger-too-new"
    message = "the ledger was migrated by a newer version of veritem: {detail}"


# SQLite's primary result codes (https://www.sqlite.org/rescode.html); the low byte counts.
_SQLITE: Final[dict[int, type[StorageFailed]]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_READONLY: StorageReadOnly,
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_CANTOPEN: StorageDown,
    sqlite3.SQLITE_NOTADB: StorageDown,
}

# PostgreSQL's SQLSTATE, by the longest prefix that is listed.
_SQLSTATE: Final[dict[str, type[StorageFailed]]] = {
    "53": StorageBusy,  # too many connections, out of memory
    "53100": StorageFull,
    "25006": StorageReadOnly,
    "42501": StorageForbidden,
    "55P03": StorageBusy,  # lock timeout
    "57014": StorageBusy,  # statement timeout
    "40": StorageBusy,  # serialisation failure, deadlock
    "42P01": SchemaBehind,
    "42703": SchemaBehind,
    "57P": StorageDown,  # shutting down, starting up
    "08": StorageDown,
    "23P01": GuardRefused,  # exclusion constraint: overlapping spans
    "VT001": AppendOnly,  # raised by our own triggers
    "VT002": TwoPeopleRequired,
    "VT003": GuardRefused,
}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the exceptions of the drivers into `StorageFailed` and its subclasses."""
    try:
        yield
    except exc.TimeoutError as error:  # no free connection in the pool
        raise StorageBusy(detail=str(error)) from error
    except exc.DBAPIError as error:
        raise _to_storage_error(error.orig or error) from error
    except (psycopg.Error, sqlite3.Error, ConnectionError) as error:
        raise _to_storage_error(error) from error


def _to_storage_error(error: BaseException) -> StorageFailed:
    detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return _classify(error, detail)(detail=detail)


def _classify(error: BaseException, detail: str) -> type[StorageFailed]:
    if isinstance(error, psycopg.Error):
        state = error.sqlstate or ""
        for length in range(len(state), 0, -1):
            if state[:length] in _SQLSTATE:
                return _SQLSTATE[state[:length]]
        # No SQLSTATE: no answer from the server (refused, cut off, or a dead socket).
        lost = isinstance(error, psycopg.OperationalError) and not state
        return StorageDown if lost else StorageFailed
    if isinstance(error, sqlite3.Error):
        if "append-only" in detail:
            return AppendOnly
        if detail.startswith("refused: "):
            return GuardRefused
        if "no such table" in detail or "no such column" in detail:
            return SchemaBehind
        return _SQLITE.get((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF, StorageFailed)
    return StorageDown if isinstance(error, ConnectionError) else StorageFailed


class LastPrintKey(VeritemError):
    """The only key of a print house can not be retired: its bundles would be unencrypted."""

    code = "last-print-key"
    message = "{organisation} has no other key in use; add the new one first"


class WebhooksFull(VeritemError):
    """The organisation has as many webhooks as it can have."""

    code = "webhooks-full"
    message = "{organisation} has {most} webhooks already; remove one first"


class WebhookDisabled(VeritemError):
    """Nothing is sent to a disabled webhook."""

    code = "webhook-disabled"
    message = "the webhook {webhook} is disabled; enable it first"


class WebhookTestsLimited(VeritemError):
    """A webhook was sent as many test messages in an hour as are allowed."""

    code = "webhook-tests-limited"
    message = "a webhook is sent at most {most} test messages in an hour; try again later"
