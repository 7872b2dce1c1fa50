"""Versions of lots: every content that a lot ever had, append-only and chained for each lot.

A version has a number and a hash that covers the version before:

    hash(n) = SHA-256( hash(n-1) ‖ canonical JSON of [lot, version, field, …] )

where the hash before the first row is the genesis of the chain `lot_versions CODE`. The audit entry
of each save names version and hash, so that the head of the audit chain covers every version.

A version that was saved once stamps were bound to the lot is a *correction*: it names a reason,
and another person confirms it if it changes what the stamps vouch for (`is_material`). A lot that
was made before versions were kept begins with the version that it had then.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.hash_chain import Field, genesis_hash, hash_row, to_canonical_json

LOT_CONTENT: Final = (
    "document",
    "missing",
    "organisation",
    "product",
    "packing_house",
    "packed_at",
    "expires_at",
)
"""The fields of a lot that its author gives."""
SAVED_FIELDS: Final = (*LOT_CONTENT, "actor", "at")
"""The fields that the row of a lot shares with its last version."""
VERSION_FIELDS: Final = (
    "lot",
    "version",
    *SAVED_FIELDS,
    "is_correction",
    "is_material",
    "changed",
    "reason",
    "note",
    "confirmed_by",
)


@dataclass(frozen=True, slots=True)
class VersionNote:
    """Why a version was saved: what it changes, the reason, and who confirmed it."""

    changed: Sequence[str] = ()
    """The parts of the lot that differ from the version before."""
    is_material: bool = False
    """Whether it changes what the stamps vouch for."""
    reason: str | None = None
    note: str | None = None
    """Free text for staff; it is not published."""
    confirmed_by: str | None = None
    """The second person, who must be another than the actor."""


@dataclass(frozen=True, slots=True)
class LotVersion:
    """One version of a lot. Times are milliseconds, UTC."""

    lot: str
    version: int
    document: Mapping[str, Any]
    missing: Sequence[str]
    organisation: str | None
    product: str | None
    packing_house: str | None
    packed_at: int | None
    expires_at: int | None
    actor: str
    at: int
    is_correction: bool
    """Whether stamps were bound to the lot when it was saved."""
    is_material: bool
    changed: Sequence[str]
    reason: str | None
    note: str | None
    confirmed_by: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction as the public page shows it, without names of persons."""

    version: int
    at: int
    reason: str
    changed: Sequence[str]


async def append_version(
    connection: AsyncConnection,
    code: str,
    version: int,
    content: Mapping[str, Field],
    note: VersionNote,
    *,
    is_correction: bool,
) -> str:
    """Append a version inside the caller's transaction; return its hash."""
    versions = schema.lot_versions
    before = await connection.scalar(
        select(versions.c.hash)
        .where(versions.c.lot == code)
        .order_by(versions.c.version.desc())
        .limit(1)
    )
    row = _make_row(before, code, version, content, note, is_correction=is_correction)
    await connection.execute(insert(versions).values(row))
    return str(row["hash"])


async def append_first_versions(
    connection: AsyncConnection, contents: Mapping[str, Mapping[str, Field]], note: VersionNote
) -> dict[str, str]:
    """Append version 1 of new lots inside the caller's transaction; return the hashes by lot."""
    rows = [
        _make_row(None, code, 1, content, note, is_correction=False)
        for code, content in contents.items()
    ]
    await connection.execute(insert(schema.lot_versions), rows)
    return {str(row["lot"]): str(row["hash"]) for row in rows}


def _make_row(
    before: str | None,
    code: str,
    version: int,
    content: Mapping[str, Field],
    note: VersionNote,
    *,
    is_correction: bool,
) -> dict[str, Field]:
    """The row of a version that follows the hash `before`; None: the first one of a lot."""
    values: dict[str, Field] = {
        **content,
        "lot": code,
        "version": version,
        "is_correction": is_correction,
        "is_material": note.is_material,
        "changed": to_canonical_json(list(note.changed)),
        "reason": note.reason,
        "note": note.note,
        "confirmed_by": note.confirmed_by,
    }
    return {**values, "hash": hash_version(before or first_hash(code), values)}


def first_hash(code: str) -> str:
    """Return the hash before the first version of a lot."""
    return genesis_hash(f"lot_versions {code}")


def hash_version(before: str, values: Mapping[str, Any]) -> str:
    """Return the hash of a version that follows the hash `before`."""
    return hash_row(before, [values[field] for field in VERSION_FIELDS])


def version_from_row(row: RowMapping) -> LotVersion:
    """Return the version that a row of the table `lot_versions` holds."""
    return LotVersion(
        **{
            **row,
            "document": json.loads(row["document"]),
            "missing": json.loads(row["missing"]),
            "changed": json.loads(row["changed"]),
        }
    )
