"""Failures of the ledger's storage.

After a failure (`StorageFailed` and its subclasses) the transaction is rolled back; committed data
is untouched.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import exc

from stamps.errors import VeritemError


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
    """The database cannot be reached or opened."""

    code = "ledger-down"
    message = "the ledger cannot be reached: {detail}"


class StorageForbidden(StorageFailed):
    """The database role lacks a permission (ops/postgres/roles.sql)."""

    code = "ledger-forbidden"
    message = "the ledger's database role has no permission for this: {detail}"


class AppendOnly(StorageFailed):
    """A trigger of the database refused to alter or remove history."""

    code = "ledger-append-only"
    message = "the ledger's history cannot be altered: {detail}"


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
    """The ledger holds rows that a migration cannot take over; nothing was changed."""

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
